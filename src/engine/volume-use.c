/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * This host's connection to a volume. However many servers here have the volume, there is one: it
 * is open while any of them needs it, and closed with the last. Who needs it say the rows, read
 * within the volume's turn (uses.c): an attachment of a server that names a host, and has not let
 * go. Where a target exports what this host is connected to, exported attachments need it, too.
 */
#include "base/str.h"
#include "engine/priv.h"

typedef struct Sharers {
	const Volume *volume;
	Arena *arena;
	Attachment **all;
	size_t count;
} Sharers;

static int load_sharers(Tx *tx, void *ctx, Fault *f)
{
	Sharers *sharers = ctx;

	return fault_unexpected(f, attachments_of_volume(tx, sharers->arena, sharers->volume->id,
							 &sharers->all, &sharers->count, f));
}

static bool needs(const StepRun *run, const Attachment *attachment)
{
	if (attachment->mapping_id)
		return !str_empty(attachment->host);
	return attachment->exported && backend_traits(run->config->backend)->by_target;
}

static bool is_needed(const StepRun *run, Use *use, const Sharers *sharers)
{
	const char **ids = ARENA_ARRAY(sharers->arena, const char *, MAX(sharers->count, 1));

	for (size_t i = 0; i < sharers->count; i++)
		ids[i] = sharers->all[i]->id;
	use_forget(use, ids, sharers->count);
	for (size_t i = 0; i < sharers->count; i++)
		if (needs(run, sharers->all[i]) && !use_has_gone(use, sharers->all[i]->id))
			return true;
	return false;
}

static int let_go(StepRun *run, Use *use, const Volume *volume, const char *attachment_id, Fault *f)
{
	Sharers sharers = {.volume = volume, .arena = run->arena};
	int r;

	use_goes(use, attachment_id);
	r = store_read(run->config->store, load_sharers, &sharers, f);
	if (r || is_needed(run, use, &sharers))
		return r;
	return fault_unexpected(f, backend_disconnect(run->config->backend, volume, f));
}

/* Whether more than one can need this host's connection to the volume. */
static bool has_several(const StepRun *run, const Volume *volume)
{
	return volume->multiattach || backend_traits(run->config->backend)->by_target;
}

int volume_use(StepRun *run, const ServerDisk *disk, BackendPath *ret, Fault *f)
{
	const Volume *volume = disk->volume;
	Use *use;
	int r;

	if (!has_several(run, volume))
		return backend_connect(run->config->backend, volume, run->arena, ret, f);
	use = use_begin(run->uses, volume->id);
	use_comes_back(use, disk->attachment->id);
	r = backend_connect(run->config->backend, volume, run->arena, ret, f);
	use_end(run->uses, volume->id, use);
	return r;
}

int volume_let_go(StepRun *run, const ServerDisk *disk, Fault *f)
{
	const Volume *volume = disk->volume;
	Use *use;
	int r;

	if (!has_several(run, volume))
		return fault_unexpected(f, backend_disconnect(run->config->backend, volume, f));
	use = use_begin(run->uses, volume->id);
	r = let_go(run, use, volume, disk->attachment->id, f);
	use_end(run->uses, volume->id, use);
	return r;
}

int volume_use_exported(StepRun *run, const Attachment *attachment, Fault *f)
{
	const Volume *volume = run->volume;
	Use *use = use_begin(run->uses, volume->id);
	int r;

	use_comes_back(use, attachment->id);
	r = backend_export(run->config->backend, volume, attachment, f);
	use_end(run->uses, volume->id, use);
	return fault_unexpected(f, r);
}

int volume_let_go_exported(StepRun *run, const Attachment *attachment, Fault *f)
{
	const Volume *volume = run->volume;
	Use *use = use_begin(run->uses, volume->id);
	int r = fault_unexpected(f, backend_unexport(run->config->backend, volume, attachment, f));

	if (!r && backend_traits(run->config->backend)->by_target)
		r = let_go(run, use, volume, attachment->id, f);
	use_end(run->uses, volume->id, use);
	return r;
}
