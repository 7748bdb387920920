/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Counts failed logins in a row, by user and by source address, and locks what fails too often for
 * a time that doubles. Memory is of a fixed size: under a flood of names the ones that failed
 * longest ago are forgotten first. Thread-safe.
 */
#pragma once

#include "base/macros.h"

typedef struct Lockout Lockout;

/* What is counted. An address stands for many people, so it may fail more often. */
typedef enum LockoutKind { LOCKOUT_USER, LOCKOUT_ADDRESS, _LOCKOUT_KIND_MAX } LockoutKind;

Lockout *lockout_new(void);
Lockout *lockout_free(Lockout *lockout);
DEFINE_CLEANUP(Lockout, lockout_free)

/* Whether this name may not even try now. */
_must_use_ bool lockout_is_locked(Lockout *lockout, LockoutKind kind, const char *name,
				  int64_t now_us);
void lockout_failed(Lockout *lockout, LockoutKind kind, const char *name, int64_t now_us);
/* A success: the row of failures is over. */
void lockout_clear(Lockout *lockout, LockoutKind kind, const char *name);
