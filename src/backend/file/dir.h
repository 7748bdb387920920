/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Files of one directory, handled so that nothing outside it is ever touched and a name never
 * stands for half a file.
 *
 * Names are single path components; links are not followed. A new file is written under a name
 * that begins with DIR_TEMPORARY and takes its own name by dir_publish(), which makes bytes and
 * name durable. A crash leaves at most temporary files, which dir_sweep() removes.
 */
#pragma once

#include <sys/types.h>

#include "base/fault.h"

/* What names of unfinished files begin with. */
#define DIR_TEMPORARY "."

typedef enum DirOutcome {
	DIR_NO_FILE = 1,
	DIR_FULL, /* no space, or past what the file system or a quota allows */
} DirOutcome;

/* Open a directory, made (mode 0700) if missing; its parent has to exist. */
_must_use_ int dir_open(const char *path, int *ret_fd, Fault *f);
/* Likewise for a directory inside one. */
_must_use_ int dir_open_inside(int dir, const char *name, int *ret_fd, Fault *f);

/* Open a regular file. `flags` is O_RDONLY or O_RDWR. 0 or DIR_NO_FILE. */
_must_use_ int dir_open_file(int dir, const char *name, int flags, int *ret_fd, Fault *f);

/* Make an empty file, in the place of a left-over one. 0 or DIR_FULL. */
_must_use_ int dir_create_file(int dir, const char *name, int *ret_fd, Fault *f);

/* Give a finished file its name, durably. 0 or DIR_FULL. */
_must_use_ int dir_publish(int dir, int fd, const char *temporary, const char *name, Fault *f);

/* Durably. 0 also when it is not there. */
_must_use_ int dir_remove_file(int dir, const char *name, Fault *f);

/* Remove an unfinished file, if that is possible now; otherwise the next dir_sweep() does it. */
void dir_discard_file(int dir, const char *temporary);

_must_use_ int dir_has_file(int dir, const char *name, bool *ret, Fault *f);

/* Remove all temporary files. */
_must_use_ int dir_sweep(int dir, Fault *f);

/* Write all of it. 0 or DIR_FULL. */
_must_use_ int dir_write(int fd, const void *bytes, size_t n, Fault *f);

/* Make a file that long, with a hole at the end. 0 or DIR_FULL. */
_must_use_ int dir_grow(int fd, int64_t size_bytes, Fault *f);

/* Make `to`, which is empty, a copy of `from`: shared blocks, or holes kept. 0 or DIR_FULL. */
_must_use_ int dir_copy(int from, int to, Fault *f);
