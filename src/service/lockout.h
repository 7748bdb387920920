/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Counts failed logins in a row and locks what fails too often for a time that doubles, up to a
 * bound. What counts most is a user at one address: nobody can lock a user out of the other
 * addresses with it. The limit for a user from wherever is wide and its lock short, and does not
 * hold where that user came in before.
 *
 * Memory is of a fixed size for each kind: under a flood of names those that were touched longest
 * ago are forgotten first. Times are of a clock that is never set back. Thread-safe.
 */
#pragma once

#include "base/macros.h"

typedef struct Lockout Lockout;

/* What is counted. */
typedef enum LockoutKind {
	LOCKOUT_VISITOR, /* a user at one address */
	LOCKOUT_USER,    /* a user, from wherever */
	LOCKOUT_ADDRESS, /* an address, which stands for many people */
	_LOCKOUT_KIND_MAX
} LockoutKind;

Lockout *lockout_new(void);
Lockout *lockout_free(Lockout *lockout);
DEFINE_CLEANUP(Lockout, lockout_free)

/* How long this name may not even try; 0: it may. */
_must_use_ int64_t lockout_wait_us(Lockout *lockout, LockoutKind kind, const char *name,
				   int64_t now_us);
void lockout_failed(Lockout *lockout, LockoutKind kind, const char *name, int64_t now_us);
/* A success: the row of failures is over. */
void lockout_clear(Lockout *lockout, LockoutKind kind, const char *name);

/* Remember a visitor that came in, and ask for it. */
void lockout_welcome(Lockout *lockout, const char *visitor, int64_t now_us);
_must_use_ bool lockout_is_welcome(Lockout *lockout, const char *visitor);
