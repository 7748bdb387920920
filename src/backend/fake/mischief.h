/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * What tests ask the fakes to do wrong, read from the environment: see README.md.
 */
#pragma once

#include <pthread.h>

#include "base/fault.h"

typedef enum Spoilt {
	SPOILT_NONE,
	SPOILT_FAULT,
	SPOILT_LOST_REPLY, /* the call does its work and fails all the same */
	SPOILT_FULL,       /* there is no room; where that cannot be, a fault */
	SPOILT_TIMEOUT,    /* nothing happens for a while, and then it fails */
	SPOILT_BROKEN,     /* and so do the next calls of that slot, as often as one is retried */
	_SPOILT_MAX,
} Spoilt;

typedef struct CallMischief {
	int64_t call; /* which one is spoilt, from 1; 0: none; -1: all */
	Spoilt kind;
	int64_t delay_ms;
	pthread_mutex_t lock; /* guards what follows */
	int64_t calls;
	const char *slot; /* the one that is broken */
	int broken;       /* how often it fails yet */
} CallMischief;

/*
 * Read PREFIX_FAIL and PREFIX_DELAY_MS; `allowed` is a set of 1 << Spoilt that make sense. A
 * fault when one of them makes none.
 */
_must_use_ int call_mischief_read(CallMischief *mischief, const char *prefix, unsigned allowed,
				  Fault *f);

/*
 * At the start of a call: what is wrong with it; the log says so. Sleeps when calls are to be
 * slow.
 */
Spoilt call_mischief_strike(CallMischief *mischief, const char *slot);

/* Whether a call does its work. */
static inline bool call_is_done(Spoilt spoilt)
{
	return spoilt == SPOILT_NONE || spoilt == SPOILT_LOST_REPLY;
}

/* What the call answers when its work has come to `r`; `full` is the outcome for that, or 0. */
_must_use_ int call_answer(Spoilt spoilt, const char *slot, int r, int full, Fault *f);
