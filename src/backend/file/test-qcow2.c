/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Heads of qcow2 files, good ones and each kind of bad one.
 */
#include "backend/file/qcow2.h"

#include "tests/lib/test.h"

enum { FILE_BYTES = 262144, HEAD = 65536 };

static uint8_t head[HEAD];
static int64_t size;

static void put_32(size_t at, uint32_t value)
{
	for (int i = 0; i < 4; i++)
		head[at + (size_t)i] = (uint8_t)(value >> (24 - 8 * i));
}

static void put_64(size_t at, uint64_t value)
{
	put_32(at, (uint32_t)(value >> 32));
	put_32(at + 4, (uint32_t)value);
}

/* An empty disk of 1 GiB as qemu-img makes it. */
static void head_good(uint32_t version)
{
	memset(head, 0, sizeof(head));
	put_32(0, 0x514649fb);
	put_32(4, version);
	put_32(20, 16);
	put_64(24, (uint64_t)1 << 30);
	put_32(36, 2);
	put_64(40, 0x30000);
	put_64(48, 0x10000);
	put_32(56, 1);
	if (version == 3) {
		put_32(96, 4);
		put_32(100, 112);
	}
}

static int check(void)
{
	size = -1;
	return qcow2_check(head, sizeof(head), FILE_BYTES, &size);
}

TEST(good_heads_tell_their_size)
{
	head_good(3);
	assert_int_equal(check(), 0);
	assert_int_equal(size, 1 << 30);
	head_good(2);
	assert_int_equal(check(), 0);
	assert_int_equal(size, 1 << 30);
}

TEST(other_bytes_are_no_qcow2)
{
	head_good(3);
	assert_int_equal(qcow2_check(head, 0, 0, &size), QCOW2_NOT);
	assert_int_equal(qcow2_check(head, 71, 71, &size), QCOW2_NOT);
	assert_int_equal(qcow2_check(head, 103, 103, &size), QCOW2_NOT);
	head[0] = 'R';
	assert_int_equal(check(), QCOW2_NOT);
	head_good(1);
	assert_int_equal(check(), QCOW2_NOT);
	head_good(4);
	assert_int_equal(check(), QCOW2_NOT);
}

TEST(a_backing_file_is_unsafe)
{
	head_good(3);
	put_64(8, 0x1000);
	put_32(16, 11);
	assert_int_equal(check(), QCOW2_UNSAFE);
	head_good(2);
	put_64(8, 0x1000);
	assert_int_equal(check(), QCOW2_UNSAFE);
	head_good(2);
	put_32(16, 1);
	assert_int_equal(check(), QCOW2_UNSAFE);
}

TEST(encryption_is_unsafe)
{
	for (uint32_t method = 1; method < 4; method++) {
		head_good(3);
		put_32(32, method);
		assert_int_equal(check(), QCOW2_UNSAFE);
	}
}

TEST(features_are_known_or_unsafe)
{
	static const struct {
		int bit;
		int expected;
	} rows[] = {
		{.bit = 0, .expected = 0},             /* dirty */
		{.bit = 1, .expected = QCOW2_UNSAFE},  /* corrupt */
		{.bit = 2, .expected = QCOW2_UNSAFE},  /* external data file */
		{.bit = 3, .expected = 0},             /* compression type */
		{.bit = 4, .expected = 0},             /* extended L2 */
		{.bit = 5, .expected = QCOW2_UNSAFE},  /* not invented yet */
		{.bit = 63, .expected = QCOW2_UNSAFE}, /* likewise */
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		head_good(3);
		put_32(36, 4); /* enough for extended L2 as well */
		put_64(72, (uint64_t)1 << rows[i].bit);
		assert_int_equal(check(), rows[i].expected);
	}
	/* In a version 2 file these bytes are not features. */
	head_good(2);
	put_64(24, (uint64_t)1 << 29);
	assert_int_equal(check(), 0);
}

TEST(compression_is_one_of_two)
{
	head_good(3);
	put_64(72, 1 << 3);
	head[104] = 1;
	assert_int_equal(check(), 0);
	head[104] = 2;
	assert_int_equal(check(), QCOW2_UNSAFE);
	head[104] = 0;
	put_32(100, 104); /* a head that has no such byte */
	assert_int_equal(check(), QCOW2_UNSAFE);
}

TEST(extensions_that_open_files_are_unsafe)
{
	static const uint32_t types[] = {0xe2792aca, 0x44415441, 0x0537be77};

	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		head_good(3);
		put_32(112, 0x6803f857); /* names of features: harmless, before the other */
		put_32(116, 3);
		put_32(128, types[i]);
		put_32(132, 8);
		assert_int_equal(check(), QCOW2_UNSAFE);
		head_good(2);
		put_32(72, types[i]);
		assert_int_equal(check(), QCOW2_UNSAFE);
	}
}

TEST(extensions_stay_inside_the_head)
{
	head_good(3);
	put_32(112, 0x6803f857);
	put_32(116, 0xffffffff);
	assert_int_equal(check(), QCOW2_NOT);
	put_32(116, HEAD - 112 - 8);
	assert_int_equal(check(), 0);
	put_32(116, HEAD - 112);
	assert_int_equal(check(), QCOW2_NOT);
}

TEST(numbers_have_to_make_sense)
{
	static const struct {
		size_t at;
		uint64_t value;
		bool wide;
	} rows[] = {
		{.at = 20, .value = 8},                         /* clusters too small */
		{.at = 20, .value = 22},                        /* too large */
		{.at = 24, .value = 0, .wide = true},           /* no size */
		{.at = 24, .value = 1ull << 47, .wide = true},  /* absurd size */
		{.at = 24, .value = ~0ull, .wide = true},       /* negative size */
		{.at = 24, .value = 1ull << 31, .wide = true},  /* more than the table reaches */
		{.at = 36, .value = 1},                         /* likewise */
		{.at = 36, .value = 0xffffffff},                /* a table beyond all limits */
		{.at = 36, .value = 65536},                     /* beyond the end of the file */
		{.at = 40, .value = 0x30001, .wide = true},     /* not at a cluster */
		{.at = 40, .value = 0x40000000, .wide = true},  /* behind the file */
		{.at = 40, .value = ~0ull << 16, .wide = true}, /* wraps round */
		{.at = 96, .value = 7},                         /* reference counts of 128 bits */
		{.at = 100, .value = 96},                       /* a head too short for version 3 */
		{.at = 100, .value = 108},                      /* not a multiple of 8 */
		{.at = 100, .value = HEAD + 8},                 /* longer than its cluster */
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		head_good(3);
		if (rows[i].wide)
			put_64(rows[i].at, rows[i].value);
		else
			put_32(rows[i].at, (uint32_t)rows[i].value);
		if (check() != QCOW2_NOT)
			fail_msg("row %zu was taken", i);
		assert_int_equal(size, -1);
	}
}
