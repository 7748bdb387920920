/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Locks: files in a directory beside the records (base/filelock.h).
 *
 * A target's lock has a gate in front: who wants it, alone or together, waits at the gate and
 * keeps it while waiting for the lock, so that many who want it together cannot starve one who
 * wants it alone. Who has it together and keeps the gate is alone among those who come and go,
 * while those who are inside go on.
 */
#include <stdio.h>
#include <sys/file.h>

#include "base/digest.h"
#include "base/filelock.h"
#include "local/priv.h"

enum { NAME_BYTES = DIGEST_MD5_TEXT + 16 };

static int lock_name(const char *prefix, const char *name, char out[static NAME_BYTES], Fault *f)
{
	char digest[DIGEST_MD5_TEXT];

	if (!digest_md5(name, digest))
		return fault(f, -ENOTSUP, "this OpenSSL has no MD5");
	(void)snprintf(out, NAME_BYTES, "%s-%s", prefix, digest);
	return 0;
}

static int take_file(const Local *local, const char *name, int how, int64_t deadline_ms,
		     int *ret_fd, Fault *f)
{
	int r = filelock_take(local->locks, name, how, deadline_ms, ret_fd, f);

	return r == FILELOCK_TAKEN ? LOCAL_WORKING : r;
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
		r = take_file(local, gate_name, LOCK_EX, deadline_ms, &lock.gate, f);
	if (r)
		return r;
	r = take_file(local, name, how, deadline_ms, &lock.fd, f);
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
	return r ? r : take_file(local, file, LOCK_EX, deadline_ms, &ret->fd, f);
}

void lock_open_gate(const Local *local, const char *name, Lock *lock)
{
	char file[NAME_BYTES];

	if (lock->gate < 0)
		return;
	if (lock_name("gate", name, file, NULL) == 0)
		filelock_drop(local->locks, file, &lock->gate);
}

void lock_drop(const Local *local, LockKind kind, const char *name, Lock *lock)
{
	const char *prefix = kind == LOCK_VOLUME ? "volume" : "target";
	char file[NAME_BYTES];

	lock_open_gate(local, name, lock);
	if (lock_name(prefix, name, file, NULL) == 0)
		filelock_drop(local->locks, file, &lock->fd);
}
