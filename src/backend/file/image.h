/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * What is inside a disk file, by the format that its record names; formats are never guessed.
 */
#pragma once

#include "base/fault.h"
#include "model/volume.h"

typedef enum ImageOutcome {
	IMAGE_WRONG_FORMAT = 101, /* apart from DirOutcome: some calls have both */
	IMAGE_UNSAFE,
} ImageOutcome;

/* The size that a guest sees. 0, IMAGE_WRONG_FORMAT or IMAGE_UNSAFE. */
_must_use_ int image_size(int fd, DiskFormat format, int64_t *ret_bytes, Fault *f);

/* Turn an empty file into an empty disk of that size. 0 or DIR_FULL. */
_must_use_ int image_make_empty(int fd, DiskFormat format, int64_t size_bytes, Fault *f);

/* Make a disk at least that large; what is there stays. 0 or DIR_FULL. */
_must_use_ int image_grow(int fd, DiskFormat format, int64_t size_bytes, Fault *f);

/* Format an empty raw disk: "swap", or the name of a file system. 0 or DIR_FULL. */
_must_use_ int image_make_filesystem(int fd, const char *format, Fault *f);

/*
 * Write what a disk holds into an empty disk at least that large, of another format. 0 or DIR_FULL.
 */
_must_use_ int image_convert(int from, DiskFormat from_format, int to, DiskFormat to_format,
			     Fault *f);
