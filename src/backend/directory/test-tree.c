/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Copies and deletions of what guests can make.
 */
#include "backend/directory/tree.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>

#include "base/arena.h"
#include "tests/lib/test.h"

static char folder[64];
static Arena *arena;
static int from, to;
static Fault fault_;

static void begin(void)
{
	arena = arena_new();
	(void)snprintf(folder, sizeof(folder), "/tmp/test-tree-XXXXXX"); /* fits */
	assert_non_null(mkdtemp(folder));
	assert_int_equal(mkdir(arena_printf(arena, "%s/from", folder), 0755), 0);
	assert_int_equal(mkdir(arena_printf(arena, "%s/to", folder), 0700), 0);
	from = open(arena_printf(arena, "%s/from", folder), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	to = open(arena_printf(arena, "%s/to", folder), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(from >= 0 && to >= 0);
}

static void end(void)
{
	assert_int_equal(tree_burn(from, &fault_), 0);
	assert_int_equal(tree_burn(to, &fault_), 0);
	(void)close(from);
	(void)close(to);
	assert_int_equal(rmdir(arena_printf(arena, "%s/from", folder)), 0);
	assert_int_equal(rmdir(arena_printf(arena, "%s/to", folder)), 0);
	assert_int_equal(rmdir(folder), 0);
	arena = arena_free(arena);
}

static void put(int dir, const char *name, const char *text)
{
	int fd = openat(dir, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	assert_int_equal(close(fd), 0);
}

static void expect(int dir, const char *name, const char *text)
{
	char bytes[64] = "";
	int fd = openat(dir, name, O_RDONLY | O_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(read(fd, bytes, sizeof(bytes) - 1), strlen(text));
	assert_string_equal(bytes, text);
	assert_int_equal(close(fd), 0);
}

static struct stat look(int dir, const char *name)
{
	struct stat st;

	assert_int_equal(fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW), 0);
	return st;
}

TEST(files_are_copied_with_what_is_said_about_them)
{
	const struct timespec times[] = {{.tv_sec = 1000000000}, {.tv_sec = 1100000000}};
	struct stat st;
	char value[8] = "";

	begin();
	put(from, "file", "text");
	assert_int_equal(
		fsetxattr(openat(from, "file", O_RDONLY | O_CLOEXEC), "user.colour", "red", 3, 0),
		0);
	assert_int_equal(fchmodat(from, "file", 04751, 0), 0);
	assert_int_equal(utimensat(from, "file", times, 0), 0);
	assert_int_equal(mkdirat(from, "folder", 0), 0);
	assert_int_equal(fchmodat(from, "folder", 01770, 0), 0);
	put(from, "folder/inner", "more");
	assert_int_equal(utimensat(from, "folder", times, 0), 0);
	assert_int_equal(tree_copy(from, to, &fault_), 0);

	expect(to, "file", "text");
	expect(to, "folder/inner", "more");
	st = look(to, "file");
	assert_int_equal(st.st_mode & 07777, 04751);
	assert_int_equal(st.st_mtim.tv_sec, 1100000000);
	st = look(to, "folder");
	assert_int_equal(st.st_mode & 07777, 01770);
	assert_int_equal(st.st_mtim.tv_sec, 1100000000);
	assert_int_equal(look(to, ".").st_mode & 07777, 0755);
	assert_int_equal(fgetxattr(openat(to, "file", O_RDONLY | O_CLOEXEC), "user.colour", value,
				   sizeof(value)),
			 3);
	assert_string_equal(value, "red");
	end();
}

TEST(hard_links_stay_one_file)
{
	begin();
	put(from, "a", "text");
	assert_int_equal(mkdirat(from, "folder", 0755), 0);
	assert_int_equal(linkat(from, "a", from, "folder/b", 0), 0);
	assert_int_equal(tree_copy(from, to, &fault_), 0);
	assert_int_equal(look(to, "a").st_ino, look(to, "folder/b").st_ino);
	assert_int_not_equal(look(to, "a").st_ino, look(from, "a").st_ino);
	expect(to, "folder/b", "text");
	end();
}

TEST(holes_stay_holes)
{
	int fd;

	begin();
	fd = openat(from, "large", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	assert_int_equal(pwrite(fd, "a", 1, 0), 1);
	assert_int_equal(pwrite(fd, "z", 1, (int64_t)1 << 30), 1);
	assert_int_equal(close(fd), 0);
	assert_int_equal(tree_copy(from, to, &fault_), 0);
	assert_int_equal(look(to, "large").st_size, ((int64_t)1 << 30) + 1);
	assert_true(look(to, "large").st_blocks * 512 < 1 << 20);
	fd = openat(to, "large", O_RDONLY | O_CLOEXEC);
	assert_int_equal(pread(fd, (char[1]){0}, 1, (int64_t)1 << 30), 1);
	assert_int_equal(close(fd), 0);
	end();
}

TEST(links_fifos_and_names_of_any_bytes_are_copied_as_they_are)
{
	static const char *const names[] = {"-rf", "a\nb", "\xff\xfe", " ", "$(id)", "..."};
	char target[32] = "";

	begin();
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		put(from, names[i], "x");
	assert_int_equal(symlinkat("/etc", from, "link"), 0);
	assert_int_equal(symlinkat("..", from, "up"), 0);
	assert_int_equal(mkfifoat(from, "fifo", 0622), 0);
	assert_int_equal(fchmodat(from, "fifo", 0622, 0), 0);
	assert_int_equal(tree_copy(from, to, &fault_), 0);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		expect(to, names[i], "x");
	assert_int_equal(readlinkat(to, "link", target, sizeof(target) - 1), 4);
	assert_string_equal(target, "/etc");
	assert_true(S_ISFIFO(look(to, "fifo").st_mode));
	assert_int_equal(look(to, "fifo").st_mode & 07777, 0622);
	end();
}

TEST(sockets_and_devices_are_copied_and_never_opened)
{
	bool may_make_devices;

	begin();
	assert_int_equal(mknodat(from, "socket", S_IFSOCK | 0640, 0), 0);
	/* Opening that one for reading would wait for a writer. */
	assert_int_equal(mknodat(from, "fifo", S_IFIFO | 0640, 0), 0);
	may_make_devices = mknodat(from, "device", S_IFCHR | 0600, makedev(1, 5)) == 0;
	assert_int_equal(tree_copy(from, to, &fault_), 0);
	assert_true(S_ISSOCK(look(to, "socket").st_mode));
	assert_int_equal(look(to, "socket").st_mode & 07777, 0640);
	assert_true(S_ISFIFO(look(to, "fifo").st_mode));
	if (may_make_devices) {
		assert_true(S_ISCHR(look(to, "device").st_mode));
		assert_int_equal(look(to, "device").st_rdev, makedev(1, 5));
	}
	end();
}

/* ---- what changes meanwhile ---- */

enum { ROUNDS = 300 };

static atomic_bool is_over;
static atomic_uint rounds;

/* Directories move about, become files and links, and are there again. */
static void *stir(void *arg _unused_)
{
	for (unsigned i = 0; !is_over; rounds = ++i) {
		(void)mkdirat(from, "a", 0700); /* each of these fails as often as it works */
		(void)mkdirat(from, "a/b", 0700);
		(void)close(openat(from, "a/b/file", O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
		(void)linkat(from, "a/b/file", from, "file", 0);
		(void)renameat(from, "a/b", from, "b");
		(void)renameat(from, i % 2 ? "b" : "a", from, "c");
		(void)symlinkat("/etc", from, "a");
		(void)unlinkat(from, "a", 0);
		(void)unlinkat(from, "file", 0);
		(void)unlinkat(from, "b/file", 0);
		(void)unlinkat(from, "b", AT_REMOVEDIR);
	}
	return NULL;
}

static void while_stirred(void (*work)(void))
{
	pthread_t thread;

	begin();
	is_over = false;
	rounds = 0;
	assert_int_equal(pthread_create(&thread, NULL, stir, NULL), 0);
	for (unsigned i = 0; i < ROUNDS || rounds < ROUNDS; i++)
		work();
	is_over = true;
	assert_int_equal(pthread_join(thread, NULL), 0);
	end();
}

static void work_burn(void)
{
	if (tree_burn(from, &fault_))
		fail_msg("%s", fault_.text);
}

static void work_copy(void)
{
	if (tree_copy(from, to, &fault_) || tree_burn(to, &fault_))
		fail_msg("%s", fault_.text);
}

static void work_measure(void)
{
	int64_t bytes;

	if (tree_measure(from, &bytes, &fault_))
		fail_msg("%s", fault_.text);
}

TEST(what_changes_is_deleted_all_the_same)
{
	while_stirred(work_burn);
}

TEST(what_changes_is_copied_as_it_was_at_some_moment)
{
	while_stirred(work_copy);
}

TEST(what_changes_is_measured)
{
	while_stirred(work_measure);
}

/* Make a chain of directories. */
static void dig(int top, const char *name, unsigned levels)
{
	int dir = dup(top);

	for (unsigned i = 0; i < levels; i++) {
		int next;

		assert_int_equal(mkdirat(dir, name, 0700), 0);
		next = openat(dir, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		assert_true(next >= 0);
		assert_int_equal(close(dir), 0);
		dir = next;
	}
	put(dir, "bottom", "deep");
	assert_int_equal(close(dir), 0);
}

TEST(depth_neither_stops_a_deletion_nor_eats_descriptors)
{
	begin();
	dig(from, "d", 2000);
	assert_int_equal(tree_burn(from, &fault_), 0);
	dig(from, "d", 200);
	assert_int_equal(tree_copy(from, to, &fault_), 0);
	end();
}

TEST(what_no_path_can_name_is_not_copied)
{
	char name[201];

	memset(name, 'd', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	begin();
	dig(from, name, 25);
	assert_int_equal(tree_copy(from, to, &fault_), -ENAMETOOLONG);
	end();
}

TEST(what_it_holds_is_what_its_files_take)
{
	int64_t empty = -1, bytes = -1;
	int fd;

	begin();
	assert_int_equal(tree_measure(from, &empty, &fault_), 0);
	assert_int_equal(empty, 0);
	assert_int_equal(mkdirat(from, "folder", 0755), 0);
	fd = openat(from, "folder/file", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	assert_int_equal(posix_fallocate(fd, 0, 1 << 20), 0);
	assert_int_equal(close(fd), 0);
	assert_int_equal(symlinkat("/usr", from, "link"), 0);
	assert_int_equal(tree_measure(from, &bytes, &fault_), 0);
	assert_in_range(bytes, 1 << 20, (1 << 20) + 65536);
	end();
}
