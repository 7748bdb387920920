/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Volumes made from what is there: another volume, a snapshot, the bytes of an image.
 *
 * A copy is a file of its own that refers to nothing: blocks are shared where the file system can,
 * so that it costs little, and otherwise copied with their holes. Another format is made by
 * qemu-img, which is told both. The file gets its name when it is whole and on the disk.
 */
#include <errno.h>
#include <fcntl.h>

#include "backend/file/image.h"
#include "backend/file/priv.h"

/* Bytes to copy, as their record names them. */
typedef struct Origin {
	int fd;
	DiskFormat format;
} Origin;

static void origin_done(Origin *origin)
{
	closep(&origin->fd);
}

/* Paths of images come from the depot, which has looked at the bytes. */
static int image_open(const char *path, int *ret_fd, Fault *f)
{
	int fd;

	assert(path); /* of a source that is neither a volume nor a snapshot */
	fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return fault(f, -errno, "open %s: %s", path, strerror(errno));
	*ret_fd = fd;
	return 0;
}

/* 0, BACKEND_NO_VOLUME or BACKEND_NO_SNAPSHOT. */
static int origin_open(const FileBackend *backend, const BackendSource *source, Origin *ret,
		       Fault *f)
{
	if (source->snapshot) {
		ret->format = (DiskFormat)source->snapshot->format;
		return file_snapshot_open(backend, source->snapshot, &ret->fd, f);
	}
	if (source->volume) {
		ret->format = (DiskFormat)source->volume->format;
		return file_volume_open(backend, source->volume, &ret->fd, f);
	}
	ret->format = (DiskFormat)source->image_format;
	return image_open(source->image_path, &ret->fd, f);
}

/* Fill the new file. 0 or DIR_FULL. */
static int fill(const Origin *origin, int to, const Volume *volume, Fault *f)
{
	DiskFormat format = (DiskFormat)volume->format;
	int64_t size_bytes = volume->size_gib * GIB;
	int r;

	if (origin->format == format) {
		r = dir_copy(origin->fd, to, f);
		return r ? r : image_grow(to, format, size_bytes, f);
	}
	r = image_make_empty(to, format, size_bytes, f);
	return r ? r : image_convert(origin->fd, origin->format, to, format, f);
}

/* A source that grew after it was chosen would make a volume that is not what its record says. */
static int check_size(int fd, const Volume *volume, Fault *f)
{
	int64_t size = 0;
	int r = image_size(fd, (DiskFormat)volume->format, &size, f);

	if (r)
		return fault_unexpected(f, r);
	if (size != volume->size_gib * GIB)
		return fault(f, -EMEDIUMTYPE, "the copy is %lld bytes long, not %lld GiB",
			     (long long)size, (long long)volume->size_gib);
	return 0;
}

/* Put a copy in the place of the volume. 0 or BACKEND_FULL. */
static int volume_fill(const FileBackend *backend, const Origin *origin, const Volume *volume,
		       Fault *f)
{
	char temporary[FILE_NAME_BYTES], name[FILE_NAME_BYTES];
	_cleanup_(closep) int fd = -1;
	int r;

	file_volume_name(volume, DIR_TEMPORARY "copy-", temporary);
	file_volume_name(volume, "", name);
	r = dir_create_file(backend->dir, temporary, &fd, f);
	if (!r)
		r = fill(origin, fd, volume, f);
	if (!r)
		r = check_size(fd, volume, f);
	if (!r)
		r = dir_publish(backend->dir, fd, temporary, name, f);
	if (r)
		dir_discard_file(backend->dir, temporary);
	return r == DIR_FULL ? BACKEND_FULL : fault_unexpected(f, r);
}

int file_copy(void *self, const BackendSource *source, const Volume *volume, Fault *f)
{
	_cleanup_(origin_done) Origin origin = {.fd = -1};
	const FileBackend *backend = self;
	_cleanup_(closep) int fd = -1;
	int r;

	r = file_volume_open(backend, volume, &fd, f);
	if (r == 0) /* who made it may have died before this */
		return file_flush(backend, f);
	if (r != BACKEND_NO_VOLUME)
		return r;
	r = file_has_room(backend, f);
	if (!r)
		r = origin_open(backend, source, &origin, f);
	return r ? r : volume_fill(backend, &origin, volume, f);
}

/* The volume may have grown since: it keeps its size. */
int file_revert(void *self, const Volume *volume, const Snapshot *snapshot, Fault *f)
{
	const BackendSource source = {.volume = volume, .snapshot = snapshot};
	_cleanup_(origin_done) Origin origin = {.fd = -1};
	const FileBackend *backend = self;
	int r;

	r = file_has_room(backend, f);
	if (!r)
		r = origin_open(backend, &source, &origin, f);
	return r ? r : volume_fill(backend, &origin, volume, f);
}
