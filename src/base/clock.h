/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Time. Stored times are microseconds since 1970 in UTC; waiting uses the monotonic clock, or the
 * steady one where the end of the waiting is stored.
 */
#pragma once

#include "base/macros.h"

enum { CLOCK_TEXT_MAX = 40 };

typedef enum ClockFormat {
	CLOCK_SECONDS_Z, /* 2026-11-21T04:05:06Z */
	CLOCK_MICROS,    /* 2026-11-21T04:05:06.123456 */
	CLOCK_MICROS_Z,  /* 2026-11-21T04:05:06.000000Z, microseconds always zero */
} ClockFormat;

int64_t clock_now_us(void);
int64_t clock_mono_ms(void);
int64_t clock_mono_us(void);
/*
 * The time of day when this process began, and what has passed since: nobody sets it. For deadlines
 * that outlive the process. A later process has another one, as wrong as the clock was set.
 */
int64_t clock_steady_us(void);

/* Returns `out`. */
const char *clock_format(int64_t us, ClockFormat format, char out[static CLOCK_TEXT_MAX]);

/*
 * Read an ISO 8601 date and time: 'T' or blank between, optional fraction, optional Z or +hh:mm
 * (none means UTC). False when it is anything else.
 */
_must_use_ bool clock_parse(const char *text, int64_t *ret_us);

void clock_sleep_ms(int64_t ms);
