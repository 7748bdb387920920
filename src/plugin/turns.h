/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Calls about one name take turns. Thread-safe.
 */
#pragma once

#include "base/macros.h"

typedef struct Turns Turns;

Turns *turns_new(void);
Turns *turns_free(Turns *turns);
DEFINE_CLEANUP(Turns, turns_free)

/* False: the others did not end by the deadline, of clock_mono_ms(). */
_must_use_ bool turns_take(Turns *turns, const char *name, int64_t deadline_ms);
void turns_leave(Turns *turns, const char *name);
