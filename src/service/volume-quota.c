/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * What volumes and snapshots count for in the quotas of their project. Taken in the transaction
 * that writes the row, given back in the one that deletes it; a change (a larger size, another
 * type, another project) is a taking and a giving.
 *
 * What a project uses of a type is kept nowhere: most types have no limit, and volumes need not
 * pay for it. Where there is one, what is there is counted, and the limit bounds the counting. So
 * nothing is given back by type. The thing itself is left out of the count: it does not matter
 * whether its row is written before or after.
 */
#include "service/volume-quota.h"

#include "service/quota.h"

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

/* What a project wants more of the type of a volume. */
typedef struct TypeWish {
	const char *project_id;
	const char *except_id; /* what is not to be counted: its own wish, or NULL */
	TypeUsage more;
} TypeWish;

/* Whether the limits of the volume's type leave room. */
static int check_type(Work *work, const Volume *volume, const TypeWish *wish, Fault *f)
{
	const struct {
		const char *resource;
		int64_t wish;
		size_t used;
	} members[] = {
		{"volumes", wish->more.volumes, offsetof(TypeUsage, volumes)},
		{"gigabytes", wish->more.gigabytes, offsetof(TypeUsage, gigabytes)},
		{"snapshots", wish->more.snapshots, offsetof(TypeUsage, snapshots)},
	};

	for (size_t i = 0; i < ARRAY_SIZE(members); i++) {
		QuotaUsage quota;
		TypeUsage used;
		int r = 0;

		if (members[i].wish == 0)
			continue;
		r = quota_get(
			work->tx, wish->project_id,
			type_quota_resource(work->arena, members[i].resource, volume->type_id),
			&quota, f);
		if (!r && quota.limit >= 0)
			r = volume_type_count(work->tx, wish->project_id, volume->type_id,
					      wish->except_id, &used, f);
		if (r)
			return fault_unexpected(f, r);
		if (quota.limit < 0)
			continue;
		quota.used = *(const int64_t *)((const char *)&used + members[i].used);
		if (quota.used + members[i].wish > quota.limit)
			return refuse(work,
				      arena_printf(work->arena, "%s_%s", members[i].resource,
						   volume->type_name),
				      members[i].wish, &quota);
	}
	return 0;
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
	const TypeWish wish = {
		.project_id = volume->project_id,
		.except_id = volume->id,
		.more = {.volumes = 1, .gigabytes = volume->size_gib},
	};
	int r = volume_quota_check_size(work, volume->project_id, volume->size_gib, f);

	if (!r)
		r = check_type(work, volume, &wish, f);
	if (!r)
		r = take(work, volume->project_id, "volumes", 1, f);
	if (!r)
		r = take(work, volume->project_id, "gigabytes", volume->size_gib, f);
	return r;
}

int volume_quota_give(Tx *tx, Arena *arena _unused_, const Volume *volume, Fault *f)
{
	int r = give(tx, volume->project_id, "volumes", 1, f);

	return r ? r : give(tx, volume->project_id, "gigabytes", volume->size_gib, f);
}

int volume_quota_take_growth(Work *work, const Volume *volume, int64_t more_gib, Fault *f)
{
	const TypeWish wish = {
		.project_id = volume->project_id,
		.more = {.gigabytes = more_gib},
	};
	int r = volume_quota_check_size(work, volume->project_id, volume->size_gib + more_gib, f);

	if (!r)
		r = check_type(work, volume, &wish, f);
	if (!r)
		r = take(work, volume->project_id, "gigabytes", more_gib, f);
	return r;
}

int volume_quota_give_growth(Tx *tx, Arena *arena _unused_, const Volume *volume, int64_t more_gib,
			     Fault *f)
{
	return give(tx, volume->project_id, "gigabytes", more_gib, f);
}

int snapshot_quota_take(Work *work, const Volume *volume, const Snapshot *snapshot, Fault *f)
{
	const TypeWish wish = {
		.project_id = snapshot->project_id,
		.except_id = snapshot->id,
		.more = {.snapshots = 1, .gigabytes = snapshot->size_gib},
	};
	int r = check_type(work, volume, &wish, f);

	if (!r)
		r = take(work, snapshot->project_id, "snapshots", 1, f);
	if (!r)
		r = take(work, snapshot->project_id, "gigabytes", snapshot->size_gib, f);
	return r;
}

int snapshot_quota_give(Tx *tx, Arena *arena _unused_, const Volume *volume _unused_,
			const Snapshot *snapshot, Fault *f)
{
	int r = give(tx, snapshot->project_id, "snapshots", 1, f);

	return r ? r : give(tx, snapshot->project_id, "gigabytes", snapshot->size_gib, f);
}
