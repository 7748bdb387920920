/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * How this host gets in to the shares that its servers have.
 *
 * There is one rule for all of them: by the host's address, or by a Ceph user of Cleat's own. One
 * that somebody else has made for the same is used and never deleted, but only where it lets in
 * exactly as the server needs it: it would be no help to read where one is to write, nor to write
 * where one is to read.
 */
#include "base/str.h"
#include "service/priv.h"
#include "service/resource-lock.h"
#include "service/share-rule-priv.h"

#define CEPH_USER "cleat"
#define HELD_BY "Locked by server share "

typedef struct HostAccess {
	ShareAccessType type;
	const char *to;
	ShareAccessLevel level;
} HostAccess;

static HostAccess access_of(const Work *work, const Share *share, const ShareMapping *mapping)
{
	const bool ceph = share->protocol == SHARE_CEPHFS;

	return (HostAccess){
		.type = ceph ? SHARE_ACCESS_CEPHX : SHARE_ACCESS_IP,
		.to = ceph ? CEPH_USER : work->settings->share_host_address,
		.level = mapping->readonly ? SHARE_ACCESS_RO : SHARE_ACCESS_RW,
	};
}

static const char *held_by(Work *work, const ShareMapping *mapping)
{
	return arena_printf(work->arena, HELD_BY "%s", mapping->id);
}

static int make_rule(Work *work, const HostAccess *access, ShareMapping *mapping, Fault *f)
{
	const char *reason = held_by(work, mapping);
	ShareRule rule = {
		.share_id = mapping->share_id,
		.type = (int)access->type,
		.access_to = access->to,
		.level = (int)access->level,
		.own = true,
	};
	int r = share_rule_add(work, &rule, f);

	mapping->rule_id = rule.id;
	if (!r)
		r = share_rule_hide(work, &rule, LOCK_BY_SERVICE, reason, f);
	if (!r)
		r = share_rule_keep(work, &rule, LOCK_BY_SERVICE, reason, reason, f);
	return r;
}

/* Of another's rule: who it was made by can see it anyway. */
static int hold_rule(Work *work, const ShareRule *rule, const ShareMapping *mapping, Fault *f)
{
	const char *reason = held_by(work, mapping);
	bool used;
	int r = share_rule_is_used(work->tx, rule->id, NULL, &used, f);

	return r || used ? r : share_rule_keep(work, rule, LOCK_BY_SERVICE, reason, reason, f);
}

/*
 * Of Cleat's own: its locks are there, but for that on the share when the last server has let go.
 */
static int take_back(Work *work, ShareRule *rule, const ShareMapping *mapping, Fault *f)
{
	bool used;
	int r = share_rule_is_used(work->tx, rule->id, NULL, &used, f);

	if (!r && !used)
		r = share_rule_keep_share(work, rule, LOCK_BY_SERVICE, held_by(work, mapping), f);
	return r ? r : share_rule_move(work->tx, work->arena, rule, SHARE_RULE_EVENT_ALLOW, f);
}

static int refuse_other(Work *work, const ShareRule *rule, const char *why)
{
	return work_refuse(work, REFUSAL_SHARE_CONFLICT,
			   "Share %s cannot be attached: access rule %s for this host %s.",
			   rule->share_id, rule->id, why);
}

/* One rule of one level lets this host in, for all servers here: who may change that, and how. */
static int refuse_level(Work *work, const ShareRule *rule)
{
	const bool ro = rule->level == SHARE_ACCESS_RO;
	const char *way = ro ? "with the mount option 'ro'" : "without the mount option 'ro'";
	const char *other =
		rule->own ? "detach it from the servers that have it" : "deny that rule";

	return refuse_other(work, rule,
			    arena_printf(work->arena, "is %s. Attach it %s, or %s first",
					 ro ? "read-only" : "not read-only", way, other));
}

static int take_rule(Work *work, const HostAccess *access, ShareRule *rule, ShareMapping *mapping,
		     Fault *f)
{
	int r;

	if (rule->level != (int)access->level)
		return refuse_level(work, rule);
	if (!rule->own && !share_rule_lets_in((ShareRuleState)rule->state))
		return refuse_other(work, rule,
				    rule->state == SHARE_RULE_ERROR ? "is in error"
								    : "is being denied");
	r = rule->own ? take_back(work, rule, mapping, f) : hold_rule(work, rule, mapping, f);
	mapping->rule_id = rule->id;
	return r;
}

int share_access_for_host(Work *work, Share *share, ShareMapping *mapping, bool *ret_ready,
			  Fault *f)
{
	const HostAccess access = access_of(work, share, mapping);
	ShareRule *rule;
	int r = share_rule_like(work->tx, work->arena, share->id, access.type, access.to, &rule, f);

	if (r)
		return r;
	if (!rule) {
		*ret_ready = false;
		return make_rule(work, &access, mapping, f);
	}
	r = take_rule(work, &access, rule, mapping, f);
	if (!r)
		*ret_ready = rule->state == SHARE_RULE_ACTIVE;
	return r;
}

static bool is_held(const ResourceLock *lock)
{
	return str_eq(lock->context, LOCK_BY_SERVICE) && lock->rule_id && lock->reason &&
	       str_after(lock->reason, HELD_BY);
}

int share_lock_is_held(Tx *tx, const ResourceLock *lock, bool *ret, Fault *f)
{
	*ret = false;
	return is_held(lock) ? share_rule_is_used(tx, lock->rule_id, NULL, ret, f) : 0;
}

/*
 * The share may be deleted at once: that waits in its lane until the rule is gone. An own rule
 * keeps its locks so long.
 */
static int let_go(Tx *tx, Arena *arena, const ShareRule *rule, Fault *f)
{
	RecordQuery query = {0};
	ResourceLock **locks;
	size_t count;
	int r;

	record_where_text(&query, "rule_id", RECORD_EQ, rule->id);
	r = resource_lock_find(tx, arena, &query, &locks, &count, f);
	for (size_t i = 0; !r && i < count; i++)
		if (is_held(locks[i]) &&
		    (!rule->own || str_eq(locks[i]->resource_type, LOCK_SHARE)))
			r = resource_lock_delete(tx, locks[i]->id, f);
	return fault_unexpected(f, r);
}

int share_access_release(Tx *tx, Arena *arena, const ShareMapping *mapping, bool *ret_changed,
			 Fault *f)
{
	ShareRule *rule;
	bool used;
	int r = RECORD_NOT_FOUND;

	*ret_changed = false;
	if (mapping->rule_id)
		r = share_rule_get(tx, arena, mapping->rule_id, &rule, f);
	if (r == RECORD_NOT_FOUND)
		return 0;
	if (!r)
		r = share_rule_is_used(tx, rule->id, mapping->id, &used, f);
	if (r)
		return fault_unexpected(f, r);
	if (used)
		return 0;
	*ret_changed = rule->own;
	r = let_go(tx, arena, rule, f);
	return r || !rule->own ? r : share_rule_move(tx, arena, rule, SHARE_RULE_EVENT_DENY, f);
}

/* Whether another mapping waits for the rule, with an operation of its own that finds out. */
static int is_awaited(Tx *tx, const ShareMapping *mapping, bool *ret, Fault *f)
{
	RecordQuery query = {0};
	int64_t count;
	int r;

	record_where_text(&query, "rule_id", RECORD_EQ, mapping->rule_id);
	record_where_int(&query, "status", RECORD_EQ, SHARE_MAPPING_ATTACHING);
	record_where_text(&query, "id", RECORD_NE, mapping->id);
	r = record_count(tx, &share_mapping_table, &query, &count, f);
	*ret = r == 0 && count > 0;
	return fault_unexpected(f, r);
}

int share_access_fail(Tx *tx, Arena *arena, const ShareMapping *mapping, Fault *f)
{
	ShareRule *rule;
	bool awaited;
	int r = RECORD_NOT_FOUND;

	if (mapping->rule_id)
		r = share_rule_get(tx, arena, mapping->rule_id, &rule, f);
	if (r == RECORD_NOT_FOUND)
		return 0;
	if (!r)
		r = is_awaited(tx, mapping, &awaited, f);
	if (r)
		return fault_unexpected(f, r);
	return awaited ? 0 : share_rule_move(tx, arena, rule, SHARE_RULE_EVENT_FAILED, f);
}
