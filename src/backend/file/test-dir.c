/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Files of one directory, and the ways out of it that are closed.
 */
#include "backend/file/dir.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "tests/lib/test.h"

static int dir_new(void)
{
	char path[] = "/tmp/test-dir-XXXXXX";
	Fault f = {0};
	int fd = -1;

	assert_non_null(mkdtemp(path));
	assert_int_equal(dir_open(path, &fd, &f), 0);
	assert_int_equal(rmdir(path), 0); /* lives on by its descriptor until ... */
	return fd;
}

/* A directory that is really there; removed by dir_drop(). */
static char path[64];

static int dir_make(void)
{
	Fault f = {0};
	int fd = -1;

	(void)snprintf(path, sizeof(path), "/tmp/test-dir-XXXXXX"); /* fits */
	assert_non_null(mkdtemp(path));
	assert_int_equal(dir_open(path, &fd, &f), 0);
	return fd;
}

static void dir_drop(int fd)
{
	Fault f = {0};

	assert_int_equal(dir_remove_file(fd, "a", &f), 0);
	assert_int_equal(dir_remove_file(fd, "b", &f), 0);
	assert_int_equal(dir_sweep(fd, &f), 0);
	assert_int_equal(rmdir(path), 0);
	close(fd);
}

static void file_make(int dir, const char *name, const char *text)
{
	_cleanup_(closep) int fd = -1;
	Fault f = {0};

	assert_int_equal(dir_create_file(dir, ".new", &fd, &f), 0);
	assert_int_equal(dir_write(fd, text, strlen(text), &f), 0);
	assert_int_equal(dir_publish(dir, fd, ".new", name, &f), 0);
}

TEST(a_missing_parent_is_a_fault)
{
	Fault f = {0};
	int fd = -1;

	assert_true(dir_open("/tmp/no-such-parent/at/all", &fd, &f) < 0);
	assert_non_null(strstr(f.text, "/tmp/no-such-parent/at/all"));
}

TEST(a_file_appears_when_it_is_whole)
{
	_cleanup_(closep) int fd = -1;
	int dir = dir_make();
	bool there = true;
	Fault f = {0};

	assert_int_equal(dir_create_file(dir, ".new", &fd, &f), 0);
	assert_int_equal(dir_has_file(dir, "a", &there, &f), 0);
	assert_false(there);
	assert_int_equal(dir_publish(dir, fd, ".new", "a", &f), 0);
	assert_int_equal(dir_has_file(dir, "a", &there, &f), 0);
	assert_true(there);
	assert_int_equal(dir_remove_file(dir, "a", &f), 0);
	assert_int_equal(dir_remove_file(dir, "a", &f), 0);
	assert_int_equal(dir_has_file(dir, "a", &there, &f), 0);
	assert_false(there);
	dir_drop(dir);
}

TEST(links_are_not_followed)
{
	_cleanup_(closep) int fd = -1;
	int dir = dir_make();
	Fault f = {0};

	assert_int_equal(symlinkat("/etc/passwd", dir, "a"), 0);
	assert_true(dir_open_file(dir, "a", O_RDONLY, &fd, &f) < 0);
	/* Making a file replaces the link, and never writes through it. */
	assert_int_equal(symlinkat("/etc/passwd", dir, ".new"), 0);
	assert_int_equal(dir_create_file(dir, ".new", &fd, &f), 0);
	dir_drop(dir);
}

TEST(only_regular_files_are_opened)
{
	_cleanup_(closep) int fd = -1;
	int dir = dir_make();
	Fault f = {0};

	assert_int_equal(mkfifoat(dir, "a", 0600), 0);
	assert_true(dir_open_file(dir, "a", O_RDONLY, &fd, &f) < 0);
	assert_non_null(strstr(f.text, "not a regular file"));
	assert_int_equal(dir_open_file(dir, "b", O_RDONLY, &fd, &f), DIR_NO_FILE);
	dir_drop(dir);
}

TEST(sweeping_takes_only_what_is_unfinished)
{
	_cleanup_(closep) int left = -1;
	int dir = dir_make();
	bool there = false;
	Fault f = {0};

	file_make(dir, "a", "whole");
	assert_int_equal(dir_create_file(dir, ".upload-1", &left, &f), 0);
	assert_int_equal(dir_sweep(dir, &f), 0);
	assert_int_equal(dir_has_file(dir, ".upload-1", &there, &f), 0);
	assert_false(there);
	assert_int_equal(dir_has_file(dir, "a", &there, &f), 0);
	assert_true(there);
	dir_drop(dir);
}

TEST(copies_keep_bytes_and_holes)
{
	_cleanup_(closep) int from = -1;
	_cleanup_(closep) int to = -1;
	static char bytes[8192], back[8192];
	const off_t far = 64 * 1024 * 1024;
	int dir = dir_make();
	struct stat st;
	Fault f = {0};

	memset(bytes, 'x', sizeof(bytes));
	assert_int_equal(dir_create_file(dir, ".from", &from, &f), 0);
	assert_int_equal(dir_create_file(dir, ".to", &to, &f), 0);
	assert_int_equal(pwrite(from, bytes, sizeof(bytes), far), sizeof(bytes));
	assert_int_equal(dir_grow(from, 2 * far, &f), 0);
	assert_int_equal(dir_copy(from, to, &f), 0);
	assert_int_equal(fstat(to, &st), 0);
	assert_int_equal(st.st_size, 2 * far);
	assert_true(st.st_blocks * 512 < 1024 * 1024);
	assert_int_equal(pread(to, back, sizeof(back), far), sizeof(back));
	assert_memory_equal(bytes, back, sizeof(back));
	dir_drop(dir);
}

TEST(a_limit_reads_as_full)
{
	struct rlimit old, small = {.rlim_cur = 4096, .rlim_max = RLIM_INFINITY};
	static const char bytes[8192];
	_cleanup_(closep) int fd = -1;
	int dir = dir_make();
	Fault f = {0};

	assert_int_equal(dir_create_file(dir, ".new", &fd, &f), 0);
	(void)signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	small.rlim_max = old.rlim_max;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	assert_int_equal(dir_grow(fd, 8192, &f), DIR_FULL);
	assert_int_equal(dir_write(fd, bytes, sizeof(bytes), &f), DIR_FULL);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
	assert_int_equal(dir_grow(fd, 8192, &f), 0);
	dir_drop(dir);
}

TEST(a_directory_that_is_gone_is_a_fault)
{
	_cleanup_(closep) int dir = dir_new();
	_cleanup_(closep) int fd = -1;
	Fault f = {0};

	assert_int_equal(dir_create_file(dir, ".new", &fd, &f), -ENOENT);
	assert_string_equal(f.text, "the directory for .new was removed under us");
}
