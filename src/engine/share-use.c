/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * This host's connections to a share, one to read and write and one to read. However many servers
 * here have the share so, each is open while any of them needs it, and closed with the last. Who
 * needs it say the rows, read within the share's turn (uses.c): a mapping that is connected, and
 * has not let go.
 */
#include "engine/priv.h"

typedef struct Sharers {
	const char *share_id;
	Arena *arena;
	ShareMapping **all;
	size_t count;
} Sharers;

static int load_sharers(Tx *tx, void *ctx, Fault *f)
{
	Sharers *sharers = ctx;

	return fault_unexpected(f, share_mappings_of_share(tx, sharers->arena, sharers->share_id,
							   &sharers->all, &sharers->count, f));
}

static bool is_needed(Use *use, const Sharers *sharers, bool readonly)
{
	const char **ids = ARENA_ARRAY(sharers->arena, const char *, MAX(sharers->count, 1));

	for (size_t i = 0; i < sharers->count; i++)
		ids[i] = sharers->all[i]->id;
	use_forget(use, ids, sharers->count);
	for (size_t i = 0; i < sharers->count; i++)
		if (sharers->all[i]->connected && sharers->all[i]->readonly == readonly &&
		    !use_has_gone(use, sharers->all[i]->id))
			return true;
	return false;
}

static int let_go(StepRun *run, Use *use, const Share *share, const ShareMapping *mapping, Fault *f)
{
	Sharers sharers = {.share_id = share->id, .arena = run->arena};
	int r;

	use_goes(use, mapping->id);
	r = store_read(run->config->store, load_sharers, &sharers, f);
	if (r || is_needed(use, &sharers, mapping->readonly))
		return r;
	return fault_unexpected(f, share_backend_disconnect(run->config->share_backend, share,
							    mapping->readonly, f));
}

int share_use(StepRun *run, const Share *share, const ShareMapping *mapping, const ShareRule *rule,
	      const char **ret, Fault *f)
{
	Use *use = use_begin(run->share_uses, share->id);
	int r;

	use_comes_back(use, mapping->id);
	r = share_backend_connect(run->config->share_backend, share, rule, mapping->readonly,
				  run->arena, ret, f);
	use_end(run->share_uses, share->id, use);
	return r;
}

int share_let_go(StepRun *run, const Share *share, const ShareMapping *mapping, Fault *f)
{
	Use *use = use_begin(run->share_uses, share->id);
	int r = let_go(run, use, share, mapping, f);

	use_end(run->share_uses, share->id, use);
	return r;
}
