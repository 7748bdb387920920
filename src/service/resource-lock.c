/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * See resource-lock.h.
 */
#include "service/resource-lock.h"

#include "base/str.h"
#include "base/uuid.h"
#include "rules/share-rule-state.h"
#include "service/priv.h"
#include "service/share-access.h"

/* --- who may --- */

const char *resource_lock_context(const Caller *caller)
{
	if (caller->service_request)
		return LOCK_BY_SERVICE;
	return caller_is_admin(caller) ? LOCK_BY_ADMIN : LOCK_BY_USER;
}

bool resource_lock_may_pass(const Caller *caller, const ResourceLock *lock)
{
	if (caller_is_admin(caller))
		return true;
	if (str_eq(lock->context, LOCK_BY_ADMIN))
		return false;
	if (caller->service_request)
		return true;
	return str_eq(lock->context, LOCK_BY_USER) && str_eq(lock->user_id, caller->user_id) &&
	       str_eq(lock->project_id, caller->project_id);
}

static bool sees_all(const Work *work)
{
	return caller_is_admin(work->caller) || work->caller->service_request;
}

void service_where_locks_visible(const Work *work, RecordQuery *query, bool all)
{
	if (!all || !sees_all(work))
		record_where_text(query, "project_id", RECORD_EQ, work->caller->project_id);
}

int service_find_resource_lock(Work *work, const char *id, ResourceLock **ret, Fault *f)
{
	char canonical[UUID_TEXT];
	int r = RECORD_NOT_FOUND;

	if (uuid_canonical(id, canonical))
		r = resource_lock_get(work->tx, work->arena, canonical, ret, f);
	if (r < 0)
		return r;
	if (r == 0 && (sees_all(work) || str_eq((*ret)->project_id, work->caller->project_id)))
		return 0;
	work->refused = (RefusalData){.id = id};
	return REFUSAL_NO_RESOURCE_LOCK;
}

static int refuse_change(Work *work)
{
	return work_refuse(work, REFUSAL_SHARE_FORBIDDEN,
			   "Resource lock cannot be manipulated by user. Please contact the "
			   "administrator.");
}

static int find_to_change(Work *work, const char *id, ResourceLock **ret, Fault *f)
{
	int r = service_find_resource_lock(work, id, ret, f);
	bool held;

	if (r)
		return r;
	r = share_lock_is_held(work->tx, *ret, &held, f);
	if (r)
		return r;
	return held || !resource_lock_may_pass(work->caller, *ret) ? refuse_change(work) : 0;
}

/* --- what may be locked --- */

static int refuse_unsuitable(Work *work)
{
	return work_refuse(work, REFUSAL_SHARE_CONFLICT,
			   "Invalid input received: Resource status not suitable for locking.");
}

static bool share_is_leaving(const Share *share)
{
	static const ShareStatus leaving[] = {
		SHARE_DELETING,
		SHARE_ERROR_DELETING,
		SHARE_DELETED,
		SHARE_UNMANAGED,
		SHARE_UNMANAGE_ERROR,
		SHARE_UNMANAGE_STARTING,
		SHARE_DEFERRED_DELETING,
		SHARE_ERROR_DEFERRED_DELETING,
		SHARE_MANAGE_ERROR_UNMANAGE_STARTING,
	};

	for (size_t i = 0; i < ARRAY_SIZE(leaving); i++)
		if (share->status == (int)leaving[i])
			return true;
	return false;
}

/* RECORD_NOT_FOUND also for what is somebody else's. */
static int load_share(Work *work, const char *id, Share **ret, Fault *f)
{
	int r = share_get(work->tx, work->arena, id, ret, f);

	return !r && !work_sees(work, (*ret)->project_id) ? RECORD_NOT_FOUND : r;
}

static int check_share(Work *work, const char *id, Fault *f)
{
	Share *share;
	int r = load_share(work, id, &share, f);

	if (r)
		return r;
	if (share->scheduled_us)
		return work_refuse(work, REFUSAL_SHARE_CONFLICT,
				   "Invalid input received: Resource cannot be locked since it "
				   "has been soft deleted.");
	return share_is_leaving(share) ? refuse_unsuitable(work) : 0;
}

static int check_rule(Work *work, const char *id, Fault *f)
{
	ShareRule *rule;
	Share *share;
	int r;

	r = share_rule_get(work->tx, work->arena, id, &rule, f);
	if (!r)
		r = load_share(work, rule->share_id, &share, f);
	if (r)
		return r;
	return share_rule_is_going((ShareRuleState)rule->state) || rule->state == SHARE_RULE_ERROR
		       ? refuse_unsuitable(work)
		       : 0;
}

static int check_action(Work *work, const char *type, const char *action)
{
	if (str_eq(action, LOCK_DELETE) || str_eq(type, LOCK_RULE))
		return 0;
	return work_refuse(work, REFUSAL_BAD_INPUT,
			   "Invalid input received: The action '%s' is not supported for resources "
			   "of the type '%s'.",
			   action, type);
}

static int check_resource(Work *work, const char *type, const char *id, Fault *f)
{
	int r = str_eq(type, LOCK_RULE) ? check_rule(work, id, f) : check_share(work, id, f);

	if (r == RECORD_NOT_FOUND)
		return work_refuse(work, REFUSAL_BAD_INPUT, "No such resource found.");
	return r;
}

static int check_count(Work *work, const char *resource_id, Fault *f)
{
	RecordQuery query = {0};
	int64_t count;
	int r;

	record_where_text(&query, "resource_id", RECORD_EQ, resource_id);
	r = record_count(work->tx, &resource_lock_table, &query, &count, f);
	if (r)
		return fault_unexpected(f, r);
	return count < RESOURCE_LOCKS_MAX ? 0
					  : work_refuse(work, REFUSAL_SHARE_CONFLICT,
							"Resource %s has %d locks already.",
							resource_id, RESOURCE_LOCKS_MAX);
}

/* What is hidden once cannot be hidden again. */
static int is_hidden(Work *work, const char *rule_id, bool *ret, Fault *f)
{
	ResourceLock **locks;
	size_t count;
	int r = resource_locks_against(work->tx, work->arena, rule_id, LOCK_SHOW, &locks, &count,
				       f);

	*ret = r == 0 && count > 0;
	return r;
}

/* --- making and changing --- */

int resource_lock_add(Work *work, ResourceLock *lock, Fault *f)
{
	lock->id = new_uuid(work->arena);
	lock->project_id = work->caller->project_id;
	lock->user_id = work->caller->user_id;
	lock->created_us = work->now_us;
	return fault_unexpected(f, resource_lock_insert(work->tx, lock, f));
}

int service_create_resource_lock(Work *work, const LockWish *wish, ResourceLock **ret, Fault *f)
{
	ResourceLock *lock = ARENA_NEW(work->arena, ResourceLock);
	bool hidden = false;
	int r;

	r = check_action(work, wish->resource_type, wish->action);
	if (!r)
		r = check_resource(work, wish->resource_type, wish->resource_id, f);
	if (!r)
		r = check_count(work, wish->resource_id, f);
	if (!r && str_eq(wish->action, LOCK_SHOW))
		r = is_hidden(work, wish->resource_id, &hidden, f);
	if (r)
		return r;
	if (hidden)
		return work_refuse(work, REFUSAL_SHARE_CONFLICT,
				   "Resource's visibility is already locked by other user.");
	*lock = (ResourceLock){
		.resource_type = wish->resource_type,
		.resource_id = wish->resource_id,
		.action = wish->action,
		.context = resource_lock_context(work->caller),
		.reason = wish->reason,
		.rule_id = str_eq(wish->resource_type, LOCK_RULE) ? wish->resource_id : NULL,
	};
	*ret = lock;
	return resource_lock_add(work, lock, f);
}

static int check_new_action(Work *work, const ResourceLock *lock, const char *action, Fault *f)
{
	bool hidden = false;
	int r = check_action(work, lock->resource_type, action);

	if (!r && str_eq(action, LOCK_SHOW) && !str_eq(lock->action, LOCK_SHOW))
		r = is_hidden(work, lock->resource_id, &hidden, f);
	if (r)
		return r;
	return hidden ? work_refuse(work, REFUSAL_BAD_INPUT,
				    "Invalid input received: The resource already has a "
				    "visibility lock.")
		      : 0;
}

int service_change_resource_lock(Work *work, const char *id, const LockChange *change,
				 ResourceLock **ret, Fault *f)
{
	ResourceLock *lock;
	int r;

	r = find_to_change(work, id, &lock, f);
	if (!r && change->action)
		r = check_new_action(work, lock, change->action, f);
	if (r)
		return r;
	if (change->action)
		lock->action = change->action;
	if (change->has_reason)
		lock->reason = change->reason;
	lock->updated_us = work->now_us;
	*ret = lock;
	return fault_unexpected(f, resource_lock_update(work->tx, lock, f));
}

int service_delete_resource_lock(Work *work, const char *id, Fault *f)
{
	ResourceLock *lock;
	int r = find_to_change(work, id, &lock, f);

	return r ? r : fault_unexpected(f, resource_lock_delete(work->tx, lock->id, f));
}

int resource_locks_against(Tx *tx, Arena *arena, const char *resource_id, const char *action,
			   ResourceLock ***ret, size_t *ret_count, Fault *f)
{
	RecordQuery query = {0};

	record_where_text(&query, "resource_id", RECORD_EQ, resource_id);
	record_where_text(&query, "action", RECORD_EQ, action);
	record_sort(&query, "created_us", false);
	return fault_unexpected(f, resource_lock_find(tx, arena, &query, ret, ret_count, f));
}

int resource_locks_forget(Tx *tx, const char *rule_id, Fault *f)
{
	RecordQuery query = {0};

	record_where_text(&query, "rule_id", RECORD_EQ, rule_id);
	return fault_unexpected(f, record_delete_where(tx, &resource_lock_table, &query, f));
}
