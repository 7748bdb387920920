/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * See durable.h.
 */
#include "base/durable.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/mem.h"
#include "base/str.h"

enum { NAME_BYTES = DURABLE_NAME_MAX + 5, FILE_MAX = 1024 * 1024 };

int durable_directory(const char *path, unsigned mode, Fault *f)
{
	_cleanup_(freep) char *copy = mem_strdup(path);

	for (char *p = copy + 1;; *p++ = '/') {
		p += strcspn(p, "/");
		if (!*p)
			break;
		*p = '\0';
		if (mkdir(copy, 0755) < 0 && errno != EEXIST)
			return fault(f, -errno, "make %s: %s", copy, strerror(errno));
	}
	if (mkdir(copy, mode) < 0 && errno != EEXIST)
		return fault(f, -errno, "make %s: %s", copy, strerror(errno));
	return 0;
}

static int write_whole(int fd, const char *text)
{
	size_t length = strlen(text);

	while (length > 0) {
		ssize_t n = write(fd, text, length);

		if (n < 0)
			return -errno;
		text += n;
		length -= (size_t)n;
	}
	return fsync(fd) < 0 ? -errno : 0;
}

int durable_write(int dir, const char *name, const char *text, Fault *f)
{
	_cleanup_(closep) int fd = -1;
	char draft[NAME_BYTES];
	int r;

	if (strlen(name) > DURABLE_NAME_MAX)
		return fault(f, -ENAMETOOLONG, "write %s: the name is too long", name);
	(void)snprintf(draft, sizeof(draft), "%s.tmp", name);
	fd = openat(dir, draft, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return fault(f, -errno, "write %s: %s", name, strerror(errno));
	r = write_whole(fd, text);
	if (r == 0 && renameat(dir, draft, dir, name) < 0)
		r = -errno;
	if (r < 0) {
		(void)unlinkat(dir, draft, 0); /* the next write would replace it */
		return fault(f, r, "write %s: %s", name, strerror(-r));
	}
	if (fsync(dir) < 0)
		return fault(f, -errno, "flush of the directory of %s: %s", name, strerror(errno));
	return 0;
}

int durable_read(int dir, const char *name, char **ret, Fault *f)
{
	_cleanup_(closep) int fd = openat(dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	_cleanup_(buf_done) Buf text = {0};
	char piece[4096];
	ssize_t n = 0;

	if (fd < 0 && errno == ENOENT)
		return DURABLE_NONE;
	while (fd >= 0 && text.length < FILE_MAX && (n = read(fd, piece, sizeof(piece))) > 0)
		buf_append(&text, piece, (size_t)n);
	if (fd < 0 || n < 0)
		return fault(f, -errno, "read %s: %s", name, strerror(errno));
	*ret = buf_take(&text);
	return 0;
}

int durable_remove(int dir, const char *name, Fault *f)
{
	char draft[NAME_BYTES];

	(void)snprintf(draft, sizeof(draft), "%s.tmp", name);
	(void)unlinkat(dir, draft, 0); /* seldom there */
	if (unlinkat(dir, name, 0) < 0) {
		if (errno == ENOENT)
			return 0;
		return fault(f, -errno, "remove %s: %s", name, strerror(errno));
	}
	if (fsync(dir) < 0)
		return fault(f, -errno, "flush of the directory of %s: %s", name, strerror(errno));
	return 0;
}
