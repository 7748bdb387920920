/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Volumes made from what is there, and what they hold as files. A copy of a volume or a snapshot
 * shares its objects until either is written to. qemu-img brings bytes from files into the pool and
 * back: it knows the formats of files, and a child can be given up.
 */
#include "backend/rbd/priv.h"
#include "run/run.h"

enum { CONVERT_MS = 6 * 3600 * 1000 };

int pool_convert(const char *from, DiskFormat format, const char *to, bool is_empty, Fault *f)
{
	const RunSpec spec = {
		.argv = RUN_ARGV("qemu-img", "convert", "-q", "-n", "-f",
				 enum_name(&disk_format_names, (int)format), "-O", "raw", from, to,
				 is_empty ? "--target-is-zero" : NULL),
		.timeout_ms = CONVERT_MS,
	};

	return fault_unexpected(f, run_checked(&spec, NULL, f));
}

static const char *spec_of(const Pool *pool, Arena *arena, const BackendSource *source)
{
	char image[POOL_NAME_BYTES], snapshot[POOL_NAME_BYTES];

	(void)pool_name(POOL_IMAGE, source->volume->id, image);
	if (source->snapshot)
		(void)pool_name(POOL_SNAPSHOT, source->snapshot->id, snapshot);
	return pool_spec(arena, &pool->config, image, source->snapshot ? snapshot : NULL);
}

static int copy_image(const Pool *pool, const BackendSource *source, Image *to, int64_t size_bytes,
		      Fault *f)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();
	int r = image_make(pool, to, size_bytes, f);

	if (r)
		return r;
	return pool_convert(source->image_path, (DiskFormat)source->image_format,
			    pool_spec(arena, &pool->config, to->name, NULL), true, f);
}

/* From a snapshot for the purpose; the copy keeps it alive, in the trash, as long as it needs it.
 */
static int copy_volume(const Pool *pool, const Image *from, Image *to, int64_t size_bytes, Fault *f)
{
	char name[POOL_NAME_BYTES];
	int dropped;
	int r;

	(void)pool_name(POOL_COPY, to->id, name);
	r = snapshot_make(pool, from->name, name, f);
	if (!r)
		r = image_clone(pool, from->name, name, to, size_bytes, f);
	if (r < 0)
		return r; /* whoever tries again needs it */
	dropped = snapshot_drop(pool, from->name, name, f);
	return dropped ? dropped : r;
}

static int copy_any(const Pool *pool, const BackendSource *source, Image *to, int64_t size_bytes,
		    Fault *f)
{
	char name[POOL_NAME_BYTES];
	Image from;
	int r;

	if (source->image_path)
		return copy_image(pool, source, to, size_bytes, f);
	r = image_look(pool, source->volume->id, &from, f);
	if (r)
		return r;
	if (from.state != IMAGE_READY)
		return source->snapshot ? BACKEND_NO_SNAPSHOT : BACKEND_NO_VOLUME;
	if (!source->snapshot)
		return copy_volume(pool, &from, to, size_bytes, f);
	return image_clone(pool, from.name, pool_name(POOL_SNAPSHOT, source->snapshot->id, name),
			   to, size_bytes, f);
}

int pool_copy(void *self, const BackendSource *source, const Volume *volume, Fault *f)
{
	const Pool *pool = self;
	Image to;
	int r = image_look(pool, volume->id, &to, f);

	if (r || to.state == IMAGE_READY)
		return r;
	if (volume->format != DISK_FORMAT_RAW)
		return fault(f, -EMEDIUMTYPE, "%s: images of a pool are raw", to.name);
	r = copy_any(pool, source, &to, volume->size_gib * GIB, f);
	if (!r)
		r = image_keep(pool, &to, f);
	if (r == BACKEND_FULL && image_remove(pool, to.name, f))
		return fault_context(f, "remove a copy that does not fit");
	return r;
}

int pool_save(void *self, const BackendSource *source, const char *path, Fault *f)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();
	const Pool *pool = self;
	char name[POOL_NAME_BYTES];
	bool there = true;
	Image from;
	int r = image_look(pool, source->volume->id, &from, f);

	if (!r && source->snapshot)
		r = snapshot_look(pool, from.name,
				  pool_name(POOL_SNAPSHOT, source->snapshot->id, name), &there, f);
	if (r)
		return r;
	if (from.state != IMAGE_READY)
		return BACKEND_NO_VOLUME;
	if (!there)
		return BACKEND_NO_SNAPSHOT;
	return pool_convert(spec_of(pool, arena, source), DISK_FORMAT_RAW, path, true, f);
}
