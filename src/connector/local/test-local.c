/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Devices of a host that is a directory. Holds H-2, H-3, H-9, H-10, H-11 and H-21 for this
 * connector.
 */
#include "connector/local/local.h"

#include "base/clock.h"
#include "host/test-tree.h"
#include "run/script.h"
#include "tests/lib/test.h"

typedef struct Scene {
	Tree *tree;
	ConnectorCall call;
	void *info;
} Scene;

static void scene_done(Scene *scene)
{
	scene->tree = tree_free(scene->tree);
}

static int parse(Scene *scene, const char *info)
{
	return connector_parse(&connector_local, &scene->call, info, &scene->info, NULL);
}

/* A host with a logical volume, /dev/vg/data -> /dev/dm-3. */
static Scene scene_make(void)
{
	Scene scene = {.tree = tree_new()};

	scene.call = (ConnectorCall){
		.host = &scene.tree->host,
		.arena = scene.tree->arena,
		.mount_dir = "/mnt",
		.deadline_ms = clock_mono_ms() + 60 * 1000,
	};
	tree_file(scene.tree, "/proc/self/mountinfo", "");
	tree_file(scene.tree, "/sys/block/dm-3/size", "2048\n");
	tree_file(scene.tree, "/sys/block/dm-3/dev", "253:3\n");
	tree_file(scene.tree, "/sys/block/dm-3/dm/uuid", "LVM-abc\n");
	tree_file(scene.tree, "/dev/dm-3", "");
	tree_link(scene.tree, "/dev/vg/data", "../dm-3");
	assert_int_equal(parse(&scene, "{\"driver_volume_type\":\"local\","
				       "\"device_path\":\"/dev/vg/data\",\"x\":1}"),
			 0);
	return scene;
}

static int connect_disk(Scene *scene, const ConnectorWish *wish, ConnectorDisk *ret)
{
	return connector_connect(&connector_local, &scene->call, scene->info, wish, ret, NULL);
}

static int leave(Scene *scene, const ConnectorLeave *how)
{
	return connector_disconnect(&connector_local, &scene->call, scene->info, how, NULL);
}

TEST(h21_only_paths_below_dev_are_taken)
{
	static const char *const infos[] = {
		"[]",
		"{}",
		"{\"device_path\":7}",
		"{\"device_path\":\"\"}",
		"{\"device_path\":\"/dev/\"}",
		"{\"device_path\":\"/dev\"}",
		"{\"device_path\":\"/etc/passwd\"}",
		"{\"device_path\":\"/dev/../etc/passwd\"}",
		"{\"device_path\":\"/dev/-x\"}",
		"{\"device_path\":\"/dev/sd a\"}",
		"{\"device_path\":\"/dev/sda\\n\"}",
		"{\"device_path\":\"/dev//sda\"}",
		"{\"device_path\":\"/dev/sda\",\"access_mode\":\"rwx\"}",
	};
	_cleanup_(scene_done) Scene scene = scene_make();

	for (size_t i = 0; i < ARRAY_SIZE(infos); i++)
		assert_int_equal(parse(&scene, infos[i]), CONNECTOR_BAD_INFO);
}

TEST(a_device_is_known_by_what_it_says_of_itself)
{
	_cleanup_(scene_done) Scene scene = scene_make();
	ConnectorDisk disk = {0};

	assert_int_equal(connect_disk(&scene, &(ConnectorWish){0}, &disk), 0);
	assert_string_equal(disk.path, "/dev/dm-3");
	assert_string_equal(disk.identity, "dm:LVM-abc");
	assert_int_equal(disk.size_bytes, 1048576);
	tree_remove(scene.tree, "/sys/block/dm-3/dm");
	assert_int_equal(connect_disk(&scene, &(ConnectorWish){0}, &disk), 0);
	assert_string_equal(disk.identity, "path:/dev/vg/data");
	assert_string_equal(connector_target(&connector_local, &scene.call, scene.info),
			    "local:/dev/vg/data");
}

TEST(h2_another_device_in_its_place_is_refused)
{
	_cleanup_(scene_done) Scene scene = scene_make();
	const ConnectorWish wish = {.identity = "dm:LVM-other"};
	ConnectorDisk disk;

	assert_int_equal(connect_disk(&scene, &wish, &disk), CONNECTOR_WRONG_DISK);
	assert_string_equal(scene.call.why, "/dev/vg/data is dm:LVM-abc, not dm:LVM-other");
}

TEST(h3_another_device_in_its_place_is_left_alone)
{
	_cleanup_(scene_done) Scene scene = scene_make();

	assert_int_equal(leave(&scene, &(ConnectorLeave){.identity = "dm:LVM-other"}),
			 CONNECTOR_WRONG_DISK);
	assert_int_equal(leave(&scene, &(ConnectorLeave){.identity = NULL}), 0);
	assert_int_equal(
		leave(&scene, &(ConnectorLeave){.identity = "dm:LVM-other", .force = true}), 0);
}

TEST(what_is_no_block_device_is_not_there)
{
	_cleanup_(scene_done) Scene scene = scene_make();
	ConnectorDisk disk;

	tree_file(scene.tree, "/dev/null2", "");
	assert_int_equal(parse(&scene, "{\"device_path\":\"/dev/null2\"}"), 0);
	assert_int_equal(connect_disk(&scene, &(ConnectorWish){0}, &disk), CONNECTOR_NO_DISK);
	assert_int_equal(parse(&scene, "{\"device_path\":\"/dev/absent\"}"), 0);
	assert_int_equal(connect_disk(&scene, &(ConnectorWish){0}, &disk), CONNECTOR_NO_DISK);
	assert_string_equal(scene.call.why, "this host has no block device /dev/absent");
	assert_int_equal(leave(&scene, &(ConnectorLeave){.identity = "dm:x"}), 0);
}

TEST(h11_a_device_that_is_used_is_neither_taken_nor_let_go)
{
	_cleanup_(scene_done) Scene scene = scene_make();
	ConnectorDisk disk;

	tree_file(scene.tree, "/proc/self/mountinfo",
		  "22 1 253:3 / / rw - ext4 /dev/mapper/vg-data rw\n");
	assert_int_equal(connect_disk(&scene, &(ConnectorWish){0}, &disk), CONNECTOR_BUSY);
	assert_string_equal(scene.call.why, "/dev/mapper/vg-data is mounted at /");
	assert_int_equal(leave(&scene, &(ConnectorLeave){.identity = "dm:LVM-abc"}),
			 CONNECTOR_BUSY);
	assert_int_equal(connect_disk(&scene, &(ConnectorWish){.identity = "dm:LVM-abc"}, &disk),
			 0);
}

TEST(h9_letting_go_flushes)
{
	_cleanup_(scene_done) Scene scene = scene_make();

	assert_int_equal(run_script_play("$ blockdev --flushbufs */dev/dm-3\n", NULL), 0);
	assert_int_equal(leave(&scene, &(ConnectorLeave){.identity = "dm:LVM-abc"}), 0);
	assert_int_equal(run_script_end(NULL), 0);
}

TEST(h10_what_cannot_be_flushed_stays_unless_forced)
{
	_cleanup_(scene_done) Scene scene = scene_make();
	const char *script = "$ blockdev --flushbufs *\n! Input/output error\nexit 1\n"
			     "$ blockdev --flushbufs *\n! Input/output error\nexit 1\n";

	assert_int_equal(run_script_play(script, NULL), 0);
	assert_int_equal(leave(&scene, &(ConnectorLeave){.identity = "dm:LVM-abc"}),
			 CONNECTOR_UNFLUSHED);
	assert_int_equal(leave(&scene, &(ConnectorLeave){.identity = "dm:LVM-abc", .force = true}),
			 0);
	assert_non_null(strstr(scene.call.why, "may be lost"));
	assert_int_equal(run_script_end(NULL), 0);
}

TEST(h17_readonly_is_the_kernels_as_long_as_it_lasts)
{
	_cleanup_(scene_done) Scene scene = scene_make();
	ConnectorDisk disk;

	assert_int_equal(parse(&scene, "{\"device_path\":\"/dev/dm-3\",\"access_mode\":\"ro\"}"),
			 0);
	assert_int_equal(run_script_play("$ blockdev --setro *\n$ blockdev --flushbufs *\n"
					 "$ blockdev --setrw *\n",
					 NULL),
			 0);
	assert_int_equal(connect_disk(&scene, &(ConnectorWish){.readonly = true}, &disk), 0);
	assert_int_equal(leave(&scene, &(ConnectorLeave){.identity = disk.identity}), 0);
	assert_int_equal(run_script_end(NULL), 0);
}

TEST(h12_growing_is_over_when_the_size_is_there)
{
	_cleanup_(scene_done) Scene scene = scene_make();
	int64_t size = 0;

	assert_int_equal(connector_extend(&connector_local, &scene.call, scene.info, "dm:LVM-abc",
					  1048576, &size, NULL),
			 0);
	assert_int_equal(size, 1048576);
	assert_int_equal(connector_extend(&connector_local, &scene.call, scene.info, "dm:LVM-abc",
					  2097152, &size, NULL),
			 CONNECTOR_NOT_GROWN);
	assert_int_equal(connector_extend(&connector_local, &scene.call, scene.info, "dm:other", 0,
					  &size, NULL),
			 CONNECTOR_NO_DISK);
}
