/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * What tests ask the fake to do wrong, read from the environment: see README.md.
 */
#pragma once

#include <stdatomic.h>

#include "base/fault.h"

typedef struct ExportMischief {
	int64_t fail_call; /* which call, from 1; 0: none; -1: each export */
	bool lost_reply;   /* it does its work and fails all the same */
	int64_t delay_ms;
	atomic_int_fast64_t calls;
} ExportMischief;

/* A fault when a variable makes no sense. */
_must_use_ int export_mischief_read(ExportMischief *mischief, Fault *f);

/* At the start of a call: whether it shall fail. Sleeps when calls are to be slow. */
bool export_mischief_strikes(ExportMischief *mischief);
