/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Which projects may use a private flavor. A public one has no list.
 */
#include "service/flavor.h"

#include "service/priv.h"

static const char *access_id(Arena *arena, const char *flavor_id, const char *project_id)
{
	return arena_printf(arena, "%s/%s", flavor_id, project_id);
}

int flavor_is_granted(Work *work, const Flavor *flavor, const char *project_id, bool *ret, Fault *f)
{
	FlavorAccess *access;
	int r = RECORD_NOT_FOUND;

	if (project_id)
		r = flavor_access_get(work->tx, work->arena,
				      access_id(work->arena, flavor->id, project_id), &access, f);
	*ret = r == 0;
	return r == RECORD_NOT_FOUND ? 0 : fault_unexpected(f, r);
}

int service_list_flavor_access(Work *work, const char *id, FlavorAccess ***ret, size_t *ret_count,
			       Fault *f)
{
	RecordQuery query = {0};
	Flavor *flavor;
	int r;

	r = service_find_flavor(work, id, &flavor, f);
	if (r)
		return r;
	if (flavor->is_public)
		return work_refuse(work, REFUSAL_NOT_THERE,
				   "Access list not available for public flavors.");
	record_where_text(&query, "flavor_id", RECORD_EQ, flavor->id);
	return fault_unexpected(
		f, flavor_access_find(work->tx, work->arena, &query, ret, ret_count, f));
}

static FlavorAccess access_to(Work *work, const Flavor *flavor, const char *project_id)
{
	return (FlavorAccess){
		.id = access_id(work->arena, flavor->id, project_id),
		.flavor_id = flavor->id,
		.project_id = project_id,
	};
}

int service_grant_flavor(Work *work, const char *id, const char *project_id, Fault *f)
{
	FlavorAccess access;
	Flavor *flavor;
	int r;

	r = service_find_flavor(work, id, &flavor, f);
	if (r)
		return r;
	if (flavor->is_public)
		return work_refuse(work, REFUSAL_NAME_EXISTS,
				   "Can not add access to a public flavor.");
	access = access_to(work, flavor, project_id);
	r = flavor_access_insert(work->tx, &access, f);
	if (r != RECORD_EXISTS)
		return fault_unexpected(f, r);
	return work_refuse(work, REFUSAL_NAME_EXISTS,
			   "Flavor access already exists for flavor %s and project %s combination.",
			   flavor->id, project_id);
}

int service_revoke_flavor(Work *work, const char *id, const char *project_id, Fault *f)
{
	FlavorAccess access;
	Flavor *flavor;
	int r;

	r = service_find_flavor(work, id, &flavor, f);
	if (r)
		return r;
	access = access_to(work, flavor, project_id);
	r = flavor_access_delete(work->tx, access.id, f);
	if (r != RECORD_NOT_FOUND)
		return fault_unexpected(f, r);
	return work_refuse(work, REFUSAL_NOT_THERE,
			   "Flavor access not found for %s / %s combination.", flavor->id,
			   project_id);
}

int service_flavors_granted(Work *work, const char *project_id, const char *const **ret_ids,
			    size_t *ret_count, Fault *f)
{
	RecordTexts ids = {.arena = work->arena};
	RecordQuery query = {0};
	int r;

	record_where_text(&query, "project_id", RECORD_EQ, project_id);
	r = record_distinct(work->tx, &flavor_access_table, &query, "flavor_id", &ids, f);
	*ret_ids = ids.texts;
	*ret_count = ids.count;
	return fault_unexpected(f, r);
}
