/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Volumes as images "volume-<id>" of the pool. What a guest or a host does with one is between it
 * and the cluster, so connect() only looks, and disconnect() has nothing to do.
 */
#include "backend/rbd/priv.h"
#include "backend/rbd/rbd.h"

/* 0 or BACKEND_NO_VOLUME, also while it is a draft. */
static int volume_look(const Pool *pool, const Volume *volume, Image *ret, Fault *f)
{
	int r = image_look(pool, volume->id, ret, f);

	if (r)
		return r;
	if (volume->format != DISK_FORMAT_RAW)
		return fault(f, -EMEDIUMTYPE, "%s: images of a pool are raw", ret->name);
	return ret->state == IMAGE_READY ? 0 : BACKEND_NO_VOLUME;
}

static int pool_create(void *self, const Volume *volume, Fault *f)
{
	const Pool *pool = self;
	Image image;
	int r = volume_look(pool, volume, &image, f);

	if (r == 0 && image.size_bytes != volume->size_gib * GIB)
		return fault(f, -EMEDIUMTYPE, "%s has another size than its record", image.name);
	if (r != BACKEND_NO_VOLUME)
		return r;
	r = image_make(pool, &image, volume->size_gib * GIB, f);
	return r ? r : image_keep(pool, &image, f);
}

static int pool_remove(void *self, const Volume *volume, Fault *f)
{
	char name[POOL_NAME_BYTES];

	return image_remove(self, pool_name(POOL_IMAGE, volume->id, name), f);
}

static int pool_exists(void *self, const Volume *volume, bool *ret, Fault *f)
{
	Image image;
	int r = volume_look(self, volume, &image, f);

	*ret = r == 0;
	return r == BACKEND_NO_VOLUME ? 0 : r;
}

/* The image grows before the record does. */
static bool size_fits(const Image *image, const Volume *volume)
{
	int64_t size_bytes = volume->size_gib * GIB;
	bool may_be_larger =
		volume->status == VOLUME_EXTENDING || volume->status == VOLUME_ERROR_EXTENDING;

	return image->size_bytes == size_bytes || (may_be_larger && image->size_bytes > size_bytes);
}

static int pool_connect(void *self, const Volume *volume, Arena *arena _unused_, BackendPath *ret,
			Fault *f)
{
	Image image;
	int r = volume_look(self, volume, &image, f);

	if (r)
		return r;
	if (!size_fits(&image, volume))
		return fault(f, -EMEDIUMTYPE, "%s has another size than its record", image.name);
	*ret = (BackendPath){.remote = true, .format = DISK_FORMAT_RAW};
	return 0;
}

static int pool_disconnect(void *self _unused_, const Volume *volume _unused_, Fault *f _unused_)
{
	return 0;
}

static int pool_extend(void *self, const Volume *volume, int64_t size_gib, Fault *f)
{
	Image image;
	int r = volume_look(self, volume, &image, f);

	return r ? r : image_resize(self, image.name, size_gib * GIB, f);
}

const BackendDriver backend_rbd = {
	.name = "rbd",
	.size = sizeof(BackendDriver),
	.traits =
		{
			.protocol = "ceph",
			.thin = true,
			.atomic = true,
			.capacity_waits = true,
		},
	.open = pool_open,
	.close = pool_close,
	.create = pool_create,
	.remove = pool_remove,
	.exists = pool_exists,
	.connect = pool_connect,
	.disconnect = pool_disconnect,
	.connection_info = pool_connection,
	.extend = pool_extend,
	.copy = pool_copy,
	.snapshot = pool_snapshot,
	.snapshot_remove = pool_snapshot_remove,
	.snapshot_exists = pool_snapshot_exists,
	.snapshot_connect = pool_snapshot_connect,
	.save = pool_save,
	.revert = pool_revert,
	.capacity = pool_capacity,
};
