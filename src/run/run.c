/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * posix_spawn, a pidfd and poll. The child leads a process group of its own, so that the deadline
 * ends its children as well. Its input is a memory file, so that writing it cannot block us.
 *
 * The end of the child decides, not the end of its output: a grandchild that keeps the pipe open
 * must not keep us.
 */
#include "run/run.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/wait.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/str.h"
#include "run/priv.h"

enum {
	READ_BYTES = 16 * 1024,
	KILL_MS = 5000, /* an ordinary child is gone at once */
};

/* One output of the child on its way into memory. */
typedef struct Capture {
	int fd; /* -1 at its end */
	Buf text;
	size_t max;
	bool cut;
} Capture;

typedef struct Child {
	pid_t pid;
	int pidfd;
	Capture out;
	Capture err;
} Child;

static void child_done(Child *child)
{
	closep(&child->pidfd);
	closep(&child->out.fd);
	closep(&child->err.fd);
	buf_done(&child->out.text);
	buf_done(&child->err.text);
}

void run_result_done(RunResult *result)
{
	free(result->out);
	free(result->err);
	*result = (RunResult){0};
}

/* What the child reads: a memory file with the input, or nothing. */
static int open_input(const RunSpec *spec, int *ret_fd, Fault *f)
{
	_cleanup_(closep) int fd = -1;

	if (!spec->input) {
		fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
		if (fd < 0)
			return fault(f, -errno, "open /dev/null: %s", strerror(errno));
		*ret_fd = TAKE_FD(fd);
		return 0;
	}
	fd = memfd_create("input", MFD_CLOEXEC);
	if (fd < 0)
		return fault(f, -errno, "memory for input: %s", strerror(errno));
	for (size_t done = 0; done < spec->input_length;) {
		ssize_t n = pwrite(fd, spec->input + done, spec->input_length - done, (off_t)done);

		if (n < 0)
			return fault(f, -errno, "memory for input: %s", strerror(errno));
		done += (size_t)n;
	}
	*ret_fd = TAKE_FD(fd);
	return 0;
}

static int open_capture(Capture *capture, int *ret_write_fd, Fault *f)
{
	int fds[2];

	if (pipe2(fds, O_CLOEXEC) < 0)
		return fault(f, -errno, "pipe: %s", strerror(errno));
	capture->fd = fds[0];
	*ret_write_fd = fds[1];
	if (fcntl(fds[0], F_SETFL, O_NONBLOCK) < 0)
		return fault(f, -errno, "pipe: %s", strerror(errno));
	return 0;
}

/* Start argv on three descriptors. Returns 0 or an errno. */
static int spawn(const RunSpec *spec, const int fds[static 3], pid_t *ret_pid)
{
	static const char *const environment[] = {
		"LC_ALL=C.UTF-8",
		"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
		NULL,
	};
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t none, all;
	int r = 0;

	(void)sigemptyset(&none); /* these two cannot fail */
	(void)sigfillset(&all);
	if (posix_spawn_file_actions_init(&actions) || posix_spawnattr_init(&attributes))
		return ENOMEM;
	for (int i = 0; i < 3 && r == 0; i++)
		r = posix_spawn_file_actions_adddup2(&actions, fds[i], i);
	if (r == 0)
		r = posix_spawn_file_actions_addclosefrom_np(&actions, 3);
	if (r == 0)
		r = posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK |
								  POSIX_SPAWN_SETSIGDEF |
								  POSIX_SPAWN_SETPGROUP);
	if (r == 0)
		r = posix_spawnattr_setsigmask(&attributes, &none);
	if (r == 0)
		r = posix_spawnattr_setsigdefault(&attributes, &all);
	if (r == 0)
		r = posix_spawnp(ret_pid, spec->argv[0], &actions, &attributes,
				 (char *const *)(uintptr_t)spec->argv,
				 (char *const *)(uintptr_t)environment);
	(void)posix_spawnattr_destroy(&attributes); /* these two always return 0 */
	(void)posix_spawn_file_actions_destroy(&actions);
	return r;
}

static int child_start(Child *child, const RunSpec *spec, Fault *f)
{
	_cleanup_(closep) int in = -1, out = -1, err = -1;
	int r;

	r = open_input(spec, &in, f);
	if (r == 0)
		r = open_capture(&child->out, &out, f);
	if (r == 0)
		r = open_capture(&child->err, &err, f);
	if (r)
		return r;
	r = spawn(spec, (const int[]){in, out, err}, &child->pid);
	if (r)
		return fault(f, -r, "%s cannot be started: %s", spec->argv[0], strerror(r));
	child->pidfd = pidfd_open(child->pid, 0);
	if (child->pidfd < 0) {
		r = -errno;
		(void)kill(-child->pid, SIGKILL); /* it may be gone already */
		(void)waitpid(child->pid, NULL, 0);
		return fault(f, r, "%s cannot be watched: %s", spec->argv[0], strerror(-r));
	}
	return 0;
}

/* Take what is there now. */
static void capture_read(Capture *capture)
{
	char piece[READ_BYTES];
	ssize_t n;

	while (capture->fd >= 0 && (n = read(capture->fd, piece, sizeof(piece))) != 0) {
		size_t keep;

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return; /* EAGAIN: later. Others do not happen on a pipe */
		keep = MIN((size_t)n, capture->max - capture->text.length);
		buf_append(&capture->text, piece, keep);
		capture->cut = capture->cut || keep < (size_t)n;
	}
	closep(&capture->fd);
	capture->fd = -1;
}

/* Collect output until the child is gone or the deadline is over. False when it is over. */
static bool child_watch(Child *child, int64_t deadline_ms)
{
	for (;;) {
		struct pollfd fds[] = {
			{.fd = child->pidfd, .events = POLLIN},
			{.fd = child->out.fd, .events = POLLIN},
			{.fd = child->err.fd, .events = POLLIN},
		};
		int64_t left = deadline_ms - clock_mono_ms();

		if (left <= 0)
			return false;
		if (poll(fds, ARRAY_SIZE(fds), (int)MIN(left, INT32_MAX)) < 0)
			continue; /* EINTR */
		capture_read(&child->out);
		capture_read(&child->err);
		if (fds[0].revents)
			return true;
	}
}

/*
 * Kill a child that is late. One that the kernel holds (a device or a server does not answer) is
 * left behind after a moment: the deadline is what matters, and it dies when it is let go.
 */
static void child_kill(Child *child)
{
	struct pollfd end = {.fd = child->pidfd, .events = POLLIN};

	(void)kill(-child->pid, SIGKILL); /* the group is there until we reap its leader */
	if (poll(&end, 1, KILL_MS) > 0)
		(void)waitid(P_PIDFD, (id_t)child->pidfd, &(siginfo_t){0}, WEXITED);
}

/* The exit status of a child that has ended or is about to. */
static int child_reap(Child *child)
{
	siginfo_t info = {0};

	while (waitid(P_PIDFD, (id_t)child->pidfd, &info, WEXITED) < 0)
		assert(errno == EINTR);
	return info.si_code == CLD_EXITED ? info.si_status : 128 + info.si_status;
}

static char *capture_take(Capture *capture, size_t *ret_length)
{
	*ret_length = capture->text.length;
	return buf_take(&capture->text);
}

int run_command(const RunSpec *spec, RunResult *ret, Fault *f)
{
	size_t max = spec->capture_max ? spec->capture_max : RUN_CAPTURE_BYTES;
	_cleanup_(child_done) Child child = {
		.pidfd = -1,
		.out = {.fd = -1, .max = max},
		.err = {.fd = -1, .max = max},
	};
	int r;

	assert(spec->argv[0] && spec->timeout_ms > 0);
	if (run_script_playing())
		return run_script_answer(spec, ret, f);
	r = child_start(&child, spec, f);
	if (r)
		return r;
	if (!child_watch(&child, clock_mono_ms() + spec->timeout_ms)) {
		child_kill(&child);
		return fault(f, -ETIMEDOUT, "%s did not end within %lld ms", spec->argv[0],
			     (long long)spec->timeout_ms);
	}
	*ret = (RunResult){
		.status = child_reap(&child),
		.cut = child.out.cut || child.err.cut,
	};
	ret->out = capture_take(&child.out, &ret->out_length);
	ret->err = capture_take(&child.err, &ret->err_length);
	return 0;
}

/* The last line of a text that has something in it. */
static char *last_line(const char *text)
{
	size_t end = strlen(text), start;

	while (end > 0 && strchr("\n\r\t ", text[end - 1]))
		end--;
	for (start = end; start > 0 && text[start - 1] != '\n'; start--)
		;
	return mem_strndup(text + start, end - start);
}

int run_checked(const RunSpec *spec, RunResult *ret, Fault *f)
{
	_cleanup_(run_result_done) RunResult result = {0};
	_cleanup_(freep) char *line = NULL;
	int r;

	r = run_command(spec, &result, f);
	if (r)
		return r;
	if (result.status != 0) {
		line = last_line(result.err);
		return fault(f, -EIO, "%s failed with status %d%s%s", spec->argv[0], result.status,
			     *line ? ": " : "", line);
	}
	if (ret) {
		*ret = result;
		result = (RunResult){0};
	}
	return 0;
}
