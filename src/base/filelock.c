/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * See filelock.h.
 */
#include "base/filelock.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/macros.h"

enum { POLL_FIRST_MS = 1, POLL_LONGEST_MS = 50 };

/* Whether the open file is the one that has the name now. */
static bool is_current(int dir, const char *name, int fd)
{
	struct stat here, there;

	return fstat(fd, &here) == 0 && fstatat(dir, name, &there, AT_SYMLINK_NOFOLLOW) == 0 &&
	       here.st_ino == there.st_ino && here.st_dev == there.st_dev;
}

static int try_once(int dir, const char *name, int how, int *ret_fd, Fault *f)
{
	_cleanup_(closep) int fd =
		openat(dir, name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (fd < 0)
		return fault(f, -errno, "lock %s: %s", name, strerror(errno));
	if (flock(fd, how | LOCK_NB) < 0) {
		if (errno == EWOULDBLOCK || errno == EINTR)
			return FILELOCK_TAKEN;
		return fault(f, -errno, "lock %s: %s", name, strerror(errno));
	}
	if (!is_current(dir, name, fd))
		return FILELOCK_TAKEN;
	*ret_fd = TAKE_FD(fd);
	return 0;
}

int filelock_take(int dir, const char *name, int how, int64_t deadline_ms, int *ret_fd, Fault *f)
{
	int64_t pause_ms = POLL_FIRST_MS;

	for (;;) {
		int64_t left;
		int r = try_once(dir, name, how, ret_fd, f);

		if (r != FILELOCK_TAKEN)
			return r;
		left = deadline_ms - clock_mono_ms();
		if (left <= 0)
			return FILELOCK_TAKEN;
		clock_sleep_ms(MIN(pause_ms, left));
		pause_ms = MIN(pause_ms * 2, POLL_LONGEST_MS);
	}
}

void filelock_drop(int dir, const char *name, int *fd)
{
	if (flock(*fd, LOCK_EX | LOCK_NB) == 0 && is_current(dir, name, *fd))
		(void)unlinkat(dir, name, 0); /* an empty file more */
	closep(fd);
	*fd = -1;
}
