/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Access rules: found, shown or hidden; and what becomes of them when the backend was told.
 */
#include "base/clock.h"
#include "base/str.h"
#include "base/uuid.h"
#include "rules/share-access.h"
#include "service/message.h"
#include "service/priv.h"
#include "service/resource-lock.h"
#include "service/share-rule-priv.h"
#include "service/text-map.h"
#include "json/out.h"

/* The operation's own rule, in its args until the step has found out more. */
#define ARG_RULE "rule_id"

/* --- finding --- */

int service_find_share_rule(Work *work, const char *rule_id, ShareRule **ret, Fault *f)
{
	char canonical[UUID_TEXT];
	int r = RECORD_NOT_FOUND;
	Share *share;

	if (uuid_canonical(rule_id, canonical))
		r = share_rule_get(work->tx, work->arena, canonical, ret, f);
	if (!r)
		r = share_get(work->tx, work->arena, (*ret)->share_id, &share, f);
	if (r < 0 || (r == 0 && work_sees(work, share->project_id)))
		return r;
	work->refused = (RefusalData){.id = rule_id};
	return REFUSAL_NO_SHARE_RULE;
}

int service_share_rule_is_hidden(Work *work, const ShareRule *rule, bool *ret, Fault *f)
{
	ResourceLock **locks;
	size_t count;
	int r;

	r = resource_locks_against(work->tx, work->arena, rule->id, LOCK_SHOW, &locks, &count, f);
	if (r)
		return r;
	*ret = false;
	for (size_t i = 0; i < count; i++)
		if (!resource_lock_may_pass(work->caller, locks[i]))
			*ret = true;
	return 0;
}

int share_rule_like(Tx *tx, Arena *arena, const char *share_id, ShareAccessType type,
		    const char *to, ShareRule **ret, Fault *f)
{
	ShareRule **rules;
	size_t count;
	int r = share_rules_of(tx, arena, share_id, &rules, &count, f);

	*ret = NULL;
	for (size_t i = 0; !r && i < count; i++)
		if (rules[i]->type == (int)type &&
		    share_access_is_same(type, rules[i]->access_to, to))
			*ret = rules[i];
	return fault_unexpected(f, r);
}

/* Also by a server that is detaching the share, until it has let go. */
int share_rule_is_used(Tx *tx, const char *rule_id, const char *except_id, bool *ret, Fault *f)
{
	RecordQuery query = {0};
	int64_t count;
	int r;

	record_where_text(&query, "rule_id", RECORD_EQ, rule_id);
	record_where_int(&query, "status", RECORD_NE, SHARE_MAPPING_DETACHING);
	record_or(&query);
	record_where_int(&query, "connected", RECORD_EQ, true);
	if (except_id)
		record_where_text(&query, "id", RECORD_NE, except_id);
	r = record_count(tx, &share_mapping_table, &query, &count, f);
	*ret = r == 0 && count > 0;
	return fault_unexpected(f, r);
}

/* --- states --- */

static int refresh_share(Tx *tx, Arena *arena, const char *share_id, Fault *f)
{
	ShareRule **rules;
	Share *share;
	size_t count;
	int status;
	int r;

	r = share_get(tx, arena, share_id, &share, f);
	if (r == RECORD_NOT_FOUND)
		return 0;
	if (!r)
		r = share_rules_of(tx, arena, share_id, &rules, &count, f);
	if (r)
		return fault_unexpected(f, r);
	status = (int)share_rules_status_of((const ShareRule *const *)rules, count);
	if (share->rules_status == status)
		return 0;
	share->rules_status = status;
	return fault_unexpected(f, share_update(tx, share, f));
}

int share_rule_move(Tx *tx, Arena *arena, ShareRule *rule, ShareRuleEvent event, Fault *f)
{
	ShareRuleState to;
	int r;

	if (!share_rule_state_move((ShareRuleState)rule->state, event, &to))
		return 0;
	rule->state = (int)to;
	rule->updated_us = clock_now_us();
	r = share_rule_update(tx, rule, f);
	return r ? fault_unexpected(f, r) : refresh_share(tx, arena, rule->share_id, f);
}

int share_rule_add(Work *work, ShareRule *rule, Fault *f)
{
	int r;

	rule->id = new_uuid(work->arena);
	rule->state = SHARE_RULE_QUEUED_TO_APPLY;
	rule->created_us = work->now_us;
	r = share_rule_insert(work->tx, rule, f);
	return r ? fault_unexpected(f, r) : refresh_share(work->tx, work->arena, rule->share_id, f);
}

static int rule_remove(Tx *tx, Arena *arena, const ShareRule *rule, Fault *f)
{
	int r = resource_locks_forget(tx, rule->id, f);

	if (!r)
		r = share_rule_delete(tx, rule->id, f);
	return r ? fault_unexpected(f, r) : refresh_share(tx, arena, rule->share_id, f);
}

/* A rule that has been queued for something else since then waits for that. */
static int settle_rule(Tx *tx, Arena *arena, const Operation *operation, const char *rule_id,
		       const char *outcome, Fault *f)
{
	const char *key = arena_printf(arena, OPERATION_RULE_KEY "%s", rule_id);
	ShareRule *rule;
	int r = share_rule_get(tx, arena, rule_id, &rule, f);

	if (r == RECORD_NOT_FOUND)
		return 0;
	if (r)
		return fault_unexpected(f, r);
	if (str_eq(outcome, OPERATION_RULE_DENIED))
		return share_rule_is_going((ShareRuleState)rule->state)
			       ? rule_remove(tx, arena, rule, f)
			       : 0;
	if (str_eq(outcome, OPERATION_RULE_REFUSED)) {
		r = share_rule_move(tx, arena, rule, SHARE_RULE_EVENT_REFUSED, f);
		return r ? r : message_write(tx, arena, operation, MESSAGE_LET_IN_TO_SHARE, f);
	}
	rule->access_key = text_map_value(arena, operation->args, key);
	return share_rule_move(tx, arena, rule, SHARE_RULE_EVENT_APPLIED, f);
}

int share_rules_settle(Tx *tx, Arena *arena, const Operation *operation, Fault *f)
{
	const JsonTextMap found = json_text_map(arena, operation->args);
	int r = 0;

	for (size_t i = 0; !r && i < found.count; i++) {
		const char *rule_id = str_after(found.pairs[i].key, OPERATION_RULE);

		if (rule_id)
			r = settle_rule(tx, arena, operation, rule_id, found.pairs[i].value, f);
	}
	return r;
}

/* --- locks --- */

static ResourceLock lock_on_rule(const ShareRule *rule, const char *action, const char *context,
				 const char *reason)
{
	return (ResourceLock){
		.resource_type = LOCK_RULE,
		.resource_id = rule->id,
		.action = action,
		.context = context,
		.reason = reason,
		.rule_id = rule->id,
	};
}

int share_rule_hide(Work *work, const ShareRule *rule, const char *context, const char *reason,
		    Fault *f)
{
	ResourceLock lock = lock_on_rule(rule, LOCK_SHOW, context, reason);

	return resource_lock_add(work, &lock, f);
}

int share_rule_keep(Work *work, const ShareRule *rule, const char *context, const char *reason,
		    const char *share_reason, Fault *f)
{
	ResourceLock lock = lock_on_rule(rule, LOCK_DELETE, context, reason);
	int r = resource_lock_add(work, &lock, f);

	if (r)
		return r;
	if (!share_reason)
		share_reason = arena_printf(work->arena, "Locked by access lock: %s", lock.id);
	return share_rule_keep_share(work, rule, context, share_reason, f);
}

int share_rule_keep_share(Work *work, const ShareRule *rule, const char *context,
			  const char *reason, Fault *f)
{
	ResourceLock lock = lock_on_rule(rule, LOCK_DELETE, context, reason);

	lock.resource_type = LOCK_SHARE;
	lock.resource_id = rule->share_id;
	return resource_lock_add(work, &lock, f);
}

/* --- the operation --- */

int share_rules_begin(Tx *tx, Arena *arena, const Operation *by, const char *share_id,
		      const char *rule_id, Fault *f)
{
	JsonPair own = {.key = ARG_RULE, .value = rule_id};
	const JsonTextMap args = {.pairs = &own, .count = 1};
	Operation operation = {
		.lane = share_id,
		.share_id = share_id,
		.args = json_print_text_map(arena, &args),
		.project_id = by->project_id,
		.user_id = by->user_id,
		.by_admin = by->by_admin,
		.request_id = by->request_id,
	};

	return operation_begin(tx, arena, service_operation("apply-share-rules"), &operation, f);
}

int apply_share_rules_done(Tx *tx, Arena *arena, const Operation *operation, Fault *f)
{
	return share_rules_settle(tx, arena, operation, f);
}

int apply_share_rules_failed(Tx *tx, Arena *arena, const Operation *operation,
			     const char *reason _unused_, Fault *f)
{
	const char *rule_id = text_map_value(arena, operation->args, ARG_RULE);
	ShareRule *rule;
	bool going;
	int r = share_rule_get(tx, arena, rule_id, &rule, f);

	if (r == RECORD_NOT_FOUND)
		return 0;
	if (r)
		return fault_unexpected(f, r);
	going = share_rule_is_going((ShareRuleState)rule->state);
	r = share_rule_move(tx, arena, rule, SHARE_RULE_EVENT_FAILED, f);
	return r ? r
		 : message_write(tx, arena, operation,
				 going ? MESSAGE_KEEP_OUT_OF_SHARE : MESSAGE_LET_IN_TO_SHARE, f);
}
