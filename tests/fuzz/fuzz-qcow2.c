/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Any bytes as the head of a qcow2 file, alone and as the beginning of a longer one: refused, or a
 * size that makes sense. The head is copied so that a read behind its end is seen.
 */
#include "backend/file/qcow2.h"
#include "base/mem.h"
#include "tests/fuzz/fuzz.h"

static void check(const uint8_t *data, size_t size, int64_t file_bytes)
{
	_cleanup_(freep) uint8_t *head = mem_new(size ? size : 1);
	int64_t bytes = -1;
	int r;

	memcpy(head, data, size);
	r = qcow2_check(head, size, file_bytes, &bytes);
	if (r < 0 || (r == 0) != (bytes > 0))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size > QCOW2_HEAD_MAX)
		return 0;
	check(data, size, (int64_t)size);
	check(data, size, (int64_t)size + 1024 * 1024);
	return 0;
}
