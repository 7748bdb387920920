/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * What volumes and snapshots count for in the quotas of their project and in what the backend has
 * promised. Taken in the transaction
 * that writes the row, given back in the one that deletes it; a change (a larger size, another
 * type, another project) is a taking and a giving.
 */
#include "service/volume-quota.h"

#include "service/capacity.h"

static int refuse(Work *work, const char *resource, int64_t requested, const QuotaUsage *usage)
{
	work->refused = (RefusalData){
		.resource = resource,
		.requested = requested,
		.used = usage->used,
		.limit = usage->limit,
	};
	return REFUSAL_QUOTA;
}

static int take(Work *work, const char *project_id, const char *resource, int64_t amount, Fault *f)
{
	QuotaUsage usage;
	int r = quota_add(work->tx, project_id, resource, amount, &usage, f);

	if (r == QUOTA_EXCEEDED)
		return refuse(work, resource, amount, &usage);
	return fault_unexpected(f, r);
}

static int give(Tx *tx, const char *project_id, const char *resource, int64_t amount, Fault *f)
{
	QuotaUsage ignored;

	return fault_unexpected(f, quota_add(tx, project_id, resource, -amount, &ignored, f));
}

int volume_quota_check_size(Work *work, const char *project_id, int64_t size_gib, Fault *f)
{
	QuotaUsage usage;
	int r = quota_get(work->tx, project_id, "per_volume_gigabytes", &usage, f);

	if (r)
		return fault_unexpected(f, r);
	if (usage.limit >= 0 && size_gib > usage.limit)
		return refuse(work, "per_volume_gigabytes", size_gib, &usage);
	return 0;
}

int volume_quota_take(Work *work, const Volume *volume, Fault *f)
{
	int r = volume_quota_check_size(work, volume->project_id, volume->size_gib, f);

	if (!r)
		r = take(work, volume->project_id, "volumes", 1, f);
	if (!r)
		r = take(work, volume->project_id, "gigabytes", volume->size_gib, f);
	if (!r)
		r = capacity_take(work, volume->backend, volume->size_gib, f);
	return r;
}

int volume_quota_give(Tx *tx, Arena *arena _unused_, const Volume *volume, Fault *f)
{
	int r = give(tx, volume->project_id, "volumes", 1, f);

	if (!r)
		r = give(tx, volume->project_id, "gigabytes", volume->size_gib, f);
	return r ? r : capacity_give(tx, volume->backend, volume->size_gib, f);
}

int volume_quota_take_growth(Work *work, const Volume *volume, int64_t more_gib, Fault *f)
{
	int r = volume_quota_check_size(work, volume->project_id, volume->size_gib + more_gib, f);

	if (!r)
		r = take(work, volume->project_id, "gigabytes", more_gib, f);
	return r ? r : capacity_take(work, volume->backend, more_gib, f);
}

int volume_quota_give_growth(Tx *tx, Arena *arena _unused_, const Volume *volume, int64_t more_gib,
			     Fault *f)
{
	int r = give(tx, volume->project_id, "gigabytes", more_gib, f);

	return r ? r : capacity_give(tx, volume->backend, more_gib, f);
}

int snapshot_quota_take(Work *work, const Volume *volume, const Snapshot *snapshot, Fault *f)
{
	int r = take(work, volume->project_id, "snapshots", 1, f);

	if (!r)
		r = take(work, volume->project_id, "gigabytes", snapshot->size_gib, f);
	return r ? r : capacity_take(work, volume->backend, snapshot->size_gib, f);
}

int snapshot_quota_give(Tx *tx, Arena *arena _unused_, const Volume *volume,
			const Snapshot *snapshot, Fault *f)
{
	int r = give(tx, volume->project_id, "snapshots", 1, f);

	if (!r)
		r = give(tx, volume->project_id, "gigabytes", snapshot->size_gib, f);
	return r ? r : capacity_give(tx, volume->backend, snapshot->size_gib, f);
}
