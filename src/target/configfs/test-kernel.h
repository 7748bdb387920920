/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * For tests of targets: configfs in a temporary directory. A program that includes this has the
 * calls below in place of libc's: what a directory of the kernel's brings with it (a KernelRow) is
 * there as soon as it is made, goes with it, and what somebody has made in it keeps it. Every
 * change is logged, and any one of them can fail.
 */
#pragma once

#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <ftw.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/str.h"
#include "target/configfs/configfs.h"
#include "tests/lib/test.h"

#define KERNEL_VOLUME "6b4a1f8e-6f2c-4d5f-9d38-0a53e1f7c9aa"

/* What a new directory has: names with a slash behind them are directories. */
typedef struct KernelRow {
	const char *pattern; /* of fnmatch(3), below the root */
	const char *brings[8];
} KernelRow;

typedef struct Kernel {
	char root[40];
	Arena *arena;
	const KernelRow *rows;
	size_t row_count;
	Buf log;
	int changes;
	int fail_at;        /* the n-th change, from 1; 0: none */
	const char **found; /* of kernel_tree() */
	size_t found_count;
} Kernel;

static Kernel kernel;

static inline const char *kernel_path(const char *name)
{
	return arena_printf(kernel.arena, "%s/%s", kernel.root, name);
}

static inline const char *kernel_name(const char *path)
{
	const char *name = kernel.arena ? str_after(path, kernel.root) : NULL;

	return name && *name == '/' ? name + 1 : NULL;
}

static inline const KernelRow *kernel_row(const char *name)
{
	for (size_t i = 0; i < kernel.row_count; i++)
		if (fnmatch(kernel.rows[i].pattern, name, FNM_PATHNAME) == 0)
			return &kernel.rows[i];
	return NULL;
}

/* Log a change; false when it is the one that fails. */
static inline bool kernel_change(const char *what, const char *path)
{
	if (!kernel_name(path))
		return true;
	if (++kernel.changes == kernel.fail_at) {
		errno = EIO;
		return false;
	}
	buf_printf(&kernel.log, "%s %s\n", what, kernel_name(path));
	return true;
}

static inline void kernel_fill(const char *path, const KernelRow *row)
{
	for (const char *const *entry = row->brings; *entry; entry++) {
		const char *at = arena_printf(kernel.arena, "%s/%s", path, *entry);

		if (str_ends(*entry, "/"))
			assert_int_equal(syscall(SYS_mkdirat, AT_FDCWD, at, 0755), 0);
		else
			assert_int_equal(close((int)syscall(SYS_openat, AT_FDCWD, at,
							    O_WRONLY | O_CREAT | O_CLOEXEC, 0644)),
					 0);
	}
}

static inline void kernel_clear(const char *path, const KernelRow *row)
{
	size_t count = 0;

	while (row->brings[count])
		count++;
	while (count-- > 0) {
		const char *entry = row->brings[count];
		int flags = str_ends(entry, "/") ? AT_REMOVEDIR : 0;

		assert_int_equal(syscall(SYS_unlinkat, AT_FDCWD,
					 arena_printf(kernel.arena, "%s/%s", path, entry), flags),
				 0);
	}
}

/* Whether somebody has made something in it, or in the directories that it brought. */
static inline bool kernel_is_used(const char *path, const KernelRow *row)
{
	const char **names;
	size_t count, own = 0;

	for (const char *const *entry = row ? row->brings : (const char *const[]){NULL}; *entry;
	     entry++) {
		if (!str_ends(*entry, "/"))
			continue;
		own += strchr(*entry, '/')[1] == '\0';
		if (kernel_is_used(arena_printf(kernel.arena, "%s/%s", path, *entry), NULL) &&
		    !strstr(*entry, "attrib"))
			return true;
	}
	assert_int_equal(configfs_list(path, kernel.arena, &names, &count, NULL), 0);
	return count > own;
}

int mkdir(const char *path, mode_t mode)
{
	const char *name = kernel_name(path);

	if (name && access(path, F_OK) == 0) {
		errno = EEXIST;
		return -1;
	}
	if (!kernel_change("mkdir", path) || syscall(SYS_mkdirat, AT_FDCWD, path, mode) < 0)
		return -1;
	if (name && kernel_row(name))
		kernel_fill(path, kernel_row(name));
	return 0;
}

int rmdir(const char *path)
{
	const char *name = kernel_name(path);
	const KernelRow *row = name ? kernel_row(name) : NULL;

	if (name && access(path, F_OK) == 0 && kernel_is_used(path, row)) {
		errno = EBUSY;
		return -1;
	}
	if (name && access(path, F_OK) == 0) {
		if (!kernel_change("rmdir", path))
			return -1;
		if (row)
			kernel_clear(path, row);
	}
	return (int)syscall(SYS_unlinkat, AT_FDCWD, path, AT_REMOVEDIR);
}

int symlink(const char *to, const char *path)
{
	if (!kernel_change("symlink", path))
		return -1;
	return (int)syscall(SYS_symlinkat, to, AT_FDCWD, path);
}

int unlink(const char *path)
{
	struct stat st;

	if (lstat(path, &st) == 0 && !kernel_change("unlink", path))
		return -1;
	return (int)syscall(SYS_unlinkat, AT_FDCWD, path, 0);
}

/* Attributes are written from their beginning, and hold what was written last. */
int open(const char *path, int flags, ...)
{
	va_list ap;
	mode_t mode = 0;

	va_start(ap, flags);
	if (flags & O_CREAT)
		mode = va_arg(ap, mode_t);
	va_end(ap);
	if (kernel_name(path) && flags & O_WRONLY) {
		if (access(path, F_OK) == 0 && !kernel_change("set", path))
			return -1;
		flags |= O_TRUNC;
	}
	return (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
}

static inline void kernel_begin(const KernelRow *rows, size_t count, const char *const *modules)
{
	kernel = (Kernel){.arena = arena_new(), .rows = rows, .row_count = count};
	(void)snprintf(kernel.root, sizeof(kernel.root), "/tmp/test-configfs-XXXXXX"); /* fits */
	assert_non_null(mkdtemp(kernel.root));
	for (; *modules; modules++)
		assert_int_equal(mkdir(kernel_path(*modules), 0755), 0);
	kernel.changes = 0;
	buf_done(&kernel.log);
	kernel.log = (Buf){0};
}

static inline int kernel_note(const char *path, const struct stat *st _unused_, int kind _unused_,
			      struct FTW *walk _unused_)
{
	kernel.found = arena_grow(kernel.arena, kernel.found, kernel.found_count, sizeof(char *));
	kernel.found[kernel.found_count++] = arena_strdup(kernel.arena, path);
	return 0;
}

static inline int kernel_by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* What is there, a line each: to compare. */
static inline const char *kernel_tree(void)
{
	_cleanup_(buf_done) Buf tree = {0};

	kernel.found = NULL;
	kernel.found_count = 0;
	assert_int_equal(nftw(kernel.root, kernel_note, 16, FTW_PHYS), 0);
	qsort(kernel.found, kernel.found_count, sizeof(char *), kernel_by_name);
	for (size_t i = 0; i < kernel.found_count; i++)
		buf_printf(&tree, "%s\n", kernel.found[i] + strlen(kernel.root));
	return arena_strdup(kernel.arena, buf_text(&tree));
}

static inline int kernel_remove(const char *path, const struct stat *st _unused_, int kind _unused_,
				struct FTW *walk _unused_)
{
	return remove(path);
}

static inline void kernel_end(void)
{
	assert_int_equal(nftw(kernel.root, kernel_remove, 16, FTW_DEPTH | FTW_PHYS), 0);
	buf_done(&kernel.log);
	kernel.arena = arena_free(kernel.arena);
}

static inline const char *kernel_value(const char *name)
{
	const char *value = NULL;

	assert_int_equal(configfs_get(kernel_path(name), kernel.arena, &value, NULL), 0);
	return value;
}

/* The line of the log that holds a text; -1: none does. */
static inline int kernel_logged(const char *text)
{
	const char *log = buf_text(&kernel.log);
	const char *at = strstr(log, text);
	int line = 0;

	for (; at && log < at; log++)
		line += *log == '\n';
	return at ? line : -1;
}
