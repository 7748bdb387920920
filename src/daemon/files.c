/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Files are replaced by rename, so that a reader sees the old one or the new one.
 */
#include "daemon/files.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

enum { FILE_BYTES_MAX = 1024 * 1024 };

int files_make_dir(const char *path, Fault *f)
{
	if (mkdir(path, 0700) == 0 || errno == EEXIST)
		return 0;
	return fault(f, -errno, "make directory %s: %s", path, strerror(errno));
}

int files_check_private(const char *path, Fault *f)
{
	struct stat st;
	bool group, others;

	if (stat(path, &st) < 0)
		return errno == ENOENT ? 0
				       : fault(f, -errno, "look at %s: %s", path, strerror(errno));
	group = (st.st_mode & S_IWGRP) && st.st_gid != getegid();
	others = st.st_mode & S_IWOTH;
	if (!group && !others)
		return 0;
	return fault(f, -EPERM, "%s may write to %s: say chmod %s-w %s first",
		     others ? "everybody" : "another group", path, others ? "go" : "g", path);
}

int files_check_secret(const char *path, Fault *f)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return errno == ENOENT ? 0
				       : fault(f, -errno, "look at %s: %s", path, strerror(errno));
	if (!(st.st_mode & (S_IRWXG | S_IRWXO)))
		return 0;
	return fault(f, -EPERM, "others may read %s: say chmod go= %s first", path, path);
}

/* Read until the end or until `size` bytes are there; the number of bytes, or -1. */
static ssize_t read_all(int fd, char *bytes, size_t size)
{
	size_t length = 0;

	while (length < size) {
		ssize_t n = read(fd, bytes + length, size - length);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		if (n == 0)
			break;
		length += (size_t)n;
	}
	return (ssize_t)length;
}

int files_read(const char *path, Arena *arena, const char **ret, Fault *f)
{
	_cleanup_(closep) int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	char *text;
	ssize_t n;

	if (fd < 0 || fstat(fd, &st) < 0)
		return fault(f, -errno, "open %s: %s", path, strerror(errno));
	if (!S_ISREG(st.st_mode) || st.st_size > FILE_BYTES_MAX)
		return fault(f, -EFBIG, "%s is not a small file", path);
	text = arena_alloc(arena, (size_t)st.st_size + 1);
	n = read_all(fd, text, (size_t)st.st_size);
	if (n < 0)
		return fault(f, -errno, "read %s: %s", path, strerror(errno));
	text[n] = '\0';
	*ret = text;
	return 0;
}

static int write_all(int fd, const char *text)
{
	size_t length = strlen(text);

	while (length > 0) {
		ssize_t n = write(fd, text, length);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		text += n;
		length -= (size_t)n;
	}
	return 0;
}

static int replace(const char *path, const char *draft, const char *text, mode_t mode, bool durable,
		   Fault *f)
{
	_cleanup_(closep) int fd = -1;

	(void)unlink(draft); /* of one who died; whoever else put it there gets nothing written */
	fd = open(draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
	if (fd < 0)
		return fault(f, -errno, "create %s: %s", draft, strerror(errno));
	if (fchmod(fd, mode) < 0 || write_all(fd, text) < 0 || (durable && fsync(fd) < 0))
		return fault(f, -errno, "write %s: %s", draft, strerror(errno));
	if (rename(draft, path) < 0)
		return fault(f, -errno, "rename %s: %s", draft, strerror(errno));
	return 0;
}

int files_write_private(const char *path, const char *text, bool durable, Fault *f)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();

	return replace(path, arena_printf(arena, "%s.new", path), text, 0600, durable, f);
}

int files_write_public(const char *path, const char *draft, const char *text, Fault *f)
{
	return replace(path, draft, text, 0644, false, f);
}
