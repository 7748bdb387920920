/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * The backend on a server and a client that are scripts. Real ones: ./check shares.
 */
#include "backend/nfs/nfs.h"

#include <errno.h>
#include <sys/stat.h>

#include "base/str.h"
#include "run/script.h"
#include "tests/lib/test.h"

#define SHARE_ID "6b4a1f8e-6f2c-4d5f-9d38-0a53e1f7c9aa"

static const Share share = {.id = SHARE_ID, .size_gib = 1, .protocol = SHARE_NFS};

static char folder[64];
static Arena *arena;
static ShareBackend *backend;
static Fault fault_;

static const char *inside(const char *name)
{
	return arena_printf(arena, "%s/%s", folder, name);
}

static void play(const char *script)
{
	if (run_script_play(script, &fault_))
		fail_msg("%s", fault_.text);
}

static void played(void)
{
	if (run_script_end(&fault_))
		fail_msg("%s", fault_.text);
}

static ShareBackendConfig config_of(const char *address)
{
	return (ShareBackendConfig){
		.name = "nfs",
		.directory = inside("d"),
		.mount_dir = inside("m"),
		.exports_dir = inside("e"),
		.limit = "none",
		.address = address,
	};
}

static void begin(const char *address)
{
	ShareBackendConfig config;

	arena = arena_new();
	(void)snprintf(folder, sizeof(folder), "/tmp/test-nfs-XXXXXX"); /* fits */
	assert_non_null(mkdtemp(folder));
	config = config_of(address);
	play("$ exportfs -a\n");
	if (share_backend_open(&share_nfs, &config, &backend, &fault_))
		fail_msg("%s", fault_.text);
	played();
}

static void end(void)
{
	static const char *const empty[] = {
		"d/shares",   "d/images", "d/snapshots", "d/drafts", "d/trash",
		"d/readonly", "d",        "m",           "e",        ""};

	backend = share_backend_close(backend);
	for (size_t i = 0; i < ARRAY_SIZE(empty); i++)
		if (rmdir(inside(empty[i])))
			fail_msg("%s: %s", empty[i], strerror(errno));
	arena = arena_free(arena);
}

static void remove_share(void)
{
	play("$ exportfs -s\n");
	assert_int_equal(share_backend_remove(backend, &share, &fault_), 0);
	played();
}

TEST(what_could_hide_in_an_export_is_refused_at_open)
{
	static const char *const paths[] = {"/srv/a b", "/srv/a(rw)", "/srv/a\n", "srv",
					    "/srv/,rw"};
	static const char *const addresses[] = {NULL, "", "-o", "host:/x", "a b", "h,o"};
	ShareBackendConfig config;

	begin("127.0.0.1");
	for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
		ShareBackend *other = NULL;

		config = config_of("127.0.0.1");
		config.directory = paths[i];
		assert_int_equal(share_backend_open(&share_nfs, &config, &other, &fault_), -EINVAL);
	}
	for (size_t i = 0; i < ARRAY_SIZE(addresses); i++) {
		ShareBackend *other = NULL;

		config = config_of(addresses[i]);
		assert_int_equal(share_backend_open(&share_nfs, &config, &other, &fault_), -EINVAL);
	}
	end();
}

TEST(a_location_is_what_clients_mount)
{
	ShareLocation *locations = NULL;
	size_t count = 0;

	begin("2001:db8::1");
	assert_int_equal(
		share_backend_locations(backend, &share, arena, &locations, &count, &fault_), 0);
	assert_string_equal(locations[0].path,
			    arena_printf(arena, "[2001:db8::1]:%s/d/shares/" SHARE_ID, folder));
	end();
}

TEST(a_server_that_is_away_leaves_nothing_behind)
{
	const char *path = NULL;
	struct stat st;

	begin("127.0.0.1");
	assert_int_equal(share_backend_create(backend, &share, NULL, &fault_), 0);
	play("$ mount -t nfs -o vers=4.2,retry=0,nosuid,nodev 127.0.0.1:/*/d/shares/" SHARE_ID
	     " /*/m/" SHARE_ID "\n"
	     "! mount.nfs: Connection refused\n"
	     "exit 32\n"
	     "$ mount -t nfs -o vers=4.2,retry=0,nosuid,nodev,ro 127.0.0.1:/*/d/shares/" SHARE_ID
	     " /*/m/" SHARE_ID ".r\n"
	     "! mount.nfs: Connection timed out\n"
	     "exit 32\n");
	assert_true(share_backend_connect(backend, &share, NULL, false, arena, &path, &fault_) < 0);
	assert_non_null(strstr(fault_.text, "Connection refused"));
	assert_true(share_backend_connect(backend, &share, NULL, true, arena, &path, &fault_) < 0);
	played();
	assert_int_not_equal(stat(inside("m/" SHARE_ID), &st), 0);
	assert_int_not_equal(stat(inside("m/" SHARE_ID ".r"), &st), 0);
	assert_int_equal(share_backend_disconnect(backend, &share, false, &fault_), 0);
	remove_share();
	end();
}

TEST(a_revert_takes_the_exports_away_meanwhile)
{
	const ShareSnapshot snapshot = {.id = "0f9a3c64-95b1-4d5c-a3a5-6a0c5f4f7f01",
					.share_id = SHARE_ID};

	begin("127.0.0.1");
	assert_int_equal(share_backend_create(backend, &share, NULL, &fault_), 0);
	assert_int_equal(share_backend_snapshot(backend, &share, &snapshot, &fault_), 0);
	play(arena_printf(arena,
			  "$ exportfs -s\n"
			  "< %s/d/shares/" SHARE_ID "  10.0.0.1/32(sync,rw)\n"
			  "$ exportfs -u 10.0.0.1/32:%s/d/shares/" SHARE_ID "\n"
			  "$ exportfs -a\n",
			  folder, folder));
	assert_int_equal(share_backend_revert(backend, &share, &snapshot, &fault_), 0);
	played();
	assert_int_equal(share_backend_snapshot_remove(backend, &share, &snapshot, &fault_), 0);
	remove_share();
	end();
}
