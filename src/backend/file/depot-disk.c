/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Disks of servers: DIRECTORY/disks/<server id>.raw or .qcow2 is the root disk, <server
 * id>.<disk>.raw or .qcow2 any other. A file has its name when it is whole and on the disk, so one
 * that is there needs nothing more. Each stands alone: blocks are shared where the file system can,
 * and nothing ever refers back to an image, which may be deleted at any time.
 *
 * A disk's format is in its file's name. Two files of one disk never are: whoever replaces a disk
 * moves the old one away first.
 */
#include <errno.h>
#include <fcntl.h>

#include "backend/file/depot.h"
#include "backend/file/image.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/uuid.h"

#define DISK_PREFIX DIR_TEMPORARY "disk-"

enum { NAME_BYTES = UUID_TEXT + DEPOT_DISK_CHARS + 16 };

static const DiskFormat disk_formats[] = {DISK_FORMAT_RAW, DISK_FORMAT_QCOW2};

/* Where a disk is, or would be. */
typedef struct DiskFile {
	DiskFormat format;
	char name[NAME_BYTES];
} DiskFile;

static DiskFile file_of(const char *prefix, const char *server_id, const char *disk,
			DiskFormat format)
{
	bool is_root = str_eq(disk, DEPOT_ROOT);
	DiskFile file = {.format = format};

	(void)snprintf(file.name, NAME_BYTES, "%s%s%s%s.%s", prefix, server_id, is_root ? "" : ".",
		       is_root ? "" : disk,
		       enum_name(&disk_format_names, (int)format)); /* fits: both are checked */
	return file;
}

/* 0 or DEPOT_NO_DISK. */
static int disk_find(const FileDepot *depot, const char *server_id, const char *disk, DiskFile *ret,
		     Fault *f)
{
	for (size_t i = 0; i < ARRAY_SIZE(disk_formats); i++) {
		bool there = false;
		int r;

		*ret = file_of("", server_id, disk, disk_formats[i]);
		r = dir_has_file(depot->disks, ret->name, &there, f);
		if (r)
			return r;
		if (there)
			return 0;
	}
	return DEPOT_NO_DISK;
}

int file_disk_exists(void *self, const char *server_id, const char *disk, bool *ret, Fault *f)
{
	const FileDepot *depot = self;
	DiskFile file;
	int r = disk_find(depot, server_id, disk, &file, f);

	if (r < 0)
		return r;
	*ret = r == 0;
	return fault_unexpected(f, dir_flush(depot->disks, f));
}

int file_disk_path(void *self, const char *server_id, const char *disk, Arena *arena,
		   const char **ret, Fault *f)
{
	const FileDepot *depot = self;
	DiskFile file;
	int r = disk_find(depot, server_id, disk, &file, f);

	if (r)
		return r;
	*ret = arena_printf(arena, "%s/disks/%s", depot->path, file.name);
	return 0;
}

int file_disk_size(void *self, const char *server_id, const char *disk, int64_t *ret_bytes,
		   Fault *f)
{
	const FileDepot *depot = self;
	_cleanup_(closep) int fd = -1;
	DiskFile file;
	int r;

	r = disk_find(depot, server_id, disk, &file, f);
	if (!r)
		r = dir_open_file(depot->disks, file.name, O_RDONLY, &fd, f);
	return r ? r : fault_unexpected(f, image_size(fd, file.format, ret_bytes, f));
}

/* Open what a disk is made from; -1: nothing. 0, DEPOT_NO_IMAGE or DEPOT_NO_DISK. */
static int origin_open(const FileDepot *depot, const char *server_id, const DepotOrigin *origin,
		       DiskFormat *ret_format, int *ret_fd, Fault *f)
{
	DiskFile file;
	int r = 0;

	*ret_format = origin->format;
	if (origin->image_id)
		r = dir_open_file(depot->images, origin->image_id, O_RDONLY, ret_fd, f);
	if (r)
		return r == DIR_NO_FILE ? DEPOT_NO_IMAGE : fault_unexpected(f, r);
	if (!origin->disk)
		return 0;
	r = disk_find(depot, server_id, origin->disk, &file, f);
	if (r)
		return r;
	*ret_format = file.format;
	return fault_unexpected(f, dir_open_file(depot->disks, file.name, O_RDONLY, ret_fd, f));
}

/* 0 or DIR_FULL. */
static int fill(int to, int from, DiskFormat format, const DepotOrigin *origin, Fault *f)
{
	int r;

	if (from < 0) {
		r = image_make_empty(to, format, origin->size_bytes, f);
		return r || !origin->filesystem ? r
						: image_make_filesystem(to, origin->filesystem, f);
	}
	r = dir_copy(from, to, f);
	return r ? r : image_grow(to, format, origin->size_bytes, f);
}

int file_disk_create(void *self, const char *server_id, const char *disk, const DepotOrigin *origin,
		     Fault *f)
{
	const FileDepot *depot = self;
	_cleanup_(closep) int from = -1, to = -1;
	DiskFile temporary, file;
	DiskFormat format;
	bool there = false;
	int r;

	r = file_disk_exists(self, server_id, disk, &there, f);
	if (r || there)
		return r;
	r = origin_open(depot, server_id, origin, &format, &from, f);
	if (r)
		return r;
	temporary = file_of(DISK_PREFIX, server_id, disk, format);
	file = file_of("", server_id, disk, format);
	r = dir_create_file(depot->disks, temporary.name, &to, f);
	if (!r)
		r = fill(to, from, format, origin, f);
	if (!r)
		r = dir_publish(depot->disks, to, temporary.name, file.name, f);
	if (r)
		dir_discard_file(depot->disks, temporary.name);
	return r == DIR_FULL ? DEPOT_FULL : fault_unexpected(f, r);
}

/*
 * Most servers have a root disk alone, and each removal costs a flush. So what is not there is
 * passed over, but for the root disk: that goes last, and its flush is for all.
 */
int file_disk_remove(void *self, const char *server_id, const char *disk, Fault *f)
{
	const FileDepot *depot = self;

	for (size_t i = 0; i < ARRAY_SIZE(disk_formats); i++) {
		DiskFile file = file_of("", server_id, disk, disk_formats[i]);
		bool there = str_eq(disk, DEPOT_ROOT);
		int r = there ? 0 : dir_has_file(depot->disks, file.name, &there, f);

		if (!r && there)
			r = dir_remove_file(depot->disks, file.name, f);
		if (r)
			return r;
	}
	return 0;
}

static int rename_disk(const FileDepot *depot, const DiskFile *file, const char *server_id,
		       const char *disk, Fault *f)
{
	DiskFile to = file_of("", server_id, disk, file->format);

	return fault_unexpected(f, dir_rename_file(depot->disks, file->name, to.name, f));
}

/* Cut short, it has moved the root disk away: then only the second half is left. */
int file_disk_exchange(void *self, const char *server_id, const char *in, const char *out, Fault *f)
{
	const FileDepot *depot = self;
	DiskFile coming, root;
	int r;

	r = disk_find(depot, server_id, in, &coming, f);
	if (r)
		return r == DEPOT_NO_DISK ? fault_unexpected(f, dir_flush(depot->disks, f)) : r;
	r = disk_find(depot, server_id, DEPOT_ROOT, &root, f);
	if (r == 0) {
		r = file_disk_remove(self, server_id, out, f);
		if (!r)
			r = rename_disk(depot, &root, server_id, out, f);
	} else if (r == DEPOT_NO_DISK) {
		r = 0;
	}
	return r ? r : rename_disk(depot, &coming, server_id, DEPOT_ROOT, f);
}
