/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * The list of mounts, and unmounting.
 */
#include "base/clock.h"
#include "host/host.h"
#include "host/test-tree.h"
#include "run/script.h"
#include "tests/lib/test.h"

#define MOUNTS                                                                                     \
	"22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw\n"                                  \
	"40 22 0:44 / /mnt/a\\040b rw,nosuid - nfs4 server:/export/x rw,vers=4.2\n"                \
	"41 22 0:45 / /mnt/a\\040b rw - tmpfs none rw\n"                                           \
	"42 22 8:16 / /data rw - xfs /dev/disk/by-id/x rw\n"

static int64_t soon(void)
{
	return clock_mono_ms() + 60 * 1000;
}

TEST(what_is_mounted_at_a_place_is_the_last_one)
{
	_cleanup_(tree_freep) Tree *tree = tree_new();
	HostMount mount = {0};

	tree_file(tree, "/proc/self/mountinfo", MOUNTS);
	assert_int_equal(host_mount_at(&tree->host, tree->arena, "/mnt/a b", &mount, NULL), 0);
	assert_string_equal(mount.type, "tmpfs");
	assert_int_equal(host_mount_at(&tree->host, tree->arena, "/mnt", &mount, NULL), HOST_NONE);
}

TEST(mounts_of_a_source_and_of_a_device)
{
	_cleanup_(tree_freep) Tree *tree = tree_new();
	HostMount *mounts;
	size_t count;

	tree_file(tree, "/proc/self/mountinfo", MOUNTS);
	tree_file(tree, "/sys/block/sdb/dev", "8:16\n");
	assert_int_equal(
		host_mounts_of(&tree->host, tree->arena, "server:/export/x", &mounts, &count, NULL),
		0);
	assert_int_equal(count, 1);
	assert_string_equal(mounts[0].target, "/mnt/a b");
	assert_int_equal(host_mounts_of(&tree->host, tree->arena, "sdb", &mounts, &count, NULL), 0);
	assert_int_equal(count, 1);
	assert_string_equal(mounts[0].target, "/data");
	assert_int_equal(mounts[0].major, 8);
	assert_int_equal(mounts[0].minor, 16);
}

TEST(mounting_and_unmounting_are_children)
{
	_cleanup_(tree_freep) Tree *tree = tree_new();
	Fault f = {0};

	tree_file(tree, "/proc/self/mountinfo", MOUNTS);
	assert_int_equal(run_script_play("$ mount -t nfs -o vers=4.2 -- server:/x /mnt/x\n"
					 "$ mount -t ext4 -- /dev/sdb /data\n"
					 "! mount: no medium\nexit 32\n"
					 "$ umount -- /data\n"
					 "! umount: /data: target is busy.\nexit 32\n"
					 "$ umount -- /data\n",
					 NULL),
			 0);
	assert_int_equal(
		host_mount(&tree->host, "nfs", "server:/x", "/mnt/x", "vers=4.2", soon(), NULL), 0);
	assert_true(host_mount(&tree->host, "ext4", "/dev/sdb", "/data", NULL, soon(), &f) < 0);
	assert_string_equal(f.text, "mount of /dev/sdb at /data: mount failed with status 32: "
				    "mount: no medium");
	assert_int_equal(host_unmount(&tree->host, "/nothing", soon(), NULL), 0);
	assert_int_equal(host_unmount(&tree->host, "/data", soon(), NULL), HOST_BUSY);
	assert_int_equal(host_unmount(&tree->host, "/data", soon(), NULL), 0);
	assert_int_equal(run_script_end(NULL), 0);
}
