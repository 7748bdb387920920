/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Marks come and go, and stay in their directory whatever a target calls itself. That the rule of
 * udev reads what is written here is looked at in the guest.
 */
#include "base/str.h"
#include "host/test-tree.h"
#include "tests/lib/test.h"

static size_t marks(Tree *tree)
{
	const char **found;
	size_t count;

	assert_int_equal(
		host_glob(&tree->host, tree->arena, "/run/cleat/quiet/*", &found, &count, NULL), 0);
	return count;
}

TEST(h26_marks_come_and_go)
{
	_cleanup_(tree_freep) Tree *tree = tree_new();

	host_quiet_end(&tree->host, tree->arena, "2:0:0:1");
	for (int i = 0; i < 2; i++)
		host_quiet(&tree->host, tree->arena, "2:0:0:1");
	host_quiet(&tree->host, tree->arena, "mpath-3600a");
	assert_int_equal(marks(tree), 2);
	for (int i = 0; i < 2; i++)
		host_quiet_end(&tree->host, tree->arena, "2:0:0:1");
	assert_int_equal(marks(tree), 1);
}

TEST(h26_names_stay_in_their_directory)
{
	_cleanup_(tree_freep) Tree *tree = tree_new();
	static const char *const names[] = {"", ".", "..", "../../etc/x", "a/b", NULL};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		host_quiet(&tree->host, tree->arena, names[i]);
		host_quiet_end(&tree->host, tree->arena, names[i]);
	}
	assert_int_equal(marks(tree), 0);
	assert_int_equal(access(host_path(&tree->host, tree->arena, "/run"), F_OK), -1);
}

TEST(h26_where_nothing_can_be_written_nothing_fails)
{
	_cleanup_(tree_freep) Tree *tree = tree_new();

	tree_file(tree, "/run", "");
	host_quiet(&tree->host, tree->arena, "2:0:0:1");
	host_quiet_end(&tree->host, tree->arena, "2:0:0:1");
	assert_int_equal(marks(tree), 0);
}
