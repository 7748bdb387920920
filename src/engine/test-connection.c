/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * connection_info of the drivers of the field, and what becomes of it; also of what is not whole.
 */
#include "base/str.h"
#include "engine/connection.h"
#include "tests/lib/test.h"

static Arena *arena;

static ConnectionSource read_source(const char *info)
{
	ConnectionSource source = {0};
	Fault f = {0};

	if (connection_source(arena, info, &source, &f))
		fail_msg("%s: %s", info, f.text);
	return source;
}

static void assert_host(const DiskNetwork *network, size_t i, const char *name, const char *port)
{
	assert_string_equal(network->hosts[i].name, name);
	if (port)
		assert_string_equal(network->hosts[i].port, port);
	else
		assert_null(network->hosts[i].port);
}

TEST(what_is_tuned)
{
	_cleanup_(arena_freep) Arena *own = arena = arena_new();
	DiskTune tune;

	connection_tune(
		own,
		"{\"cache_mode\":\"writethrough\",\"io_mode\":\"threads\",\"discard\":false,"
		"\"logical_block_size\":4096,\"physical_block_size\":\"8192\","
		"\"qos_specs\":{\"total_iops_sec\":\"500\",\"read_bytes_sec\":1048576,"
		"\"size_iops_sec\":\"4096\",\"write_iops_sec_max\":\"7\",\"other\":\"9\"}}",
		&tune);
	assert_int_equal(tune.cache, DISK_CACHE_WRITETHROUGH);
	assert_int_equal(tune.io, DISK_IO_THREADS);
	assert_true(tune.keep_discarded);
	assert_int_equal(tune.logical_block_size, 4096);
	assert_int_equal(tune.physical_block_size, 8192);
	assert_int_equal(tune.limits[DISK_LIMIT_TOTAL_IOPS], 500);
	assert_int_equal(tune.limits[DISK_LIMIT_READ_BYTES], 1048576);
	assert_int_equal(tune.limits[DISK_LIMIT_SIZE_IOPS], 4096);
	assert_int_equal(tune.limits[DISK_LIMIT_WRITE_IOPS_MAX], 7);
	assert_int_equal(tune.limits[DISK_LIMIT_WRITE_BYTES], 0);
}

TEST(what_makes_no_sense_is_not_tuned)
{
	static const char *const infos[] = {
		NULL,
		"",
		"[]",
		"no json",
		"{}",
		"{\"cache_mode\":\"fast\",\"io_mode\":7,\"discard\":\"yes\",\"qos_specs\":null}",
		"{\"logical_block_size\":1000,\"physical_block_size\":-512,"
		"\"qos_specs\":{\"total_iops_sec\":\"-5\",\"read_iops_sec\":\"many\"}}",
		"{\"logical_block_size\":9223372036854775807,\"qos_specs\":\"x\"}",
	};
	_cleanup_(arena_freep) Arena *own = arena_new();
	const DiskTune none = {0};

	for (size_t i = 0; i < ARRAY_SIZE(infos); i++) {
		DiskTune tune;

		memset(&tune, 0, sizeof(tune));
		connection_tune(own, infos[i], &tune);
		if (memcmp(&tune, &none, sizeof(tune)))
			fail_msg("%s", infos[i]);
	}
}

TEST(iscsi)
{
	_cleanup_(arena_freep) Arena *own = arena = arena_new();
	ConnectionSource source = read_source(
		"{\"driver_volume_type\":\"iscsi\",\"target_portal\":\"192.0.2.3:3260\","
		"\"target_iqn\":\"iqn.2010-10.org:v\",\"target_lun\":0,\"access_mode\":\"ro\","
		"\"auth_method\":\"CHAP\",\"auth_username\":\"u\",\"secret_uuid\":\"s\"}");

	(void)own;
	assert_null(source.path);
	assert_true(source.readonly);
	assert_int_equal(source.network->protocol, DISK_PROTOCOL_ISCSI);
	assert_string_equal(source.network->name, "iqn.2010-10.org:v/0");
	assert_host(source.network, 0, "192.0.2.3", "3260");
	assert_string_equal(source.network->auth_user, "u");
	assert_string_equal(source.network->auth_secret, "s");

	source = read_source("{\"driver_volume_type\":\"iscsi\","
			     "\"target_portals\":[\"[2001:db8::3]:3261\",\"192.0.2.3:3260\"],"
			     "\"target_iqns\":[\"iqn.a:1\",\"iqn.a:2\"],\"target_luns\":[4,5]}");
	assert_string_equal(source.network->name, "iqn.a:1/4");
	assert_host(source.network, 0, "2001:db8::3", "3261");
	assert_null(source.network->auth_user);

	/* Logged in to by the host: a device there. */
	source = read_source("{\"driver_volume_type\":\"iscsi\",\"device_path\":\"/dev/dm-3\","
			     "\"target_portal\":\"x:1\"}");
	assert_null(source.network);
	assert_string_equal(source.path, "/dev/dm-3");
	assert_true(source.is_block);
}

TEST(rbd)
{
	_cleanup_(arena_freep) Arena *own = arena = arena_new();
	ConnectionSource source = read_source(
		"{\"driver_volume_type\":\"rbd\",\"name\":\"volumes/volume-1\","
		"\"hosts\":[\"192.0.2.1\",\"2001:db8::2\"],\"ports\":[\"6789\",\"3300\"],"
		"\"auth_enabled\":true,\"auth_username\":\"cinder\","
		"\"secret_uuid\":\"5f1c9f3e-7d54-4a11-9d5e-0a7d3f2b8c11\"}");

	(void)own;
	assert_int_equal(source.network->protocol, DISK_PROTOCOL_RBD);
	assert_string_equal(source.network->name, "volumes/volume-1");
	assert_int_equal(source.network->host_count, 2);
	assert_host(source.network, 1, "2001:db8::2", "3300");
	assert_string_equal(source.network->auth_secret, "5f1c9f3e-7d54-4a11-9d5e-0a7d3f2b8c11");
	source = read_source("{\"driver_volume_type\":\"rbd\",\"name\":\"p/i\",\"hosts\":[\"h\"],"
			     "\"auth_enabled\":false,\"auth_username\":\"u\"}");
	assert_host(source.network, 0, "h", NULL);
	assert_null(source.network->auth_user);
	source = read_source("{\"driver_volume_type\":\"rbd\",\"name\":\"p/i\",\"hosts\":[\"h\"],"
			     "\"auth_enabled\":true,\"auth_username\":\"u\","
			     "\"secret_uuid\":null,\"config_path\":\"/etc/ceph/ceph.conf\"}");
	assert_null(source.network->auth_user);
	assert_string_equal(source.network->config_path, "/etc/ceph/ceph.conf");
}

TEST(nbd_nfs_and_local)
{
	_cleanup_(arena_freep) Arena *own = arena = arena_new();
	ConnectionSource source = read_source("{\"driver_volume_type\":\"nbd\","
					      "\"unix_socket\":\"/run/s\",\"export_name\":\"v\"}");

	(void)own;
	assert_string_equal(source.network->hosts[0].socket, "/run/s");
	assert_string_equal(source.network->name, "v");
	source = read_source("{\"driver_volume_type\":\"nbd\",\"target_portal\":\"nbd.example\"}");
	assert_host(source.network, 0, "nbd.example", NULL);
	assert_string_equal(source.network->name, "");

	source = read_source("{\"driver_volume_type\":\"nfs\",\"export\":\"192.0.2.9:/srv/nfs\","
			     "\"name\":\"volume-1\",\"format\":\"qcow2\",\"options\":null,"
			     "\"mount_point_base\":\"/var/lib/mnt\"}");
	assert_string_equal(source.path, "/var/lib/mnt/a19a918c3b8ba0d2706fde7704242063/volume-1");
	assert_int_equal(source.format, DISK_FORMAT_QCOW2);
	assert_false(source.is_block);

	source = read_source("{\"driver_volume_type\":\"local\",\"device_path\":\"/srv/v.raw\"}");
	assert_string_equal(source.path, "/srv/v.raw");
	assert_false(source.is_block);
}

TEST(what_is_missing_is_told_and_no_secret)
{
	static const struct {
		const char *info;
		const char *text;
	} rows[] = {
		{NULL, "has no connection_info"},
		{"{", "has no connection_info"},
		{"{}", "Could not find a handler for null volume."},
		{"{\"driver_volume_type\":\"vhostuser\"}",
		 "Could not find a handler for vhostuser volume."},
		{"{\"driver_volume_type\":\"iscsi\",\"target_iqn\":\"i\",\"target_lun\":1}",
		 "target_portal"},
		{"{\"driver_volume_type\":\"iscsi\",\"target_portal\":\"h\",\"target_iqn\":\"i\"}",
		 "target_lun"},
		{"{\"driver_volume_type\":\"iscsi\",\"target_portal\":\"h\",\"target_iqn\":\"i\","
		 "\"target_lun\":1,\"auth_method\":\"CHAP\",\"auth_username\":\"u\",\"auth_"
		 "password\":\"hush\"}",
		 "secret_uuid"},
		{"{\"driver_volume_type\":\"rbd\",\"name\":\"a/b\",\"hosts\":[]}", "hosts"},
		{"{\"driver_volume_type\":\"rbd\",\"name\":\"a/b\",\"hosts\":[7]}", "hosts"},
		{"{\"driver_volume_type\":\"rbd\",\"hosts\":[\"h\"]}", "name"},
		{"{\"driver_volume_type\":\"rbd\",\"name\":\"a/b\",\"hosts\":[\"h\"],"
		 "\"auth_enabled\":true,\"auth_username\":\"u\",\"keyring\":\"hush\"}",
		 "secret_uuid"},
		{"{\"driver_volume_type\":\"nbd\",\"export_name\":\"x\"}", "unix_socket"},
		{"{\"driver_volume_type\":\"nfs\",\"export\":\"a:/b\",\"name\":\"v\"}",
		 "mount_point_base"},
		{"{\"driver_volume_type\":\"nfs\",\"export\":\"a:/b\",\"name\":\"../v\","
		 "\"mount_point_base\":\"/m\"}",
		 "mount_point_base"},
		{"{\"driver_volume_type\":\"local\",\"device_path\":\"v\"}", "device_path"},
		{"{\"driver_volume_type\":\"local\",\"device_path\":\"/v\",\"format\":\"vmdk\"}",
		 "vmdk"},
		{"{\"driver_volume_type\":\"local\",\"device_path\":\"/v\",\"access_mode\":\"x\"}",
		 "access mode"},
		{"{\"driver_volume_type\":\"local\",\"device_path\":\"/v\",\"encrypted\":true}",
		 "encrypted"},
	};
	_cleanup_(arena_freep) Arena *own = arena_new();

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		ConnectionSource source;
		Fault f = {0};

		assert_true(connection_source(own, rows[i].info, &source, &f) < 0);
		if (!strstr(f.text, rows[i].text) || strstr(f.text, "hush"))
			fail_msg("%s: %s", rows[i].info, f.text);
	}
}
