/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * This host's connection to a volume. However many servers here have the volume, there is one: it
 * is open while any of them needs it, and closed with the last. Servers are worked on side by side,
 * each in its lane, so a volume has a turn of its own round connecting and disconnecting.
 *
 * Who needs it say the rows, read within that turn: an attachment of a server that names a host. An
 * attachment whose server has let go keeps its row until the operation's last mark; two servers
 * that let go at once would each see the other's and leave the connection open for ever. So who has
 * let go is remembered here until the rows are gone. A crash forgets it: steps that were not marked
 * then run again, and let go again.
 *
 * Locks: VolumeUses.lock alone, which guards everything and is not held while a driver is called.
 */
#include "base/str.h"
#include "engine/priv.h"

typedef struct VolumeUse {
	size_t users; /* who has its turn, or waits for one */
	bool busy;
	VEC(char *) gone; /* attachments that have let go of it */
} VolumeUse;

struct VolumeUses {
	pthread_mutex_t lock;
	pthread_cond_t free;
	Map *uses; /* of volumes, by id */
};

VolumeUses *volume_uses_new(void)
{
	VolumeUses *uses = NEW(VolumeUses);

	(void)pthread_mutex_init(&uses->lock, NULL);
	(void)pthread_cond_init(&uses->free, NULL);
	uses->uses = map_new();
	return uses;
}

static void use_free(VolumeUse *use)
{
	VEC_FOREACH (&use->gone, i)
		free(use->gone.items[i]);
	vec_done(&use->gone);
	free(use);
}

VolumeUses *volume_uses_free(VolumeUses *uses)
{
	if (!uses)
		return NULL;
	MAP_FOREACH (uses->uses, e)
		use_free(map_value(e));
	(void)map_free(uses->uses);
	(void)pthread_cond_destroy(&uses->free);
	(void)pthread_mutex_destroy(&uses->lock);
	free(uses);
	return NULL;
}

static VolumeUse *turn_begin(VolumeUses *uses, const char *volume_id)
{
	VolumeUse *use;

	(void)pthread_mutex_lock(&uses->lock);
	use = map_get(uses->uses, volume_id);
	if (!use) {
		use = NEW(VolumeUse);
		(void)map_put(uses->uses, volume_id, use);
	}
	use->users++;
	while (use->busy)
		(void)pthread_cond_wait(&uses->free, &uses->lock);
	use->busy = true;
	(void)pthread_mutex_unlock(&uses->lock);
	return use;
}

static void turn_end(VolumeUses *uses, const char *volume_id, VolumeUse *use)
{
	(void)pthread_mutex_lock(&uses->lock);
	use->busy = false;
	if (--use->users > 0)
		(void)pthread_cond_broadcast(&uses->free);
	else if (use->gone.count == 0)
		use_free(map_remove(uses->uses, volume_id));
	(void)pthread_mutex_unlock(&uses->lock);
}

/* What follows is called by whoever has the volume's turn. */

static bool has_gone(const VolumeUse *use, const char *attachment_id)
{
	VEC_FOREACH (&use->gone, i)
		if (str_eq(use->gone.items[i], attachment_id))
			return true;
	return false;
}

static void forget_at(VolumeUse *use, size_t i)
{
	free(use->gone.items[i]);
	use->gone.items[i] = use->gone.items[--use->gone.count];
}

static void comes_back(VolumeUse *use, const char *attachment_id)
{
	for (size_t i = use->gone.count; i-- > 0;)
		if (str_eq(use->gone.items[i], attachment_id))
			forget_at(use, i);
}

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

static bool is_there(const Sharers *sharers, const char *attachment_id)
{
	for (size_t i = 0; i < sharers->count; i++)
		if (str_eq(sharers->all[i]->id, attachment_id))
			return true;
	return false;
}

/* Whose rows have gone needs no remembering any more. */
static bool is_needed(VolumeUse *use, const Sharers *sharers)
{
	for (size_t i = use->gone.count; i-- > 0;)
		if (!is_there(sharers, use->gone.items[i]))
			forget_at(use, i);
	for (size_t i = 0; i < sharers->count; i++)
		if (sharers->all[i]->mapping_id && !str_empty(sharers->all[i]->host) &&
		    !has_gone(use, sharers->all[i]->id))
			return true;
	return false;
}

static int let_go(StepRun *run, VolumeUse *use, const Volume *volume, const char *attachment_id,
		  Fault *f)
{
	Sharers sharers = {.volume = volume, .arena = run->arena};
	int r;

	if (!has_gone(use, attachment_id))
		vec_push(&use->gone, mem_strdup(attachment_id));
	r = store_read(run->config->store, load_sharers, &sharers, f);
	if (r || is_needed(use, &sharers))
		return r;
	return fault_unexpected(f, backend_disconnect(run->config->backend, volume, f));
}

int volume_use(StepRun *run, const ServerDisk *disk, BackendPath *ret, Fault *f)
{
	const Volume *volume = disk->volume;
	VolumeUse *use;
	int r;

	if (!volume->multiattach)
		return backend_connect(run->config->backend, volume, run->arena, ret, f);
	use = turn_begin(run->uses, volume->id);
	comes_back(use, disk->attachment->id);
	r = backend_connect(run->config->backend, volume, run->arena, ret, f);
	turn_end(run->uses, volume->id, use);
	return r;
}

int volume_let_go(StepRun *run, const ServerDisk *disk, Fault *f)
{
	const Volume *volume = disk->volume;
	VolumeUse *use;
	int r;

	if (!volume->multiattach)
		return fault_unexpected(f, backend_disconnect(run->config->backend, volume, f));
	use = turn_begin(run->uses, volume->id);
	r = let_go(run, use, volume, disk->attachment->id, f);
	turn_end(run->uses, volume->id, use);
	return r;
}
