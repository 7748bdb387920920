/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Zeroes and copies, on files: the calls are the same on block devices.
 */
#include <fcntl.h>
#include <sys/stat.h>

#include "backend/lvm/priv.h"
#include "tests/lib/test.h"

#define MIB ((int64_t)1 << 20)

/* A file without a name. */
static int file_make(int64_t size_bytes, char fill)
{
	char path[] = "/tmp/test-bytes-XXXXXX";
	int fd = mkstemp(path);
	char chunk[4096];

	assert_true(fd >= 0);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(ftruncate(fd, size_bytes), 0);
	memset(chunk, fill, sizeof(chunk));
	for (int64_t at = 0; fill && at < size_bytes; at += (int64_t)sizeof(chunk))
		assert_int_equal(pwrite(fd, chunk, sizeof(chunk), at), sizeof(chunk));
	return fd;
}

static char byte_at(int fd, int64_t at)
{
	char byte = 0;

	assert_int_equal(pread(fd, &byte, 1, at), 1);
	return byte;
}

TEST(zeroes_go_from_one_byte_to_another)
{
	_cleanup_(closep) int fd = file_make(3 * MIB, 'x');
	Fault f = {0};

	assert_int_equal(bytes_zero(fd, MIB, 2 * MIB, &f), 0);
	assert_int_equal(byte_at(fd, MIB - 1), 'x');
	assert_int_equal(byte_at(fd, MIB), 0);
	assert_int_equal(byte_at(fd, 2 * MIB - 1), 0);
	assert_int_equal(byte_at(fd, 2 * MIB), 'x');
}

TEST(a_copy_is_the_same_and_leaves_the_rest)
{
	_cleanup_(closep) int from = file_make(2 * MIB + 4096, 0);
	_cleanup_(closep) int to = file_make(4 * MIB, 'o');
	Fault f = {0};

	assert_int_equal(pwrite(from, "ab", 2, MIB + 5), 2);
	assert_int_equal(pwrite(from, "z", 1, 2 * MIB + 4095), 1);
	assert_int_equal(bytes_copy(from, to, 2 * MIB + 4096, false, &f), 0);
	assert_int_equal(byte_at(to, 0), 0);
	assert_int_equal(byte_at(to, MIB + 5), 'a');
	assert_int_equal(byte_at(to, MIB + 7), 0);
	assert_int_equal(byte_at(to, 2 * MIB + 4095), 'z');
	assert_int_equal(byte_at(to, 2 * MIB + 4096), 'o');
}

TEST(zeroes_are_left_out_of_what_is_zero_already)
{
	_cleanup_(closep) int from = file_make(64 * MIB, 0);
	_cleanup_(closep) int to = file_make(64 * MIB, 0);
	struct stat st;
	Fault f = {0};

	assert_int_equal(pwrite(from, "a", 1, 40 * MIB), 1);
	assert_int_equal(bytes_copy(from, to, 64 * MIB, true, &f), 0);
	assert_int_equal(byte_at(to, 40 * MIB), 'a');
	assert_int_equal(fstat(to, &st), 0);
	assert_true(st.st_blocks * 512 <= 2 * MIB);
}

TEST(a_source_that_ends_early_is_a_fault)
{
	_cleanup_(closep) int from = file_make(MIB, 'x');
	_cleanup_(closep) int to = file_make(2 * MIB, 0);
	Fault f = {0};

	assert_true(bytes_copy(from, to, 2 * MIB, false, &f) < 0);
}
