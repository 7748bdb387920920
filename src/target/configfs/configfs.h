/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Objects of the kernel that are made as directories, set by files and joined by links. What is
 * there already is not made again, and what is gone is not removed again. Thread-safe.
 */
#pragma once

#include "base/arena.h"
#include "base/fault.h"

bool configfs_there(const char *path);

_must_use_ int configfs_make(const char *path, Fault *f);
/* Nothing that others made may be left in it. */
_must_use_ int configfs_remove(const char *path, Fault *f);
/* 0 also when others have something in it: then it stays. */
_must_use_ int configfs_remove_if_empty(const char *path, Fault *f);

_must_use_ int configfs_link(const char *to, const char *path, Fault *f);
_must_use_ int configfs_unlink(const char *path, Fault *f);

/* Write an attribute, which is there. The value may be a secret: no fault shows it. */
_must_use_ int configfs_set(const char *path, const char *value, Fault *f);
/* The first line of an attribute, in the arena; "" where there is none. */
_must_use_ int configfs_get(const char *path, Arena *arena, const char **ret, Fault *f);

/* The directories and links in a directory, in the arena; none where it is not there. */
_must_use_ int configfs_list(const char *path, Arena *arena, const char ***ret, size_t *ret_count,
			     Fault *f);
