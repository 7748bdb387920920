/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * See quota.h. A limit below what is used would be kept by nobody, so it is refused. What a project
 * uses of a type is not kept anywhere but counted when it is asked for.
 */
#include "service/quota.h"

#include <inttypes.h>

#include "base/str.h"
#include "service/priv.h"

static const char *const plain[] = {
	"volumes",
	"snapshots",
	"gigabytes",
	"backups",
	"backup_gigabytes",
	"groups",
	"per_volume_gigabytes",
};

static const char *const by_type[] = {"volumes", "gigabytes", "snapshots"};

const char *type_quota_resource(Arena *arena, const char *resource, const char *type_id)
{
	return arena_printf(arena, "%s_%s", resource, type_id);
}

int service_quota_set(Work *work, QuotaSet *ret, Fault *f)
{
	RecordQuery all = {0};
	QuotaSet set = {0};
	VolumeType **types;
	size_t count;
	int r;

	record_sort(&all, "name", false);
	r = volume_type_find(work->tx, work->arena, &all, &types, &count, f);
	if (r)
		return fault_unexpected(f, r);
	set.members = ARENA_ARRAY(work->arena, QuotaMember,
				  ARRAY_SIZE(plain) + count * ARRAY_SIZE(by_type));
	for (size_t i = 0; i < ARRAY_SIZE(plain); i++)
		set.members[set.count++] = (QuotaMember){.name = plain[i], .resource = plain[i]};
	for (size_t i = 0; i < count; i++)
		for (size_t j = 0; j < ARRAY_SIZE(by_type); j++)
			set.members[set.count++] = (QuotaMember){
				.name = arena_printf(work->arena, "%s_%s", by_type[j],
						     types[i]->name),
				.resource =
					type_quota_resource(work->arena, by_type[j], types[i]->id),
				.type = types[i],
			};
	*ret = set;
	return 0;
}

const QuotaMember *quota_set_member(const QuotaSet *set, const char *name)
{
	for (size_t i = 0; i < set->count; i++)
		if (str_eq(set->members[i].name, name))
			return &set->members[i];
	return NULL;
}

/* What a project uses of a member that belongs to a type. */
static int count_by_type(Work *work, const char *project_id, const QuotaMember *member,
			 int64_t *ret, Fault *f)
{
	TypeUsage usage;
	int r = volume_type_count(work->tx, project_id, member->type->id, NULL, &usage, f);

	if (r)
		return r;
	if (str_after(member->resource, "volumes_"))
		*ret = usage.volumes;
	else if (str_after(member->resource, "gigabytes_"))
		*ret = usage.gigabytes;
	else
		*ret = usage.snapshots;
	return 0;
}

static int usage_of(Work *work, const char *project_id, const QuotaMember *member, bool with_usage,
		    QuotaUsage *ret, Fault *f)
{
	int r = quota_get(work->tx, project_id, member->resource, ret, f);

	if (!r && with_usage && member->type)
		r = count_by_type(work, project_id, member, &ret->used, f);
	return r;
}

int service_project_quotas(Work *work, const char *project_id, bool with_usage, QuotaSet *ret,
			   Fault *f)
{
	int r = service_quota_set(work, ret, f);

	for (size_t i = 0; !r && i < ret->count; i++)
		r = usage_of(work, project_id, &ret->members[i], with_usage, &ret->members[i].usage,
			     f);
	return r;
}

int service_class_quotas(Work *work, const char *name, QuotaSet *ret, Fault *f)
{
	int r = service_quota_set(work, ret, f);

	for (size_t i = 0; !r && i < ret->count; i++)
		r = quota_class_get(work->tx, name, ret->members[i].resource,
				    &ret->members[i].usage.limit, f);
	return r;
}

int service_limit_quota(Work *work, const char *project_id, const QuotaMember *member,
			int64_t limit, Fault *f)
{
	QuotaUsage usage;
	int r = usage_of(work, project_id, member, true, &usage, f);

	if (r)
		return r;
	if (limit >= 0 && limit < usage.used)
		return work_refuse(work, REFUSAL_BAD_INPUT,
				   "Quota %s limit must be equal or greater than existing "
				   "resources. Current usage is %" PRId64
				   " and the requested limit is %" PRId64 ".",
				   member->name, usage.used, limit);
	return quota_set(work->tx, project_id, member->resource, limit, f);
}

int service_reset_quotas(Work *work, const char *project_id, Fault *f)
{
	QuotaSet set;
	int r = service_quota_set(work, &set, f);

	for (size_t i = 0; !r && i < set.count; i++)
		r = quota_reset(work->tx, project_id, set.members[i].resource, f);
	return r;
}

int service_forget_type_quotas(Work *work, const VolumeType *type, Fault *f)
{
	int r = 0;

	for (size_t i = 0; !r && i < ARRAY_SIZE(by_type); i++)
		r = quota_forget(work->tx, type_quota_resource(work->arena, by_type[i], type->id),
				 f);
	return r;
}
