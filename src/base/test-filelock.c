/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Locks that are files: alone, shared, and what becomes of their files.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/filelock.h"
#include "base/macros.h"
#include "tests/lib/test.h"

static int folder(char path[static 32])
{
	(void)snprintf(path, 32, "/tmp/cleat-lock-XXXXXX");
	assert_non_null(mkdtemp(path));
	return open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static void end(const char *path, int *dir)
{
	closep(dir);
	assert_int_equal(rmdir(path), 0); /* nothing is left in it */
}

TEST(one_has_it_alone_until_it_is_dropped)
{
	char path[32];
	int dir = folder(path), one = -1, two = -1;

	assert_int_equal(filelock_take(dir, "a", LOCK_EX, 0, &one, NULL), 0);
	assert_int_equal(filelock_take(dir, "a", LOCK_EX, 0, &two, NULL), FILELOCK_TAKEN);
	assert_int_equal(filelock_take(dir, "b", LOCK_EX, 0, &two, NULL), 0);
	filelock_drop(dir, "b", &two);
	filelock_drop(dir, "a", &one);
	assert_int_equal(one, -1);
	assert_int_equal(filelock_take(dir, "a", LOCK_EX, 0, &two, NULL), 0);
	filelock_drop(dir, "a", &two);
	end(path, &dir);
}

TEST(the_last_who_shares_it_removes_the_file)
{
	char path[32];
	int dir = folder(path), one = -1, two = -1, three = -1;

	assert_int_equal(filelock_take(dir, "a", LOCK_SH, 0, &one, NULL), 0);
	assert_int_equal(filelock_take(dir, "a", LOCK_SH, 0, &two, NULL), 0);
	assert_int_equal(filelock_take(dir, "a", LOCK_EX, 0, &three, NULL), FILELOCK_TAKEN);
	filelock_drop(dir, "a", &one);
	assert_int_equal(faccessat(dir, "a", F_OK, 0), 0);
	filelock_drop(dir, "a", &two);
	assert_int_not_equal(faccessat(dir, "a", F_OK, 0), 0);
	end(path, &dir);
}

TEST(a_file_that_lost_its_name_is_no_lock)
{
	char path[32];
	int dir = folder(path), one = -1, two = -1;

	assert_int_equal(filelock_take(dir, "a", LOCK_EX, 0, &one, NULL), 0);
	assert_int_equal(unlinkat(dir, "a", 0), 0);
	assert_int_equal(filelock_take(dir, "a", LOCK_EX, 0, &two, NULL), 0);
	filelock_drop(dir, "a", &one); /* leaves the file of the other alone */
	assert_int_equal(filelock_take(dir, "a", LOCK_EX, 0, &one, NULL), FILELOCK_TAKEN);
	filelock_drop(dir, "a", &two);
	end(path, &dir);
}

TEST(who_waits_gets_it_when_it_is_dropped_and_not_before)
{
	char path[32];
	int dir = folder(path), one = -1, two = -1;
	int64_t start = clock_mono_ms();

	assert_int_equal(filelock_take(dir, "a", LOCK_EX, 0, &one, NULL), 0);
	assert_int_equal(filelock_take(dir, "a", LOCK_EX, start + 30, &two, NULL), FILELOCK_TAKEN);
	assert_true(clock_mono_ms() >= start + 30);
	filelock_drop(dir, "a", &one);
	assert_int_equal(filelock_take(dir, "a", LOCK_EX, start + 30, &two, NULL), 0);
	filelock_drop(dir, "a", &two);
	end(path, &dir);
}
