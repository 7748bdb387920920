/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * See qcow2.h. The layout is that of QEMU's docs/interop/qcow2.txt: numbers are big-endian, a
 * fixed head of 72 bytes (version 2) or header_length bytes (version 3), then extensions of 8 bytes
 * (type, length) plus data padded to 8, ended by type 0; all of it lies in the first cluster.
 *
 * Known incompatible features: dirty (harmless: refcounts are rebuilt), compression type, and
 * extended L2 entries. "Corrupt" and "external data file" are refused like unknown ones.
 */
#include "backend/file/qcow2.h"

#include <stddef.h>

enum {
	MAGIC = 0x514649fb, /* "QFI" 0xfb */
	HEAD_V2 = 72,
	HEAD_V3 = 104,
	CLUSTER_BITS_MIN = 9,
	CLUSTER_BITS_MAX = 21,
	REFCOUNT_ORDER_MAX = 6,
	L1_ENTRY_BYTES = 8,
	L1_ENTRIES_MAX = 4 * 1024 * 1024, /* QEMU's own limit: 32 MiB of table */
	EXTENSION_HEAD = 8,
	COMPRESSION_ZSTD = 1, /* the last one known; 0 is zlib */
};

enum {
	AT_MAGIC = 0,
	AT_VERSION = 4,
	AT_BACKING_OFFSET = 8,
	AT_BACKING_BYTES = 16,
	AT_CLUSTER_BITS = 20,
	AT_VIRTUAL_BYTES = 24,
	AT_ENCRYPTION = 32,
	AT_L1_ENTRIES = 36,
	AT_L1_OFFSET = 40,
	AT_INCOMPATIBLE = 72,
	AT_REFCOUNT_ORDER = 96,
	AT_HEAD_BYTES = 100,
	AT_COMPRESSION = 104,
};

enum {
	FEATURE_DIRTY = 1 << 0,
	FEATURE_COMPRESSION = 1 << 3,
	FEATURE_EXTENDED_L2 = 1 << 4,
	FEATURES_KNOWN = FEATURE_DIRTY | FEATURE_COMPRESSION | FEATURE_EXTENDED_L2,
};

#define EXTENSION_END 0u
#define EXTENSION_BACKING_FORMAT 0xe2792acau
#define EXTENSION_DATA_FILE 0x44415441u
#define EXTENSION_ENCRYPTION 0x0537be77u

#define VIRTUAL_BYTES_MAX ((int64_t)1 << 46) /* 64 TiB */

static uint32_t read_32(const uint8_t *at)
{
	return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static uint64_t read_64(const uint8_t *at)
{
	return (uint64_t)read_32(at) << 32 | read_32(at + 4);
}

/* What only version 3 has. *ret_head_bytes is where the extensions begin. */
static int check_version_3(const uint8_t *head, size_t head_bytes, size_t *ret_head_bytes)
{
	uint64_t incompatible;
	uint32_t length;

	if (head_bytes < HEAD_V3)
		return QCOW2_NOT;
	length = read_32(head + AT_HEAD_BYTES);
	if (length < HEAD_V3 || length % 8 || length > head_bytes)
		return QCOW2_NOT;
	if (read_32(head + AT_REFCOUNT_ORDER) > REFCOUNT_ORDER_MAX)
		return QCOW2_NOT;
	incompatible = read_64(head + AT_INCOMPATIBLE);
	if (incompatible & ~(uint64_t)FEATURES_KNOWN)
		return QCOW2_UNSAFE;
	if (incompatible & FEATURE_COMPRESSION &&
	    (length <= AT_COMPRESSION || head[AT_COMPRESSION] > COMPRESSION_ZSTD))
		return QCOW2_UNSAFE;
	*ret_head_bytes = length;
	return 0;
}

/* `at` is where the first extension begins; `end` where the first cluster does. */
static int check_extensions(const uint8_t *head, size_t at, size_t end)
{
	while (end - at >= EXTENSION_HEAD) {
		uint32_t type = read_32(head + at);
		size_t length = read_32(head + at + 4);

		if (type == EXTENSION_END)
			return 0;
		if (type == EXTENSION_BACKING_FORMAT || type == EXTENSION_DATA_FILE ||
		    type == EXTENSION_ENCRYPTION)
			return QCOW2_UNSAFE;
		at += EXTENSION_HEAD;
		length = (length + 7) & ~(size_t)7;
		if (length > end - at)
			return QCOW2_NOT;
		at += length;
	}
	return 0;
}

/* Whether the first level table is inside the file and reaches over the whole virtual size. */
static bool table_fits(const uint8_t *head, uint64_t virtual_bytes, int64_t file_bytes)
{
	uint32_t bits = read_32(head + AT_CLUSTER_BITS);
	uint64_t cluster = (uint64_t)1 << bits;
	uint64_t entries = read_32(head + AT_L1_ENTRIES);
	uint64_t offset = read_64(head + AT_L1_OFFSET);
	/* Extended L2 entries are twice as long, so that a table reaches half as far. */
	bool extended = read_32(head + AT_VERSION) == 3 &&
			read_64(head + AT_INCOMPATIBLE) & FEATURE_EXTENDED_L2;
	uint64_t reach = cluster * (cluster / (extended ? 16 : 8));

	if (entries > L1_ENTRIES_MAX || offset % cluster || offset > (uint64_t)file_bytes)
		return false;
	if (entries * L1_ENTRY_BYTES > (uint64_t)file_bytes - offset)
		return false;
	return entries >= (virtual_bytes + reach - 1) / reach;
}

int qcow2_check(const uint8_t *head, size_t head_bytes, int64_t file_bytes,
		int64_t *ret_virtual_bytes)
{
	size_t extensions = HEAD_V2;
	uint64_t virtual_bytes;
	uint32_t version, bits;
	int r = 0;

	assert(file_bytes >= 0 && head_bytes <= (uint64_t)file_bytes);
	if (head_bytes < HEAD_V2 || read_32(head + AT_MAGIC) != MAGIC)
		return QCOW2_NOT;
	version = read_32(head + AT_VERSION);
	bits = read_32(head + AT_CLUSTER_BITS);
	if ((version != 2 && version != 3) || bits < CLUSTER_BITS_MIN || bits > CLUSTER_BITS_MAX)
		return QCOW2_NOT;
	if (read_64(head + AT_BACKING_OFFSET) || read_32(head + AT_BACKING_BYTES))
		return QCOW2_UNSAFE;
	if (read_32(head + AT_ENCRYPTION))
		return QCOW2_UNSAFE;

	head_bytes = MIN(head_bytes, (size_t)1 << bits);
	if (version == 3)
		r = check_version_3(head, head_bytes, &extensions);
	if (!r)
		r = check_extensions(head, extensions, head_bytes);
	if (r)
		return r;

	virtual_bytes = read_64(head + AT_VIRTUAL_BYTES);
	if (virtual_bytes == 0 || virtual_bytes > VIRTUAL_BYTES_MAX)
		return QCOW2_NOT;
	if (!table_fits(head, virtual_bytes, file_bytes))
		return QCOW2_NOT;
	*ret_virtual_bytes = (int64_t)virtual_bytes;
	return 0;
}
