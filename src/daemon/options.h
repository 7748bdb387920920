/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * The command line of cleatd.
 */
#pragma once

#include "daemon/config.h"

typedef enum OptionsOutcome {
	OPTIONS_SHOWN = 1, /* --help or --version was answered */
	OPTIONS_WRONG,     /* told on stderr */
} OptionsOutcome;

/* Fill the configuration from defaults, the file that the options name, and the options. */
_must_use_ int options_read(int argc, char **argv, Arena *arena, Config *ret, Fault *f);
