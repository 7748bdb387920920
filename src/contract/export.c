/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Exports of a backend: by its driver's own slots, or by a target that serves what the driver
 * connects to this host.
 *
 * A target lets hosts in, not attachments: of several attachments that one host has of one volume
 * the last ends the export. Who asks for the end of one sees to that (backend_same_export()).
 */
#include <errno.h>

#include "base/log.h"
#include "base/str.h"
#include "contract/backend-priv.h"
#include "json/json.h"

#define GIB ((int64_t)1 << 30)

void backend_set_target(Backend *backend, Target *target)
{
	const TargetTraits *traits = target_traits(target);

	assert(!backend->traits.exports);
	backend->target = target;
	backend->traits.protocol = traits->protocol;
	backend->traits.host_identity = traits->host_identity;
	backend->traits.exports = true;
	backend->traits.shared_targets = 0;
	backend->traits.by_target = true;
}

/* What the connector calls its host, in the arena; NULL: it does not say. */
static const char *identity_of(const Backend *backend, const char *connector, Arena *arena)
{
	_cleanup_(json_doc_freep) JsonDoc *doc = NULL;

	if (str_empty(connector) || json_parse(arena, connector, strlen(connector), &doc, NULL))
		return NULL;
	return json_get_text(arena, doc, backend->traits.host_identity);
}

bool backend_host_valid(const Backend *backend, const char *connector, Arena *arena,
			const char **ret)
{
	const char *identity;

	if (!backend->target)
		return true;
	identity = identity_of(backend, connector, arena);
	if (identity && target_traits(backend->target)->identity_valid(identity))
		return true;
	*ret = arena_printf(arena, "connector.%s is no name of a host that volumes are served to.",
			    backend->traits.host_identity);
	return false;
}

bool backend_same_export(const Backend *backend, const Attachment *a, const Attachment *b)
{
	_cleanup_(arena_freep) Arena *arena = NULL;
	const char *identity;

	if (!backend->target)
		return str_eq(a->id, b->id);
	arena = arena_new();
	identity = identity_of(backend, a->connector, arena);
	return identity && str_eq(identity, identity_of(backend, b->connector, arena));
}

/* A fault when the attachment's host cannot have been let in ever. */
static int guest_of(const Backend *backend, const Attachment *attachment, Arena *arena,
		    TargetGuest *ret, Fault *f)
{
	*ret = (TargetGuest){
		.identity = identity_of(backend, attachment->connector, arena),
		.readonly = attachment->mode == ATTACH_MODE_RO,
	};
	if (ret->identity && target_traits(backend->target)->identity_valid(ret->identity))
		return 0;
	return fault(f, -EINVAL, "attachment %s has no host that could be let in", attachment->id);
}

int backend_connection_info(Backend *backend, const Volume *volume, const Attachment *attachment,
			    Arena *arena, const char **ret, Fault *f)
{
	TargetGuest guest;
	int r;

	backend_check_volume(backend, volume);
	/* Who does not say by what name it comes is this host, which needs no target. */
	if (backend->target && identity_of(backend, attachment->connector, arena)) {
		r = guest_of(backend, attachment, arena, &guest, f);
		return r ? r : target_info(backend->target, volume, &guest, arena, ret, f);
	}
	/* The answer may hold secrets: only the result is logged. */
	r = backend->driver->connection_info(backend->self, volume, attachment, arena, ret, f);
	return backend_call_done(backend, "connection_info", volume, r, 0, f);
}

static int publish(Backend *backend, const Volume *volume, const Attachment *attachment, Fault *f)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();
	BackendPath path;
	TargetGuest guest;
	int r;

	r = guest_of(backend, attachment, arena, &guest, f);
	if (!r)
		r = fault_unexpected(f, backend_connect(backend, volume, arena, &path, f));
	if (r)
		return r;
	if (path.remote || path.format != DISK_FORMAT_RAW)
		return fault(f, -ENOTSUP, "volume %s is no raw file or device of this host",
			     volume->id);
	return target_publish(backend->target, volume, path.path, path.is_block, &guest, f);
}

static int unpublish(Backend *backend, const Volume *volume, const Attachment *attachment, Fault *f)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();
	TargetGuest guest;
	int r = guest_of(backend, attachment, arena, &guest, f);

	return r ? r : target_unpublish(backend->target, volume, &guest, f);
}

int backend_export(Backend *backend, const Volume *volume, const Attachment *attachment, Fault *f)
{
	backend_check_volume(backend, volume);
	if (backend->target)
		return publish(backend, volume, attachment, f);
	return backend_call_done(backend, "export", volume,
				 backend->driver->export(backend->self, volume, attachment, f), 0,
				 f);
}

int backend_unexport(Backend *backend, const Volume *volume, const Attachment *attachment, Fault *f)
{
	backend_check_volume(backend, volume);
	if (backend->target)
		return unpublish(backend, volume, attachment, f);
	return backend_call_done(backend, "unexport", volume,
				 backend->driver->unexport(backend->self, volume, attachment, f), 0,
				 f);
}

bool backend_forgets(const Backend *backend)
{
	return backend->target && target_forgets(backend->target);
}

int64_t backend_life(const Backend *backend)
{
	return backend->target ? target_life(backend->target) : 0;
}

int backend_resize_export(Backend *backend, const Volume *volume, int64_t size_gib, Fault *f)
{
	int r;

	if (volume->format != DISK_FORMAT_RAW)
		return 0; /* of a time when there was no target */
	r = target_resize(backend->target, volume, size_gib * GIB, f);
	if (r == TARGET_IN_USE) {
		if (log_enabled(LOG_DEBUG))
			log_write(LOG_DEBUG, "backend=%s vol=%s hosts see the new size later",
				  backend->name, volume->id);
		return 0;
	}
	return r;
}
