/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Volumes as files: DIRECTORY/<volume id>.raw or .qcow2.
 *
 * What create() and remove() did is durable when they return; exists() and a create() that finds
 * the file see to it as well, because a process that died may have got as far as the name. Nothing
 * is left to a later clean-up: of a file without a record nobody could say whether it is left
 * over, or the volume of a database that was restored from a copy.
 *
 * A volume is thin: a sparse file (or an empty qcow2) of exactly the recorded size. More may be
 * promised than the file system holds; a volume is refused as BACKEND_FULL when the file system
 * cannot hold it at all or is down to its last megabytes.
 *
 * The volume is reached in place, so connect() only checks that the file is what the record says,
 * and disconnect() makes sure that what the guest wrote is on the disk.
 */
#include "backend/file/file.h"

#include <errno.h>
#include <fcntl.h>

#include "backend/file/image.h"
#include "backend/file/priv.h"
#include "base/mem.h"
#include "base/str.h"
#include "json/out.h"

void file_volume_name(const Volume *volume, const char *prefix, char out[static FILE_NAME_BYTES])
{
	(void)snprintf(out, FILE_NAME_BYTES, "%s%s.%s", prefix, volume->id,
		       enum_name(&disk_format_names, volume->format)); /* fits: ids are checked */
}

static const char *volume_path(const FileBackend *backend, const Volume *volume, Arena *arena)
{
	char name[FILE_NAME_BYTES];

	file_volume_name(volume, "", name);
	return arena_printf(arena, "%s/%s", backend->path, name);
}

/* One moment of a file that is written to can be had where blocks can be shared. */
void file_describe(void *self, BackendTraits *traits)
{
	const FileBackend *backend = self;

	traits->atomic = backend->reflinks;
}

void file_close(void *self)
{
	FileBackend *backend = self;

	(void)dir_close(backend->dir);
	free(backend->path);
	free(backend->mount_base);
	free(backend->export);
	free(backend->options);
	free(backend);
}

int file_backend_open(const char *directory, FileBackend **ret, Fault *f)
{
	_cleanup_(dir_closep) Dir *dir = NULL;
	FileBackend *backend;
	int r;

	r = dir_open(directory, &dir, f);
	if (!r)
		r = dir_sweep(dir, f);
	if (r)
		return fault_unexpected(f, r);
	backend = NEW(FileBackend);
	backend->dir = TAKE(dir);
	backend->path = mem_strdup(directory);
	backend->reflinks = dir_shares_blocks(backend->dir);
	*ret = backend;
	return 0;
}

static int file_open(const BackendConfig *config, void **ret, Fault *f)
{
	FileBackend *backend;
	int r = file_backend_open(config->directory, &backend, f);

	if (!r)
		*ret = backend;
	return r;
}

int file_capacity(void *self, int64_t *ret_total_bytes, int64_t *ret_free_bytes, Fault *f)
{
	const FileBackend *backend = self;

	return dir_space(backend->dir, ret_total_bytes, ret_free_bytes, f);
}

/* The file grows before the record does. */
static bool may_be_larger(const Volume *volume)
{
	return volume->status == VOLUME_EXTENDING || volume->status == VOLUME_ERROR_EXTENDING;
}

int file_has_room(const FileBackend *backend, Fault *f)
{
	int64_t total = 0, left = 0;
	int r = dir_space(backend->dir, &total, &left, f);

	if (r)
		return r;
	return left < FILE_LAST_BYTES ? BACKEND_FULL : 0;
}

int file_volume_open(const FileBackend *backend, const Volume *volume, int *ret_fd, Fault *f)
{
	_cleanup_(closep) int fd = -1;
	char name[FILE_NAME_BYTES];
	int64_t size = 0;
	int r;

	file_volume_name(volume, "", name);
	r = dir_open_file(backend->dir, name, O_RDONLY, &fd, f);
	if (r == DIR_NO_FILE)
		return BACKEND_NO_VOLUME;
	if (r)
		return fault_unexpected(f, r);
	r = image_size(fd, (DiskFormat)volume->format, &size, f);
	if (r < 0)
		return r;
	if (r > 0)
		return fault(f, -EMEDIUMTYPE, "%s is not what its record says", name);
	if (size != volume->size_gib * GIB &&
	    !(may_be_larger(volume) && size > volume->size_gib * GIB))
		return fault(f, -EMEDIUMTYPE, "%s is %lld bytes long, its record says %lld GiB",
			     name, (long long)size, (long long)volume->size_gib);
	*ret_fd = TAKE_FD(fd);
	return 0;
}

/* Make the file under a temporary name and give it its own. 0 or BACKEND_FULL. */
static int volume_make(const FileBackend *backend, const Volume *volume, Fault *f)
{
	_cleanup_(closep) int fd = -1;
	char temporary[FILE_NAME_BYTES], name[FILE_NAME_BYTES];
	int r;

	file_volume_name(volume, DIR_TEMPORARY "new-", temporary);
	file_volume_name(volume, "", name);
	r = dir_create_file(backend->dir, temporary, &fd, f);
	if (!r)
		r = image_make_empty(fd, (DiskFormat)volume->format, volume->size_gib * GIB, f);
	if (!r)
		r = dir_publish(backend->dir, fd, temporary, name, f);
	if (r) {
		dir_discard_file(backend->dir, temporary);
		return r == DIR_FULL ? BACKEND_FULL : fault_unexpected(f, r);
	}
	return 0;
}

int file_flush(const FileBackend *backend, Fault *f)
{
	int r = dir_flush(backend->dir, f);

	return r == DIR_FULL ? BACKEND_FULL : r;
}

int file_create(void *self, const Volume *volume, Fault *f)
{
	const FileBackend *backend = self;
	_cleanup_(closep) int fd = -1;
	int r;

	r = file_volume_open(backend, volume, &fd, f);
	if (r == 0) /* who made it may have died before this */
		return file_flush(backend, f);
	if (r != BACKEND_NO_VOLUME)
		return r;
	r = file_has_room(backend, f);
	return r ? r : volume_make(backend, volume, f);
}

int file_remove(void *self, const Volume *volume, Fault *f)
{
	const FileBackend *backend = self;
	char name[FILE_NAME_BYTES];

	file_volume_name(volume, "", name);
	return dir_remove_file(backend->dir, name, f);
}

int file_exists(void *self, const Volume *volume, bool *ret, Fault *f)
{
	const FileBackend *backend = self;
	char name[FILE_NAME_BYTES];
	int r;

	file_volume_name(volume, "", name);
	r = dir_has_file(backend->dir, name, ret, f);
	return r ? r : fault_unexpected(f, dir_flush(backend->dir, f));
}

int file_connect(void *self, const Volume *volume, Arena *arena, BackendPath *ret, Fault *f)
{
	const FileBackend *backend = self;
	_cleanup_(closep) int fd = -1;
	int r;

	r = file_volume_open(backend, volume, &fd, f);
	if (r)
		return r;
	*ret = (BackendPath){
		.path = volume_path(backend, volume, arena),
		.format = volume->format,
	};
	return 0;
}

int file_disconnect(void *self, const Volume *volume, Fault *f)
{
	const FileBackend *backend = self;
	_cleanup_(closep) int fd = -1;
	char name[FILE_NAME_BYTES];
	int r;

	file_volume_name(volume, "", name);
	r = dir_open_file(backend->dir, name, O_RDONLY, &fd, f);
	if (r == DIR_NO_FILE)
		return 0;
	if (r)
		return fault_unexpected(f, r);
	if (fsync(fd))
		return fault(f, -errno, "flush %s: %s", name, strerror(errno));
	return 0;
}

static int extend_to(int fd, const Volume *volume, int64_t size_gib, Fault *f)
{
	int64_t size = 0;
	int r = image_size(fd, (DiskFormat)volume->format, &size, f);

	if (r < 0)
		return r;
	if (r > 0 || size < volume->size_gib * GIB)
		return fault(f, -EMEDIUMTYPE, "the file is not what its record says");
	r = image_grow(fd, (DiskFormat)volume->format, size_gib * GIB, f);
	if (r)
		return r == DIR_FULL ? BACKEND_FULL : fault_unexpected(f, r);
	if (fsync(fd))
		return fault(f, -errno, "flush: %s", strerror(errno));
	return 0;
}

int file_extend(void *self, const Volume *volume, int64_t size_gib, Fault *f)
{
	const FileBackend *backend = self;
	_cleanup_(closep) int fd = -1;
	char name[FILE_NAME_BYTES];
	int r;

	file_volume_name(volume, "", name);
	r = dir_open_file(backend->dir, name, O_RDWR, &fd, f);
	if (r == DIR_NO_FILE)
		return BACKEND_NO_VOLUME;
	if (r)
		return fault_unexpected(f, r);
	r = extend_to(fd, volume, size_gib, f);
	if (r < 0)
		(void)fault_context(f, "%s", name); /* r is the fault */
	return r;
}

static int file_connection_info(void *self, const Volume *volume,
				const Attachment *attachment _unused_, Arena *arena,
				const char **ret, Fault *f)
{
	JsonOut out = {0};
	const FileBackend *backend = self;
	_cleanup_(freep) char *text = NULL;
	size_t length;

	(void)f;
	json_out_begin(&out, NULL);
	json_out_text(&out, "driver_volume_type", "local");
	json_out_text(&out, "device_path", volume_path(backend, volume, arena));
	json_out_text(&out, "format", enum_name(&disk_format_names, volume->format));
	json_out_text(&out, "volume_id", volume->id);
	json_out_end(&out);
	text = json_out_take(&out, &length);
	*ret = arena_strndup(arena, text, length);
	return 0;
}

const BackendDriver backend_file = {
	.name = "file",
	.size = sizeof(BackendDriver),
	.traits = {.protocol = "local", .thin = true},
	.open = file_open,
	.close = file_close,
	.describe = file_describe,
	.create = file_create,
	.remove = file_remove,
	.exists = file_exists,
	.connect = file_connect,
	.disconnect = file_disconnect,
	.connection_info = file_connection_info,
	.extend = file_extend,
	.copy = file_copy,
	.snapshot = file_snapshot,
	.snapshot_remove = file_snapshot_remove,
	.snapshot_exists = file_snapshot_exists,
	.snapshot_connect = file_snapshot_connect,
	.snapshot_draft = file_snapshot_draft,
	.snapshot_keep = file_snapshot_keep,
	.revert = file_revert,
	.capacity = file_capacity,
};
