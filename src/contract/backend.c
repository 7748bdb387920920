/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * The checked wrappers round a volume backend's slots. Each one checks what it is handed (a slot
 * may build file names from a volume's id), logs the call with its answer, and turns an answer
 * that the slot is not allowed to give into a fault. Exports by a target are in export.c.
 */
#include "contract/backend-priv.h"

#include <errno.h>

#include "base/mem.h"
#include "base/uuid.h"
#include "contract/slot.h"

/* All that has to do with copies and snapshots, or nothing of it. */
static bool snapshots_complete(const BackendDriver *driver)
{
	bool has = driver->copy;

	return has == !!driver->snapshot && has == !!driver->snapshot_remove &&
	       has == !!driver->snapshot_exists && has == !!driver->snapshot_connect &&
	       has == !!driver->revert && !driver->snapshot_draft == !driver->snapshot_keep &&
	       (!has || driver->traits.atomic || driver->snapshot_draft);
}

static bool driver_complete(const BackendDriver *driver)
{
	return driver->name && driver->size == sizeof(BackendDriver) && driver->open &&
	       driver->close && driver->create && driver->remove && driver->exists &&
	       driver->connect && driver->disconnect && driver->connection_info && driver->extend &&
	       driver->capacity && snapshots_complete(driver);
}

/* What every call about a volume may rely on. */
void backend_check_volume(const Backend *backend, const Volume *volume)
{
	char canonical[UUID_TEXT];

	assert(backend && volume);
	assert(uuid_canonical(volume->id, canonical) && strcmp(canonical, volume->id) == 0);
	assert(volume->size_gib > 0);
	assert(volume->format == DISK_FORMAT_RAW || volume->format == DISK_FORMAT_QCOW2);
}

static void snapshot_check(const Backend *backend, const Volume *volume, const Snapshot *snapshot)
{
	char canonical[UUID_TEXT];

	backend_check_volume(backend, volume);
	assert(uuid_canonical(snapshot->id, canonical) && strcmp(canonical, snapshot->id) == 0);
	assert(strcmp(snapshot->volume_id, volume->id) == 0);
}

static bool outcome_allowed(int r, unsigned allowed)
{
	switch ((BackendOutcome)r) {
	case BACKEND_FULL:
		return allowed & MAY_BE_FULL;
	case BACKEND_NO_VOLUME:
		return allowed & MAY_LACK_VOLUME;
	case BACKEND_NO_SNAPSHOT:
		return allowed & MAY_LACK_SNAPSHOT;
	}
	return r == 0;
}

int backend_call_done(const Backend *backend, const char *name, const Volume *volume, int r,
		      unsigned allowed, Fault *f)
{
	static const SlotNoun noun = {.key = "vol", .name = "volume"};
	const SlotCall call = {backend->name, name, &noun, volume->id};

	return slot_call_done(&call, r, outcome_allowed(r, allowed), f);
}

/* As backend_call_done(), of a call that made or removed something. */
static int change_done(const Backend *backend, const char *name, const Volume *volume, int r,
		       unsigned allowed, Fault *f)
{
	capacity_sampler_changed(backend->sampler);
	return backend_call_done(backend, name, volume, r, allowed, f);
}

int backend_open(const BackendDriver *driver, const BackendConfig *config, Backend **ret, Fault *f)
{
	_cleanup_(backend_closep) Backend *backend = NULL;
	int r;

	assert(driver_complete(driver));
	assert(config->name);
	if (!config->directory || config->directory[0] != '/')
		return fault(f, -EINVAL, "backend %s: the directory has to be an absolute path",
			     config->name);

	backend = NEW(Backend);
	backend->driver = driver;
	backend->name = mem_strdup(config->name);
	r = driver->open(config, &backend->self, f);
	if (!r && driver->traits.capacity_waits) {
		backend->sampler = capacity_sampler_new(driver->capacity, backend->self);
		r = capacity_sampler_check(backend->sampler, f);
	}
	if (r) {
		r = fault_unexpected(f, r);
		(void)fault_context(f, "backend %s: open", config->name);
		return r;
	}
	backend->traits = driver->traits;
	if (driver->describe)
		driver->describe(backend->self, &backend->traits);
	*ret = TAKE(backend);
	return 0;
}

Backend *backend_close(Backend *backend)
{
	if (!backend)
		return NULL;
	(void)capacity_sampler_free(backend->sampler); /* NULL */
	if (backend->self)
		backend->driver->close(backend->self);
	free(backend->name);
	free(backend);
	return NULL;
}

const char *backend_name(const Backend *backend)
{
	return backend->name;
}

const BackendTraits *backend_traits(const Backend *backend)
{
	return &backend->traits;
}

int backend_create(Backend *backend, const Volume *volume, Fault *f)
{
	backend_check_volume(backend, volume);
	return change_done(backend, "create", volume,
			   backend->driver->create(backend->self, volume, f), MAY_BE_FULL, f);
}

int backend_remove(Backend *backend, const Volume *volume, Fault *f)
{
	backend_check_volume(backend, volume);
	return change_done(backend, "remove", volume,
			   backend->driver->remove(backend->self, volume, f), 0, f);
}

int backend_exists(Backend *backend, const Volume *volume, bool *ret, Fault *f)
{
	backend_check_volume(backend, volume);
	return backend_call_done(backend, "exists", volume,
				 backend->driver->exists(backend->self, volume, ret, f), 0, f);
}

static bool is_usable(const BackendPath *path, const Volume *volume)
{
	bool is_known = path->remote ? !path->path : path->path && path->path[0] == '/';

	return is_known && path->format == volume->format;
}

int backend_connect(Backend *backend, const Volume *volume, Arena *arena, BackendPath *ret,
		    Fault *f)
{
	BackendPath path = {0};
	int r;

	backend_check_volume(backend, volume);
	r = backend->driver->connect(backend->self, volume, arena, &path, f);
	r = backend_call_done(backend, "connect", volume, r, MAY_LACK_VOLUME, f);
	if (r)
		return r;
	if (!is_usable(&path, volume))
		return fault(f, -EPROTO, "backend %s: connect of volume %s gave no usable path",
			     backend->name, volume->id);
	*ret = path;
	return 0;
}

int backend_disconnect(Backend *backend, const Volume *volume, Fault *f)
{
	backend_check_volume(backend, volume);
	return backend_call_done(backend, "disconnect", volume,
				 backend->driver->disconnect(backend->self, volume, f), 0, f);
}

int backend_extend(Backend *backend, const Volume *volume, int64_t size_gib, Fault *f)
{
	int r;

	backend_check_volume(backend, volume);
	assert(size_gib >= volume->size_gib);
	r = change_done(backend, "extend", volume,
			backend->driver->extend(backend->self, volume, size_gib, f),
			MAY_BE_FULL | MAY_LACK_VOLUME, f);
	return r || !backend->target ? r : backend_resize_export(backend, volume, size_gib, f);
}

int backend_copy(Backend *backend, const BackendSource *source, const Volume *volume, Fault *f)
{
	backend_check_volume(backend, volume);
	if (source->snapshot)
		snapshot_check(backend, source->volume, source->snapshot);
	else if (source->volume)
		backend_check_volume(backend, source->volume);
	assert(!source->volume != !source->image_path);
	if (!backend->driver->copy)
		return slot_missing(backend->name, "copy", f);
	return change_done(backend, "copy", volume,
			   backend->driver->copy(backend->self, source, volume, f),
			   MAY_BE_FULL | MAY_LACK_VOLUME | MAY_LACK_SNAPSHOT, f);
}

int backend_snapshot(Backend *backend, const Volume *volume, const Snapshot *snapshot, Fault *f)
{
	snapshot_check(backend, volume, snapshot);
	if (!backend->driver->snapshot)
		return slot_missing(backend->name, "snapshot", f);
	return change_done(backend, "snapshot", volume,
			   backend->driver->snapshot(backend->self, volume, snapshot, f),
			   MAY_BE_FULL | MAY_LACK_VOLUME, f);
}

int backend_snapshot_remove(Backend *backend, const Volume *volume, const Snapshot *snapshot,
			    Fault *f)
{
	snapshot_check(backend, volume, snapshot);
	if (!backend->driver->snapshot_remove)
		return 0;
	return change_done(backend, "snapshot_remove", volume,
			   backend->driver->snapshot_remove(backend->self, volume, snapshot, f), 0,
			   f);
}

int backend_snapshot_exists(Backend *backend, const Volume *volume, const Snapshot *snapshot,
			    bool *ret, Fault *f)
{
	snapshot_check(backend, volume, snapshot);
	*ret = false;
	if (!backend->driver->snapshot_exists)
		return 0;
	return backend_call_done(
		backend, "snapshot_exists", volume,
		backend->driver->snapshot_exists(backend->self, volume, snapshot, ret, f), 0, f);
}

int backend_snapshot_draft(Backend *backend, const Volume *volume, const Snapshot *snapshot,
			   Arena *arena, BackendPath *ret, Fault *f)
{
	snapshot_check(backend, volume, snapshot);
	if (!backend->driver->snapshot_draft)
		return slot_missing(backend->name, "snapshot_draft", f);
	return change_done(
		backend, "snapshot_draft", volume,
		backend->driver->snapshot_draft(backend->self, volume, snapshot, arena, ret, f),
		MAY_BE_FULL, f);
}

int backend_snapshot_keep(Backend *backend, const Volume *volume, const Snapshot *snapshot,
			  Fault *f)
{
	snapshot_check(backend, volume, snapshot);
	if (!backend->driver->snapshot_keep)
		return slot_missing(backend->name, "snapshot_keep", f);
	return change_done(backend, "snapshot_keep", volume,
			   backend->driver->snapshot_keep(backend->self, volume, snapshot, f),
			   MAY_BE_FULL | MAY_LACK_SNAPSHOT, f);
}

int backend_snapshot_connect(Backend *backend, const Volume *volume, const Snapshot *snapshot,
			     Arena *arena, BackendPath *ret, Fault *f)
{
	snapshot_check(backend, volume, snapshot);
	if (!backend->driver->snapshot_connect)
		return slot_missing(backend->name, "snapshot_connect", f);
	return backend_call_done(
		backend, "snapshot_connect", volume,
		backend->driver->snapshot_connect(backend->self, volume, snapshot, arena, ret, f),
		MAY_LACK_SNAPSHOT, f);
}

int backend_save(Backend *backend, const BackendSource *source, const char *path, Fault *f)
{
	if (source->snapshot)
		snapshot_check(backend, source->volume, source->snapshot);
	else
		backend_check_volume(backend, source->volume);
	if (!backend->driver->save)
		return slot_missing(backend->name, "save", f);
	return backend_call_done(backend, "save", source->volume,
				 backend->driver->save(backend->self, source, path, f),
				 MAY_LACK_VOLUME | MAY_LACK_SNAPSHOT, f);
}

int backend_revert(Backend *backend, const Volume *volume, const Snapshot *snapshot, Fault *f)
{
	snapshot_check(backend, volume, snapshot);
	if (!backend->driver->revert)
		return slot_missing(backend->name, "revert", f);
	return change_done(backend, "revert", volume,
			   backend->driver->revert(backend->self, volume, snapshot, f),
			   MAY_BE_FULL | MAY_LACK_VOLUME | MAY_LACK_SNAPSHOT, f);
}

int backend_capacity(Backend *backend, int64_t *ret_total_bytes, int64_t *ret_free_bytes, Fault *f)
{
	int r = backend->sampler
			? capacity_sampler_get(backend->sampler, ret_total_bytes, ret_free_bytes, f)
			: backend->driver->capacity(backend->self, ret_total_bytes, ret_free_bytes,
						    f);

	if (r) {
		r = fault_unexpected(f, r);
		(void)fault_context(f, "backend %s: capacity", backend->name);
	}
	return r;
}
