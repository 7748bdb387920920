/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Files of a machine that is a temporary directory.
 */
#include <stdio.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "host/host.h"
#include "host/test-tree.h"
#include "run/script.h"
#include "tests/lib/test.h"

TEST(small_files_are_read_without_blanks)
{
	_cleanup_(tree_freep) Tree *tree = tree_new();
	const char *text = NULL;

	tree_file(tree, "/sys/block/sda/size", "2048\n");
	assert_int_equal(host_read(&tree->host, tree->arena, "/sys/block/sda/size", &text, NULL),
			 0);
	assert_string_equal(text, "2048");
	assert_int_equal(host_read(&tree->host, tree->arena, "/sys/block/sdb/size", &text, NULL),
			 HOST_NONE);
	assert_string_equal(host_peek(&tree->host, tree->arena, "/sys/block/%s/size", "sda"),
			    "2048");
	assert_null(host_peek(&tree->host, tree->arena, "/sys"));
}

TEST(patterns_give_paths_without_the_root)
{
	_cleanup_(tree_freep) Tree *tree = tree_new();
	const char **paths;
	size_t count;

	tree_file(tree, "/sys/block/dm-1/dm/uuid", "x");
	tree_file(tree, "/sys/block/dm-0/dm/uuid", "y");
	assert_int_equal(host_glob(&tree->host, tree->arena, "/sys/block/dm-*/dm/uuid", &paths,
				   &count, NULL),
			 0);
	assert_int_equal(count, 2);
	assert_string_equal(paths[0], "/sys/block/dm-0/dm/uuid");
	assert_int_equal(host_glob(&tree->host, tree->arena, "/none/*", &paths, &count, NULL), 0);
	assert_int_equal(count, 0);
}

TEST(a_link_has_the_name_that_it_ends_in)
{
	_cleanup_(tree_freep) Tree *tree = tree_new();

	tree_link(tree, "/sys/class/block/dm-3", "../../devices/virtual/block/dm-3");
	assert_string_equal(host_link_name(&tree->host, tree->arena, "/sys/class/block/dm-3"),
			    "dm-3");
	assert_null(host_link_name(&tree->host, tree->arena, "/sys/class/block/dm-4"));
}

TEST(a_child_writes)
{
	_cleanup_(tree_freep) Tree *tree = tree_new();

	tree_file(tree, "/sys/scan", "");
	assert_int_equal(
		host_write(&tree->host, "/sys/scan", "0 0 1", clock_mono_ms() + 60 * 1000, NULL),
		0);
	assert_string_equal(host_peek(&tree->host, tree->arena, "/sys/scan"), "0 0 1");
}

TEST(a_write_that_fails_names_the_file)
{
	_cleanup_(tree_freep) Tree *tree = tree_new();
	Fault f = {0};

	assert_int_equal(run_script_play("$ tee -a */sys/scan\n! Invalid argument\nexit 1\n", NULL),
			 0);
	assert_true(host_write(&tree->host, "/sys/scan", "x", clock_mono_ms() + 1000, &f) < 0);
	assert_non_null(strstr(f.text, "/sys/scan: tee failed"));
	assert_int_equal(run_script_end(NULL), 0);
}

static int look_thrice(void *ctx, Fault *f _unused_)
{
	int *left = ctx;

	return --*left > 0 ? HOST_NONE : 0;
}

TEST(waiting_ends_with_the_look_or_the_deadline)
{
	int left = 3;

	assert_int_equal(host_wait(look_thrice, &left, clock_mono_ms() + 60 * 1000, NULL), 0);
	assert_int_equal(left, 0);
	left = 1000000;
	assert_int_equal(host_wait(look_thrice, &left, clock_mono_ms(), NULL), HOST_TIMEOUT);
}

TEST(programs_and_modules)
{
	_cleanup_(tree_freep) Tree *tree = tree_new();

	assert_false(host_has_program(&tree->host, "modprobe"));
	assert_int_equal(host_need_module(&tree->host, tree->arena, "nvme-tcp", NULL), HOST_NONE);
	tree_file(tree, "/usr/sbin/modprobe", "");
	assert_int_equal(chmod(host_path(&tree->host, tree->arena, "/usr/sbin/modprobe"), 0755), 0);
	assert_true(host_has_program(&tree->host, "modprobe"));
	assert_int_equal(run_script_play("$ modprobe -q nvme-tcp\nexit 1\n", NULL), 0);
	assert_int_equal(host_need_module(&tree->host, tree->arena, "nvme-tcp", NULL), HOST_NONE);
	assert_int_equal(run_script_end(NULL), 0);
	tree_file(tree, "/sys/module/nvme_tcp/refcnt", "0");
	assert_int_equal(host_need_module(&tree->host, tree->arena, "nvme-tcp", NULL), 0);
}
