/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Snapshots, copies and the way back, through the checked wrappers.
 */
#include <fcntl.h>
#include <sys/stat.h>

#include "backend/file/file.h"
#include "base/str.h"
#include "run/run.h"
#include "tests/lib/test.h"

#define VOLUME_ID "6b4a1f8e-6f2c-4d5f-9d38-0a53e1f7c9aa"
#define OTHER_ID "0d3f9b7c-5f16-4b0d-8f61-3d3c5d0d9d01"
#define SNAPSHOT_ID "b1a0a2c3-1c1f-4b67-9a52-6c1f6f0d7e02"

static char directory[64];

static Backend *backend_make(void)
{
	BackendConfig config = {.name = "file", .directory = directory};
	Backend *backend = NULL;
	Fault f = {0};

	(void)snprintf(directory, sizeof(directory), "/tmp/test-copy-XXXXXX"); /* fits */
	assert_non_null(mkdtemp(directory));
	assert_int_equal(backend_open(&backend_file, &config, &backend, &f), 0);
	return backend;
}

/* Nothing may be left: no draft, no temporary file. */
static void backend_drop(Backend *backend)
{
	(void)backend_close(backend);
	assert_int_equal(rmdir(directory), 0);
}

static Volume volume_of(const char *id, int format, int64_t size_gib)
{
	return (Volume){.id = id, .format = format, .size_gib = size_gib};
}

static Snapshot snapshot_of(const Volume *volume)
{
	return (Snapshot){
		.id = SNAPSHOT_ID,
		.volume_id = volume->id,
		.format = volume->format,
		.size_gib = volume->size_gib,
	};
}

static const char *path_of(Backend *backend, const Volume *volume, Arena *arena)
{
	BackendPath path = {0};
	Fault f = {0};

	assert_int_equal(backend_connect(backend, volume, arena, &path, &f), 0);
	return path.path;
}

/* As a guest writes: 512 bytes of one letter at an offset; by qemu-io, which knows both formats. */
static void guest_writes(Backend *backend, const Volume *volume, char letter, int64_t offset)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();
	const RunSpec spec = {
		.argv = RUN_ARGV(
			"qemu-io", "-f", enum_name(&disk_format_names, volume->format), "-c",
			arena_printf(arena, "write -q -P %d %lld 512", letter, (long long)offset),
			path_of(backend, volume, arena)),
		.timeout_ms = 20000,
	};
	Fault f = {0};

	assert_int_equal(run_checked(&spec, NULL, &f), 0);
}

static bool guest_reads(Backend *backend, const Volume *volume, char letter, int64_t offset)
{
	_cleanup_(run_result_done) RunResult result = {0};
	_cleanup_(arena_freep) Arena *arena = arena_new();
	const RunSpec spec = {
		.argv = RUN_ARGV(
			"qemu-io", "-f", enum_name(&disk_format_names, volume->format), "-c",
			arena_printf(arena, "read -q -P %d %lld 512", letter, (long long)offset),
			path_of(backend, volume, arena)),
		.timeout_ms = 20000,
	};
	Fault f = {0};

	assert_int_equal(run_command(&spec, &result, &f), 0);
	return result.status == 0 && !strstr(result.out, "failed");
}

static void a_snapshot_keeps_what_was(int format)
{
	Volume volume = volume_of(VOLUME_ID, format, 1), copy = volume_of(OTHER_ID, format, 2);
	Snapshot snapshot = snapshot_of(&volume);
	BackendSource source = {.volume = &volume, .snapshot = &snapshot};
	Backend *backend = backend_make();
	bool there = true;
	Fault f = {0};

	assert_int_equal(backend_snapshot(backend, &volume, &snapshot, &f), BACKEND_NO_VOLUME);
	assert_int_equal(backend_create(backend, &volume, &f), 0);
	guest_writes(backend, &volume, 'a', 4096);
	assert_int_equal(backend_snapshot_exists(backend, &volume, &snapshot, &there, &f), 0);
	assert_false(there);
	assert_int_equal(backend_copy(backend, &source, &copy, &f), BACKEND_NO_SNAPSHOT);
	assert_int_equal(backend_snapshot(backend, &volume, &snapshot, &f), 0);
	guest_writes(backend, &volume, 'b', 4096);
	assert_int_equal(backend_snapshot(backend, &volume, &snapshot, &f), 0); /* it is there */
	assert_int_equal(backend_copy(backend, &source, &copy, &f), 0);
	assert_int_equal(backend_copy(backend, &source, &copy, &f), 0);
	assert_true(guest_reads(backend, &volume, 'b', 4096));
	assert_true(guest_reads(backend, &copy, 'a', 4096)); /* larger, and of that moment */
	assert_int_equal(backend_snapshot_remove(backend, &volume, &snapshot, &f), 0);
	assert_int_equal(backend_snapshot_remove(backend, &volume, &snapshot, &f), 0);
	assert_true(guest_reads(backend, &copy, 'a', 4096));
	assert_int_equal(backend_remove(backend, &volume, &f), 0);
	assert_int_equal(backend_remove(backend, &copy, &f), 0);
	backend_drop(backend);
}

TEST(a_raw_snapshot_keeps_what_was)
{
	a_snapshot_keeps_what_was(DISK_FORMAT_RAW);
}

TEST(a_qcow2_snapshot_keeps_what_was)
{
	a_snapshot_keeps_what_was(DISK_FORMAT_QCOW2);
}

TEST(a_copy_may_have_another_format)
{
	static const int formats[][2] = {
		{DISK_FORMAT_RAW, DISK_FORMAT_QCOW2},
		{DISK_FORMAT_QCOW2, DISK_FORMAT_RAW},
	};

	for (size_t i = 0; i < ARRAY_SIZE(formats); i++) {
		Volume volume = volume_of(VOLUME_ID, formats[i][0], 1);
		Volume copy = volume_of(OTHER_ID, formats[i][1], 2);
		BackendSource source = {.volume = &volume};
		Backend *backend = backend_make();
		_cleanup_(arena_freep) Arena *arena = arena_new();
		struct stat st;
		Fault f = {0};

		assert_int_equal(backend_copy(backend, &source, &copy, &f), BACKEND_NO_VOLUME);
		assert_int_equal(backend_create(backend, &volume, &f), 0);
		guest_writes(backend, &volume, 'x', 1 << 20);
		assert_int_equal(backend_copy(backend, &source, &copy, &f), 0);
		assert_true(guest_reads(backend, &copy, 'x', 1 << 20));
		assert_true(guest_reads(backend, &copy, 0, ((int64_t)2 << 30) - 512));
		assert_int_equal(stat(path_of(backend, &copy, arena), &st), 0);
		assert_true(st.st_blocks * 512 < 4 * 1024 * 1024); /* still thin */
		assert_int_equal(backend_remove(backend, &volume, &f), 0);
		assert_int_equal(backend_remove(backend, &copy, &f), 0);
		backend_drop(backend);
	}
}

TEST(an_image_becomes_a_larger_volume)
{
	Volume volume = volume_of(VOLUME_ID, DISK_FORMAT_RAW, 1);
	char image[] = "/tmp/test-copy-image-XXXXXX";
	BackendSource source = {.image_path = image, .image_format = DISK_FORMAT_RAW};
	Backend *backend = backend_make();
	_cleanup_(closep) int fd = mkstemp(image);
	Fault f = {0};

	assert_true(fd >= 0);
	for (int i = 0; i < 1024; i++)
		assert_int_equal(pwrite(fd, "i", 1, i), 1);
	assert_int_equal(backend_copy(backend, &source, &volume, &f), 0);
	assert_true(guest_reads(backend, &volume, 'i', 512));
	assert_true(guest_reads(backend, &volume, 0, 1024));
	assert_int_equal(unlink(image), 0);
	assert_int_equal(backend_remove(backend, &volume, &f), 0);
	assert_true(backend_copy(backend, &source, &volume, &f) < 0); /* the image is gone */
	backend_drop(backend);
}

TEST(a_volume_that_grew_meanwhile_is_not_cut)
{
	Volume volume = volume_of(VOLUME_ID, DISK_FORMAT_RAW, 2);
	Volume copy = volume_of(OTHER_ID, DISK_FORMAT_RAW, 1);
	BackendSource source = {.volume = &volume};
	Snapshot snapshot = snapshot_of(&volume);
	Backend *backend = backend_make();
	bool there = true;
	Fault f = {0};

	snapshot.size_gib = 1; /* as large as the volume was when the snapshot was asked for */
	assert_int_equal(backend_create(backend, &volume, &f), 0);
	assert_true(backend_snapshot(backend, &volume, &snapshot, &f) < 0);
	assert_int_equal(backend_snapshot_exists(backend, &volume, &snapshot, &there, &f), 0);
	assert_false(there);
	assert_true(backend_copy(backend, &source, &copy, &f) < 0);
	assert_int_equal(backend_exists(backend, &copy, &there, &f), 0);
	assert_false(there);
	assert_int_equal(backend_remove(backend, &volume, &f), 0);
	backend_drop(backend);
}

static void reverting_brings_back(int format)
{
	Volume volume = volume_of(VOLUME_ID, format, 1);
	Snapshot snapshot = snapshot_of(&volume);
	Backend *backend = backend_make();
	Fault f = {0};

	assert_int_equal(backend_create(backend, &volume, &f), 0);
	guest_writes(backend, &volume, 'a', 0);
	assert_int_equal(backend_revert(backend, &volume, &snapshot, &f), BACKEND_NO_SNAPSHOT);
	assert_int_equal(backend_snapshot(backend, &volume, &snapshot, &f), 0);
	guest_writes(backend, &volume, 'b', 0);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(backend_revert(backend, &volume, &snapshot, &f), 0);
		assert_true(guest_reads(backend, &volume, 'a', 0));
	}
	assert_int_equal(backend_snapshot_remove(backend, &volume, &snapshot, &f), 0);
	assert_int_equal(backend_remove(backend, &volume, &f), 0);
	backend_drop(backend);
}

TEST(reverting_brings_back_raw)
{
	reverting_brings_back(DISK_FORMAT_RAW);
}

TEST(reverting_brings_back_qcow2)
{
	reverting_brings_back(DISK_FORMAT_QCOW2);
}

TEST(a_draft_is_no_snapshot_until_it_is_kept)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();
	Volume volume = volume_of(VOLUME_ID, DISK_FORMAT_RAW, 1);
	Snapshot snapshot = snapshot_of(&volume);
	Backend *backend = backend_make();
	BackendPath draft = {0};
	bool there = true;
	Fault f = {0};

	assert_int_equal(backend_create(backend, &volume, &f), 0);
	assert_int_equal(backend_snapshot_keep(backend, &volume, &snapshot, &f),
			 BACKEND_NO_SNAPSHOT);
	for (int i = 0; i < 2; i++) /* an earlier one is replaced */
		assert_int_equal(
			backend_snapshot_draft(backend, &volume, &snapshot, arena, &draft, &f), 0);
	assert_int_equal(backend_snapshot_exists(backend, &volume, &snapshot, &there, &f), 0);
	assert_false(there);
	for (int i = 0; i < 2; i++)
		assert_int_equal(backend_snapshot_keep(backend, &volume, &snapshot, &f), 0);
	assert_int_equal(backend_snapshot_exists(backend, &volume, &snapshot, &there, &f), 0);
	assert_true(there);
	assert_int_equal(access(draft.path, F_OK), -1);
	assert_int_equal(backend_snapshot_draft(backend, &volume, &snapshot, arena, &draft, &f), 0);
	assert_int_equal(truncate(draft.path, 512), 0); /* the emulator made it too short */
	assert_true(backend_snapshot_keep(backend, &volume, &snapshot, &f) < 0);
	assert_int_equal(backend_snapshot_remove(backend, &volume, &snapshot, &f), 0);
	assert_int_equal(backend_remove(backend, &volume, &f), 0);
	backend_drop(backend);
}
