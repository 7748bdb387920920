/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * The NFS backend as far as no server is needed: what it refuses, what it runs, what it tells
 * hosts. That it keeps volumes is shown in a guest that has a server.
 */
#include "backend/file/file.h"
#include "backend/file/priv.h"
#include "base/str.h"
#include "run/script.h"
#include "tests/lib/test.h"

#define EXPORT "192.0.2.9:/srv/nfs"
#define EXPORT_MD5 "a19a918c3b8ba0d2706fde7704242063"

static char directory[64];

/* Open it, and expect words of the refusal. */
static void check_refused(const char *export, const char *options, const char *words)
{
	const BackendConfig config = {
		.name = "nfs",
		.directory = directory,
		.export = export,
		.options = options,
	};
	Backend *backend = NULL;
	Fault f = {0};

	assert_true(backend_open(&backend_nfs, &config, &backend, &f) < 0);
	assert_null(backend);
	if (!strstr(f.text, words))
		fail_msg("\"%s\" does not say \"%s\"", f.text, words);
}

static void make_directory(void)
{
	(void)snprintf(directory, sizeof(directory), "/tmp/test-nfs-XXXXXX"); /* fits */
	assert_non_null(mkdtemp(directory));
}

TEST(exports_and_options_are_checked_before_anything_is_run)
{
	Fault f = {0};

	make_directory();
	assert_int_equal(run_script_play("", &f), 0);
	check_refused(NULL, NULL, "needs an export");
	check_refused("/srv", NULL, "needs an export");
	check_refused("-o:/srv", NULL, "needs an export");
	check_refused("host:/srv/../etc", NULL, "needs an export");
	check_refused(EXPORT, "bind", "not allowed");
	check_refused(EXPORT, "vers=4.2 -o suid", "not allowed");
	check_refused(EXPORT, "addr=192.0.2.1", "not allowed");
	check_refused(EXPORT, "timeo=x", "not allowed");
	assert_int_equal(run_script_end(&f), 0);
	assert_int_equal(rmdir(directory), 0);
}

TEST(the_newest_version_is_tried_first)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();
	const char *point = NULL;
	Fault f = {0};

	make_directory();
	point = arena_printf(arena, "%s/" EXPORT_MD5, directory);
	assert_int_equal(
		run_script_play(
			arena_printf(arena,
				     "$ mount -t nfs -o nosuid,nodev,noexec,retry=0,timeo=100,"
				     "retrans=2,softerr,rsize=65536,vers=4.2 -- " EXPORT
				     " %s\n! not supported\nexit 32\n"
				     "$ mount -t nfs -o nosuid,nodev,noexec,retry=0,timeo=100,"
				     "retrans=2,softerr,rsize=65536,vers=4.1 -- " EXPORT
				     " %s\n! not supported\nexit 32\n"
				     "$ mount -t nfs -o nosuid,nodev,noexec,retry=0,timeo=100,"
				     "retrans=2,softerr,rsize=65536 -- " EXPORT
				     " %s\n! Connection refused\nexit 32\n",
				     point, point, point),
			&f),
		0);
	check_refused(EXPORT "/", "rsize=65536", "Connection refused");
	assert_int_equal(run_script_end(&f), 0);
	assert_int_equal(
		run_script_play(
			arena_printf(arena,
				     "$ mount -t nfs -o nosuid,nodev,noexec,retry=0,timeo=100,"
				     "retrans=2,softerr,hard,vers=4.0 -- " EXPORT
				     " %s\n! Connection refused\nexit 32\n",
				     point),
			&f),
		0);
	check_refused(EXPORT, "hard,vers=4.0", "Connection refused");
	assert_int_equal(run_script_end(&f), 0);
	assert_int_equal(rmdir(point), 0);
	assert_int_equal(rmdir(directory), 0);
}

TEST(hosts_are_told_where_the_file_is)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();
	const Volume volume = {
		.id = "6b4a1f8e-6f2c-4d5f-9d38-0a53e1f7c9aa",
		.format = DISK_FORMAT_QCOW2,
	};
	char base[] = "/var/lib/cleat/volumes", export[] = EXPORT, options[] = "-o timeo=20";
	FileBackend backend = {.mount_base = base, .export = export, .options = options};
	const char *info = NULL;
	Fault f = {0};

	assert_int_equal(backend_nfs.connection_info(&backend, &volume, NULL, arena, &info, &f), 0);
	assert_string_equal(info, "{\"driver_volume_type\":\"nfs\",\"export\":\"" EXPORT "\","
				  "\"name\":\"6b4a1f8e-6f2c-4d5f-9d38-0a53e1f7c9aa.qcow2\","
				  "\"options\":\"-o timeo=20\",\"format\":\"qcow2\","
				  "\"mount_point_base\":\"/var/lib/cleat/volumes\","
				  "\"volume_id\":\"6b4a1f8e-6f2c-4d5f-9d38-0a53e1f7c9aa\"}");
}
