/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * See tree.h. Neither walk recurses or keeps a descriptor for each level, so depth costs nothing:
 *
 *   copying and measuring   directories that are still to be done are a stack of paths, each of
 *                           which is opened again beneath the top. Deeper than a path can say
 *                           (PATH_MAX) is a fault.
 *   deleting                directories are moved to the top before they are emptied, so that
 *                           nothing is ever more than one level deep.
 */
#include "backend/directory/tree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#include "backend/directory/place.h"
#include "base/beneath.h"
#include "base/map.h"
#include "base/mem.h"
#include "base/str.h"

enum {
	CHUNK_BYTES = 1 << 20,
	XATTR_BYTES = 64 * 1024, /* of a value, and of all names: what Linux allows */
};

typedef struct Walk {
	int from;
	int to;           /* -1: only measure */
	VEC(char *) todo; /* paths of directories */
	Map *links;       /* "device:inode" of files with several names, to the path of the copy */
	int64_t bytes;
	char *chunk;
} Walk;

static void walk_done(Walk *walk)
{
	VEC_FOREACH (&walk->todo, i)
		free(walk->todo.items[i]);
	vec_done(&walk->todo);
	MAP_FOREACH (walk->links, e)
		free(map_value(e));
	(void)map_free(walk->links);
	free(walk->chunk);
}

static void dir_closep(DIR **dir)
{
	if (*dir)
		(void)closedir(*dir); /* was only read */
}

static DIR *list_directory(int fd)
{
	int again = open_beneath(fd, ".", O_RDONLY | O_DIRECTORY);
	DIR *dir = again < 0 ? NULL : fdopendir(again);

	if (!dir)
		closep(&again);
	return dir;
}

static const char *next_name(DIR *dir)
{
	const struct dirent *entry;

	do {
		errno = 0;
		entry = readdir(dir);
	} while (entry && (str_eq(entry->d_name, ".") || str_eq(entry->d_name, "..")));
	return entry ? entry->d_name : NULL;
}

/* What a guest may have removed or replaced since its name was read. */
static bool has_vanished(void)
{
	return errno == ENOENT || errno == ELOOP || errno == ENOTDIR || errno == EXDEV;
}

/* ---- copying ---- */

/* What the destination cannot hold, or we may not set, is left out. */
static int copy_xattrs(int from, int to, Fault *f)
{
	_cleanup_(freep) char *names = mem_new(XATTR_BYTES);
	_cleanup_(freep) char *value = mem_new(XATTR_BYTES);
	ssize_t all = flistxattr(from, names, XATTR_BYTES);

	for (const char *name = names; all > 0 && name < names + all; name += strlen(name) + 1) {
		ssize_t n = fgetxattr(from, name, value, XATTR_BYTES);

		if (n >= 0 && fsetxattr(to, name, value, (size_t)n, 0) &&
		    (errno == ENOSPC || errno == EDQUOT))
			return write_failed(f, "copy an attribute");
	}
	return 0;
}

static int copy_attributes(int from, int to, const struct stat *st, Fault *f)
{
	const struct timespec times[] = {st->st_atim, st->st_mtim};
	int r = 0;

	/* The owner first: a change of owner takes bits of the mode and capabilities away. */
	if (fchown(to, st->st_uid, st->st_gid))
		return write_failed(f, "copy an owner");
	r = copy_xattrs(from, to, f);
	if (r)
		return r;
	if (fchmod(to, st->st_mode & 07777) || futimens(to, times))
		return write_failed(f, "copy a mode");
	return 0;
}

static int write_all(int fd, const char *bytes, size_t n, off_t at)
{
	while (n > 0) {
		ssize_t written = pwrite(fd, bytes, n, at);

		if (written < 0 && errno == EINTR)
			continue;
		if (written < 0)
			return -1;
		bytes += written;
		n -= (size_t)written;
		at += written;
	}
	return 0;
}

/* Copy [at, end), which is no hole; a file that ends early is left as it is. */
static int copy_range(Walk *walk, int from, int to, off_t at, off_t end)
{
	while (at < end) {
		ssize_t n = pread(from, walk->chunk, (size_t)MIN(end - at, (off_t)CHUNK_BYTES), at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		if (n == 0)
			return 0;
		if (write_all(to, walk->chunk, (size_t)n, at))
			return -1;
		at += n;
	}
	return 0;
}

static int copy_bytes(Walk *walk, int from, int to, const struct stat *st, Fault *f)
{
	off_t at = 0;

	if (ioctl(to, FICLONE, from) == 0)
		return 0;
	if (ftruncate(to, st->st_size))
		return write_failed(f, "make a copy");
	while (at < st->st_size) {
		off_t data = lseek(from, at, SEEK_DATA);
		off_t end = data < 0 ? -1 : lseek(from, data, SEEK_HOLE);

		if (data < 0 && errno == ENXIO)
			return 0;
		if (data < 0 || end < 0)
			return fault(f, -errno, "find data: %s", strerror(errno));
		end = MIN(end, st->st_size);
		if (copy_range(walk, from, to, data, end))
			return write_failed(f, "copy bytes");
		at = end;
	}
	return 0;
}

/* Whether the file has been copied under another name, and has this one now, too. */
static int copy_link(Walk *walk, const struct stat *st, const char *path, bool *ret, Fault *f)
{
	char key[48];
	const char *other;

	*ret = false;
	if (st->st_nlink < 2)
		return 0;
	(void)snprintf(key, sizeof(key), "%" PRIx64 ":%" PRIx64, (uint64_t)st->st_dev,
		       (uint64_t)st->st_ino); /* fits */
	other = map_get(walk->links, key);
	if (!other) {
		(void)map_put(walk->links, key, mem_strdup(path));
		return 0;
	}
	*ret = true;
	return linkat(walk->to, other, walk->to, path, 0) ? write_failed(f, "copy a link") : 0;
}

/* `found` is a descriptor of the file that only names it: opening that cannot open another. */
static int copy_file(Walk *walk, int found, const struct stat *st, const char *path, Fault *f)
{
	_cleanup_(closep) int from = -1;
	_cleanup_(closep) int to = -1;
	char name[32];
	int r;

	(void)snprintf(name, sizeof(name), "/proc/self/fd/%d", found); /* fits */
	from = open(name, O_RDONLY | O_CLOEXEC);
	if (from < 0)
		return fault(f, -errno, "open a file: %s", strerror(errno));
	to = open_beneath(walk->to, path, O_RDWR | O_CREAT | O_EXCL);
	if (to < 0)
		return write_failed(f, "make a file");
	r = copy_bytes(walk, from, to, st, f);
	return r ? r : copy_attributes(from, to, st, f);
}

static int copy_symlink(Walk *walk, int found, const char *path, Fault *f)
{
	char target[PATH_MAX];
	ssize_t n = readlinkat(found, "", target, sizeof(target) - 1);

	if (n < 0)
		return fault(f, -errno, "read a link: %s", strerror(errno));
	target[n] = '\0';
	return symlinkat(target, walk->to, path) ? write_failed(f, "make a link") : 0;
}

/* The rest: FIFOs, sockets and devices. Who may not make devices leaves them out. */
static int copy_node(Walk *walk, const struct stat *st, const char *path, Fault *f)
{
	if (mknodat(walk->to, path, st->st_mode & (S_IFMT | 07777), st->st_rdev) && errno != EPERM)
		return write_failed(f, "make a node");
	return 0;
}

static int copy_other(Walk *walk, int found, const struct stat *st, const char *path, Fault *f)
{
	int r = S_ISLNK(st->st_mode) ? copy_symlink(walk, found, path, f)
				     : copy_node(walk, st, path, f);

	if (!r && fchownat(walk->to, path, st->st_uid, st->st_gid, AT_SYMLINK_NOFOLLOW) &&
	    errno != ENOENT)
		return write_failed(f, "copy an owner");
	if (!r && !S_ISLNK(st->st_mode) && fchmodat(walk->to, path, st->st_mode & 07777, 0) &&
	    errno != ENOENT)
		return write_failed(f, "copy a mode");
	return r;
}

static int copy_entry(Walk *walk, int found, const struct stat *st, const char *path, Fault *f)
{
	bool is_linked;
	int r;

	if (S_ISDIR(st->st_mode))
		return mkdirat(walk->to, path, 0700) ? write_failed(f, "make a directory") : 0;
	r = copy_link(walk, st, path, &is_linked, f);
	if (r || is_linked)
		return r;
	return S_ISREG(st->st_mode) ? copy_file(walk, found, st, path, f)
				    : copy_other(walk, found, st, path, f);
}

/* ---- walking ---- */

/* One name of the directory `dir`, whose path beneath the top is `path`. */
static int walk_entry(Walk *walk, int dir, const char *path, const char *name, Fault *f)
{
	_cleanup_(closep) int found = open_beneath(dir, name, O_PATH);
	_cleanup_(buf_done) Buf whole = {0};
	struct stat st;
	int r;

	if (found < 0 && has_vanished())
		return 0;
	if (found < 0 || fstat(found, &st))
		return fault(f, -errno, "look at a file: %s", strerror(errno));
	buf_printf(&whole, "%s%s%s", str_eq(path, ".") ? "" : path, str_eq(path, ".") ? "" : "/",
		   name);
	if (whole.length >= PATH_MAX)
		return fault(f, -ENAMETOOLONG, "directories are nested too deep to be copied");
	walk->bytes += (int64_t)st.st_blocks * 512;
	if (walk->to >= 0) {
		r = copy_entry(walk, found, &st, whole.data, f);
		if (r)
			return r;
	}
	if (S_ISDIR(st.st_mode))
		vec_push(&walk->todo, buf_take(&whole));
	return 0;
}

static int walk_end(const Walk *walk, int from, const char *path, Fault *f)
{
	_cleanup_(closep) int to = -1;
	struct stat st;

	if (walk->to < 0)
		return 0;
	to = open_beneath(walk->to, path, O_RDONLY | O_DIRECTORY);
	if (to < 0 || fstat(from, &st))
		return fault(f, -errno, "look at a directory: %s", strerror(errno));
	return copy_attributes(from, to, &st, f);
}

static int walk_directory(Walk *walk, const char *path, Fault *f)
{
	_cleanup_(closep) int from = open_beneath(walk->from, path, O_RDONLY | O_DIRECTORY);
	_cleanup_(dir_closep) DIR *dir = NULL;
	const char *name;
	int r = 0;

	if (from < 0 && has_vanished())
		return 0;
	if (from >= 0)
		dir = list_directory(from);
	if (!dir)
		return fault(f, -errno, "read a directory: %s", strerror(errno));
	while (!r && (name = next_name(dir)))
		r = walk_entry(walk, from, path, name, f);
	if (!r && errno)
		return fault(f, -errno, "read a directory: %s", strerror(errno));
	return r ? r : walk_end(walk, from, path, f);
}

static int walk_all(Walk *walk, Fault *f)
{
	int r = 0;

	walk->links = map_new();
	walk->chunk = mem_new(CHUNK_BYTES);
	vec_push(&walk->todo, mem_strdup("."));
	while (!r && walk->todo.count) {
		_cleanup_(freep) char *path = walk->todo.items[--walk->todo.count];

		r = walk_directory(walk, path, f);
	}
	return r;
}

int tree_copy(int from, int to, Fault *f)
{
	_cleanup_(walk_done) Walk walk = {.from = from, .to = to};

	return walk_all(&walk, f);
}

int tree_measure(int from, int64_t *ret_bytes, Fault *f)
{
	_cleanup_(walk_done) Walk walk = {.from = from, .to = -1};
	int r = walk_all(&walk, f);

	if (!r)
		*ret_bytes = walk.bytes;
	return r;
}

/* ---- deleting ---- */

/* Give a directory a name of its own in `top`. */
static int lift(int dir, const char *name, int top, uint64_t *number)
{
	char to[24];
	int r;

	/* What is replaced is an empty directory: that is deleted, too. */
	do {
		(void)snprintf(to, sizeof(to), "%" PRIu64, (*number)++); /* fits */
		r = renameat(dir, name, top, to);
	} while (r && (errno == EEXIST || errno == ENOTEMPTY || errno == ENOTDIR));
	return r;
}

/* Empty a directory of `top`: its own directories are moved there. */
static int burn_level(int top, const char *name, uint64_t *number, Fault *f)
{
	_cleanup_(closep) int fd = open_beneath(top, name, O_RDONLY | O_DIRECTORY);
	_cleanup_(dir_closep) DIR *dir = fd < 0 ? NULL : list_directory(fd);
	const char *inside;

	if (fd < 0 && has_vanished())
		return 0; /* somebody else moves things about: the next round sees what is there */
	if (!dir)
		return fault(f, -errno, "open what is deleted: %s", strerror(errno));
	while ((inside = next_name(dir)))
		if (unlinkat(fd, inside, 0) && (errno != EISDIR || lift(fd, inside, top, number)) &&
		    !has_vanished())
			return fault(f, -errno, "delete: %s", strerror(errno));
	if (errno)
		return fault(f, -errno, "read what is deleted: %s", strerror(errno));
	if (unlinkat(top, name, AT_REMOVEDIR) && errno != ENOTEMPTY && !has_vanished())
		return fault(f, -errno, "delete a directory: %s", strerror(errno));
	return 0;
}

static int burn_once(int top, uint64_t *number, bool *ret_any, Fault *f)
{
	_cleanup_(dir_closep) DIR *dir = list_directory(top);
	const char *name;
	int r = 0;

	*ret_any = false;
	if (!dir)
		return fault(f, -errno, "open what is deleted: %s", strerror(errno));
	while (!r && (name = next_name(dir))) {
		*ret_any = true;
		if (unlinkat(top, name, 0) == 0 || errno == ENOENT)
			continue;
		if (errno != EISDIR)
			return fault(f, -errno, "delete: %s", strerror(errno));
		r = burn_level(top, name, number, f);
	}
	if (!r && errno)
		return fault(f, -errno, "read what is deleted: %s", strerror(errno));
	return r;
}

int tree_burn(int directory, Fault *f)
{
	uint64_t number = 0;
	bool any = true;
	int r = 0;

	while (!r && any)
		r = burn_once(directory, &number, &any, f);
	return r;
}
