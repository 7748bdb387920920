/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Where and how a guest is to mount a share, as its owner says. It is handed on to scripts that run
 * as root in the guest, so what could be more than a path or an option is refused.
 */
#pragma once

#include "base/macros.h"

/* In bytes, as a name of a file system has. */
enum { MOUNT_POINT_MAX = 255, MOUNT_OPTIONS_MAX = 255 };

/* An absolute path without "..", without controls, and not the root. */
bool mount_point_fits(const char *path);

/* Whether they name the same place: also where one has more slashes. Either may be NULL. */
bool mount_points_are_same(const char *one, const char *other);

/* Whether these are options that are known, separated by commas; *ret_readonly: "ro" is one. */
bool mount_options_fit(const char *options, bool *ret_readonly);
