/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * See beneath.h.
 */
#include "base/beneath.h"

#include <errno.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "base/mem.h"
#include "base/str.h"

enum { NEW_FILE_MODE = 0600 };

static int open_resolved(int dir, const char *path, int flags, uint64_t resolve)
{
	struct open_how how = {
		.flags = (unsigned)flags | O_CLOEXEC | O_NOFOLLOW,
		.mode = flags & O_CREAT ? NEW_FILE_MODE : 0,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | resolve,
	};

	return (int)syscall(SYS_openat2, dir, path, &how, sizeof(how));
}

/* Whether openat2() has said nothing about the file. */
static bool is_unsupported(int fd)
{
	return fd < 0 && (errno == ENOSYS || errno == EPERM);
}

/* One step down, across no link and no mount. */
static int open_below(int dir, const char *name, int flags)
{
	_cleanup_(closep) int fd = openat(dir, name, flags | O_CLOEXEC | O_NOFOLLOW, NEW_FILE_MODE);
	struct stat above, found;

	if (fd < 0)
		return -1;
	errno = 0;
	if (fstat(dir, &above) || fstat(fd, &found))
		return -1;
	if (found.st_dev != above.st_dev || str_eq(name, ".."))
		errno = EXDEV;
	return errno ? -1 : TAKE_FD(fd);
}

int walk_beneath(int dir, const char *path, int flags)
{
	_cleanup_(freep) char *copy = mem_strdup(path);
	_cleanup_(closep) int at = -1;
	char *name = copy;

	for (char *slash; (slash = strchr(name, '/')); name = slash + 1) {
		int next;

		*slash = '\0';
		next = open_below(at < 0 ? dir : at, name, O_PATH | O_DIRECTORY);
		closep(&at);
		at = next;
		if (at < 0)
			return -1;
	}
	return open_below(at < 0 ? dir : at, name, flags);
}

int open_beneath(int dir, const char *path, int flags)
{
	int fd = open_resolved(dir, path, flags, RESOLVE_NO_XDEV);

	return is_unsupported(fd) ? walk_beneath(dir, path, flags) : fd;
}

int open_entry(int dir, const char *name, int flags)
{
	int fd;

	assert(!str_empty(name) && !strchr(name, '/') && !str_eq(name, ".") && !str_eq(name, ".."));
	fd = open_resolved(dir, name, flags, 0);
	/* As the name has one component, this is as tight. */
	return is_unsupported(fd) ? openat(dir, name, flags | O_CLOEXEC | O_NOFOLLOW, NEW_FILE_MODE)
				  : fd;
}
