/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * See configfs.h.
 */
#include "target/configfs/configfs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "base/str.h"

enum { LINE_MAX_BYTES = 4096 };

bool configfs_there(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0;
}

int configfs_make(const char *path, Fault *f)
{
	if (mkdir(path, 0755) == 0 || errno == EEXIST)
		return 0;
	return fault(f, -errno, "make %s: %s", path, strerror(errno));
}

int configfs_remove(const char *path, Fault *f)
{
	if (rmdir(path) == 0 || errno == ENOENT)
		return 0;
	return fault(f, -errno, "remove %s: %s", path, strerror(errno));
}

int configfs_remove_if_empty(const char *path, Fault *f)
{
	if (rmdir(path) < 0 && (errno == ENOTEMPTY || errno == EBUSY))
		return 0;
	return configfs_remove(path, f);
}

int configfs_link(const char *to, const char *path, Fault *f)
{
	if (symlink(to, path) == 0 || errno == EEXIST)
		return 0;
	return fault(f, -errno, "link %s to %s: %s", path, to, strerror(errno));
}

int configfs_unlink(const char *path, Fault *f)
{
	if (unlink(path) == 0 || errno == ENOENT)
		return 0;
	return fault(f, -errno, "unlink %s: %s", path, strerror(errno));
}

/* The kernel takes an attribute in one write, or not at all. */
int configfs_set(const char *path, const char *value, Fault *f)
{
	_cleanup_(closep) int fd = open(path, O_WRONLY | O_CLOEXEC);
	size_t length = strlen(value);

	if (fd < 0)
		return fault(f, -errno, "open %s: %s", path, strerror(errno));
	if (write(fd, value, length) != (ssize_t)length)
		return fault(f, errno ? -errno : -EIO, "set %s: %s", path, strerror(errno));
	return 0;
}

int configfs_get(const char *path, Arena *arena, const char **ret, Fault *f)
{
	_cleanup_(closep) int fd = open(path, O_RDONLY | O_CLOEXEC);
	char line[LINE_MAX_BYTES];
	ssize_t n;

	*ret = "";
	if (fd < 0 && errno == ENOENT)
		return 0;
	n = fd < 0 ? -1 : read(fd, line, sizeof(line) - 1);
	if (n < 0)
		return fault(f, -errno, "read %s: %s", path, strerror(errno));
	line[n] = '\0';
	line[strcspn(line, "\n")] = '\0';
	*ret = arena_stripped(arena, line);
	return 0;
}

static void close_dir(DIR **dir)
{
	if (*dir)
		(void)closedir(*dir); /* nothing was written */
}

int configfs_list(const char *path, Arena *arena, const char ***ret, size_t *ret_count, Fault *f)
{
	_cleanup_(close_dir) DIR *dir = opendir(path);
	const char **names = NULL;
	size_t count = 0;
	struct dirent *entry;

	*ret = NULL;
	*ret_count = 0;
	if (!dir && errno == ENOENT)
		return 0;
	if (!dir)
		return fault(f, -errno, "list %s: %s", path, strerror(errno));
	for (errno = 0; (entry = readdir(dir)); errno = 0) {
		if (entry->d_name[0] == '.' || (entry->d_type != DT_DIR && entry->d_type != DT_LNK))
			continue;
		names = arena_grow(arena, names, count, sizeof(*names));
		names[count++] = arena_strdup(arena, entry->d_name);
	}
	if (errno)
		return fault(f, -errno, "list %s: %s", path, strerror(errno));
	*ret = names;
	*ret_count = count;
	return 0;
}
