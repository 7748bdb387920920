/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * For tests: a machine in a temporary directory.
 *
 *     _cleanup_(tree_freep) Tree *tree = tree_new();
 *     tree_file(tree, "/sys/block/sda/size", "2048\n");
 *     host_block_size(&tree->host, tree->arena, "sda", &size, f);
 */
#pragma once

#include <assert.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/mem.h"
#include "host/host.h"

typedef struct Tree {
	Arena *arena;
	Host host;
	char root[40];
} Tree;

static inline Tree *tree_new(void)
{
	Tree *tree = NEW(Tree);

	tree->arena = arena_new();
	(void)snprintf(tree->root, sizeof(tree->root), "/tmp/cleat-host-XXXXXX");
	assert(mkdtemp(tree->root));
	tree->host.root = tree->root;
	return tree;
}

static inline int tree_remove_one(const char *path, const struct stat *st _unused_,
				  int kind _unused_, struct FTW *walk _unused_)
{
	return remove(path);
}

/* Remove a file, or a directory with all that is in it; nothing when it is not there. */
static inline void tree_remove(Tree *tree, const char *path)
{
	(void)nftw(host_path(&tree->host, tree->arena, "%s", path), tree_remove_one, 16,
		   FTW_DEPTH | FTW_PHYS);
}

static inline Tree *tree_free(Tree *tree)
{
	if (!tree)
		return NULL;
	tree_remove(tree, "");
	arena_free(tree->arena);
	free(tree);
	return NULL;
}
DEFINE_CLEANUP(Tree, tree_free)

/* The real path, all its directories made. */
static inline const char *tree_place(Tree *tree, const char *path)
{
	const char *real = host_path(&tree->host, tree->arena, "%s", path);
	char *folder = arena_strdup(tree->arena, real);

	for (char *p = folder + strlen(tree->root) + 1; (p = strchr(p, '/')); *p++ = '/') {
		*p = '\0';
		assert(mkdir(folder, 0755) == 0 || errno == EEXIST);
	}
	return real;
}

static inline void tree_file(Tree *tree, const char *path, const char *text)
{
	int fd = open(tree_place(tree, path), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	assert(fd >= 0);
	assert(write(fd, text, strlen(text)) == (ssize_t)strlen(text));
	(void)close(fd);
}

static inline void tree_link(Tree *tree, const char *path, const char *target)
{
	assert(symlink(target, tree_place(tree, path)) == 0);
}
