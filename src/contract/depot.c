/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * The checked wrappers round a depot's slots: ids become file names, so each is checked here; the
 * answer is logged, and one that the slot is not allowed to give becomes a fault.
 */
#include "contract/depot.h"

#include <errno.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/uuid.h"

struct Depot {
	const DepotDriver *driver;
	void *self;
};

static bool driver_complete(const DepotDriver *driver)
{
	return driver->name && driver->size == sizeof(DepotDriver) && driver->open &&
	       driver->close && driver->begin && driver->write && driver->import &&
	       driver->finish && driver->abandon && driver->remove && driver->image_path &&
	       driver->disk_create && driver->disk_remove && driver->disk_exists &&
	       driver->disk_path && driver->disk_size && driver->disk_exchange && driver->sweep;
}

static void id_check(const Depot *depot, const char *id)
{
	char canonical[UUID_TEXT];

	assert(depot && id);
	assert(uuid_canonical(id, canonical) && strcmp(canonical, id) == 0);
}

/* Log the answer; an outcome outside [low, high] is not the slot's to give. */
static int call_done(const char *call, const char *id, int r, Fault *f, int low, int high)
{
	if (log_enabled(LOG_DEBUG))
		log_write(LOG_DEBUG, "depot call=%s id=%s result=%d", call, id ? id : "-", r);
	if (r == 0 || (r >= low && r <= high))
		return r;
	r = fault_unexpected(f, r);
	(void)fault_context(f, "depot: %s%s%s", call, id ? " of " : "", id ? id : "");
	return r;
}

int depot_open(const DepotDriver *driver, const char *directory, Depot **ret, Fault *f)
{
	_cleanup_(depot_closep) Depot *depot = NULL;
	int r;

	assert(driver_complete(driver));
	if (!directory || directory[0] != '/')
		return fault(f, -EINVAL, "depot: the directory has to be an absolute path");

	depot = NEW(Depot);
	depot->driver = driver;
	r = call_done("open", NULL, driver->open(directory, &depot->self, f), f, 0, 0);
	if (r)
		return r;
	*ret = TAKE(depot);
	return 0;
}

Depot *depot_close(Depot *depot)
{
	if (!depot)
		return NULL;
	if (depot->self)
		depot->driver->close(depot->self);
	free(depot);
	return NULL;
}

int depot_begin(Depot *depot, const char *image_id, DepotUpload **ret, Fault *f)
{
	id_check(depot, image_id);
	return call_done("begin", image_id, depot->driver->begin(depot->self, image_id, ret, f), f,
			 DEPOT_FULL, DEPOT_FULL);
}

int depot_write(Depot *depot, DepotUpload *upload, const void *bytes, size_t n, Fault *f)
{
	int r = depot->driver->write(upload, bytes, n, f);

	/* Once a block: not logged. */
	return r == DEPOT_FULL ? r : fault_unexpected(f, r);
}

int depot_finish(Depot *depot, DepotUpload *upload, DiskFormat format, Arena *arena,
		 DepotFacts *ret, Fault *f)
{
	DepotFacts facts = {0};
	int r = depot->driver->finish(upload, format, arena, &facts, f);

	if (r == DEPOT_UNSAFE || r == DEPOT_WRONG_FORMAT || r == DEPOT_FULL)
		return r;
	if (r)
		return fault_unexpected(f, r);
	if (facts.size_bytes < 0 || !facts.md5 || !facts.sha512)
		return fault(f, -EPROTO, "depot: finish told nothing of what was stored");
	*ret = facts;
	return 0;
}

int depot_import(Depot *depot, const char *image_id, const DepotSource *source, DiskFormat format,
		 Arena *arena, DepotFacts *ret, Fault *f)
{
	DepotFacts facts = {0};
	int r;

	id_check(depot, image_id);
	assert(source->path && source->size_bytes > 0);
	assert(format == DISK_FORMAT_RAW || format == DISK_FORMAT_QCOW2);
	r = depot->driver->import(depot->self, image_id, source, format, arena, &facts, f);
	r = call_done("import", image_id, r, f, DEPOT_FULL, DEPOT_FULL);
	if (!r && (facts.size_bytes < 0 || !facts.md5 || !facts.sha512))
		return fault(f, -EPROTO, "depot: import told nothing of what was stored");
	if (!r)
		*ret = facts;
	return r;
}

DepotUpload *depot_abandon(Depot *depot, DepotUpload *upload)
{
	return upload ? depot->driver->abandon(upload) : NULL;
}

int depot_remove(Depot *depot, const char *image_id, Fault *f)
{
	id_check(depot, image_id);
	return call_done("remove", image_id, depot->driver->remove(depot->self, image_id, f), f, 0,
			 0);
}

int depot_image_path(Depot *depot, const char *image_id, Arena *arena, const char **ret, Fault *f)
{
	int r;

	id_check(depot, image_id);
	r = depot->driver->image_path(depot->self, image_id, arena, ret, f);
	return call_done("image_path", image_id, r, f, DEPOT_NO_IMAGE, DEPOT_NO_IMAGE);
}

static void disk_check(const Depot *depot, const char *server_id, const char *disk)
{
	id_check(depot, server_id);
	assert(disk[0] && strlen(disk) <= DEPOT_DISK_CHARS);
	for (const char *p = disk; *p; p++)
		assert((*p >= 'a' && *p <= 'z') || (*p >= '0' && *p <= '9'));
}

int depot_disk_create(Depot *depot, const char *server_id, const char *disk,
		      const DepotOrigin *origin, Fault *f)
{
	int r;

	disk_check(depot, server_id, disk);
	assert(!origin->image_id || !origin->disk);
	assert(!origin->filesystem || (!origin->image_id && !origin->disk));
	assert(origin->size_bytes >= 0);
	assert(origin->format == DISK_FORMAT_RAW || origin->format == DISK_FORMAT_QCOW2);
	if (origin->image_id)
		id_check(depot, origin->image_id);
	if (origin->disk)
		disk_check(depot, server_id, origin->disk);
	r = depot->driver->disk_create(depot->self, server_id, disk, origin, f);
	return call_done("disk_create", server_id, r, f, DEPOT_NO_IMAGE, DEPOT_FULL);
}

int depot_disk_remove(Depot *depot, const char *server_id, const char *disk, Fault *f)
{
	disk_check(depot, server_id, disk);
	return call_done("disk_remove", server_id,
			 depot->driver->disk_remove(depot->self, server_id, disk, f), f, 0, 0);
}

int depot_disk_exists(Depot *depot, const char *server_id, const char *disk, bool *ret, Fault *f)
{
	disk_check(depot, server_id, disk);
	return call_done("disk_exists", server_id,
			 depot->driver->disk_exists(depot->self, server_id, disk, ret, f), f, 0, 0);
}

int depot_disk_path(Depot *depot, const char *server_id, const char *disk, Arena *arena,
		    const char **ret, Fault *f)
{
	int r;

	disk_check(depot, server_id, disk);
	r = depot->driver->disk_path(depot->self, server_id, disk, arena, ret, f);
	return call_done("disk_path", server_id, r, f, DEPOT_NO_DISK, DEPOT_NO_DISK);
}

int depot_disk_size(Depot *depot, const char *server_id, const char *disk, int64_t *ret_bytes,
		    Fault *f)
{
	int r;

	disk_check(depot, server_id, disk);
	r = depot->driver->disk_size(depot->self, server_id, disk, ret_bytes, f);
	return call_done("disk_size", server_id, r, f, DEPOT_NO_DISK, DEPOT_NO_DISK);
}

int depot_disk_exchange(Depot *depot, const char *server_id, const char *in, const char *out,
			Fault *f)
{
	disk_check(depot, server_id, in);
	disk_check(depot, server_id, out);
	return call_done("disk_exchange", server_id,
			 depot->driver->disk_exchange(depot->self, server_id, in, out, f), f, 0, 0);
}

int depot_sweep(Depot *depot, Fault *f)
{
	return call_done("sweep", NULL, depot->driver->sweep(depot->self, f), f, 0, 0);
}
