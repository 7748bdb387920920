/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Sparse files with an ext4 file system, whose size is the size of a share. They are mounted
 * through loop devices, which the kernel lets go when the last mount is gone; a file never has two.
 */
#pragma once

#include "base/fault.h"

/* Make a file system, with an empty directory, in an empty file. 0 or PLACE_FULL. */
_must_use_ int image_format(int fd, int64_t size_bytes, Fault *f);

/* A detached mount of an image's file system. */
_must_use_ int image_mount(int fd, bool readonly, int *ret_mount, Fault *f);

/* Whether a loop device has it: some mount is there, in whatever name space. */
_must_use_ int image_in_use(int fd, bool *ret, Fault *f);

/*
 * Make the file and its file system larger, also while it is mounted. 0 or PLACE_FULL; -EPERM for
 * those who may not do that to a file system.
 */
_must_use_ int image_enlarge(int fd, int64_t size_bytes, Fault *f);
