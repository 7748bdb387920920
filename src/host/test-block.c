/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Block devices and maps in a tree of files. Holds H-11: who uses a device.
 */
#include "base/clock.h"
#include "host/host.h"
#include "host/test-tree.h"
#include "run/script.h"
#include "tests/lib/test.h"

static const char *users(Tree *tree, const char *name, const char *except)
{
	const char *who = NULL;
	int r = host_block_users(&tree->host, tree->arena, name, except, &who, NULL);

	assert_true(r == 0 || r == HOST_BUSY);
	return r ? who : "nobody";
}

static Tree *tree_with_disk(void)
{
	Tree *tree = tree_new();

	tree_file(tree, "/proc/self/mountinfo", "");
	tree_file(tree, "/sys/block/sda/size", "2048\n");
	tree_file(tree, "/sys/block/sda/dev", "8:0\n");
	tree_file(tree, "/sys/block/sda/sda1/dev", "8:1\n");
	tree_file(tree, "/sys/block/sda/sda1/partition", "1\n");
	tree_link(tree, "/sys/class/block/sda", "../../block/sda");
	tree_link(tree, "/sys/class/block/sda1", "../../block/sda/sda1");
	return tree;
}

TEST(sizes_are_bytes)
{
	_cleanup_(tree_freep) Tree *tree = tree_with_disk();
	int64_t size = 0;

	assert_true(host_block_exists(&tree->host, tree->arena, "sda"));
	assert_false(host_block_exists(&tree->host, tree->arena, "sdb"));
	assert_int_equal(host_block_size(&tree->host, tree->arena, "sda", &size, NULL), 0);
	assert_int_equal(size, 1048576);
	assert_int_equal(host_block_size(&tree->host, tree->arena, "sdb", &size, NULL), HOST_NONE);
	tree_file(tree, "/sys/block/sda/size", "many");
	assert_true(host_block_size(&tree->host, tree->arena, "sda", &size, NULL) < 0);
}

TEST(wwids_are_those_of_multipath)
{
	static const struct {
		const char *kernel, *wwid;
	} cases[] = {
		{"naa.600140500000000000000000000000ab", "3600140500000000000000000000000ab"},
		{"eui.0025385b71b0d4e2", "20025385b71b0d4e2"},
		{"t10.ATA     QEMU HARDDISK   QM00001 ", "1ATA_QEMU_HARDDISK_QM00001"},
		{"uuid.x", "8uuid.x"},
	};
	_cleanup_(tree_freep) Tree *tree = tree_with_disk();

	assert_null(host_block_wwid(&tree->host, tree->arena, "sda"));
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		tree_file(tree, "/sys/block/sda/device/wwid", cases[i].kernel);
		assert_string_equal(host_block_wwid(&tree->host, tree->arena, "sda"),
				    cases[i].wwid);
	}
}

TEST(h11_mounts_of_a_partition_are_users)
{
	_cleanup_(tree_freep) Tree *tree = tree_with_disk();

	assert_string_equal(users(tree, "sda", NULL), "nobody");
	tree_file(tree, "/proc/self/mountinfo",
		  "36 25 8:1 / /mnt/my\\040data rw - ext4 /dev/sda1 rw\n");
	assert_string_equal(users(tree, "sda", NULL), "/dev/sda1 is mounted at /mnt/my data");
}

TEST(h11_mounts_in_containers_are_users_of_what_does_not_answer)
{
	_cleanup_(tree_freep) Tree *tree = tree_with_disk();

	tree_file(tree, "/sys/block/sda/device/state", "transport-offline\n");
	tree_file(tree, "/proc/90/mountinfo", "35 25 8:10 / / rw - ext4 /dev/sda10 rw\n");
	assert_string_equal(users(tree, "sda", NULL), "nobody");
	tree_file(tree, "/proc/91/mountinfo",
		  "35 25 0:30 / / rw - overlay overlay rw\n"
		  "36 35 8:1 / /data rw - ext4 /dev/sda1 rw\n");
	assert_string_equal(users(tree, "sda", NULL), "sda1 is mounted for process 91");
}

TEST(h11_holders_are_users_but_the_one_that_is_known)
{
	_cleanup_(tree_freep) Tree *tree = tree_with_disk();
	const char **holders;
	size_t count;

	tree_link(tree, "/sys/block/sda/holders/dm-3", "../../dm-3");
	tree_file(tree, "/sys/block/dm-3/dm/name", "vg-data\n");
	assert_string_equal(users(tree, "sda", NULL), "sda is part of vg-data");
	assert_string_equal(users(tree, "sda", "dm-3"), "nobody");
	assert_int_equal(
		host_block_holders(&tree->host, tree->arena, "sda", &holders, &count, NULL), 0);
	assert_int_equal(count, 1);
	assert_string_equal(holders[0], "dm-3");
}

TEST(h11_swap_and_open_files_are_users)
{
	_cleanup_(tree_freep) Tree *tree = tree_with_disk();

	tree_file(tree, "/proc/swaps", "Filename Type\n/dev/sda1 partition 1 0 -2\n");
	assert_string_equal(users(tree, "sda", NULL), "sda1 is used as swap");
	tree_file(tree, "/proc/swaps", "Filename Type\n/dev/sda10 partition 1 0 -2\n");
	tree_link(tree, "/proc/77/fd/3", "/dev/sda");
	tree_file(tree, "/proc/77/comm", "qemu\n");
	assert_string_equal(users(tree, "sda", NULL), "sda is open in process 77 (qemu)");
	tree_file(tree, "/proc/77/comm", "multipathd\n");
	assert_string_equal(users(tree, "sda", NULL), "nobody");
	tree_file(tree, "/proc/77/comm", "(udev-worker)\n");
	assert_string_equal(users(tree, "sda", NULL), "nobody");
	tree_file(tree, "/proc/77/comm", "qemu\n");
	tree_link(tree, "/sys/block/sda/sda1/holders/dm-9", "../../../dm-9");
	assert_string_equal(users(tree, "sda", NULL),
			    "sda is open in process 77 (qemu); sda1 is part of dm-9");
}

TEST(maps_are_found_by_uuid)
{
	_cleanup_(tree_freep) Tree *tree = tree_new();

	tree_file(tree, "/sys/block/dm-3/dm/uuid", "mpath-3600\n");
	tree_file(tree, "/sys/block/dm-3/dm/name", "mpatha\n");
	tree_file(tree, "/sys/block/dm-3/dm/suspended", "1\n");
	assert_string_equal(host_map_find(&tree->host, tree->arena, "mpath-3600"), "dm-3");
	assert_null(host_map_find(&tree->host, tree->arena, "mpath-36"));
	assert_string_equal(host_map_name(&tree->host, tree->arena, "dm-3"), "mpatha");
	assert_true(host_map_suspended(&tree->host, tree->arena, "dm-3"));
}

TEST(flushing_is_a_child_and_its_failure_a_fault)
{
	_cleanup_(tree_freep) Tree *tree = tree_with_disk();
	Fault f = {0};

	assert_int_equal(run_script_play("$ blockdev --flushbufs */dev/sda\n"
					 "$ blockdev --flushbufs */dev/sda\n"
					 "! blockdev: ioctl error: Input/output error\nexit 1\n"
					 "$ blockdev --setro */dev/sda\n",
					 NULL),
			 0);
	assert_int_equal(host_block_flush(&tree->host, "sda", clock_mono_ms() + 1000, NULL), 0);
	assert_true(host_block_flush(&tree->host, "sda", clock_mono_ms() + 1000, &f) < 0);
	assert_non_null(strstr(f.text, "Input/output error"));
	assert_int_equal(
		host_block_set_readonly(&tree->host, "sda", true, clock_mono_ms() + 1000, NULL), 0);
	assert_int_equal(run_script_end(NULL), 0);
}
