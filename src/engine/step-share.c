/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Steps on shares and their snapshots: made, removed, made larger or smaller, gone back to. A step
 * that finds no row has nothing to work on: making gives up, removing is done.
 */
#include "base/log.h"
#include "base/str.h"
#include "engine/priv.h"
#include "json/out.h"

#include <inttypes.h>

/* Work that a backend may do on a share only while it does no other on it. */
typedef int (*ShareWork)(StepRun *run, Fault *f);

static int in_turn(StepRun *run, ShareWork work, Fault *f)
{
	const char *id = run->share->id;
	Use *use = use_begin(run->share_uses, id);
	int r = work(run, f);

	use_end(run->share_uses, id, use);
	return r;
}

/* Where the share can be mounted from, for the end of the operation. */
static int find_exports(StepRun *run, Fault *f)
{
	ShareLocation *locations = NULL;
	JsonTextMap found = {0};
	size_t count = 0;
	int r;

	r = share_backend_locations(run->config->share_backend, run->share, run->arena, &locations,
				    &count, f);
	if (r)
		return fault_unexpected(f, r);
	found.pairs = ARENA_ARRAY(run->arena, JsonPair, count);
	for (; found.count < count; found.count++) {
		const ShareLocation *location = &locations[found.count];
		const char *preferred = location->preferred ? OPERATION_EXPORT_PREFERRED : "";
		const char *admin = location->admin_only ? OPERATION_EXPORT_ADMIN : "";

		found.pairs[found.count] = (JsonPair){
			.key = arena_printf(run->arena, OPERATION_EXPORT "%zu%s%s", found.count,
					    preferred, admin),
			.value = location->path,
		};
	}
	run->found = json_print_text_map(run->arena, &found);
	return 0;
}

/* What an outcome of the backend's means for a step that makes something. */
static int check_made(const Share *share, int r, Fault *f)
{
	switch (r) {
	case SHARE_BACKEND_FULL:
		return step_give_up(f, OPERATION_NO_ROOM "a share of %" PRId64 " GiB",
				    share->size_gib);
	case SHARE_BACKEND_NO_SHARE:
		return step_give_up(f, "share %s has no data on this host", share->id);
	case SHARE_BACKEND_NO_SNAPSHOT:
		return step_give_up(f, "the snapshot has no data on this host");
	default:
		return fault_unexpected(f, r);
	}
}

static int create(StepRun *run, Fault *f)
{
	return share_backend_create(run->config->share_backend, run->share, run->share_snapshot, f);
}

/* No probe: what is there already costs nothing, and its exports have to be found out anyway. */
int share_create_act(StepRun *run, Fault *f)
{
	int r;

	if (!run->share)
		return step_give_up(f, "the share is gone");
	if (run->share->snapshot_id && !run->share_snapshot)
		return step_give_up(f, "the snapshot is gone");
	r = check_made(run->share, in_turn(run, create, f), f);
	return r ? r : find_exports(run, f);
}

static int remove_share(StepRun *run, Fault *f)
{
	return share_backend_remove(run->config->share_backend, run->share, f);
}

static int remove_snapshot(StepRun *run, Fault *f)
{
	return share_backend_snapshot_remove(run->config->share_backend, run->share,
					     run->share_snapshot, f);
}

/*
 * What could not be made is removed at once, where that works. Where it does not, as on a disk that
 * has gone, its row stays all the same, in error, and whoever deletes that removes the rest.
 */
static int discard(StepRun *run, ShareWork work)
{
	Fault f = {0};

	if (in_turn(run, work, &f))
		log_warning("op=%s share=%s what is left of it goes with its deletion: %s",
			    run->operation->id, run->share->id, f.text);
	return 0;
}

int share_create_undo(StepRun *run, Fault *f _unused_)
{
	return run->share ? discard(run, remove_share) : 0;
}

/* No undo: what somebody else has made is not ours to remove. */
int share_find_act(StepRun *run, Fault *f)
{
	bool exists = false;
	int r;

	if (!run->share)
		return step_give_up(f, "the share is gone");
	r = share_backend_exists(run->config->share_backend, run->share, &exists, f);
	if (r)
		return fault_unexpected(f, r);
	return exists ? find_exports(run, f)
		      : step_give_up(f, "share %s has no data on this host", run->share->id);
}

int share_delete_act(StepRun *run, Fault *f)
{
	return run->share ? fault_unexpected(f, in_turn(run, remove_share, f)) : 0;
}

/* What a share that is managed anew is to have, its row says. 0: the record cannot be read. */
static int64_t wanted_gib(const StepRun *run)
{
	JsonTextMap args = json_text_map(run->arena, run->operation->args);
	int64_t gib = run->share->size_gib;

	for (size_t i = 0; i < args.count; i++)
		if (str_eq(args.pairs[i].key, OPERATION_SIZE_GIB) &&
		    !str_parse_i64(args.pairs[i].value, &gib))
			return 0;
	return gib;
}

int share_resize_act(StepRun *run, Fault *f)
{
	int64_t gib;
	Use *use;
	int r;

	if (!run->share)
		return step_give_up(f, "the share is gone");
	gib = wanted_gib(run);
	if (gib <= 0)
		return step_give_up(f, "the new size is missing");
	use = use_begin(run->share_uses, run->share->id); /* servers may be connecting it */
	r = share_backend_resize(run->config->share_backend, run->share, gib, f);
	use_end(run->share_uses, run->share->id, use);
	switch (r) {
	case SHARE_BACKEND_FULL:
		return step_give_up(f, OPERATION_NO_ROOM "a share of %" PRId64 " GiB", gib);
	case SHARE_BACKEND_WOULD_LOSE:
		return step_give_up(f, OPERATION_HOLDS_MORE "%" PRId64 " GiB", gib);
	case SHARE_BACKEND_NO_SHARE:
		return step_give_up(f, "share %s has no data on this host", run->share->id);
	default:
		return r ? fault_context(f, OPERATION_UNSURE "the share has its new size") : 0;
	}
}

/* Out of turn: servers do not wait for the copy, however long it takes. */
int share_snapshot_act(StepRun *run, Fault *f)
{
	if (!run->share || !run->share_snapshot)
		return step_give_up(f, "the share or the snapshot is gone");
	return check_made(run->share,
			  share_backend_snapshot(run->config->share_backend, run->share,
						 run->share_snapshot, f),
			  f);
}

int share_snapshot_undo(StepRun *run, Fault *f _unused_)
{
	return run->share && run->share_snapshot ? discard(run, remove_snapshot) : 0;
}

int share_snapshot_delete_act(StepRun *run, Fault *f)
{
	if (!run->share || !run->share_snapshot)
		return 0;
	return fault_unexpected(f, in_turn(run, remove_snapshot, f));
}

static int revert(StepRun *run, Fault *f)
{
	return share_backend_revert(run->config->share_backend, run->share, run->share_snapshot, f);
}

int share_revert_act(StepRun *run, Fault *f)
{
	int r;

	if (!run->share || !run->share_snapshot)
		return step_give_up(f, "the share or the snapshot is gone");
	r = check_made(run->share, in_turn(run, revert, f), f);
	return r < 0 ? fault_context(f, OPERATION_UNSURE "share %s is whole", run->share->id) : r;
}
