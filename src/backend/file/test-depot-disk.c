/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Disks of servers in the depot, through the checked wrappers.
 */
#include <fcntl.h>
#include <sys/stat.h>

#include "backend/file/file.h"
#include "backend/file/image.h"
#include "base/str.h"
#include "run/run.h"
#include "tests/lib/test.h"

#define IMAGE_ID "0f0e0d0c-0b0a-4909-8807-060504030201"
#define SERVER_ID "11111111-2222-4333-8444-555555555555"
#define MIB ((int64_t)1024 * 1024)

typedef struct House {
	char directory[64];
	Arena *arena;
	Depot *depot;
	Fault f;
} House;

static void house_open(House *h)
{
	*h = (House){.arena = arena_new()};
	(void)snprintf(h->directory, sizeof(h->directory), "/tmp/test-depot-XXXXXX"); /* fits */
	assert_non_null(mkdtemp(h->directory));
	assert_int_equal(depot_open(&depot_file, h->directory, &h->depot, &h->f), 0);
}

/* Asserts that nothing was left behind. */
static void house_close(House *h)
{
	(void)depot_close(h->depot);
	assert_int_equal(rmdir(arena_printf(h->arena, "%s/images", h->directory)), 0);
	assert_int_equal(rmdir(arena_printf(h->arena, "%s/disks", h->directory)), 0);
	assert_int_equal(rmdir(h->directory), 0);
	(void)arena_free(h->arena);
}

static void upload(House *h, const char *bytes, size_t n, DiskFormat format)
{
	DepotUpload *coming = NULL;
	DepotFacts facts = {0};

	assert_int_equal(depot_begin(h->depot, IMAGE_ID, &coming, &h->f), 0);
	assert_int_equal(depot_write(h->depot, coming, bytes, n, &h->f), 0);
	assert_int_equal(depot_finish(h->depot, coming, format, h->arena, &facts, &h->f), 0);
}

static int make(House *h, const char *disk, const DepotOrigin *origin)
{
	return depot_disk_create(h->depot, SERVER_ID, disk, origin, &h->f);
}

static int make_of_image(House *h, const char *disk, DiskFormat format, int64_t size_bytes)
{
	const DepotOrigin origin = {
		.image_id = IMAGE_ID, .format = format, .size_bytes = size_bytes};

	return make(h, disk, &origin);
}

static bool is_there(House *h, const char *disk)
{
	bool there = true;

	assert_int_equal(depot_disk_exists(h->depot, SERVER_ID, disk, &there, &h->f), 0);
	return there;
}

static void drop(House *h, const char *disk)
{
	for (int i = 0; i < 2; i++) /* twice is fine */
		assert_int_equal(depot_disk_remove(h->depot, SERVER_ID, disk, &h->f), 0);
	assert_false(is_there(h, disk));
}

static const char *path_of(House *h, const char *disk)
{
	const char *path = NULL;

	assert_int_equal(depot_disk_path(h->depot, SERVER_ID, disk, h->arena, &path, &h->f), 0);
	return path;
}

/* What the first bytes of a disk say. */
static const char *words(House *h, const char *disk, size_t n)
{
	_cleanup_(closep) int fd = open(path_of(h, disk), O_RDONLY | O_CLOEXEC);
	char *text = arena_alloc(h->arena, n + 1);

	assert_int_equal(pread(fd, text, n, 0), (ssize_t)n);
	text[n] = '\0';
	return text;
}

static void exchange(House *h, const char *in, const char *out)
{
	for (int i = 0; i < 2; i++)
		assert_int_equal(depot_disk_exchange(h->depot, SERVER_ID, in, out, &h->f), 0);
}

TEST(a_root_disk_is_a_grown_copy)
{
	int64_t size = 0;
	struct stat st;
	House h;

	house_open(&h);
	assert_int_equal(make_of_image(&h, DEPOT_ROOT, DISK_FORMAT_RAW, 64 * MIB), DEPOT_NO_IMAGE);
	upload(&h, "boot me", 7, DISK_FORMAT_RAW);
	assert_false(is_there(&h, DEPOT_ROOT));
	for (int i = 0; i < 2; i++)
		assert_int_equal(make_of_image(&h, DEPOT_ROOT, DISK_FORMAT_RAW, 64 * MIB), 0);
	assert_int_equal(depot_remove(h.depot, IMAGE_ID, &h.f), 0); /* the disk stands alone */
	assert_true(is_there(&h, DEPOT_ROOT));
	assert_true(str_ends(path_of(&h, DEPOT_ROOT), "/disks/" SERVER_ID ".raw"));
	assert_int_equal(stat(path_of(&h, DEPOT_ROOT), &st), 0);
	assert_int_equal(st.st_size, 64 * MIB);
	assert_int_equal(depot_disk_size(h.depot, SERVER_ID, DEPOT_ROOT, &size, &h.f), 0);
	assert_int_equal(size, 64 * MIB);
	drop(&h, DEPOT_ROOT);
	assert_int_equal(depot_disk_size(h.depot, SERVER_ID, DEPOT_ROOT, &size, &h.f),
			 DEPOT_NO_DISK);
	house_close(&h);
}

/* An empty qcow2 of that size, made by QEMU itself; its bytes are in the arena. */
static const char *qcow2_bytes(Arena *arena, const char *size, size_t *ret_n)
{
	char path[] = "/tmp/test-depot-image-XXXXXX";
	RunSpec spec = {.argv = RUN_ARGV("qemu-img", "create", "-q", "-f", "qcow2", path, size),
			.timeout_ms = 30000};
	_cleanup_(closep) int fd = mkstemp(path);
	struct stat st;
	Fault f = {0};
	char *bytes;

	assert_true(fd >= 0);
	assert_int_equal(run_checked(&spec, NULL, &f), 0);
	assert_int_equal(fstat(fd, &st), 0);
	bytes = arena_alloc(arena, (size_t)st.st_size);
	assert_int_equal(pread(fd, bytes, (size_t)st.st_size, 0), st.st_size);
	assert_int_equal(unlink(path), 0);
	*ret_n = (size_t)st.st_size;
	return bytes;
}

TEST(a_qcow2_disk_grows_inside_and_its_copy_too)
{
	const DepotOrigin root = {.disk = DEPOT_ROOT, .size_bytes = 200 * MIB};
	const char *bytes;
	int64_t size = 0;
	size_t n = 0;
	House h;

	if (access("/usr/bin/qemu-img", X_OK) != 0)
		skip();
	house_open(&h);
	bytes = qcow2_bytes(h.arena, "16M", &n);
	upload(&h, bytes, n, DISK_FORMAT_QCOW2);
	assert_int_equal(make_of_image(&h, DEPOT_ROOT, DISK_FORMAT_QCOW2, 100 * MIB), 0);
	assert_true(str_ends(path_of(&h, DEPOT_ROOT), "/disks/" SERVER_ID ".qcow2"));
	assert_int_equal(depot_disk_size(h.depot, SERVER_ID, DEPOT_ROOT, &size, &h.f), 0);
	assert_int_equal(size, 100 * MIB);
	assert_int_equal(make(&h, DEPOT_NEW, &root), 0);
	assert_true(str_ends(path_of(&h, DEPOT_NEW), "/disks/" SERVER_ID ".new.qcow2"));
	assert_int_equal(depot_disk_size(h.depot, SERVER_ID, DEPOT_NEW, &size, &h.f), 0);
	assert_int_equal(size, 200 * MIB);
	drop(&h, DEPOT_NEW);
	drop(&h, DEPOT_ROOT);
	assert_int_equal(depot_remove(h.depot, IMAGE_ID, &h.f), 0);
	house_close(&h);
}

TEST(an_empty_disk_is_made_of_nothing)
{
	const DepotOrigin nothing = {.format = DISK_FORMAT_RAW, .size_bytes = MIB};
	const DepotOrigin nowhere = {.disk = DEPOT_ROOT};
	int64_t size = 0;
	House h;

	house_open(&h);
	assert_int_equal(make(&h, DEPOT_FROZEN, &nothing), 0);
	assert_int_equal(depot_disk_size(h.depot, SERVER_ID, DEPOT_FROZEN, &size, &h.f), 0);
	assert_int_equal(size, MIB);
	assert_int_equal(make(&h, DEPOT_NEW, &nowhere), DEPOT_NO_DISK);
	drop(&h, DEPOT_FROZEN);
	house_close(&h);
}

static bool has_bytes(House *h, const char *disk, off_t offset, const char *bytes)
{
	_cleanup_(closep) int fd = open(path_of(h, disk), O_RDONLY | O_CLOEXEC);
	char found[16] = "";

	return pread(fd, found, strlen(bytes), offset) == (ssize_t)strlen(bytes) &&
	       memcmp(found, bytes, strlen(bytes)) == 0;
}

TEST(a_disk_of_nothing_may_be_formatted)
{
	const DepotOrigin swap = {
		.format = DISK_FORMAT_RAW, .size_bytes = 16 * MIB, .filesystem = "swap"};
	const DepotOrigin ext4 = {
		.format = DISK_FORMAT_RAW, .size_bytes = 16 * MIB, .filesystem = "ext4"};
	int64_t size = 0;
	House h;

	house_open(&h);
	assert_int_equal(make(&h, "local0", &swap), 0);
	assert_int_equal(make(&h, "local0", &ext4), 0);
	assert_true(has_bytes(&h, "local0", 4086, "SWAPSPACE2")); /* what is there stays */
	assert_int_equal(make(&h, "local1", &ext4), 0);
	assert_true(has_bytes(&h, "local1", 1024 + 56, "\x53\xef")); /* an ext superblock's magic */
	assert_int_equal(depot_disk_size(h.depot, SERVER_ID, "local1", &size, &h.f), 0);
	assert_int_equal(size, 16 * MIB);
	drop(&h, "local0");
	drop(&h, "local1");
	house_close(&h);
}

TEST(root_disks_are_exchanged_and_back)
{
	House h;

	house_open(&h);
	exchange(&h, DEPOT_NEW, DEPOT_KEPT); /* nothing comes in: nothing changes */
	upload(&h, "one", 3, DISK_FORMAT_RAW);
	assert_int_equal(make_of_image(&h, DEPOT_ROOT, DISK_FORMAT_RAW, 0), 0);
	upload(&h, "two", 3, DISK_FORMAT_RAW);
	assert_int_equal(make_of_image(&h, DEPOT_NEW, DISK_FORMAT_RAW, 0), 0);
	exchange(&h, DEPOT_NEW, DEPOT_KEPT);
	assert_string_equal(words(&h, DEPOT_ROOT, 3), "two");
	assert_string_equal(words(&h, DEPOT_KEPT, 3), "one");
	assert_false(is_there(&h, DEPOT_NEW));
	exchange(&h, DEPOT_KEPT, DEPOT_NEW);
	assert_string_equal(words(&h, DEPOT_ROOT, 3), "one");
	assert_string_equal(words(&h, DEPOT_NEW, 3), "two");
	assert_false(is_there(&h, DEPOT_KEPT));
	drop(&h, DEPOT_NEW);
	drop(&h, DEPOT_ROOT);
	assert_int_equal(depot_remove(h.depot, IMAGE_ID, &h.f), 0);
	house_close(&h);
}

/* As a crash leaves it: the root disk is away, the next one not in its place. */
TEST(half_an_exchange_is_finished_or_undone)
{
	static const char *const ends[][2] = {{DEPOT_NEW, DEPOT_OLD}, {DEPOT_OLD, DEPOT_NEW}};
	static const char *const roots[] = {"two", "one"};

	for (size_t i = 0; i < ARRAY_SIZE(ends); i++) {
		House h;

		house_open(&h);
		upload(&h, "one", 3, DISK_FORMAT_RAW);
		assert_int_equal(make_of_image(&h, DEPOT_OLD, DISK_FORMAT_RAW, 0), 0);
		upload(&h, "two", 3, DISK_FORMAT_RAW);
		assert_int_equal(make_of_image(&h, DEPOT_NEW, DISK_FORMAT_RAW, 0), 0);
		exchange(&h, ends[i][0], ends[i][1]);
		assert_string_equal(words(&h, DEPOT_ROOT, 3), roots[i]);
		drop(&h, ends[i][1]);
		drop(&h, DEPOT_ROOT);
		assert_int_equal(depot_remove(h.depot, IMAGE_ID, &h.f), 0);
		house_close(&h);
	}
}
