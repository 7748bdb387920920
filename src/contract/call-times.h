/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * How long the calls of a driver take, by slot. Any thread may count, without waiting.
 */
#pragma once

#include "base/metric.h"

enum { CALL_TIMES_MAX = 64 };

typedef struct CallTimes {
	struct {
		_Atomic(const char *) slot;
		Histogram took; /* histogram_times */
		atomic_uint_fast64_t faults;
	} calls[CALL_TIMES_MAX];
} CallTimes;

/* `slot` is borrowed for good. The names of more slots than there is room for are not counted. */
void call_times_add(CallTimes *times, const char *slot, int64_t us, bool is_fault);

/* Histogram `<name>_seconds` and counter `<name>_faults_total`, with a label `call`. */
void call_times_show(Buf *text, const char *name, const char *about, const CallTimes *times);
