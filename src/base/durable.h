/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Small files that are there as a whole or not at all, whenever the machine ends: written beside
 * their place, flushed, renamed, and the directory flushed. What is beside a place is NAME.tmp.
 */
#pragma once

#include "base/fault.h"

enum { DURABLE_NAME_MAX = 250 }; /* bytes */

/* Outcome of reading. */
enum { DURABLE_NONE = 1 };

/* The directory with those above it, as far as they are missing; the last one gets the mode. */
_must_use_ int durable_directory(const char *path, unsigned mode, Fault *f);

_must_use_ int durable_write(int dir, const char *name, const char *text, Fault *f);
/* The caller frees the text. DURABLE_NONE. */
_must_use_ int durable_read(int dir, const char *name, char **ret, Fault *f);
/* 0 also when it is not there. */
_must_use_ int durable_remove(int dir, const char *name, Fault *f);
