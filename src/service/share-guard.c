/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * What nobody may do to a share while it is locked, or while a server has it. One table, so that no
 * way round it is forgotten: the reference lets backups, reverts and shrinks through.
 */
#include "base/str.h"
#include "service/share-priv.h"
#include "service/share.h"

static const struct {
	const char *name;
	bool locks;    /* those against deletion forbid it */
	bool by_force; /* and clients know that refusal as bad input */
} acts[] = {
	[SHARE_ACT_DELETE] = {.name = "delete", .locks = true},
	[SHARE_ACT_FORCE_DELETE] = {.name = "delete", .locks = true, .by_force = true},
	[SHARE_ACT_SOFT_DELETE] = {.name = "delete", .locks = true},
	[SHARE_ACT_UNMANAGE] = {.name = "delete", .locks = true},
	[SHARE_ACT_SHRINK] = {.name = "shrink"},
	[SHARE_ACT_REVERT] = {.name = "revert"},
};
static_assert(ARRAY_SIZE(acts) == _SHARE_ACT_MAX, "a row for each");

/* Add to a list with commas. */
static void list_add(Arena *arena, const char **list, const char *text)
{
	*list = *list ? arena_printf(arena, "%s, %s", *list, text) : text;
}

static int check_locks(Work *work, const Share *share, ShareAct act, Fault *f)
{
	const char *ids = NULL;
	ResourceLock **locks;
	size_t count;
	int r = resource_locks_on(work->tx, work->arena, share->id, &locks, &count, f);

	if (r)
		return fault_unexpected(f, r);
	for (size_t i = 0; i < count; i++)
		if (str_eq(locks[i]->action, "delete"))
			list_add(work->arena, &ids, locks[i]->id);
	if (!ids)
		return 0;
	if (acts[act].by_force)
		return work_refuse(work, REFUSAL_BAD_INPUT,
				   "Resource lock/s [%s] prevent %s action.", ids, acts[act].name);
	work->refused = (RefusalData){.id = share->id, .action = acts[act].name, .other = ids};
	return REFUSAL_SHARE_LOCKED;
}

static int check_servers(Work *work, const Share *share, ShareAct act, Fault *f)
{
	const char *ids = NULL;
	ShareMapping **mappings;
	size_t count;
	int r = share_mappings_of_share(work->tx, work->arena, share->id, &mappings, &count, f);

	if (r)
		return fault_unexpected(f, r);
	for (size_t i = 0; i < count; i++)
		list_add(work->arena, &ids, mappings[i]->server_id);
	if (!ids)
		return 0;
	work->refused = (RefusalData){.id = share->id, .action = acts[act].name, .other = ids};
	return REFUSAL_SHARE_ATTACHED;
}

int share_check_free(Work *work, const Share *share, ShareAct act, Fault *f)
{
	int r = acts[act].locks ? check_locks(work, share, act, f) : 0;

	return r ? r : check_servers(work, share, act, f);
}
