/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Paths that stay inside, and names that are no links.
 */
#include "base/beneath.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "tests/lib/test.h"

static char folder[64];
static int top;

static void begin(void)
{
	(void)snprintf(folder, sizeof(folder), "/tmp/test-beneath-XXXXXX"); /* fits */
	assert_non_null(mkdtemp(folder));
	top = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(top >= 0);
}

static void end(void)
{
	static const char *const files[] = {"a/b/file", "a/b/link", "out", "link", "file"};
	static const char *const directories[] = {"a/b", "a"};

	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		(void)unlinkat(top, files[i], 0); /* not every test makes all of them */
	for (size_t i = 0; i < ARRAY_SIZE(directories); i++)
		(void)unlinkat(top, directories[i], AT_REMOVEDIR); /* likewise */
	assert_int_equal(close(top), 0);
	assert_int_equal(rmdir(folder), 0);
}

static void put(const char *name)
{
	int fd = openat(top, name, O_WRONLY | O_CREAT | O_CLOEXEC, 0640);

	assert_true(fd >= 0);
	assert_int_equal(close(fd), 0);
}

typedef int Opener(int dir, const char *path, int flags);

static void expect_refused(Opener *opener, const char *path, int flags, int error)
{
	errno = 0;
	assert_int_equal(opener(top, path, flags), -1);
	assert_int_equal(errno, error);
}

static void nothing_leads_out(Opener *opener)
{
	int fd;

	begin();
	assert_int_equal(mkdirat(top, "a", 0700), 0);
	assert_int_equal(mkdirat(top, "a/b", 0700), 0);
	put("a/b/file");
	assert_int_equal(symlinkat("..", top, "out"), 0);
	assert_int_equal(symlinkat("file", top, "a/b/link"), 0);
	fd = opener(top, "a/b/file", O_RDONLY);
	assert_true(fd >= 0);
	assert_int_equal(close(fd), 0);
	fd = opener(top, ".", O_RDONLY | O_DIRECTORY);
	assert_true(fd >= 0);
	assert_int_equal(close(fd), 0);
	expect_refused(opener, "a/none", O_RDONLY, ENOENT);
	expect_refused(opener, "a/b/link", O_RDONLY, ELOOP);
	expect_refused(opener, "..", O_RDONLY | O_DIRECTORY, EXDEV);
	expect_refused(opener, "../x", O_RDONLY | O_DIRECTORY, EXDEV);
	assert_int_equal(opener(top, "out/x", O_RDWR | O_CREAT | O_EXCL), -1);
	assert_int_equal(opener(top, "a/b/file", O_RDWR | O_CREAT | O_EXCL), -1);
	end();
}

TEST(the_kernel_keeps_paths_inside)
{
	nothing_leads_out(open_beneath);
}

TEST(so_do_single_steps)
{
	nothing_leads_out(walk_beneath);
}

TEST(an_entry_is_one_name_and_no_link)
{
	struct stat st;
	int fd;

	begin();
	fd = open_entry(top, "file", O_RDWR | O_CREAT | O_EXCL);
	assert_true(fd >= 0);
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(close(fd), 0);
	assert_int_equal(symlinkat("file", top, "link"), 0);
	errno = 0;
	assert_int_equal(open_entry(top, "link", O_RDONLY), -1);
	assert_int_equal(errno, ELOOP);
	assert_int_equal(open_entry(top, "none", O_RDONLY), -1);
	assert_int_equal(errno, ENOENT);
	end();
}
