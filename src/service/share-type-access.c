/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Which projects may use a private share type. A public type has no list; what was granted before
 * it became public waits for the day it is private again.
 */
#include "service/priv.h"
#include "service/share-type.h"

int service_list_share_type_access(Work *work, const char *id, TypeAccess ***ret, size_t *ret_count,
				   Fault *f)
{
	RecordQuery query = {0};
	ShareType *type;
	int r;

	r = service_find_share_type(work, id, &type, f);
	if (r)
		return r;
	if (type->is_public)
		return work_refuse(work, REFUSAL_NOT_THERE,
				   "Access list not available for public share types.");
	record_where_text(&query, "type_id", RECORD_EQ, type->id);
	return fault_unexpected(
		f, share_type_access_find(work->tx, work->arena, &query, ret, ret_count, f));
}

/* What says that a project has access to a private type. */
static int access_to(Work *work, const char *id, const char *project_id, TypeAccess *ret, Fault *f)
{
	ShareType *type;
	int r;

	r = service_find_share_type(work, id, &type, f);
	if (r)
		return r;
	if (type->is_public)
		return work_refuse(
			work, REFUSAL_SHARE_CONFLICT,
			"Type access modification is not applicable to public share type.");
	*ret = (TypeAccess){
		.id = type_access_id(work->arena, type->id, project_id),
		.type_id = type->id,
		.project_id = project_id,
	};
	return 0;
}

int service_grant_share_type(Work *work, const char *id, const char *project_id, Fault *f)
{
	TypeAccess access = {0};
	int r;

	r = access_to(work, id, project_id, &access, f);
	if (r)
		return r;
	r = share_type_access_insert(work->tx, &access, f);
	if (r != RECORD_EXISTS)
		return fault_unexpected(f, r);
	return work_refuse(work, REFUSAL_SHARE_CONFLICT,
			   "Share type access for %s / %s combination already exists.",
			   access.type_id, project_id);
}

int service_revoke_share_type(Work *work, const char *id, const char *project_id, Fault *f)
{
	TypeAccess access = {0};
	int r;

	r = access_to(work, id, project_id, &access, f);
	if (r)
		return r;
	r = share_type_access_delete(work->tx, access.id, f);
	if (r != RECORD_NOT_FOUND)
		return fault_unexpected(f, r);
	return work_refuse(work, REFUSAL_NOT_THERE,
			   "Share type access not found for %s / %s combination.", access.type_id,
			   project_id);
}
