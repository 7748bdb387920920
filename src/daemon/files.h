/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Small files that the daemon itself reads and writes.
 */
#pragma once

#include "base/arena.h"
#include "base/fault.h"

/* Make a directory (0700) unless it is there. */
_must_use_ int files_make_dir(const char *path, Fault *f);

/*
 * A fault that says what to do when others may write to what is there: everybody, or a group that
 * is not this process's own. Nothing there is fine.
 */
_must_use_ int files_check_private(const char *path, Fault *f);

/* Likewise when anybody but the owner may read what is there. */
_must_use_ int files_check_secret(const char *path, Fault *f);

/* The whole of a small file as text, in the arena. */
_must_use_ int files_read(const char *path, Arena *arena, const char **ret, Fault *f);

/*
 * Replace a file whole, readable by its owner alone. Unless it is `durable`, it may be lost with
 * the machine: for what is written again on the next start.
 */
_must_use_ int files_write_private(const char *path, const char *text, bool durable, Fault *f);

/* Likewise, readable by all and never durable; the caller says what it is called until it is whole.
 */
_must_use_ int files_write_public(const char *path, const char *draft, const char *text, Fault *f);
