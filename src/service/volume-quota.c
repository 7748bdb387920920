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

/* What bounds a project's volumes, one type of them, and its snapshots. */
typedef enum Bound {
	BOUND_ONE_VOLUME,
	BOUND_TYPE_VOLUMES,
	BOUND_TYPE_GIGABYTES,
	BOUND_TYPE_SNAPSHOTS,
	BOUND_VOLUMES,
	BOUND_GIGABYTES,
	BOUND_SNAPSHOTS,
	_BOUND_MAX,
} Bound;

static_assert((int)_BOUND_MAX <= (int)QUOTAS_MAX, "one look");

/* A project that wants more, of the type of a volume. */
typedef struct Wish {
	const char *project_id;
	const Volume *volume;  /* of the type in question */
	const char *except_id; /* what is not to be counted: its own row, or NULL */
	TypeUsage more;
	QuotaUsage bounds[_BOUND_MAX]; /* with what is wanted */
} Wish;

static const char *type_resource(Work *work, const Wish *wish, const char *resource)
{
	return type_quota_resource(work->arena, resource, wish->volume->type_id);
}

static int load_bounds(Work *work, Wish *wish, Fault *f)
{
	const char *const resources[] = {
		[BOUND_ONE_VOLUME] = "per_volume_gigabytes",
		[BOUND_TYPE_VOLUMES] = type_resource(work, wish, "volumes"),
		[BOUND_TYPE_GIGABYTES] = type_resource(work, wish, "gigabytes"),
		[BOUND_TYPE_SNAPSHOTS] = type_resource(work, wish, "snapshots"),
		[BOUND_VOLUMES] = "volumes",
		[BOUND_GIGABYTES] = "gigabytes",
		[BOUND_SNAPSHOTS] = "snapshots",
	};

	return quotas_get(work->tx, wish->project_id, resources, ARRAY_SIZE(resources),
			  wish->bounds, f);
}

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

static int check_size(Work *work, const QuotaUsage *usage, int64_t size_gib)
{
	if (usage->limit < 0 || size_gib <= usage->limit)
		return 0;
	return refuse(work, "per_volume_gigabytes", size_gib, usage);
}

/* Whether the limits of the volume's type leave room. */
static int check_type(Work *work, const Wish *wish, Fault *f)
{
	const struct {
		const char *resource;
		Bound bound;
		int64_t wish;
		size_t used;
	} members[] = {
		{"volumes", BOUND_TYPE_VOLUMES, wish->more.volumes, offsetof(TypeUsage, volumes)},
		{"gigabytes", BOUND_TYPE_GIGABYTES, wish->more.gigabytes,
		 offsetof(TypeUsage, gigabytes)},
		{"snapshots", BOUND_TYPE_SNAPSHOTS, wish->more.snapshots,
		 offsetof(TypeUsage, snapshots)},
	};

	for (size_t i = 0; i < ARRAY_SIZE(members); i++) {
		QuotaUsage quota = wish->bounds[members[i].bound];
		TypeUsage used;
		int r;

		if (members[i].wish == 0 || quota.limit < 0)
			continue;
		r = volume_type_count(work->tx, wish->project_id, wish->volume->type_id,
				      wish->except_id, &used, f);
		if (r)
			return fault_unexpected(f, r);
		quota.used = *(const int64_t *)((const char *)&used + members[i].used);
		if (quota.used + members[i].wish > quota.limit)
			return refuse(work,
				      arena_printf(work->arena, "%s_%s", members[i].resource,
						   wish->volume->type_name),
				      members[i].wish, &quota);
	}
	return 0;
}

/* Whether the project's own limits do. */
static int check_project(Work *work, const Wish *wish)
{
	const struct {
		const char *resource;
		Bound bound;
		int64_t wish;
	} members[] = {
		{"volumes", BOUND_VOLUMES, wish->more.volumes},
		{"snapshots", BOUND_SNAPSHOTS, wish->more.snapshots},
		{"gigabytes", BOUND_GIGABYTES, wish->more.gigabytes},
	};

	for (size_t i = 0; i < ARRAY_SIZE(members); i++) {
		QuotaUsage quota = wish->bounds[members[i].bound];

		if (members[i].wish == 0 || quota.limit < 0 || quota.used <= quota.limit)
			continue;
		quota.used -= members[i].wish;
		return refuse(work, members[i].resource, members[i].wish, &quota);
	}
	return 0;
}

/* Taken first and then looked at; what is refused is rolled back with the request. */
static int take(Work *work, Wish *wish, int64_t size_gib, Fault *f)
{
	const TypeUsage *more = &wish->more;
	int r = 0;

	if (more->volumes)
		r = quota_take(work->tx, wish->project_id, "volumes", more->volumes, f);
	if (!r && more->snapshots)
		r = quota_take(work->tx, wish->project_id, "snapshots", more->snapshots, f);
	if (!r)
		r = quota_take(work->tx, wish->project_id, "gigabytes", more->gigabytes, f);
	if (!r)
		r = load_bounds(work, wish, f);
	if (!r)
		r = check_size(work, &wish->bounds[BOUND_ONE_VOLUME], size_gib);
	if (!r)
		r = check_type(work, wish, f);
	return r ? r : check_project(work, wish);
}

int volume_quota_check_size(Work *work, const char *project_id, int64_t size_gib, Fault *f)
{
	QuotaUsage usage;
	int r = quota_get(work->tx, project_id, "per_volume_gigabytes", &usage, f);

	return r ? fault_unexpected(f, r) : check_size(work, &usage, size_gib);
}

int volume_quota_take(Work *work, const Volume *volume, Fault *f)
{
	Wish wish = {
		.project_id = volume->project_id,
		.volume = volume,
		.except_id = volume->id,
		.more = {.volumes = 1, .gigabytes = volume->size_gib},
	};

	return take(work, &wish, volume->size_gib, f);
}

int volume_quota_give(Tx *tx, Arena *arena _unused_, const Volume *volume, Fault *f)
{
	int r = quota_give(tx, volume->project_id, "volumes", 1, f);

	return r ? r : quota_give(tx, volume->project_id, "gigabytes", volume->size_gib, f);
}

int volume_quota_take_growth(Work *work, const Volume *volume, int64_t more_gib, Fault *f)
{
	Wish wish = {
		.project_id = volume->project_id,
		.volume = volume,
		.more = {.gigabytes = more_gib},
	};

	return take(work, &wish, volume->size_gib + more_gib, f);
}

int volume_quota_give_growth(Tx *tx, Arena *arena _unused_, const Volume *volume, int64_t more_gib,
			     Fault *f)
{
	return quota_give(tx, volume->project_id, "gigabytes", more_gib, f);
}

int snapshot_quota_take(Work *work, const Volume *volume, const Snapshot *snapshot, Fault *f)
{
	Wish wish = {
		.project_id = snapshot->project_id,
		.volume = volume,
		.except_id = snapshot->id,
		.more = {.snapshots = 1, .gigabytes = snapshot->size_gib},
	};

	return take(work, &wish, 0, f);
}

int snapshot_quota_give(Tx *tx, Arena *arena _unused_, const Volume *volume _unused_,
			const Snapshot *snapshot, Fault *f)
{
	int r = quota_give(tx, snapshot->project_id, "snapshots", 1, f);

	return r ? r : quota_give(tx, snapshot->project_id, "gigabytes", snapshot->size_gib, f);
}
