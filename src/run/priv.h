/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Between run.c and script.c.
 */
#pragma once

#include "run/run.h"

bool run_script_playing(void);
_must_use_ int run_script_answer(const RunSpec *spec, RunResult *ret, Fault *f);
