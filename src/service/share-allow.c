/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Access is allowed, or allowed at another level. The locks that were asked for are there as soon
 * as the rule is.
 */
#include "rules/share-access.h"
#include "service/priv.h"
#include "service/resource-lock.h"
#include "service/share-rule-priv.h"
#include "service/share.h"
#include "json/out.h"

static int check_target(Work *work, const ShareAccessWish *wish)
{
	switch (share_access_check(wish->type, wish->to, !wish->ipv4_only)) {
	case 0:
		return 0;
	case SHARE_ACCESS_NO_NETWORK:
		return work_refuse(work, REFUSAL_BAD_INPUT,
				   "'%s' does not appear to be an IPv4 or IPv6 network", wish->to);
	case SHARE_ACCESS_HOST_BITS:
		return work_refuse(work, REFUSAL_BAD_INPUT, "%s has host bits set", wish->to);
	case SHARE_ACCESS_BAD_USER:
		return work_refuse(work, REFUSAL_BAD_INPUT,
				   "Invalid user or group name. Must be 4-255 characters and not "
				   "contain any of \"/\\[]:;|=,+*?<>.");
	case SHARE_ACCESS_BAD_ID:
		return work_refuse(work, REFUSAL_BAD_INPUT,
				   "Invalid Ceph ID. It must be printable ASCII, not be empty, and "
				   "not contain periods.");
	default:
		return work_refuse(work, REFUSAL_BAD_INPUT,
				   "Invalid CN (common name). Must be 1-64 characters long.");
	}
}

/* Without a look at any row. */
static int check_wish(Work *work, const ShareAccessWish *wish)
{
	int r = check_target(work, wish);

	if (!r && wish->metadata)
		r = share_check_metadata(work, wish->metadata);
	if (r)
		return r;
	if (wish->lock_reason && !wish->lock_visibility && !wish->lock_deletion)
		return work_refuse(work, REFUSAL_BAD_INPUT,
				   "Lock reason can only be specified when locking the visibility "
				   "or the deletion of an access rule.");
	return 0;
}

static int check_count(Work *work, const Share *share, Fault *f)
{
	RecordQuery query = {0};
	int64_t count;
	int r;

	record_where_text(&query, "share_id", RECORD_EQ, share->id);
	r = record_count(work->tx, &share_rule_table, &query, &count, f);
	if (r)
		return fault_unexpected(f, r);
	return count < SHARE_RULES_MAX
		       ? 0
		       : work_refuse(work, REFUSAL_BAD_INPUT,
				     "Invalid access rule: Share %s has %d of them already.",
				     share->id, SHARE_RULES_MAX);
}

static int check_new(Work *work, const Share *share, const ShareAccessWish *wish, Fault *f)
{
	ShareRule *same;
	int r;

	if (share->status != SHARE_AVAILABLE)
		return work_refuse(work, REFUSAL_BAD_INPUT,
				   "New access rules cannot be applied while the share or any of "
				   "its replicas or migration copies lacks a valid host or is in "
				   "an invalid state.");
	r = share_rule_like(work->tx, work->arena, share->id, wish->type, wish->to, &same, f);
	if (r)
		return r;
	if (!same)
		return check_count(work, share, f);
	return work_refuse(work, REFUSAL_BAD_INPUT, "Share access %s:%s exists.",
			   enum_name(&share_access_type_names, (int)wish->type), wish->to);
}

static int lock_rule(Work *work, const ShareRule *rule, const ShareAccessWish *wish, Fault *f)
{
	const char *context = resource_lock_context(work->caller);
	int r = 0;

	if (wish->lock_visibility)
		r = share_rule_hide(work, rule, context, wish->lock_reason, f);
	if (!r && wish->lock_deletion)
		r = share_rule_keep(work, rule, context, wish->lock_reason, NULL, f);
	return r;
}

int service_allow_share_access(Work *work, const char *share_id, const ShareAccessWish *wish,
			       ShareRule **ret, Fault *f)
{
	const Operation by = operation_for(work, NULL);
	ShareRule *rule = ARENA_NEW(work->arena, ShareRule);
	Share *share;
	int r;

	r = check_wish(work, wish);
	if (!r)
		r = service_find_live_share(work, share_id, "allow access for", &share, f);
	if (!r)
		r = check_new(work, share, wish, f);
	if (r)
		return r;
	*rule = (ShareRule){
		.share_id = share->id,
		.type = (int)wish->type,
		.access_to = wish->to,
		.level = (int)wish->level,
		.metadata =
			wish->metadata ? json_print_text_map(work->arena, wish->metadata) : NULL,
	};
	r = share_rule_add(work, rule, f);
	if (!r)
		r = lock_rule(work, rule, wish, f);
	if (!r)
		r = share_rules_begin(work->tx, work->arena, &by, share->id, rule->id, f);
	if (r)
		return fault_unexpected(f, r);
	*ret = rule;
	return 0;
}

/* --- another level --- */

static int check_change(Work *work, const ShareRule *rule, Fault *f)
{
	bool used;
	int r = share_rule_is_used(work->tx, rule->id, NULL, &used, f);

	if (r)
		return r;
	if (used)
		return work_refuse(work, REFUSAL_SHARE_CONFLICT,
				   "Access rule %s cannot be changed: servers have share %s by it.",
				   rule->id, rule->share_id);
	if (rule->state != SHARE_RULE_ACTIVE && rule->state != SHARE_RULE_ERROR)
		return work_refuse(work, REFUSAL_BAD_INPUT,
				   "Invalid access rule: Access rule must be in state active or "
				   "error to be changed, but is in %s.",
				   enum_name(&share_rule_state_names, rule->state));
	return 0;
}

int service_change_share_rule(Work *work, const char *rule_id, ShareAccessLevel level,
			      ShareRule **ret, Fault *f)
{
	const Operation by = operation_for(work, NULL);
	ShareRule *rule;
	Share *share;
	int r;

	r = service_find_share_rule(work, rule_id, &rule, f);
	if (!r)
		r = service_find_live_share(work, rule->share_id, "update access for", &share, f);
	if (!r)
		r = check_change(work, rule, f);
	if (r)
		return r;
	*ret = rule;
	if (rule->level == (int)level && rule->state == SHARE_RULE_ACTIVE)
		return 0;
	rule->level = (int)level;
	rule->updated_us = work->now_us;
	r = share_rule_move(work->tx, work->arena, rule, SHARE_RULE_EVENT_CHANGE, f);
	if (!r)
		r = share_rules_begin(work->tx, work->arena, &by, share->id, rule->id, f);
	return r;
}
