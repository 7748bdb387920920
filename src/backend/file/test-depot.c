/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Image bytes, through the checked wrappers.
 */
#include <fcntl.h>
#include <sys/stat.h>

#include "backend/file/file.h"
#include "backend/file/image.h"
#include "base/str.h"
#include "run/run.h"
#include "tests/lib/test.h"

#define IMAGE_ID "0f0e0d0c-0b0a-4909-8807-060504030201"

static char directory[64];

static Depot *depot_make(void)
{
	Depot *depot = NULL;
	Fault f = {0};

	(void)snprintf(directory, sizeof(directory), "/tmp/test-depot-XXXXXX"); /* fits */
	assert_non_null(mkdtemp(directory));
	assert_int_equal(depot_open(&depot_file, directory, &depot, &f), 0);
	return depot;
}

/* Asserts that the tests left nothing behind. */
static void depot_drop(Depot *depot)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();

	(void)depot_close(depot);
	assert_int_equal(rmdir(arena_printf(arena, "%s/images", directory)), 0);
	assert_int_equal(rmdir(arena_printf(arena, "%s/disks", directory)), 0);
	assert_int_equal(rmdir(directory), 0);
}

static int upload(Depot *depot, const char *bytes, size_t n, DiskFormat format, Arena *arena,
		  DepotFacts *ret)
{
	DepotUpload *coming = NULL;
	Fault f = {0};

	assert_int_equal(depot_begin(depot, IMAGE_ID, &coming, &f), 0);
	for (size_t i = 0; i < n; i += 3)
		assert_int_equal(depot_write(depot, coming, bytes + i, MIN(n - i, 3), &f), 0);
	return depot_finish(depot, coming, format, arena, ret, &f);
}

/* Of a disk of 1 MiB; repeated, as after a crash. */
static void a_disk_becomes_an_image(DiskFormat format)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();
	char disk[] = "/tmp/test-depot-disk-XXXXXX";
	DepotSource source = {.path = disk, .format = DISK_FORMAT_RAW, .size_bytes = 1 << 20};
	_cleanup_(closep) int fd = mkstemp(disk);
	Depot *depot = depot_make();
	const char *path = NULL;
	DepotFacts facts = {0};
	struct stat st;
	Fault f = {0};

	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, 1 << 20), 0);
	for (int i = 0; i < 2; i++)
		assert_int_equal(depot_import(depot, IMAGE_ID, &source, format, arena, &facts, &f),
				 0);
	assert_int_equal(depot_image_path(depot, IMAGE_ID, arena, &path, &f), 0);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(facts.size_bytes, st.st_size);
	assert_int_equal(facts.virtual_size_bytes, 1 << 20);
	if (format == DISK_FORMAT_RAW) /* of so many zeros */
		assert_string_equal(facts.md5, "b6d81b360a5672d80c27430f39153e2c");
	assert_int_equal(unlink(disk), 0);
	assert_true(depot_import(depot, IMAGE_ID, &source, format, arena, &facts, &f) < 0);
	assert_int_equal(depot_remove(depot, IMAGE_ID, &f), 0);
	depot_drop(depot);
}

TEST(a_disk_becomes_a_raw_image)
{
	a_disk_becomes_an_image(DISK_FORMAT_RAW);
}

TEST(a_disk_becomes_a_qcow2_image)
{
	a_disk_becomes_an_image(DISK_FORMAT_QCOW2);
}

TEST(an_upload_is_hashed_and_kept)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();
	Depot *depot = depot_make();
	const char *path = NULL;
	DepotFacts facts = {0};
	struct stat st;
	Fault f = {0};

	assert_int_equal(depot_image_path(depot, IMAGE_ID, arena, &path, &f), DEPOT_NO_IMAGE);
	assert_int_equal(upload(depot, "abcdefgh", 8, DISK_FORMAT_AKI, arena, &facts), 0);
	assert_int_equal(facts.size_bytes, 8);
	assert_string_equal(facts.md5, "e8dc4081b13434b45189a720b77b6818");
	assert_string_equal(facts.sha512,
			    "a3a8c81bc97c2560010d7389bc88aac974a104e0e2381220c6e084c4dccd1d2d"
			    "17d4f86db31c2a851dc80e6681d74733c55dcd03dd96f6062cdda12a291ae6ce");
	assert_int_equal(depot_image_path(depot, IMAGE_ID, arena, &path, &f), 0);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_size, 8);
	assert_int_equal(depot_remove(depot, IMAGE_ID, &f), 0);
	assert_int_equal(depot_remove(depot, IMAGE_ID, &f), 0);
	depot_drop(depot);
}

TEST(a_qcow2_that_is_none_is_not_kept)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();
	Depot *depot = depot_make();
	const char *path = NULL;
	DepotFacts facts = {0};
	Fault f = {0};

	assert_int_equal(upload(depot, "abc", 3, DISK_FORMAT_QCOW2, arena, &facts),
			 DEPOT_WRONG_FORMAT);
	assert_int_equal(upload(depot, "", 0, DISK_FORMAT_QCOW2, arena, &facts),
			 DEPOT_WRONG_FORMAT);
	assert_int_equal(depot_image_path(depot, IMAGE_ID, arena, &path, &f), DEPOT_NO_IMAGE);
	depot_drop(depot);
}

TEST(a_qcow2_with_a_backing_file_is_not_kept)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();
	char head[112] = {'Q', 'F', 'I', (char)0xfb, 0, 0, 0, 3};
	Depot *depot = depot_make();
	DepotFacts facts = {0};

	head[14] = 2;  /* where the name of the backing file is */
	head[19] = 11; /* how long it is */
	head[23] = 16; /* cluster bits */
	assert_int_equal(upload(depot, head, sizeof(head), DISK_FORMAT_QCOW2, arena, &facts),
			 DEPOT_UNSAFE);
	depot_drop(depot);
}

TEST(raw_bytes_are_never_looked_at)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();
	Depot *depot = depot_make();
	DepotFacts facts = {0};
	Fault f = {0};

	assert_int_equal(upload(depot, "QFI\xfb...", 7, DISK_FORMAT_RAW, arena, &facts), 0);
	assert_int_equal(facts.virtual_size_bytes, 7);
	assert_int_equal(depot_remove(depot, IMAGE_ID, &f), 0);
	depot_drop(depot);
}

TEST(abandoned_and_unfinished_uploads_leave_nothing)
{
	DepotUpload *coming = NULL, *lost = NULL;
	Depot *depot = depot_make();
	Fault f = {0};

	assert_int_equal(depot_begin(depot, IMAGE_ID, &coming, &f), 0);
	assert_int_equal(depot_begin(depot, IMAGE_ID, &lost, &f), 0);
	assert_int_equal(depot_write(depot, coming, "x", 1, &f), 0);
	assert_null(depot_abandon(depot, coming));
	assert_int_equal(depot_sweep(depot, &f), 0); /* takes the file of `lost` away */
	assert_null(depot_abandon(depot, lost));
	depot_drop(depot);
}

TEST(two_uploads_for_one_image_do_not_mix)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();
	DepotUpload *one = NULL, *two = NULL;
	Depot *depot = depot_make();
	DepotFacts facts = {0};
	Fault f = {0};

	assert_int_equal(depot_begin(depot, IMAGE_ID, &one, &f), 0);
	assert_int_equal(depot_begin(depot, IMAGE_ID, &two, &f), 0);
	assert_int_equal(depot_write(depot, one, "one", 3, &f), 0);
	assert_int_equal(depot_write(depot, two, "zwei", 4, &f), 0);
	assert_int_equal(depot_finish(depot, one, DISK_FORMAT_RAW, arena, &facts, &f), 0);
	assert_int_equal(facts.size_bytes, 3);
	assert_null(depot_abandon(depot, two));
	assert_int_equal(depot_remove(depot, IMAGE_ID, &f), 0);
	depot_drop(depot);
}
