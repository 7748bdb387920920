/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * A look at the head of a qcow2 file, which comes from people who may wish us harm: an image can
 * name other files for the emulator to open, and features that change what its bytes mean.
 */
#pragma once

#include "base/macros.h"

enum {
	QCOW2_HEAD_MAX = 2 * 1024 * 1024, /* the largest cluster: all of the head is in the first */
};

typedef enum Qcow2Outcome {
	QCOW2_NOT = 1, /* no qcow2 file, or a broken one */
	QCOW2_UNSAFE,  /* names another file, is encrypted, or has a feature that we do not know */
} Qcow2Outcome;

/*
 * Check the first bytes of a file: at least the first cluster, or the whole of a smaller file.
 * `file_bytes` is how long the file is. 0 or an outcome; *ret_virtual_bytes is the guest's size.
 */
_must_use_ int qcow2_check(const uint8_t *head, size_t head_bytes, int64_t file_bytes,
			   int64_t *ret_virtual_bytes);
