/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Directories and all that guests have put into them: links to anywhere, devices, names of any
 * depth, and whatever they change meanwhile. Nothing is opened but regular files and directories
 * beneath the one that is given; links are copied and deleted, never followed.
 */
#pragma once

#include "base/fault.h"

/*
 * Copy all that is in one directory, and its own mode, owner and times, into an empty one that
 * nobody else uses. Blocks are shared where the file system can; hard links and holes are kept.
 * What changes meanwhile is copied as it was at some moment, or left out. 0 or PLACE_FULL.
 */
_must_use_ int tree_copy(int from, int to, Fault *f);

/* What it holds on the disk. */
_must_use_ int tree_measure(int from, int64_t *ret_bytes, Fault *f);

/* Delete all that is in a directory. */
_must_use_ int tree_burn(int directory, Fault *f);
