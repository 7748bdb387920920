/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Real children: output, status, input, deadline, environment, what they inherit.
 */
#include "run/run.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>

#include "base/clock.h"
#include "base/str.h"
#include "tests/lib/test.h"

static RunResult run(const char *const *argv)
{
	const RunSpec spec = {.argv = argv, .timeout_ms = 20000};
	RunResult result;
	Fault f = {0};

	if (run_command(&spec, &result, &f))
		fail_msg("%s", f.text);
	return result;
}

TEST(captures_both_outputs_and_the_status)
{
	_cleanup_(run_result_done) RunResult r =
		run(RUN_ARGV("sh", "-c", "echo one; echo two >&2; exit 3"));

	assert_int_equal(r.status, 3);
	assert_string_equal(r.out, "one\n");
	assert_int_equal(r.out_length, 4);
	assert_string_equal(r.err, "two\n");
	assert_false(r.cut);
}

TEST(arguments_are_not_for_a_shell)
{
	_cleanup_(run_result_done) RunResult r = run(RUN_ARGV("echo", "a b", "$HOME;", "*", "'"));

	assert_string_equal(r.out, "a b $HOME; * '\n");
}

TEST(a_signal_shows_in_the_status)
{
	_cleanup_(run_result_done) RunResult r = run(RUN_ARGV("sh", "-c", "kill -TERM $$"));

	assert_int_equal(r.status, 128 + SIGTERM);
}

TEST(input_reaches_the_child)
{
	const RunSpec spec = {
		.argv = RUN_ARGV("wc", "-c"),
		.input = "12\0\n5",
		.input_length = 5,
		.timeout_ms = 20000,
	};
	_cleanup_(run_result_done) RunResult r = {0};

	assert_int_equal(run_command(&spec, &r, NULL), 0);
	assert_string_equal(r.out, "5\n");
}

TEST(without_input_there_is_nothing_to_read)
{
	_cleanup_(run_result_done) RunResult r = run(RUN_ARGV("wc", "-c"));

	assert_string_equal(r.out, "0\n");
}

TEST(capture_is_bounded_and_the_child_still_ends)
{
	const RunSpec spec = {
		.argv = RUN_ARGV("head", "-c", "1000000", "/dev/zero"),
		.capture_max = 1000,
		.timeout_ms = 20000,
	};
	_cleanup_(run_result_done) RunResult r = {0};

	assert_int_equal(run_command(&spec, &r, NULL), 0);
	assert_int_equal(r.status, 0);
	assert_int_equal(r.out_length, 1000);
	assert_true(r.cut);
}

TEST(the_deadline_ends_the_child_and_its_children)
{
	const RunSpec spec = {
		.argv = RUN_ARGV("sh", "-c", "sleep 60 & echo $!; wait"),
		.timeout_ms = 200,
	};
	int64_t start = clock_mono_ms();
	RunResult r;
	Fault f = {0};

	assert_int_equal(run_command(&spec, &r, &f), -ETIMEDOUT);
	assert_non_null(strstr(f.text, "sh did not end within 200 ms"));
	assert_in_range(clock_mono_ms() - start, 200, 50000);
}

TEST(a_grandchild_with_the_pipe_does_not_keep_us)
{
	int64_t start = clock_mono_ms();
	_cleanup_(run_result_done) RunResult r = run(RUN_ARGV("sh", "-c", "sleep 60 & echo $!"));
	int64_t pid = 0;

	r.out[strcspn(r.out, "\n")] = '\0';
	assert_in_range(clock_mono_ms() - start, 0, 15000);
	assert_true(str_parse_i64(r.out, &pid));
	assert_int_equal(kill((pid_t)pid, SIGKILL), 0);
}

TEST(nothing_is_inherited)
{
	_cleanup_(closep) int fd = open("/dev/null", O_RDONLY); /* on purpose without O_CLOEXEC */
	_cleanup_(run_result_done) RunResult fds = {0}, env = {0};

	assert_return_code(fd, errno);
	assert_int_equal(setenv("OS_PASSWORD", "secret", 1), 0);
	env = run(RUN_ARGV("env"));
	assert_null(strstr(env.out, "secret"));
	assert_non_null(strstr(env.out, "LC_ALL=C.UTF-8"));
	fds = run(RUN_ARGV("sh", "-c",
			   "for n in 3 4 5 6 7 8 9; do "
			   "[ -e /proc/self/fd/$n ] && readlink /proc/self/fd/$n; "
			   "done; true"));
	assert_null(strstr(fds.out, "/dev/null"));
}

TEST(what_cannot_be_started_is_a_fault)
{
	const RunSpec spec = {.argv = RUN_ARGV("/nonexistent/tool"), .timeout_ms = 1000};
	RunResult r;
	Fault f = {0};

	assert_int_equal(run_command(&spec, &r, &f), -ENOENT);
	assert_string_equal(f.text,
			    "/nonexistent/tool cannot be started: No such file or directory");
}

TEST(checked_quotes_the_last_line_of_stderr)
{
	const RunSpec bad = {
		.argv = RUN_ARGV("sh", "-c", "echo first >&2; echo 'no space  ' >&2; exit 7"),
		.timeout_ms = 20000,
	};
	const RunSpec silent = {.argv = RUN_ARGV("false"), .timeout_ms = 20000};
	const RunSpec good = {.argv = RUN_ARGV("true"), .timeout_ms = 20000};
	Fault f = {0};

	assert_int_equal(run_checked(&bad, NULL, &f), -EIO);
	assert_string_equal(f.text, "sh failed with status 7: no space");
	assert_int_equal(run_checked(&silent, NULL, &f), -EIO);
	assert_string_equal(f.text, "false failed with status 1");
	assert_int_equal(run_checked(&good, NULL, &f), 0);
}
