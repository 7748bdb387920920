/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * A volume as a directory: a file system is made only where that was asked for and the volume is
 * blank. Holds H-11 and H-13 as far as they are a matter of mounts.
 */
#include "local/test-fake.h"
#include "run/script.h"

#define BLANK                                                                                      \
	"$ blkid --probe /dev/sda\nexit 2\n"                                                       \
	"$ cmp --quiet --bytes=1024 --ignore-initial=0:0 -- /dev/sda /dev/zero\n"                  \
	"$ cmp --quiet --bytes=1024 --ignore-initial=0:0 -- /dev/sda /dev/zero\n"
#define CMP "$ cmp * * * * * *\n"
#define MOUNT "$ mount -t auto -o nosuid,nodev,_netdev -- /dev/sda */data\n@ mount\n"

typedef struct Scene {
	Place place;
	const char *directory;
	LocalRecord record;
	ConnectorDisk disk;
} Scene;

static void on_mount(void *ctx, const RunSpec *spec)
{
	Tree *tree = ctx;
	size_t last = 0;

	while (spec->argv[last + 1])
		last++;
	tree_file(tree, "/proc/self/mountinfo",
		  arena_printf(tree->arena, "40 1 8:16 / %s rw - ext4 /dev/sda rw\n",
			       spec->argv[last]));
}

static void on_unmount(void *ctx, const RunSpec *spec _unused_)
{
	tree_file(ctx, "/proc/self/mountinfo", "");
}

static void scene_done(Scene *scene)
{
	place_done(&scene->place);
}

/* A volume of 1024 bytes that is connected as /dev/sda. */
static Scene scene_make(const char *more)
{
	Scene scene = {.place = place_make()};

	tree_file(scene.place.tree, "/sys/block/sda/dev", "8:16\n");
	tree_file(scene.place.tree, "/usr/sbin/mkfs.ext4", "");
	assert_int_equal(chmod(tree_place(scene.place.tree, "/usr/sbin/mkfs.ext4"), 0755), 0);
	scene.directory = tree_place(scene.place.tree, "/data");
	assert_int_equal(place_attach(&scene.place, "t1", "sda", more, &scene.record, &scene.disk),
			 0);
	return scene;
}

static void play(Scene *scene, const char *script)
{
	run_script_hook("mount", on_mount, scene->place.tree);
	run_script_hook("umount", on_unmount, scene->place.tree);
	assert_int_equal(run_script_play(script, NULL), 0);
}

static int mount_it(Scene *scene, const char *format)
{
	const LocalMount mount = {.directory = scene->directory, .format = format};

	return local_mount(scene->place.work, &scene->record, &scene->disk, &mount, NULL);
}

TEST(a_volume_is_mounted_and_unmounted_and_its_directory_goes)
{
	_cleanup_(scene_done) Scene scene = scene_make(",\"block\":true");

	play(&scene, MOUNT "$ umount -- */data\n@ umount\n$ blockdev --flushbufs *\n");
	assert_int_equal(mount_it(&scene, NULL), 0);
	assert_true(place_has(&scene.place, "/data"));
	assert_int_equal(mount_it(&scene, NULL), 0); /* it is there already */
	assert_int_equal(local_disconnect(scene.place.work, &scene.record, false, NULL), 0);
	assert_int_equal(run_script_end(NULL), 0);
	assert_false(place_has(&scene.place, "/data"));
	assert_null(scene.record.mountpoint);
}

TEST(h27_a_mount_goes_before_the_network)
{
	_cleanup_(scene_done) Scene scene = scene_make(",\"block\":true");

	play(&scene, "$ mount -t auto -o *,_netdev -- /dev/sda */data\n@ mount\n");
	assert_int_equal(mount_it(&scene, NULL), 0);
	assert_int_equal(run_script_end(NULL), 0);
}

TEST(a_directory_that_was_there_stays)
{
	_cleanup_(scene_done) Scene scene = scene_make(",\"block\":true");

	assert_int_equal(mkdir(scene.directory, 0700), 0);
	play(&scene, MOUNT "$ umount -- */data\n@ umount\n$ blockdev --flushbufs *\n");
	assert_int_equal(mount_it(&scene, NULL), 0);
	assert_int_equal(local_disconnect(scene.place.work, &scene.record, false, NULL), 0);
	assert_int_equal(run_script_end(NULL), 0);
	assert_true(place_has(&scene.place, "/data"));
}

TEST(a_file_is_mounted_through_a_loop_device)
{
	_cleanup_(scene_done) Scene scene = scene_make("");

	play(&scene, "$ mount -t auto -o loop,nosuid,nodev,_netdev -- *identity */data\n");
	assert_int_equal(mount_it(&scene, NULL), 0);
	assert_int_equal(run_script_end(NULL), 0);
}

TEST(h11_a_mount_that_is_used_keeps_the_volume)
{
	_cleanup_(scene_done) Scene scene = scene_make(",\"block\":true");

	play(&scene, MOUNT "$ umount -- */data\n! umount: target is busy.\nexit 32\n");
	assert_int_equal(mount_it(&scene, NULL), 0);
	assert_int_equal(local_disconnect(scene.place.work, &scene.record, false, NULL),
			 LOCAL_BUSY);
	assert_non_null(strstr(scene.place.work->why, "/data is in use"));
	assert_int_equal(run_script_end(NULL), 0);
	assert_int_equal(scene.record.state, LOCAL_CONNECTED);
	assert_non_null(scene.record.mountpoint);
	assert_true(place_linked(&scene.place, &scene.record));
}

TEST(force_takes_a_mount_away_that_is_used)
{
	_cleanup_(scene_done) Scene scene = scene_make(",\"block\":true");

	play(&scene, MOUNT "$ umount -- */data\n! umount: target is busy.\nexit 32\n"
			   "$ umount --lazy -- */data\n@ umount\n");
	assert_int_equal(mount_it(&scene, NULL), 0);
	assert_int_equal(local_disconnect(scene.place.work, &scene.record, true, NULL), 0);
	assert_int_equal(run_script_end(NULL), 0);
	assert_int_equal(scene.record.state, LOCAL_RELEASING);
	assert_false(place_has(&scene.place, "/data"));
}

TEST(h19_a_mount_whose_device_has_gone_is_unmounted)
{
	_cleanup_(scene_done) Scene scene = scene_make(",\"block\":true");

	play(&scene, MOUNT "$ umount -- */data\n@ umount\n");
	assert_int_equal(mount_it(&scene, NULL), 0);
	tree_remove(scene.place.tree, "/sys/block/sda");
	assert_int_equal(local_disconnect(scene.place.work, &scene.record, false, NULL), 0);
	assert_int_equal(run_script_end(NULL), 0);
	assert_int_equal(scene.record.state, LOCAL_RELEASING);
}

TEST(what_somebody_else_mounted_there_is_left_alone)
{
	_cleanup_(scene_done) Scene scene = scene_make(",\"block\":true");

	play(&scene, MOUNT "$ blockdev --flushbufs *\n");
	assert_int_equal(mount_it(&scene, NULL), 0);
	tree_file(scene.place.tree, "/proc/self/mountinfo",
		  arena_printf(scene.place.tree->arena, "40 1 8:99 / %s rw - ext4 /dev/sdx rw\n",
			       scene.directory));
	assert_int_equal(local_disconnect(scene.place.work, &scene.record, false, NULL), 0);
	assert_int_equal(run_script_end(NULL), 0);
}

TEST(a_place_that_is_taken_is_refused_and_named)
{
	_cleanup_(scene_done) Scene scene = scene_make(",\"block\":true");

	tree_file(scene.place.tree, "/proc/self/mountinfo",
		  arena_printf(scene.place.tree->arena, "40 1 8:99 / %s rw - ext4 /dev/sdx rw\n",
			       scene.directory));
	assert_int_equal(mount_it(&scene, NULL), LOCAL_NO_MOUNT);
	assert_non_null(strstr(scene.place.work->why, "/dev/sdx is mounted at"));
	assert_null(scene.record.mountpoint);
}

TEST(a_blank_volume_gets_the_file_system_that_was_asked_for)
{
	_cleanup_(scene_done) Scene scene = scene_make(",\"block\":true");

	play(&scene, BLANK "$ mkfs.ext4 /dev/sda\n" MOUNT);
	assert_int_equal(mount_it(&scene, "ext4"), 0);
	assert_int_equal(run_script_end(NULL), 0);
}

TEST(h13_what_is_not_blank_is_never_formatted)
{
	static const char *const scripts[] = {
		"$ blkid --probe /dev/sda\n< TYPE=\"xfs\"\n" MOUNT,
		"$ blkid --probe /dev/sda\nexit 8\n" MOUNT, /* two of them */
		"$ blkid --probe /dev/sda\nexit 2\n" CMP "exit 1\n" CMP MOUNT,
		"$ blkid --probe /dev/sda\nexit 2\n" CMP CMP "exit 1\n" MOUNT,
	};

	for (size_t i = 0; i < ARRAY_SIZE(scripts); i++) {
		_cleanup_(scene_done) Scene scene = scene_make(",\"block\":true");

		play(&scene, scripts[i]);
		assert_int_equal(mount_it(&scene, "ext4"), 0);
		assert_int_equal(run_script_end(NULL), 0);
	}
}

TEST(h13_what_cannot_be_read_is_never_formatted)
{
	_cleanup_(scene_done) Scene scene = scene_make(",\"block\":true");

	play(&scene, "$ blkid --probe /dev/sda\nexit 2\n" CMP "! Input/output error\nexit 2\n");
	assert_true(mount_it(&scene, "ext4") < 0);
	assert_int_equal(run_script_end(NULL), 0);
	assert_false(place_has(&scene.place, "/data"));
	assert_int_equal(scene.record.state, LOCAL_CONNECTED);
}

TEST(a_mount_that_fails_leaves_no_directory)
{
	_cleanup_(scene_done) Scene scene = scene_make(",\"block\":true");

	play(&scene, "$ mount -t auto -o nosuid,nodev,_netdev -- /dev/sda */data\n"
		     "! mount: wrong fs type\nexit 32\n");
	assert_int_equal(mount_it(&scene, NULL), LOCAL_NO_MOUNT);
	assert_non_null(strstr(scene.place.work->why, "wrong fs type"));
	assert_int_equal(run_script_end(NULL), 0);
	assert_false(place_has(&scene.place, "/data"));
	assert_null(scene.record.mountpoint);
}

TEST(types_and_places_that_make_no_sense_are_refused)
{
	_cleanup_(scene_done) Scene scene = scene_make(",\"block\":true");

	assert_int_equal(mount_it(&scene, "../../bin/sh"), LOCAL_NO_MOUNT);
	assert_int_equal(mount_it(&scene, ""), LOCAL_NO_MOUNT);
	scene.directory = "data";
	assert_int_equal(mount_it(&scene, NULL), LOCAL_NO_MOUNT);
	scene.directory = tree_place(scene.place.tree, "/file");
	tree_file(scene.place.tree, "/file", "x");
	assert_int_equal(mount_it(&scene, NULL), LOCAL_NO_MOUNT);
	assert_non_null(strstr(scene.place.work->why, "is no directory"));
	assert_true(place_has(&scene.place, "/file"));
}

TEST(a_volume_that_is_read_only_is_mounted_so)
{
	_cleanup_(scene_done) Scene scene = scene_make(",\"block\":true");

	scene.record.mode = "ro";
	play(&scene, "$ mount -t auto -o nosuid,nodev,_netdev,ro -- /dev/sda */data\n");
	assert_int_equal(mount_it(&scene, "ext4"), 0); /* and not formatted */
	assert_int_equal(run_script_end(NULL), 0);
}
