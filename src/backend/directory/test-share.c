/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * What is special about shares as directories: the limits, what lies where, and that nothing which
 * a guest made is followed. What every share backend must do is tests/contract/share-backend.c.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "backend/directory/directory.h"
#include "base/str.h"
#include "run/run.h"
#include "run/script.h"
#include "tests/lib/test.h"

#define SHARE_ID "6b4a1f8e-6f2c-4d5f-9d38-0a53e1f7c9aa"
#define SNAPSHOT_ID "0f9a3c64-95b1-4d5c-a3a5-6a0c5f4f7f01"

static const Share share = {.id = SHARE_ID, .size_gib = 1, .protocol = SHARE_NFS};
static const ShareSnapshot snapshot = {.id = SNAPSHOT_ID, .share_id = SHARE_ID};

static char folder[64];
static Arena *arena;
static ShareBackend *backend;
static Fault fault_;

static const char *inside(const char *name)
{
	return arena_printf(arena, "%s/%s", folder, name);
}

static int open_with(const char *limit)
{
	ShareBackendConfig config = {
		.name = "directory",
		.directory = inside("d"),
		.mount_dir = inside("m"),
		.limit = limit,
	};

	return share_backend_open(&share_directory, &config, &backend, &fault_);
}

static int begin(const char *limit)
{
	arena = arena_new();
	(void)snprintf(folder, sizeof(folder), "/tmp/test-directory-XXXXXX"); /* fits */
	assert_non_null(mkdtemp(folder));
	return open_with(limit);
}

/* Nothing may be left but the empty parts. */
static void end(void)
{
	static const char *const empty[] = {"d/shares", "d/images", "d/snapshots", "d/drafts",
					    "d/trash",  "d",        "m",           ""};

	backend = share_backend_close(backend);
	for (size_t i = 0; i < ARRAY_SIZE(empty); i++)
		if (rmdir(inside(empty[i])))
			fail_msg("%s: %s", empty[i], strerror(errno));
	arena = arena_free(arena);
}

static const char *connect_share(bool readonly)
{
	const char *path = NULL;
	int r = share_backend_connect(backend, &share, NULL, readonly, arena, &path, &fault_);

	if (r)
		fail_msg("%d: %s", r, fault_.text);
	return path;
}

static void put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	assert_int_equal(close(fd), 0);
}

TEST(an_unknown_limit_or_a_relative_directory_is_refused)
{
	ShareBackendConfig config = {.name = "directory", .directory = "d", .mount_dir = "/tmp/m"};

	assert_int_equal(begin("unlimited"), -EINVAL);
	assert_non_null(strstr(fault_.text, "there is no limit \"unlimited\""));
	assert_int_equal(share_backend_open(&share_directory, &config, &backend, &fault_), -EINVAL);
	assert_int_equal(open_with("none"), 0);
	end();
}

TEST(without_a_limit_a_share_is_a_directory)
{
	ShareLocation *locations = NULL;
	size_t count = 0;
	const char *path;
	struct stat st;

	assert_int_equal(begin("none"), 0);
	assert_false(share_backend_traits(backend)->sized);
	assert_int_equal(share_backend_create(backend, &share, NULL, &fault_), 0);
	path = connect_share(false);
	assert_string_equal(path, inside("d/shares/" SHARE_ID));
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0777);
	assert_int_equal(stat(inside("d/shares"), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
	assert_int_equal(
		share_backend_locations(backend, &share, arena, &locations, &count, &fault_), 0);
	assert_string_equal(locations[0].path, arena_printf(arena, "127.0.0.1:%s", path));
	assert_int_equal(share_backend_remove(backend, &share, &fault_), 0);
	end();
}

TEST(what_it_holds_stops_it_from_shrinking_without_a_limit_too)
{
	const Share large = {.id = SHARE_ID, .size_gib = 3, .protocol = SHARE_NFS};
	const int64_t bytes = ((int64_t)1 << 30) + 4096;
	const char *file;
	int fd;

	assert_int_equal(begin("none"), 0);
	assert_int_equal(share_backend_create(backend, &large, NULL, &fault_), 0);
	file = arena_printf(arena, "%s/large", connect_share(false));
	put(file, "");
	assert_int_equal(truncate(file, bytes), 0); /* takes no blocks */
	assert_int_equal(share_backend_resize(backend, &large, 1, &fault_), 0);
	fd = open(file, O_RDWR | O_CLOEXEC);
	assert_int_equal(posix_fallocate(fd, 0, bytes), 0);
	assert_int_equal(close(fd), 0);
	assert_int_equal(share_backend_resize(backend, &large, 1, &fault_),
			 SHARE_BACKEND_WOULD_LOSE);
	assert_int_equal(share_backend_resize(backend, &large, 2, &fault_), 0);
	assert_int_equal(share_backend_remove(backend, &large, &fault_), 0);
	end();
}

static bool may_mount(void)
{
	return geteuid() == 0 && access("/dev/loop-control", W_OK) == 0 &&
	       access("/sbin/mkfs.ext4", X_OK) == 0;
}

TEST(an_image_is_mounted_only_while_it_is_connected)
{
	const char *path;

	if (!may_mount())
		skip();
	if (begin("image"))
		fail_msg("%s", fault_.text);
	assert_true(share_backend_traits(backend)->sized);
	assert_int_equal(share_backend_create(backend, &share, NULL, &fault_), 0);
	assert_int_not_equal(access(inside("d/shares/" SHARE_ID), F_OK), 0);
	path = connect_share(false);
	put(arena_printf(arena, "%s/file", path), "text");
	assert_int_equal(share_backend_disconnect(backend, &share, false, &fault_), 0);
	assert_int_not_equal(access(path, F_OK), 0);
	(void)connect_share(false);
	assert_int_equal(access(arena_printf(arena, "%s/file", path), F_OK), 0);
	assert_int_not_equal(access(arena_printf(arena, "%s/lost+found", path), F_OK), 0);
	/* With its mounts. */
	(void)connect_share(true);
	assert_int_equal(share_backend_remove(backend, &share, &fault_), 0);
	end();
}

TEST(an_image_that_is_mounted_does_not_shrink)
{
	const Share large = {.id = SHARE_ID, .size_gib = 2, .protocol = SHARE_NFS};

	if (!may_mount())
		skip();
	assert_int_equal(begin("image"), 0);
	assert_int_equal(share_backend_create(backend, &large, NULL, &fault_), 0);
	(void)connect_share(false);
	assert_int_equal(share_backend_resize(backend, &large, 1, &fault_), -EBUSY);
	assert_int_equal(share_backend_disconnect(backend, &large, false, &fault_), 0);
	assert_int_equal(share_backend_resize(backend, &large, 1, &fault_), 0);
	assert_int_equal(share_backend_remove(backend, &large, &fault_), 0);
	end();
}

TEST(a_disk_without_room_is_an_outcome)
{
	if (!may_mount())
		skip();
	assert_int_equal(begin("image"), 0);
	assert_int_equal(run_script_play("$ mkfs.ext4 -q -F -m 0 -E * /proc/*\n"
					 "! mkfs.ext4: No space left on device while writing\n"
					 "exit 1\n"
					 "$ mkfs.ext4 -q -F -m 0 -E * /proc/*\n"
					 "! mkfs.ext4: out of luck\n"
					 "exit 1\n",
					 &fault_),
			 0);
	assert_int_equal(share_backend_create(backend, &share, NULL, &fault_), SHARE_BACKEND_FULL);
	assert_int_equal(share_backend_create(backend, &share, NULL, &fault_), -EIO);
	assert_non_null(strstr(fault_.text, "out of luck"));
	assert_int_equal(run_script_end(&fault_), 0);
	end();
}

TEST(a_link_in_the_place_of_a_share_is_refused)
{
	const char *path;

	assert_int_equal(begin("none"), 0);
	assert_int_equal(symlink("/etc", inside("d/shares/" SHARE_ID)), 0);
	assert_true(share_backend_create(backend, &share, NULL, &fault_) < 0);
	assert_true(share_backend_connect(backend, &share, NULL, false, arena, &path, &fault_) < 0);
	assert_true(share_backend_snapshot(backend, &share, &snapshot, &fault_) < 0);
	assert_int_equal(unlink(inside("d/shares/" SHARE_ID)), 0);
	end();
}

TEST(links_that_a_guest_made_are_kept_and_not_followed)
{
	const char *path, *link;
	char target[64] = "";
	struct stat st;

	assert_int_equal(begin("none"), 0);
	put(inside("outside"), "mine");
	assert_int_equal(share_backend_create(backend, &share, NULL, &fault_), 0);
	path = connect_share(false);
	assert_int_equal(symlink(folder, arena_printf(arena, "%s/away", path)), 0);
	assert_int_equal(symlink("../../..", arena_printf(arena, "%s/up", path)), 0);
	assert_int_equal(symlink("/etc/passwd", arena_printf(arena, "%s/passwd", path)), 0);
	assert_int_equal(share_backend_snapshot(backend, &share, &snapshot, &fault_), 0);
	link = inside("d/snapshots/" SNAPSHOT_ID "/passwd");
	assert_int_equal(readlink(link, target, sizeof(target) - 1), strlen("/etc/passwd"));
	assert_string_equal(target, "/etc/passwd");
	assert_int_equal(lstat(inside("d/snapshots/" SNAPSHOT_ID "/up"), &st), 0);
	assert_true(S_ISLNK(st.st_mode));
	assert_int_equal(share_backend_revert(backend, &share, &snapshot, &fault_), 0);
	assert_int_equal(share_backend_snapshot_remove(backend, &share, &snapshot, &fault_), 0);
	assert_int_equal(share_backend_remove(backend, &share, &fault_), 0);
	assert_int_equal(access(inside("outside"), F_OK), 0);
	assert_int_equal(unlink(inside("outside")), 0);
	end();
}

TEST(what_a_dead_process_left_is_removed_by_the_next_call)
{
	assert_int_equal(begin("none"), 0);
	/* It died while it made the share, and while it deleted an older one. */
	assert_int_equal(mkdir(inside("d/drafts/" SHARE_ID), 0700), 0);
	put(inside("d/drafts/" SHARE_ID "/half"), "");
	assert_int_equal(mkdir(inside("d/trash/" SHARE_ID), 0700), 0);
	assert_int_equal(mkdir(inside("d/trash/" SHARE_ID "/0"), 0700), 0);
	put(inside("d/trash/" SHARE_ID "/0/file"), "");
	assert_int_equal(share_backend_create(backend, &share, NULL, &fault_), 0);
	assert_int_not_equal(access(inside("d/shares/" SHARE_ID "/half"), F_OK), 0);
	assert_int_equal(share_backend_remove(backend, &share, &fault_), 0);
	end();
}
