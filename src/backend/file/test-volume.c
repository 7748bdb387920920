/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Volumes as files, through the checked wrappers.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "backend/file/file.h"
#include "base/str.h"
#include "run/script.h"
#include "tests/lib/test.h"
#include "json/json.h"

#define VOLUME_ID "6b4a1f8e-6f2c-4d5f-9d38-0a53e1f7c9aa"

static char directory[64];

/* fsync() as the code under test finds it. */
static unsigned flushes;

int fsync(int fd)
{
	flushes++;
	return (int)syscall(SYS_fsync, fd);
}

static Backend *backend_make(void)
{
	BackendConfig config = {.name = "file", .directory = directory};
	Backend *backend = NULL;
	Fault f = {0};

	(void)snprintf(directory, sizeof(directory), "/tmp/test-volume-XXXXXX"); /* fits */
	assert_non_null(mkdtemp(directory));
	assert_int_equal(backend_open(&backend_file, &config, &backend, &f), 0);
	return backend;
}

static void backend_drop(Backend *backend)
{
	(void)backend_close(backend);
	assert_int_equal(rmdir(directory), 0);
}

static Volume volume_of(int format, int64_t size_gib)
{
	return (Volume){.id = VOLUME_ID, .format = format, .size_gib = size_gib};
}

TEST(the_directory_has_to_be_absolute)
{
	BackendConfig config = {.name = "file", .directory = "volumes"};
	Backend *backend = NULL;
	Fault f = {0};

	assert_true(backend_open(&backend_file, &config, &backend, &f) < 0);
	assert_null(backend);
}

TEST(a_raw_volume_is_thin_and_exact)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();
	Volume volume = volume_of(DISK_FORMAT_RAW, 3);
	Backend *backend = backend_make();
	BackendPath path = {0};
	struct stat st;
	Fault f = {0};

	assert_int_equal(backend_connect(backend, &volume, arena, &path, &f), BACKEND_NO_VOLUME);
	assert_int_equal(backend_create(backend, &volume, &f), 0);
	assert_int_equal(backend_create(backend, &volume, &f), 0); /* again: nothing more */
	assert_int_equal(backend_connect(backend, &volume, arena, &path, &f), 0);
	assert_string_equal(path.path, arena_printf(arena, "%s/" VOLUME_ID ".raw", directory));
	assert_int_equal(path.format, DISK_FORMAT_RAW);
	assert_false(path.is_block);
	assert_int_equal(stat(path.path, &st), 0);
	assert_int_equal(st.st_size, (int64_t)3 << 30);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_true(st.st_blocks * 512 < 1024 * 1024);
	assert_int_equal(backend_disconnect(backend, &volume, &f), 0);
	assert_int_equal(backend_remove(backend, &volume, &f), 0);
	assert_int_equal(backend_remove(backend, &volume, &f), 0);
	assert_int_equal(backend_disconnect(backend, &volume, &f), 0);
	backend_drop(backend);
}

TEST(existence_follows_create_and_remove)
{
	Volume volume = volume_of(DISK_FORMAT_RAW, 1);
	Backend *backend = backend_make();
	bool there = true;
	Fault f = {0};

	assert_int_equal(backend_exists(backend, &volume, &there, &f), 0);
	assert_false(there);
	assert_int_equal(backend_create(backend, &volume, &f), 0);
	assert_int_equal(backend_exists(backend, &volume, &there, &f), 0);
	assert_true(there);
	assert_int_equal(backend_remove(backend, &volume, &f), 0);
	backend_drop(backend);
}

TEST(what_a_dead_process_left_unflushed_is_flushed)
{
	Volume volume = volume_of(DISK_FORMAT_RAW, 1);
	Backend *backend = backend_make();
	bool there = false;
	Fault f = {0};

	assert_int_equal(backend_create(backend, &volume, &f), 0);
	flushes = 0;
	assert_int_equal(backend_create(backend, &volume, &f), 0);
	assert_int_equal(flushes, 1);
	assert_int_equal(backend_exists(backend, &volume, &there, &f), 0);
	assert_int_equal(flushes, 2);
	assert_int_equal(backend_remove(backend, &volume, &f), 0);
	assert_int_equal(backend_exists(backend, &volume, &there, &f), 0);
	assert_int_equal(flushes, 4);
	backend_drop(backend);
}

TEST(a_raw_volume_grows_and_never_shrinks)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();
	Volume volume = volume_of(DISK_FORMAT_RAW, 1);
	Volume larger = volume_of(DISK_FORMAT_RAW, 3);
	Backend *backend = backend_make();
	BackendPath path = {0};
	Fault f = {0};

	assert_int_equal(backend_extend(backend, &volume, 3, &f), BACKEND_NO_VOLUME);
	assert_int_equal(backend_create(backend, &volume, &f), 0);
	assert_int_equal(backend_extend(backend, &volume, 3, &f), 0);
	assert_int_equal(backend_extend(backend, &volume, 3, &f), 0);
	assert_int_equal(backend_extend(backend, &larger, 3, &f), 0);
	assert_int_equal(backend_connect(backend, &larger, arena, &path, &f), 0);
	/* Before the record follows, only who is extending may find more than it says. */
	assert_true(backend_connect(backend, &volume, arena, &path, &f) < 0);
	volume.status = VOLUME_EXTENDING;
	assert_int_equal(backend_connect(backend, &volume, arena, &path, &f), 0);
	volume.size_gib = 4;
	assert_true(backend_connect(backend, &volume, arena, &path, &f) < 0);
	assert_int_equal(backend_remove(backend, &volume, &f), 0);
	backend_drop(backend);
}

TEST(a_file_of_another_size_is_not_the_volume)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();
	Volume volume = volume_of(DISK_FORMAT_RAW, 1);
	Volume larger = volume_of(DISK_FORMAT_RAW, 2);
	Backend *backend = backend_make();
	BackendPath path = {0};
	Fault f = {0};

	assert_int_equal(backend_create(backend, &volume, &f), 0);
	assert_true(backend_create(backend, &larger, &f) < 0);
	assert_true(backend_connect(backend, &larger, arena, &path, &f) < 0);
	assert_non_null(strstr(f.text, "its record says 2 GiB"));
	assert_int_equal(backend_remove(backend, &volume, &f), 0);
	backend_drop(backend);
}

TEST(a_link_in_the_place_of_a_volume_is_refused)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();
	Volume volume = volume_of(DISK_FORMAT_RAW, 1);
	Backend *backend = backend_make();
	BackendPath path = {0};
	Fault f = {0};

	assert_int_equal(
		symlink("/etc/passwd", arena_printf(arena, "%s/" VOLUME_ID ".raw", directory)), 0);
	assert_true(backend_connect(backend, &volume, arena, &path, &f) < 0);
	assert_true(backend_create(backend, &volume, &f) < 0);
	assert_int_equal(backend_remove(backend, &volume, &f), 0);
	backend_drop(backend);
}

TEST(a_raw_file_is_no_qcow2_volume)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();
	Volume volume = volume_of(DISK_FORMAT_QCOW2, 1);
	Backend *backend = backend_make();
	BackendPath path = {0};
	Fault f = {0};
	int fd;

	fd = open(arena_printf(arena, "%s/" VOLUME_ID ".qcow2", directory),
		  O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, 1 << 30), 0);
	close(fd);
	assert_true(backend_connect(backend, &volume, arena, &path, &f) < 0);
	assert_int_equal(backend_remove(backend, &volume, &f), 0);
	backend_drop(backend);
}

TEST(a_qcow2_volume_is_exact)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();
	Volume volume = volume_of(DISK_FORMAT_QCOW2, 2);
	Backend *backend = backend_make();
	BackendPath path = {0};
	struct stat st;
	Fault f = {0};

	if (access("/usr/bin/qemu-img", X_OK) != 0) {
		backend_drop(backend);
		skip();
	}
	assert_int_equal(backend_create(backend, &volume, &f), 0);
	assert_int_equal(backend_create(backend, &volume, &f), 0);
	assert_int_equal(backend_connect(backend, &volume, arena, &path, &f), 0);
	assert_true(str_ends(path.path, VOLUME_ID ".qcow2"));
	assert_int_equal(path.format, DISK_FORMAT_QCOW2);
	assert_int_equal(stat(path.path, &st), 0);
	assert_true(st.st_size < 1024 * 1024);
	assert_int_equal(backend_extend(backend, &volume, 5, &f), 0);
	assert_int_equal(backend_extend(backend, &volume, 5, &f), 0);
	volume.size_gib = 5;
	assert_int_equal(backend_connect(backend, &volume, arena, &path, &f), 0);
	assert_int_equal(backend_remove(backend, &volume, &f), 0);
	backend_drop(backend);
}

TEST(a_full_disk_is_an_outcome_for_qcow2_as_well)
{
	Volume volume = volume_of(DISK_FORMAT_QCOW2, 2);
	Backend *backend = backend_make();
	bool there = true;
	Fault f = {0};

	assert_int_equal(run_script_play("$ qemu-img create -q -f qcow2 /proc/* 2147483648\n"
					 "! qemu-img: /proc/1/fd/5: No space left on device\n"
					 "exit 1\n"
					 "$ qemu-img create -q -f qcow2 /proc/* 2147483648\n"
					 "! qemu-img: something else\n"
					 "exit 1\n",
					 &f),
			 0);
	assert_int_equal(backend_create(backend, &volume, &f), BACKEND_FULL);
	assert_int_equal(backend_create(backend, &volume, &f), -EIO);
	assert_int_equal(run_script_end(&f), 0);
	assert_int_equal(backend_exists(backend, &volume, &there, &f), 0);
	assert_false(there);
	backend_drop(backend); /* and nothing unfinished lies in the directory */
}

TEST(left_overs_are_swept_at_open)
{
	BackendConfig config = {.name = "file", .directory = directory};
	_cleanup_(arena_freep) Arena *arena = arena_new();
	Backend *backend = backend_make();
	const char *left = arena_printf(arena, "%s/.new-" VOLUME_ID ".raw", directory);
	Fault f = {0};

	(void)backend_close(backend);
	close(open(left, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
	assert_int_equal(backend_open(&backend_file, &config, &backend, &f), 0);
	assert_int_not_equal(access(left, F_OK), 0);
	backend_drop(backend);
}

TEST(the_connection_is_local)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();
	_cleanup_(json_doc_freep) JsonDoc *doc = NULL;
	Volume volume = volume_of(DISK_FORMAT_QCOW2, 1);
	Backend *backend = backend_make();
	const char *info = NULL;
	Fault f = {0};

	assert_int_equal(
		backend_connection_info(backend, &volume, &(Attachment){0}, arena, &info, &f), 0);
	assert_int_equal(json_parse(arena, info, strlen(info), &doc, NULL), 0);
	assert_string_equal(json_get_text(arena, doc, "driver_volume_type"), "local");
	assert_string_equal(json_get_text(arena, doc, "format"), "qcow2");
	assert_string_equal(json_get_text(arena, doc, "device_path"),
			    arena_printf(arena, "%s/" VOLUME_ID ".qcow2", directory));
	backend_drop(backend);
}

TEST(capacity_is_that_of_the_file_system)
{
	Backend *backend = backend_make();
	int64_t total = 0, left = 0;
	Fault f = {0};

	assert_int_equal(backend_capacity(backend, &total, &left, &f), 0);
	assert_true(total > 0 && left >= 0 && left <= total);
	assert_string_equal(backend_name(backend), "file");
	backend_drop(backend);
}
