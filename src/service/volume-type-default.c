/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * The type that a project's volumes get when nobody names one. A project without its own takes the
 * house's.
 */
#include "service/priv.h"
#include "service/volume-type.h"

static int check_project(Work *work, const char *project_id, Fault *f)
{
	Project *project;
	int r = project_get(work->tx, work->arena, project_id, &project, f);

	if (r != RECORD_NOT_FOUND)
		return fault_unexpected(f, r);
	return work_refuse(work, REFUSAL_NOT_THERE, "Project with id %s not found.", project_id);
}

int service_find_default_type(Work *work, const char *project_id, DefaultType **ret, Fault *f)
{
	int r = check_project(work, project_id, f);

	if (r)
		return r;
	r = default_type_get(work->tx, work->arena, project_id, ret, f);
	if (r != RECORD_NOT_FOUND)
		return fault_unexpected(f, r);
	return work_refuse(work, REFUSAL_NOT_THERE, "Default type for project %s not found.",
			   project_id);
}

/* A wrong type in the body is bad input, unlike one in a path. */
static int choose(Work *work, const char *id_or_name, VolumeType **ret, Fault *f)
{
	int r = service_choose_volume_type(work, id_or_name, ret, f);

	if (r != REFUSAL_NO_VOLUME_TYPE)
		return r;
	return work_refuse(work, REFUSAL_BAD_INPUT, "Volume type %s%s could not be found.",
			   work->refused.id ? "" : "with name ", id_or_name);
}

int service_set_default_type(Work *work, const char *project_id, const char *type,
			     DefaultType **ret, Fault *f)
{
	DefaultType *own = ARENA_NEW(work->arena, DefaultType);
	VolumeType *chosen;
	int r;

	r = check_project(work, project_id, f);
	if (!r)
		r = choose(work, type, &chosen, f);
	if (r)
		return r;
	*own = (DefaultType){.id = project_id, .type_id = chosen->id, .created_us = work->now_us};
	r = default_type_insert(work->tx, own, f);
	if (r == RECORD_EXISTS)
		r = default_type_update(work->tx, own, f);
	if (r)
		return fault_unexpected(f, r);
	*ret = own;
	return 0;
}

int service_unset_default_type(Work *work, const char *project_id, Fault *f)
{
	int r = check_project(work, project_id, f);

	if (r)
		return r;
	r = default_type_delete(work->tx, project_id, f);
	return r == RECORD_NOT_FOUND ? 0 : fault_unexpected(f, r);
}
