/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * What the rbd backend says and reads, where no cluster is needed.
 */
#include "backend/rbd/text.h"

#include "base/str.h"
#include "tests/lib/test.h"

#define ID "6b4a1f8e-6f2c-4d5f-9d38-0a53e1f7c9aa"
#define SECRET "5f1c9f3e-7d54-4a11-9d5e-0a7d3f2b8c11"

static BackendConfig good(void)
{
	return (BackendConfig){
		.pool = "volumes",
		.ceph_conf = "/etc/ceph/ceph.conf",
		.ceph_cluster = "ceph",
		.ceph_user = "cleat",
	};
}

static void check_refused(const BackendConfig *config, const char *words)
{
	Fault f = {0};

	assert_true(pool_config_check(config, &f) < 0);
	if (!strstr(f.text, words))
		fail_msg("\"%s\" does not say \"%s\"", f.text, words);
}

TEST(what_could_end_a_word_of_a_specification_is_refused)
{
	static const char *const words[] = {NULL, "",    "a b",  "a:b", "a@b",      "a/b",
					    "-a", "a=b", "a\\b", "a,b", "\xc3\xa4", ".a"};
	BackendConfig config = good();
	Fault f = {0};

	assert_int_equal(pool_config_check(&config, &f), 0);
	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		config = good();
		config.pool = words[i];
		check_refused(&config, "name of a pool");
		config = good();
		config.ceph_user = words[i];
		check_refused(&config, "of a user");
		config = good();
		config.ceph_cluster = words[i];
		check_refused(&config, "of a cluster");
	}
	config = good();
	config.ceph_conf = "/etc/ceph/a:mon_host=evil";
	check_refused(&config, "ceph_conf");
	config.ceph_conf = "ceph.conf";
	check_refused(&config, "ceph_conf");
	config = good();
	config.secret_uuid = "hush";
	check_refused(&config, "no UUID");
	config.secret_uuid = SECRET;
	assert_int_equal(pool_config_check(&config, &f), 0);
}

TEST(qemu_img_is_told_where_and_for_how_long)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();
	const BackendConfig config = good();

	assert_string_equal(pool_spec(arena, &config, "volume-1", NULL),
			    "rbd:volumes/volume-1:id=cleat:conf=/etc/ceph/ceph.conf:"
			    "rados_mon_op_timeout=30:rados_osd_op_timeout=30");
	assert_string_equal(pool_spec(arena, &config, "volume-1", "snapshot-2"),
			    "rbd:volumes/volume-1@snapshot-2:id=cleat:conf=/etc/ceph/ceph.conf:"
			    "rados_mon_op_timeout=30:rados_osd_op_timeout=30");
}

static bool read_monitors(Arena *arena, const char *dump, const char **ret_hosts,
			  const char **ret_ports)
{
	return pool_monitors_read(arena, dump, strlen(dump), ret_hosts, ret_ports);
}

TEST(monitors_are_named_as_every_client_understands)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();
	const char *hosts = NULL, *ports = NULL;

	assert_true(read_monitors(
		arena,
		"{\"epoch\": 1, \"mons\": [{\"name\": \"a\", \"public_addrs\": {\"addrvec\": ["
		"{\"type\": \"v2\", \"addr\": \"192.0.2.21:3300\", \"nonce\": 0}, "
		"{\"type\": \"v1\", \"addr\": \"192.0.2.21:6789\", \"nonce\": 0}]}, "
		"\"addr\": \"192.0.2.21:6789/0\"}, {\"name\": \"b\", \"public_addrs\": "
		"{\"addrvec\":"
		"[{\"type\": \"v2\", \"addr\": \"[2001:db8::2]:3300\", \"nonce\": 0}]}}, "
		"{\"name\": \"c\", \"addr\": \"192.0.2.23:6789/0\"}]}",
		&hosts, &ports));
	assert_string_equal(hosts, "[\"192.0.2.21\",\"2001:db8::2\",\"192.0.2.23\"]");
	assert_string_equal(ports, "[\"6789\",\"3300\",\"6789\"]");
}

TEST(nonsense_names_no_monitors)
{
	static const char *const dumps[] = {
		"",
		"{}",
		"[]",
		"{\"mons\": []}",
		"{\"mons\": [{}]}",
		"{\"mons\": [{\"addr\": \"192.0.2.1\"}]}",
		"{\"mons\": [{\"addr\": \"192.0.2.1:\"}]}",
		"{\"mons\": [{\"addr\": \"192.0.2.1:67x\"}]}",
		"{\"mons\": [{\"addr\": \"-o:6789\"}]}",
	};
	_cleanup_(arena_freep) Arena *arena = arena_new();
	const char *hosts, *ports;

	for (size_t i = 0; i < ARRAY_SIZE(dumps); i++)
		if (read_monitors(arena, dumps[i], &hosts, &ports))
			fail_msg("%s names %s", dumps[i], hosts);
}

TEST(space_is_that_of_the_pool)
{
	static const char df[] =
		"{\"stats\": {\"total_bytes\": 9}, \"pools\": ["
		"{\"name\": \"other\", \"stats\": {\"stored\": 1, \"max_avail\": 2}}, "
		"{\"name\": \"volumes\", \"stats\": {\"stored\": 30, \"max_avail\": 70}}, "
		"{\"name\": \"unknown\", \"stats\": {\"stored\": 0, \"max_avail\": 0}}]}";
	_cleanup_(arena_freep) Arena *arena = arena_new();
	int64_t total = 0, left = 0;

	assert_true(pool_space_read(arena, df, strlen(df), "volumes", &total, &left));
	assert_int_equal(total, 100);
	assert_int_equal(left, 70);
	assert_false(pool_space_read(arena, df, strlen(df), "unknown", &total, &left));
	assert_false(pool_space_read(arena, df, strlen(df), "none", &total, &left));
	assert_false(pool_space_read(arena, "x", 1, "volumes", &total, &left));
}

TEST(attachments_say_where_and_as_whom_and_no_key)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();
	BackendConfig config = good();
	Volume volume = {.id = ID};

	assert_string_equal(
		pool_connection_info(arena, &config, &volume, "[\"192.0.2.21\"]", "[\"6789\"]"),
		"{\"driver_volume_type\":\"rbd\",\"name\":\"volumes/volume-" ID "\","
		"\"hosts\":[\"192.0.2.21\"],\"ports\":[\"6789\"],\"cluster_name\":\"ceph\","
		"\"auth_enabled\":true,\"auth_username\":\"cleat\",\"secret_type\":\"ceph\","
		"\"secret_uuid\":null,\"config_path\":\"/etc/ceph/ceph.conf\","
		"\"discard\":true,\"volume_id\":\"" ID "\"}");
	config.secret_uuid = SECRET;
	volume.multiattach = true;
	assert_string_equal(
		pool_connection_info(arena, &config, &volume, "[\"192.0.2.21\"]", "[\"6789\"]"),
		"{\"driver_volume_type\":\"rbd\",\"name\":\"volumes/volume-" ID "\","
		"\"hosts\":[\"192.0.2.21\"],\"ports\":[\"6789\"],\"cluster_name\":\"ceph\","
		"\"auth_enabled\":true,\"auth_username\":\"cleat\",\"secret_type\":\"ceph\","
		"\"secret_uuid\":\"" SECRET "\",\"discard\":true,\"multiattach\":true,"
		"\"volume_id\":\"" ID "\"}");
}
