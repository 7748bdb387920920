/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Locks: files that are locked by flock(2), each through a descriptor of its own, so that threads
 * are kept apart like processes, and the kernel lets go for whoever dies. They are polled, as
 * nothing waits for a lock with a deadline.
 *
 * A target's lock has a gate in front: who wants it, alone or together, waits at the gate and
 * keeps it while waiting for the lock, so that many who want it together cannot starve one who
 * wants it alone. Who has it together and keeps the gate is alone among those who come and go,
 * while those who are inside go on.
 *
 * Files of locks are removed by who holds them alone; whoever got a lock looks whether its file
 * still has its name.
 */
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/digest.h"
#include "local/priv.h"

enum {
	NAME_BYTES = DIGEST_MD5_TEXT + 16,
	POLL_FIRST_MS = 1,
	POLL_LONGEST_MS = 50,
};

static int lock_name(const char *prefix, const char *name, char out[static NAME_BYTES], Fault *f)
{
	char digest[DIGEST_MD5_TEXT];

	if (!digest_md5(name, digest))
		return fault(f, -ENOTSUP, "this OpenSSL has no MD5");
	(void)snprintf(out, NAME_BYTES, "%s-%s", prefix, digest);
	return 0;
}

/* Whether the open file is the one that has the name now. */
static bool is_current(int dir, const char *name, int fd)
{
	struct stat here, there;

	return fstat(fd, &here) == 0 && fstatat(dir, name, &there, AT_SYMLINK_NOFOLLOW) == 0 &&
	       here.st_ino == there.st_ino && here.st_dev == there.st_dev;
}

/* One try: 0, LOCAL_WORKING, or a fault. */
static int try_lock(int dir, const char *name, int how, int *ret_fd, Fault *f)
{
	_cleanup_(closep) int fd =
		openat(dir, name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (fd < 0)
		return fault(f, -errno, "lock %s: %s", name, strerror(errno));
	if (flock(fd, how | LOCK_NB) < 0) {
		if (errno == EWOULDBLOCK || errno == EINTR)
			return LOCAL_WORKING;
		return fault(f, -errno, "lock %s: %s", name, strerror(errno));
	}
	if (!is_current(dir, name, fd))
		return LOCAL_WORKING;
	*ret_fd = TAKE_FD(fd);
	return 0;
}

static int poll_lock(int dir, const char *name, int how, int64_t deadline_ms, int *ret_fd, Fault *f)
{
	int64_t pause_ms = POLL_FIRST_MS;

	for (;;) {
		int64_t left;
		int r = try_lock(dir, name, how, ret_fd, f);

		if (r != LOCAL_WORKING)
			return r;
		left = deadline_ms - clock_mono_ms();
		if (left <= 0)
			return LOCAL_WORKING;
		clock_sleep_ms(MIN(pause_ms, left));
		pause_ms = MIN(pause_ms * 2, POLL_LONGEST_MS);
	}
}

static int take_target(const Local *local, LockKind kind, const char *target, int64_t deadline_ms,
		       Lock *ret, Fault *f)
{
	const int how = kind == LOCK_TARGET_ALONE ? LOCK_EX : LOCK_SH;
	char gate_name[NAME_BYTES], name[NAME_BYTES];
	Lock lock = {.fd = -1, .gate = -1};
	int r;

	r = lock_name("gate", target, gate_name, f);
	if (r == 0)
		r = lock_name("target", target, name, f);
	if (r == 0)
		r = poll_lock(local->locks, gate_name, LOCK_EX, deadline_ms, &lock.gate, f);
	if (r)
		return r;
	r = poll_lock(local->locks, name, how, deadline_ms, &lock.fd, f);
	if (r || kind != LOCK_TARGET_JOIN)
		lock_open_gate(local, target, &lock);
	if (r)
		return r;
	*ret = lock;
	return 0;
}

int lock_take(const Local *local, LockKind kind, const char *name, int64_t deadline_ms, Lock *ret,
	      Fault *f)
{
	char file[NAME_BYTES];
	int r;

	if (kind != LOCK_VOLUME)
		return take_target(local, kind, name, deadline_ms, ret, f);
	ret->gate = -1;
	r = lock_name("volume", name, file, f);
	return r ? r : poll_lock(local->locks, file, LOCK_EX, deadline_ms, &ret->fd, f);
}

void lock_open_gate(const Local *local, const char *name, Lock *lock)
{
	char file[NAME_BYTES];

	if (lock->gate < 0)
		return;
	if (lock_name("gate", name, file, NULL) == 0)
		(void)unlinkat(local->locks, file, 0); /* an empty file more */
	closep(&lock->gate);
	lock->gate = -1;
}

void lock_drop(const Local *local, LockKind kind, const char *name, Lock *lock)
{
	const char *prefix = kind == LOCK_VOLUME ? "volume" : "target";
	char file[NAME_BYTES];

	lock_open_gate(local, name, lock);
	/* Of those who hold it together the last one removes the file. */
	if (lock_name(prefix, name, file, NULL) == 0 && flock(lock->fd, LOCK_EX | LOCK_NB) == 0 &&
	    is_current(local->locks, file, lock->fd))
		(void)unlinkat(local->locks, file, 0);
	closep(&lock->fd);
	lock->fd = -1;
}
