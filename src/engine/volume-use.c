/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * This host's connection to a volume. However many servers here have the volume, there is one: it
 * is open while any of them needs it, and closed with the last. Who needs it say the rows, read
 * within the volume's turn (uses.c): an attachment of a server that names a host, and has not let
 * go.
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

static bool is_needed(Use *use, const Sharers *sharers)
{
	const char **ids = ARENA_ARRAY(sharers->arena, const char *, MAX(sharers->count, 1));

	for (size_t i = 0; i < sharers->count; i++)
		ids[i] = sharers->all[i]->id;
	use_forget(use, ids, sharers->count);
	for (size_t i = 0; i < sharers->count; i++)
		if (sharers->all[i]->mapping_id && !str_empty(sharers->all[i]->host) &&
		    !use_has_gone(use, sharers->all[i]->id))
			return true;
	return false;
}

static int let_go(StepRun *run, Use *use, const Volume *volume, const char *attachment_id, Fault *f)
{
	Sharers sharers = {.volume = volume, .arena = run->arena};
	int r;

	use_goes(use, attachment_id);
	r = store_read(run->config->store, load_sharers, &sharers, f);
	if (r || is_needed(use, &sharers))
		return r;
	return fault_unexpected(f, backend_disconnect(run->config->backend, volume, f));
}

int volume_use(StepRun *run, const ServerDisk *disk, BackendPath *ret, Fault *f)
{
	const Volume *volume = disk->volume;
	Use *use;
	int r;

	if (!volume->multiattach)
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

	if (!volume->multiattach)
		return fault_unexpected(f, backend_disconnect(run->config->backend, volume, f));
	use = use_begin(run->uses, volume->id);
	r = let_go(run, use, volume, disk->attachment->id, f);
	use_end(run->uses, volume->id, use);
	return r;
}
