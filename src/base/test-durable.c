/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Files are there as a whole, or as they were.
 */
#include "base/durable.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/str.h"
#include "tests/lib/test.h"

static char folder[64];
static int top;

static void begin(void)
{
	(void)snprintf(folder, sizeof(folder), "/tmp/test-durable-XXXXXX"); /* fits */
	assert_non_null(mkdtemp(folder));
	top = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(top >= 0);
}

static void end(void)
{
	assert_int_equal(close(top), 0);
	assert_int_equal(rmdir(folder), 0); /* nothing is left beside a place either */
}

TEST(what_was_written_is_read_until_it_is_removed)
{
	_cleanup_(freep) char *text = NULL;
	struct stat st;

	begin();
	assert_int_equal(durable_read(top, "a", &text, NULL), DURABLE_NONE);
	assert_int_equal(durable_write(top, "a", "first", NULL), 0);
	assert_int_equal(durable_write(top, "a", "", NULL), 0);
	assert_int_equal(durable_read(top, "a", &text, NULL), 0);
	assert_string_equal(text, "");
	assert_int_equal(fstatat(top, "a", &st, 0), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(durable_remove(top, "a", NULL), 0);
	assert_int_equal(durable_remove(top, "a", NULL), 0);
	end();
}

TEST(a_write_that_fails_changes_nothing)
{
	_cleanup_(freep) char *text = NULL;
	char name[DURABLE_NAME_MAX + 2];
	Fault f = {0};

	begin();
	memset(name, 'n', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	assert_int_equal(durable_write(top, name, "x", &f), -ENAMETOOLONG);
	assert_int_equal(durable_write(top, "a", "kept", NULL), 0);
	assert_int_equal(mkdirat(top, "a.tmp", 0700), 0); /* in the way of the next one */
	assert_true(durable_write(top, "a", "new", &f) < 0);
	assert_non_null(strstr(f.text, "write a"));
	assert_int_equal(durable_read(top, "a", &text, NULL), 0);
	assert_string_equal(text, "kept");
	assert_int_equal(unlinkat(top, "a.tmp", AT_REMOVEDIR), 0);
	assert_int_equal(durable_remove(top, "a", NULL), 0);
	end();
}

TEST(a_draft_that_a_crash_left_is_replaced)
{
	_cleanup_(freep) char *text = NULL;
	int fd;

	begin();
	fd = openat(top, "a.tmp", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	assert_int_equal(write(fd, "half of something longer", 24), 24);
	assert_int_equal(close(fd), 0);
	assert_int_equal(durable_read(top, "a", &text, NULL), DURABLE_NONE);
	assert_int_equal(durable_write(top, "a", "whole", NULL), 0);
	assert_int_equal(durable_read(top, "a", &text, NULL), 0);
	assert_string_equal(text, "whole");
	assert_int_equal(durable_remove(top, "a", NULL), 0);
	end();
}

TEST(directories_are_made_as_far_as_they_are_missing)
{
	char path[128];
	struct stat st;

	begin();
	(void)snprintf(path, sizeof(path), "%s/b/c", folder); /* fits */
	assert_int_equal(durable_directory(path, 0700, NULL), 0);
	assert_int_equal(durable_directory(path, 0755, NULL), 0);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
	(void)snprintf(path, sizeof(path), "%s/b/c", "/proc"); /* fits */
	assert_true(durable_directory(path, 0700, NULL) < 0);
	assert_int_equal(unlinkat(top, "b/c", AT_REMOVEDIR), 0);
	assert_int_equal(unlinkat(top, "b", AT_REMOVEDIR), 0);
	end();
}
