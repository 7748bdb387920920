/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * The fake through the checked wrappers: exports come and go, also twice, and fail when told to.
 */
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backend/fake/fake.h"
#include "base/log.h"
#include "tests/lib/test.h"

#define VOLUME_ID "6b4a1f8e-6f2c-4d5f-9d38-0a53e1f7c9aa"
#define ATTACHMENT_ID "11111111-6f2c-4d5f-9d38-0a53e1f7c9aa"

static char directory[64];
static const Volume volume = {.id = VOLUME_ID, .size_gib = 1, .format = DISK_FORMAT_RAW};
static const Attachment attachment = {
	.id = ATTACHMENT_ID,
	.volume_id = VOLUME_ID,
	.connector = "{\"initiator\":\"iqn.1993-08.org.debian:01:a\"}",
};

static Backend *backend_make(void)
{
	BackendConfig config = {.name = "fake", .directory = directory};
	Backend *backend = NULL;
	Fault f = {0};

	log_set_level(LOG_ERROR);
	(void)snprintf(directory, sizeof(directory), "/tmp/test-fake-XXXXXX"); /* fits */
	assert_non_null(mkdtemp(directory));
	if (backend_open(&backend_fake, &config, &backend, &f))
		fail_msg("%s", f.text);
	return backend;
}

static const char *export_path(const char *name)
{
	static char path[128];

	(void)snprintf(path, sizeof(path), "%s/exports/%s", directory, name); /* fits */
	return path;
}

static const char *connected_path(const char *name)
{
	static char path[128];

	(void)snprintf(path, sizeof(path), "%s/connected/%s", directory, name); /* fits */
	return path;
}

/* What a failed call, or a connection, left behind goes first. */
static void backend_end(Backend *backend)
{
	(void)unlink(export_path(ATTACHMENT_ID));
	(void)unlink(connected_path(volume.id));
	(void)backend_close(backend);
	assert_int_equal(rmdir(export_path("")), 0);
	assert_int_equal(rmdir(connected_path("")), 0);
	assert_int_equal(rmdir(directory), 0);
}

static bool is_exported(void)
{
	struct stat st;

	return stat(export_path(ATTACHMENT_ID), &st) == 0;
}

TEST(exports_may_be_made_and_ended_twice)
{
	Backend *backend = backend_make();
	Fault f = {0};

	assert_true(backend_traits(backend)->exports);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(backend_export(backend, &volume, &attachment, &f), 0);
		assert_true(is_exported());
	}
	for (int i = 0; i < 2; i++) {
		assert_int_equal(backend_unexport(backend, &volume, &attachment, &f), 0);
		assert_false(is_exported());
	}
	backend_end(backend);
}

TEST(calls_fail_when_told_to)
{
	Backend *backend;
	Fault f = {0};

	(void)setenv("CLEAT_FAKE_EXPORT_FAIL", "1", 1);
	backend = backend_make();
	assert_true(backend_export(backend, &volume, &attachment, &f) < 0);
	assert_false(is_exported());
	assert_int_equal(backend_export(backend, &volume, &attachment, &f), 0);
	backend_end(backend);

	(void)setenv("CLEAT_FAKE_EXPORT_FAIL", "1:lost-reply", 1);
	backend = backend_make();
	assert_true(backend_export(backend, &volume, &attachment, &f) < 0);
	assert_true(is_exported());
	backend_end(backend);

	(void)setenv("CLEAT_FAKE_EXPORT_FAIL", "always", 1);
	backend = backend_make();
	assert_true(backend_export(backend, &volume, &attachment, &f) < 0);
	assert_true(backend_export(backend, &volume, &attachment, &f) < 0);
	assert_int_equal(backend_unexport(backend, &volume, &attachment, &f), 0);
	backend_end(backend);
	(void)unsetenv("CLEAT_FAKE_EXPORT_FAIL");
}

TEST(orders_that_make_no_sense_are_refused)
{
	static const char *const orders[] = {"0", "-1", "x", "1:never", ":fault"};
	const BackendConfig config = {.name = "fake", .directory = "/tmp"};

	for (size_t i = 0; i < ARRAY_SIZE(orders); i++) {
		Backend *backend = NULL;
		Fault f = {0};

		(void)setenv("CLEAT_FAKE_EXPORT_FAIL", orders[i], 1);
		if (!backend_open(&backend_fake, &config, &backend, &f))
			fail_msg("%s was taken", orders[i]);
	}
	(void)unsetenv("CLEAT_FAKE_EXPORT_FAIL");
}

TEST(volumes_are_sparse_files)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();
	Backend *backend = backend_make();
	BackendPath path;
	struct stat st;
	bool exists;
	Fault f = {0};

	assert_int_equal(backend_connect(backend, &volume, arena, &path, &f), BACKEND_NO_VOLUME);
	assert_int_equal(backend_create(backend, &volume, &f), 0);
	assert_int_equal(backend_create(backend, &volume, &f), 0);
	assert_int_equal(backend_connect(backend, &volume, arena, &path, &f), 0);
	assert_int_equal(stat(path.path, &st), 0);
	assert_int_equal(st.st_size, INT64_C(1) << 30);
	assert_true(st.st_blocks < 100);
	assert_int_equal(backend_remove(backend, &volume, &f), 0);
	assert_int_equal(backend_exists(backend, &volume, &exists, &f), 0);
	assert_false(exists);
	backend_end(backend);
}

TEST(a_connection_is_seen_until_it_is_closed)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();
	Backend *backend = backend_make();
	BackendPath path;
	Fault f = {0};

	assert_int_equal(backend_create(backend, &volume, &f), 0);
	assert_int_equal(backend_connect(backend, &volume, arena, &path, &f), 0);
	assert_int_equal(access(connected_path(volume.id), F_OK), 0);
	assert_int_equal(backend_disconnect(backend, &volume, &f), 0);
	assert_int_equal(backend_disconnect(backend, &volume, &f), 0);
	assert_int_not_equal(access(connected_path(volume.id), F_OK), 0);
	assert_int_equal(backend_remove(backend, &volume, &f), 0);
	backend_end(backend);
}

TEST(a_volume_may_be_reached_as_a_test_says)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();
	Backend *backend = backend_make();
	const char *told = "{\"driver_volume_type\":\"nbd\"}";
	BackendPath path;
	const char *info;
	char name[128];
	Fault f = {0};
	int fd;

	(void)snprintf(name, sizeof(name), "%s/" VOLUME_ID ".connection", directory); /* fits */
	assert_int_equal(backend_create(backend, &volume, &f), 0);
	assert_int_equal(backend_connect(backend, &volume, arena, &path, &f), 0);
	assert_false(path.remote);
	fd = open(name, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	assert_int_equal(write(fd, told, strlen(told)), strlen(told));
	(void)close(fd);
	assert_int_equal(backend_connect(backend, &volume, arena, &path, &f), 0);
	assert_true(path.remote);
	assert_null(path.path);
	assert_int_equal(backend_connection_info(backend, &volume, &attachment, arena, &info, &f),
			 0);
	assert_string_equal(info, told);
	(void)unlink(name);
	assert_int_equal(backend_remove(backend, &volume, &f), 0);
	backend_end(backend);
}
