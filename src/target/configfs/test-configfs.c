/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * On directories of an ordinary file system: everything may be done twice, what is not empty stays,
 * and a value is never told.
 */
#include <fcntl.h>
#include <unistd.h>

#include "target/configfs/configfs.h"
#include "tests/lib/test.h"

static char root[64];
static Arena *arena;

static const char *at(const char *name)
{
	return arena_printf(arena, "%s/%s", root, name);
}

static void begin(void)
{
	arena = arena_new();
	(void)snprintf(root, sizeof(root), "/tmp/test-configfs-XXXXXX"); /* fits */
	assert_non_null(mkdtemp(root));
}

static void end(void)
{
	assert_int_equal(rmdir(root), 0);
	arena = arena_free(arena);
}

TEST(what_is_there_is_not_made_again)
{
	Fault f = {0};

	begin();
	for (int i = 0; i < 2; i++) {
		assert_int_equal(configfs_make(at("a"), &f), 0);
		assert_int_equal(configfs_link(at("a"), at("l"), &f), 0);
		assert_true(configfs_there(at("l")));
	}
	for (int i = 0; i < 2; i++) {
		assert_int_equal(configfs_unlink(at("l"), &f), 0);
		assert_int_equal(configfs_remove(at("a"), &f), 0);
		assert_false(configfs_there(at("a")));
	}
	end();
}

TEST(what_others_use_stays)
{
	Fault f = {0};

	begin();
	assert_int_equal(configfs_make(at("a"), &f), 0);
	assert_int_equal(configfs_make(at("a/b"), &f), 0);
	assert_true(configfs_remove(at("a"), &f) < 0);
	assert_int_equal(configfs_remove_if_empty(at("a"), &f), 0);
	assert_true(configfs_there(at("a/b")));
	assert_int_equal(configfs_remove(at("a/b"), &f), 0);
	assert_int_equal(configfs_remove_if_empty(at("a"), &f), 0);
	assert_int_equal(configfs_remove_if_empty(at("a"), &f), 0);
	end();
}

TEST(attributes_are_set_and_read)
{
	const char *value;
	Fault f = {0};
	int fd;

	begin();
	assert_int_equal(configfs_get(at("x"), arena, &value, &f), 0);
	assert_string_equal(value, "");
	fd = open(at("x"), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	assert_int_equal(close(fd), 0);
	assert_int_equal(configfs_set(at("x"), "some value\nmore", &f), 0);
	assert_int_equal(configfs_get(at("x"), arena, &value, &f), 0);
	assert_string_equal(value, "some value");
	assert_int_equal(unlink(at("x")), 0);
	assert_true(configfs_set(at("x"), "secret", &f) < 0);
	assert_null(strstr(f.text, "secret"));
	assert_false(configfs_there(at("x")));
	end();
}

TEST(directories_and_links_are_listed)
{
	const char **names;
	size_t count;
	Fault f = {0};

	begin();
	assert_int_equal(configfs_list(at("none"), arena, &names, &count, &f), 0);
	assert_int_equal(count, 0);
	assert_int_equal(configfs_make(at("a"), &f), 0);
	assert_int_equal(close(open(at("file"), O_WRONLY | O_CREAT | O_CLOEXEC, 0600)), 0);
	assert_int_equal(configfs_list(root, arena, &names, &count, &f), 0);
	assert_int_equal(count, 1);
	assert_string_equal(names[0], "a");
	assert_int_equal(unlink(at("file")), 0);
	assert_int_equal(configfs_remove(at("a"), &f), 0);
	end();
}
