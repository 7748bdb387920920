/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Files for a DHCP server: they come, stay as they are, change and go, and others may read them.
 */
#include "daemon/dhcp-hosts.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "base/arena.h"
#include "daemon/files.h"
#include "host/test-tree.h"
#include "tests/lib/test.h"

#define ID "5f1c9f3e-7d54-4a11-9d5e-0a7d3f2b8c11"

typedef struct Folder {
	Tree *tree;
	const char *path;
	const char *file;
} Folder;

static Folder folder_of(Tree *tree)
{
	const char *path = tree_place(tree, "/hosts");
	Fault f = {0};

	assert_int_equal(dhcp_hosts_open(path, &f), 0);
	return (Folder){
		.tree = tree,
		.path = path,
		.file = arena_printf(tree->arena, "%s/%s", path, ID),
	};
}

static void expect_text(const Folder *folder, const char *wanted)
{
	const char *text;
	Fault f = {0};

	assert_int_equal(files_read(folder->file, folder->tree->arena, &text, &f), 0);
	assert_string_equal(text, wanted);
}

TEST(a_server_has_a_file_that_others_read)
{
	_cleanup_(tree_freep) Tree *tree = tree_new();
	const Folder folder = folder_of(tree);
	Server server = {.id = ID, .address = "10.20.0.5"};
	Fault f = {0};
	struct stat st;

	assert_int_equal(dhcp_hosts_add(folder.path, &server, &f), 0);
	expect_text(&folder, "52:c1:0a:14:00:05,10.20.0.5\n");
	assert_int_equal(stat(folder.file, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0644);
	assert_int_equal(stat(folder.path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0755);
	server.address = "10.20.0.6";
	assert_int_equal(dhcp_hosts_add(folder.path, &server, &f), 0);
	expect_text(&folder, "52:c1:0a:14:00:06,10.20.0.6\n");
}

TEST(one_that_is_right_is_not_touched)
{
	_cleanup_(tree_freep) Tree *tree = tree_new();
	const Folder folder = folder_of(tree);
	const Server server = {.id = ID, .address = "10.20.0.5"};
	struct stat before, after;
	Fault f = {0};

	assert_int_equal(dhcp_hosts_add(folder.path, &server, &f), 0);
	assert_int_equal(stat(folder.file, &before), 0);
	assert_int_equal(dhcp_hosts_open(folder.path, &f), 0);
	assert_int_equal(dhcp_hosts_add(folder.path, &server, &f), 0);
	assert_int_equal(stat(folder.file, &after), 0);
	assert_int_equal(before.st_ino, after.st_ino);
}

TEST(it_goes_with_the_server)
{
	_cleanup_(tree_freep) Tree *tree = tree_new();
	const Folder folder = folder_of(tree);
	const Server server = {.id = ID, .address = "10.20.0.5"};
	Fault f = {0};

	assert_int_equal(dhcp_hosts_add(folder.path, &server, &f), 0);
	dhcp_hosts_remove(folder.path, ID);
	dhcp_hosts_remove(folder.path, ID);
	assert_int_equal(access(folder.file, F_OK), -1);
	assert_int_equal(rmdir(folder.path), 0); /* nothing else was left there */
	assert_true(dhcp_hosts_add(folder.path, &server, &f) < 0);
}
