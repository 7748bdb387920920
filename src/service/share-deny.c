/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Access is denied. A rule that is locked stays, one that servers need stays whoever asks; its
 * locks go when the backend has let nobody in any more.
 */
#include "base/str.h"
#include "base/uuid.h"
#include "service/priv.h"
#include "service/resource-lock.h"
#include "service/share-rule-priv.h"
#include "service/share.h"

static int refuse_locked(Work *work, const ShareRule *rule)
{
	return work_refuse(work, REFUSAL_SHARE_FORBIDDEN,
			   "Cannot deny access for share '%s' since it has been locked. Please "
			   "remove the locks and retry the operation",
			   rule->share_id);
}

static int check_locks(Work *work, const ShareRule *rule, bool unrestrict, Fault *f)
{
	ResourceLock **locks;
	size_t count;
	bool used;
	int r;

	r = share_rule_is_used(work->tx, rule->id, NULL, &used, f);
	if (!r)
		r = resource_locks_against(work->tx, work->arena, rule->id, LOCK_DELETE, &locks,
					   &count, f);
	if (r)
		return r;
	if (used || (count && !unrestrict))
		return refuse_locked(work, rule);
	for (size_t i = 0; i < count; i++)
		if (!resource_lock_may_pass(work->caller, locks[i]))
			return work_refuse(work, REFUSAL_SHARE_FORBIDDEN,
					   "Unable to drop access rule restrictions that are not "
					   "placed by you.");
	return 0;
}

static int find_rule(Work *work, const Share *share, const char *rule_id, ShareRule **ret, Fault *f)
{
	char canonical[UUID_TEXT];
	int r = RECORD_NOT_FOUND;

	if (uuid_canonical(rule_id, canonical))
		r = share_rule_get(work->tx, work->arena, canonical, ret, f);
	if (r < 0 || (r == 0 && str_eq((*ret)->share_id, share->id)))
		return r;
	return work_refuse(work, REFUSAL_NOT_THERE, "Resource could not be found.");
}

int service_deny_share_access(Work *work, const char *share_id, const char *rule_id,
			      bool unrestrict, Fault *f)
{
	const Operation by = operation_for(work, NULL);
	ShareRule *rule;
	Share *share;
	int r;

	r = service_find_live_share(work, share_id, "deny access for", &share, f);
	if (!r)
		r = find_rule(work, share, rule_id, &rule, f);
	if (r)
		return r;
	if (share_rule_is_going((ShareRuleState)rule->state))
		return 0;
	r = check_locks(work, rule, unrestrict, f);
	if (r)
		return r;
	r = share_rule_move(work->tx, work->arena, rule, SHARE_RULE_EVENT_DENY, f);
	if (!r)
		r = share_rules_begin(work->tx, work->arena, &by, share->id, rule->id, f);
	return r;
}
