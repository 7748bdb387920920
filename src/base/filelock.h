/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Locks between processes: files of a directory that are locked by flock(2), each through a
 * descriptor of its own, so that threads are kept apart like processes, and the kernel lets go for
 * whoever dies. They are polled, as nothing waits for such a lock with a deadline.
 *
 * Who has one alone removes its file; whoever got one looks whether its file still has its name.
 */
#pragma once

#include <stdint.h>

#include "base/fault.h"

/* Outcome: somebody else has it still. */
enum { FILELOCK_TAKEN = 1 };

/* `how` is LOCK_EX or LOCK_SH, the deadline of clock_mono_ms(): one try when it is over. */
_must_use_ int filelock_take(int dir, const char *name, int how, int64_t deadline_ms, int *ret_fd,
			     Fault *f);
/* Of those who share it the last one removes the file. */
void filelock_drop(int dir, const char *name, int *fd);
