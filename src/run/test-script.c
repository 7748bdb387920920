/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Scripted replies: followed in order, anything else is told.
 */
#include "run/script.h"

#include "run/run.h"
#include "tests/lib/test.h"

static const char transcript[] = "# a volume\n"
				 "$ qemu-img create -f qcow2 */v1.qcow2 1G\n"
				 "< Formatting\n"
				 "\n"
				 "$ echo 'two words' end\n"
				 "$ lvremove vg/a\n"
				 "! not found\n"
				 "< a\n"
				 "< b\n"
				 "exit 5\n";

static int run(const char *const *argv, RunResult *ret, Fault *f)
{
	const RunSpec spec = {.argv = argv, .timeout_ms = 1000};

	return run_command(&spec, ret, f);
}

TEST(answers_in_order)
{
	_cleanup_(run_result_done) RunResult a = {0}, b = {0}, c = {0};

	assert_int_equal(run_script_play(transcript, NULL), 0);
	assert_int_equal(run(RUN_ARGV("qemu-img", "create", "-f", "qcow2", "/tmp/x/v1.qcow2", "1G"),
			     &a, NULL),
			 0);
	assert_string_equal(a.out, "Formatting\n");
	assert_int_equal(run(RUN_ARGV("echo", "two words", "end"), &b, NULL), 0);
	assert_string_equal(b.out, "");
	assert_int_equal(b.status, 0);
	assert_int_equal(run(RUN_ARGV("lvremove", "vg/a"), &c, NULL), 0);
	assert_int_equal(c.status, 5);
	assert_string_equal(c.out, "a\nb\n");
	assert_string_equal(c.err, "not found\n");
	assert_int_equal(run_script_end(NULL), 0);
}

TEST(an_unexpected_command_is_told_again_at_the_end)
{
	RunResult r;
	Fault f = {0};

	assert_int_equal(run_script_play("$ a b\n", NULL), 0);
	assert_true(run(RUN_ARGV("a", "b", "c"), &r, &f) < 0);
	assert_string_equal(f.text, "script line 1: expected \"a b\", got \"a b c\"");
	assert_true(run_script_end(&f) < 0);
	assert_string_equal(f.text, "script line 1: expected \"a b\", got \"a b c\"");
}

TEST(a_missing_argument_is_unexpected_too)
{
	RunResult r;

	assert_int_equal(run_script_play("$ a b\n", NULL), 0);
	assert_true(run(RUN_ARGV("a"), &r, NULL) < 0);
	assert_true(run_script_end(NULL) < 0);
}

TEST(what_was_not_reached_is_told)
{
	Fault f = {0};

	assert_int_equal(run_script_play("# first\n\n$ a\n", NULL), 0);
	assert_true(run_script_end(&f) < 0);
	assert_string_equal(f.text, "the script was not played from line 3 on");
}

TEST(a_text_that_is_no_script_is_refused)
{
	Fault f = {0};

	assert_true(run_script_play("$ a\nexit x\n", &f) < 0);
	assert_string_equal(f.text, "script line 2: not a script line: exit x");
	assert_true(run_script_load("/nonexistent", &f) < 0);
}

static void count_login(void *ctx, const RunSpec *spec)
{
	assert_string_equal(spec->argv[1], "login");
	(*(int *)ctx)++;
}

TEST(a_hook_does_what_the_command_would_have_done)
{
	_cleanup_(run_result_done) RunResult a = {0};
	int logins = 0;

	run_script_hook("login", count_login, &logins);
	assert_int_equal(run_script_play("$ tool login\n< done\n@ login\nexit 3\n", NULL), 0);
	assert_int_equal(run(RUN_ARGV("tool", "login"), &a, NULL), 0);
	assert_int_equal(a.status, 3);
	assert_string_equal(a.out, "done\n");
	assert_int_equal(logins, 1);
	assert_int_equal(run_script_end(NULL), 0);
}

TEST(a_hook_that_nobody_registered_is_refused)
{
	Fault f = {0};

	assert_true(run_script_play("$ a\n@ nothing\n", &f) < 0);
	assert_string_equal(f.text, "script line 2: not a script line: @ nothing");
}
