/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Files of one directory, handled so that nothing outside it is ever touched and a name never
 * stands for half a file.
 *
 * Names are single path components; links are not followed. A new file is written under a name
 * that begins with DIR_TEMPORARY and takes its own name by dir_publish(), which makes bytes and
 * name durable. A crash leaves at most temporary files, which dir_sweep() removes.
 *
 * Names become durable by a flush of the directory, and one flush serves all who wait for one:
 * those who come while it runs share the next. A removal, for which nobody waits with an answer,
 * first gives others a moment to flush for it.
 *
 * Thread-safety: a Dir may be used by any thread; calls for one name do not overlap.
 */
#pragma once

#include <sys/types.h>

#include "base/fault.h"

typedef struct Dir Dir;

/* What names of unfinished files begin with; what comes next is in the table of dir_sweep(). */
#define DIR_TEMPORARY "."

typedef enum DirOutcome {
	DIR_NO_FILE = 1,
	DIR_FULL, /* no space, or past what the file system or a quota allows */
} DirOutcome;

/* Open a directory, made (mode 0700) if missing; its parent has to exist. */
_must_use_ int dir_open(const char *path, Dir **ret, Fault *f);
/* Likewise for a directory inside one. */
_must_use_ int dir_open_inside(const Dir *dir, const char *name, Dir **ret, Fault *f);
Dir *dir_close(Dir *dir);
DEFINE_CLEANUP(Dir, dir_close)

_must_use_ int dir_space(const Dir *dir, int64_t *ret_total_bytes, int64_t *ret_free_bytes,
			 Fault *f);

/* The number of the file system that the directory was opened in. */
_must_use_ int dir_device(const Dir *dir, dev_t *ret, Fault *f);

/* Open a regular file. `flags` is O_RDONLY or O_RDWR. 0 or DIR_NO_FILE. */
_must_use_ int dir_open_file(const Dir *dir, const char *name, int flags, int *ret_fd, Fault *f);

/* Make an empty file, in the place of a left-over one. 0 or DIR_FULL. */
_must_use_ int dir_create_file(const Dir *dir, const char *name, int *ret_fd, Fault *f);

/* Give a finished file its name, durably. 0 or DIR_FULL. */
_must_use_ int dir_publish(Dir *dir, int fd, const char *temporary, const char *name, Fault *f);

/* Give a file another name, which is free, durably. 0 or DIR_FULL. */
_must_use_ int dir_rename_file(Dir *dir, const char *from, const char *to, Fault *f);

/* Durably. 0 also when it is not there. */
_must_use_ int dir_remove_file(Dir *dir, const char *name, Fault *f);

/* Make durable what names there are and are not, whoever changed that. 0 or DIR_FULL. */
_must_use_ int dir_flush(Dir *dir, Fault *f);

/* Remove an unfinished file, if that is possible now; otherwise the next dir_sweep() does it. */
void dir_discard_file(const Dir *dir, const char *temporary);

_must_use_ int dir_has_file(const Dir *dir, const char *name, bool *ret, Fault *f);

/* Remove all temporary files. */
_must_use_ int dir_sweep(const Dir *dir, Fault *f);

/* Write all of it. 0 or DIR_FULL. */
_must_use_ int dir_write(int fd, const void *bytes, size_t n, Fault *f);

/* Make a file that long, with a hole at the end. 0 or DIR_FULL. */
_must_use_ int dir_grow(int fd, int64_t size_bytes, Fault *f);

/* Whether dir_copy() shares blocks here, and so takes one moment of a file. */
bool dir_shares_blocks(const Dir *dir);

/* Make `to`, which is empty, a copy of `from`: shared blocks, or holes kept. 0 or DIR_FULL. */
_must_use_ int dir_copy(int from, int to, Fault *f);
