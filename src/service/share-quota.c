/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * See share-quota.h. Taken first and then looked at; what is refused is rolled back with the
 * request.
 */
#include "service/share-quota.h"

#include "records/tables.h"

/* Let a project use so much more of something, unless that is too much. */
static int take(Work *work, const char *project_id, const char *resource, int64_t more,
		const char *action, Fault *f)
{
	QuotaUsage usage;
	int r = quota_take(work->tx, project_id, resource, more, f);

	if (!r)
		r = quota_get(work->tx, project_id, resource, &usage, f);
	if (r)
		return fault_unexpected(f, r);
	if (usage.limit < 0 || usage.used <= usage.limit)
		return 0;
	work->refused = (RefusalData){
		.resource = resource,
		.action = action,
		.requested = more,
		.used = usage.used - more,
		.limit = usage.limit,
	};
	return REFUSAL_QUOTA;
}

/* Whether one share may be that large at all. */
static int check_size(Work *work, const char *project_id, int64_t size_gib, const char *action,
		      Fault *f)
{
	QuotaUsage usage;
	int r = quota_get(work->tx, project_id, "share_per_gigabytes", &usage, f);

	if (r)
		return fault_unexpected(f, r);
	if (usage.limit < 0 || size_gib <= usage.limit)
		return 0;
	work->refused = (RefusalData){
		.resource = "share_per_gigabytes",
		.action = action,
		.requested = size_gib,
		.limit = usage.limit,
	};
	return REFUSAL_QUOTA;
}

int share_quota_take(Work *work, const Share *share, Fault *f)
{
	int r = check_size(work, share->project_id, share->size_gib, "create", f);

	if (!r)
		r = take(work, share->project_id, "share_gigabytes", share->size_gib, "create", f);
	return r ? r : take(work, share->project_id, "shares", 1, "create", f);
}

int share_quota_give(Tx *tx, const Share *share, Fault *f)
{
	int r = quota_give(tx, share->project_id, "shares", 1, f);

	return r ? r : quota_give(tx, share->project_id, "share_gigabytes", share->size_gib, f);
}

int share_quota_take_growth(Work *work, const Share *share, int64_t more_gib, Fault *f)
{
	int r = check_size(work, share->project_id, share->size_gib + more_gib, "extend", f);

	return r ? r : take(work, share->project_id, "share_gigabytes", more_gib, "extend", f);
}

int share_quota_give_growth(Tx *tx, const Share *share, int64_t more_gib, Fault *f)
{
	return quota_give(tx, share->project_id, "share_gigabytes", more_gib, f);
}

int share_snapshot_quota_take(Work *work, const ShareSnapshot *snapshot, Fault *f)
{
	int r = take(work, snapshot->project_id, "share_snapshot_gigabytes", snapshot->size_gib,
		     "snapshot", f);

	return r ? r : take(work, snapshot->project_id, "share_snapshots", 1, "snapshot", f);
}

int share_snapshot_quota_give(Tx *tx, const ShareSnapshot *snapshot, Fault *f)
{
	int r = quota_give(tx, snapshot->project_id, "share_snapshots", 1, f);

	return r ? r
		 : quota_give(tx, snapshot->project_id, "share_snapshot_gigabytes",
			      snapshot->size_gib, f);
}
