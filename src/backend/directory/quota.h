/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Project quotas, which hold a directory and all that is put into it to a size: ext4 and XFS have
 * them, where they were mounted with prjquota. Each share has a project of its own, whose number is
 * found by looking for one without usage or limits and then lives in the directory's attributes.
 */
#pragma once

#include "base/fault.h"

/* Whether they are enforced on the file system of this directory. */
bool quota_works(int directory);

/* Give an empty directory a project of its own with that limit. */
_must_use_ int quota_begin(int directory, const char *id, int64_t size_bytes, Fault *f);

/* The project of a directory; 0 when it has none. */
_must_use_ int quota_project(int directory, uint32_t *ret, Fault *f);

_must_use_ int quota_resize(int directory, int64_t size_bytes, Fault *f);
_must_use_ int quota_used(int directory, int64_t *ret_bytes, Fault *f);

/* Forget the limits of a project whose directory is gone; `directory` is on its file system. */
_must_use_ int quota_end(int directory, uint32_t project, Fault *f);
