/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Snapshots as files: DIRECTORY/<snapshot id>.snap.raw or .qcow2, each a whole copy of its volume
 * that shares blocks where the file system can. Volume and snapshot do not know of each other, so
 * that nothing which happens to one can harm the other, and a guest never runs on a chain of files.
 *
 * Sharing blocks (FICLONE) takes one moment of a file, whoever writes to it. Where it does not
 * work, a volume that a guest writes to has to be copied by the emulator: into a draft, which
 * becomes the snapshot when it is whole.
 */
#include <errno.h>
#include <fcntl.h>

#include "backend/file/image.h"
#include "backend/file/priv.h"

#define DRAFT_PREFIX DIR_TEMPORARY "draft-"

static void snapshot_name(const Snapshot *snapshot, const char *prefix,
			  char out[static FILE_NAME_BYTES])
{
	(void)snprintf(out, FILE_NAME_BYTES, "%s%s.snap.%s", prefix, snapshot->id,
		       enum_name(&disk_format_names, snapshot->format)); /* fits: ids are checked */
}

int file_snapshot_open(const FileBackend *backend, const Snapshot *snapshot, int *ret_fd, Fault *f)
{
	char name[FILE_NAME_BYTES];
	int r;

	snapshot_name(snapshot, "", name);
	r = dir_open_file(backend->dir, name, O_RDONLY, ret_fd, f);
	return r == DIR_NO_FILE ? BACKEND_NO_SNAPSHOT : fault_unexpected(f, r);
}

int file_snapshot_exists(void *self, const Volume *volume _unused_, const Snapshot *snapshot,
			 bool *ret, Fault *f)
{
	const FileBackend *backend = self;
	char name[FILE_NAME_BYTES];
	int r;

	snapshot_name(snapshot, "", name);
	r = dir_has_file(backend->dir, name, ret, f);
	return r ? r : fault_unexpected(f, dir_flush(backend->dir, f));
}

/* 0 or DIR_FULL. */
static int snapshot_make(const FileBackend *backend, int volume, const Snapshot *snapshot, Fault *f)
{
	char temporary[FILE_NAME_BYTES], name[FILE_NAME_BYTES];
	_cleanup_(closep) int fd = -1;
	int r;

	snapshot_name(snapshot, DIR_TEMPORARY "snap-", temporary);
	snapshot_name(snapshot, "", name);
	r = dir_create_file(backend->dir, temporary, &fd, f);
	if (!r)
		r = dir_copy(volume, fd, f);
	if (!r)
		r = dir_publish(backend->dir, fd, temporary, name, f);
	if (r)
		dir_discard_file(backend->dir, temporary);
	return r;
}

int file_snapshot(void *self, const Volume *volume, const Snapshot *snapshot, Fault *f)
{
	const FileBackend *backend = self;
	_cleanup_(closep) int fd = -1;
	bool there = false;
	int r;

	r = file_snapshot_exists(self, volume, snapshot, &there, f);
	if (r || there)
		return r;
	if (volume->size_gib != snapshot->size_gib)
		return fault(f, -EMEDIUMTYPE, "volume %s has grown meanwhile", volume->id);
	r = file_volume_open(backend, volume, &fd, f);
	if (!r)
		r = file_has_room(backend, f);
	if (r)
		return r;
	r = snapshot_make(backend, fd, snapshot, f);
	return r == DIR_FULL ? BACKEND_FULL : fault_unexpected(f, r);
}

int file_snapshot_remove(void *self, const Volume *volume _unused_, const Snapshot *snapshot,
			 Fault *f)
{
	char draft[FILE_NAME_BYTES], name[FILE_NAME_BYTES];
	const FileBackend *backend = self;
	int r;

	snapshot_name(snapshot, DRAFT_PREFIX, draft);
	snapshot_name(snapshot, "", name);
	r = dir_remove_file(backend->dir, draft, f);
	return r ? r : dir_remove_file(backend->dir, name, f);
}

int file_snapshot_connect(void *self, const Volume *volume _unused_, const Snapshot *snapshot,
			  Arena *arena, BackendPath *ret, Fault *f)
{
	const FileBackend *backend = self;
	char name[FILE_NAME_BYTES];
	bool there = false;
	int r;

	snapshot_name(snapshot, "", name);
	r = dir_has_file(backend->dir, name, &there, f);
	if (r)
		return r;
	*ret = (BackendPath){
		.path = arena_printf(arena, "%s/%s", backend->path, name),
		.format = snapshot->format,
	};
	return there ? 0 : BACKEND_NO_SNAPSHOT;
}

int file_snapshot_draft(void *self, const Volume *volume _unused_, const Snapshot *snapshot,
			Arena *arena, BackendPath *ret, Fault *f)
{
	const FileBackend *backend = self;
	_cleanup_(closep) int fd = -1;
	char name[FILE_NAME_BYTES];
	int r;

	r = file_has_room(backend, f);
	if (r)
		return r;
	snapshot_name(snapshot, DRAFT_PREFIX, name);
	r = dir_create_file(backend->dir, name, &fd, f);
	if (!r)
		r = image_make_empty(fd, (DiskFormat)snapshot->format, snapshot->size_gib * GIB, f);
	if (r)
		return r == DIR_FULL ? BACKEND_FULL : fault_unexpected(f, r);
	*ret = (BackendPath){
		.path = arena_printf(arena, "%s/%s", backend->path, name),
		.format = snapshot->format,
	};
	return 0;
}

int file_snapshot_keep(void *self, const Volume *volume, const Snapshot *snapshot, Fault *f)
{
	char draft[FILE_NAME_BYTES], name[FILE_NAME_BYTES];
	const FileBackend *backend = self;
	_cleanup_(closep) int fd = -1;
	int64_t size = 0;
	int r;

	snapshot_name(snapshot, DRAFT_PREFIX, draft);
	snapshot_name(snapshot, "", name);
	r = dir_open_file(backend->dir, draft, O_RDWR, &fd, f);
	if (r == DIR_NO_FILE) {
		bool there = false;

		r = file_snapshot_exists(self, volume, snapshot, &there, f);
		return r ? r : there ? 0 : BACKEND_NO_SNAPSHOT;
	}
	if (!r)
		r = image_size(fd, (DiskFormat)snapshot->format, &size, f);
	if (r)
		return fault_unexpected(f, r);
	if (size != snapshot->size_gib * GIB)
		return fault(f, -EMEDIUMTYPE, "the copy of volume %s is %lld bytes long",
			     volume->id, (long long)size);
	r = dir_publish(backend->dir, fd, draft, name, f);
	return r == DIR_FULL ? BACKEND_FULL : fault_unexpected(f, r);
}
