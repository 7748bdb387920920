/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Snapshots "snapshot-<id>" of a volume's image. Copies that were made from one do not keep it from
 * being removed: Ceph keeps what they need out of sight.
 */
#include "backend/rbd/priv.h"

int snapshot_look(const Pool *pool, const char *image, const char *name, bool *ret, Fault *f)
{
	_cleanup_(image_done) rbd_image_t open = NULL;
	int r = image_open_read(pool, image, NULL, &open, f);

	*ret = false;
	if (r || !open)
		return r;
	r = rbd_snap_exists(open, name, ret);
	return r < 0 ? pool_fault(f, r, "look for snapshot", name) : 0;
}

int snapshot_make(const Pool *pool, const char *image, const char *name, Fault *f)
{
	_cleanup_(image_done) rbd_image_t open = NULL;
	int r = image_open_write(pool, image, &open, f);

	if (r)
		return r;
	r = open ? rbd_snap_create(open, name) : -ENOENT;
	return r < 0 && r != -EEXIST ? pool_fault(f, r, "make snapshot", name) : 0;
}

int snapshot_drop(const Pool *pool, const char *image, const char *name, Fault *f)
{
	_cleanup_(image_done) rbd_image_t open = NULL;
	int r = image_open_write(pool, image, &open, f);

	if (r || !open)
		return r;
	r = rbd_snap_remove(open, name);
	return r < 0 && r != -ENOENT ? pool_fault(f, r, "remove snapshot", name) : 0;
}

int pool_snapshot(void *self, const Volume *volume, const Snapshot *snapshot, Fault *f)
{
	char name[POOL_NAME_BYTES];
	const Pool *pool = self;
	bool there = false;
	Image image;
	int r = image_look(pool, volume->id, &image, f);

	(void)pool_name(POOL_SNAPSHOT, snapshot->id, name);
	if (!r)
		r = snapshot_look(pool, image.name, name, &there, f);
	if (r || there)
		return r;
	if (image.state != IMAGE_READY)
		return BACKEND_NO_VOLUME;
	return snapshot_make(pool, image.name, name, f);
}

int pool_snapshot_remove(void *self, const Volume *volume, const Snapshot *snapshot, Fault *f)
{
	char image[POOL_NAME_BYTES], name[POOL_NAME_BYTES];

	return snapshot_drop(self, pool_name(POOL_IMAGE, volume->id, image),
			     pool_name(POOL_SNAPSHOT, snapshot->id, name), f);
}

int pool_snapshot_exists(void *self, const Volume *volume, const Snapshot *snapshot, bool *ret,
			 Fault *f)
{
	char image[POOL_NAME_BYTES], name[POOL_NAME_BYTES];

	return snapshot_look(self, pool_name(POOL_IMAGE, volume->id, image),
			     pool_name(POOL_SNAPSHOT, snapshot->id, name), ret, f);
}

int pool_snapshot_connect(void *self, const Volume *volume, const Snapshot *snapshot,
			  Arena *arena _unused_, BackendPath *ret, Fault *f)
{
	bool there = false;
	int r = pool_snapshot_exists(self, volume, snapshot, &there, f);

	if (r)
		return r;
	*ret = (BackendPath){.remote = true, .format = DISK_FORMAT_RAW};
	return there ? 0 : BACKEND_NO_SNAPSHOT;
}

/* ---- the way back ---- */

/* The image gets the size that it had then; the volume may have grown since, and keeps its size. */
static int roll_back(const Pool *pool, const Image *image, const char *name, int64_t size_bytes,
		     Fault *f)
{
	_cleanup_(image_done) rbd_image_t open = NULL;
	int r = image_open_write(pool, image->name, &open, f);

	if (r)
		return r;
	r = open ? rbd_snap_rollback(open, name) : -ENOENT;
	if (r < 0)
		return pool_fault(f, r, "go back to snapshot", name);
	return image_resize(pool, image->name, size_bytes, f);
}

/* A volume that is filled anew goes back to what was made beside it, under the snapshot's id. */
static int take_from_beside(const Pool *pool, const Image *image, const Snapshot *snapshot,
			    const char *name, Fault *f)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();
	char beside[POOL_NAME_BYTES];
	bool there = false;
	int r = snapshot_look(pool, pool_name(POOL_IMAGE, snapshot->id, beside), name, &there, f);

	if (r)
		return r;
	if (!there)
		return BACKEND_NO_SNAPSHOT;
	return pool_convert(pool_spec(arena, &pool->config, beside, name), DISK_FORMAT_RAW,
			    pool_spec(arena, &pool->config, image->name, NULL), false, f);
}

int pool_revert(void *self, const Volume *volume, const Snapshot *snapshot, Fault *f)
{
	char name[POOL_NAME_BYTES];
	const Pool *pool = self;
	bool there = false;
	Image image;
	int r = image_look(pool, volume->id, &image, f);

	(void)pool_name(POOL_SNAPSHOT, snapshot->id, name);
	if (!r)
		r = snapshot_look(pool, image.name, name, &there, f);
	if (r)
		return r;
	if (image.state != IMAGE_READY)
		return BACKEND_NO_VOLUME;
	return there ? roll_back(pool, &image, name, volume->size_gib * GIB, f)
		     : take_from_beside(pool, &image, snapshot, name, f);
}
