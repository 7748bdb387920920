/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Volume types are made, changed and deleted. What belongs to a type alone goes with it: who has
 * access, its encryption, the limits by type. Default types do not go.
 */
#include "base/str.h"
#include "service/disk-specs.h"
#include "service/priv.h"
#include "service/quota.h"
#include "service/text-map.h"
#include "service/volume-type.h"
#include "json/out.h"

static int name_taken(Work *work, const char *name)
{
	return work_refuse(work, REFUSAL_VOLUME_CONFLICT, "Volume Type %s already exists.", name);
}

static int check_specs(Work *work, const char *extra_specs)
{
	/* A cached image cannot be written to by several at once. */
	if (!str_eq(text_map_value(work->arena, extra_specs, "cacheable"), SPEC_IS_TRUE) ||
	    !str_eq(text_map_value(work->arena, extra_specs, MULTIATTACH_SPEC), SPEC_IS_TRUE))
		return disk_specs_check(work, extra_specs);
	return work_refuse(work, REFUSAL_BAD_INPUT, "cacheable cannot be set with multiattach.");
}

int service_create_volume_type(Work *work, const VolumeTypeChange *wish,
			       const JsonTextMap *extra_specs, VolumeType **ret, Fault *f)
{
	VolumeType *type = ARENA_NEW(work->arena, VolumeType);
	int r;

	*type = (VolumeType){
		.id = new_uuid(work->arena),
		.name = wish->name,
		.description = wish->description,
		.extra_specs = json_print_text_map(work->arena, extra_specs),
		.is_public = !wish->has_is_public || wish->is_public,
		.created_us = work->now_us,
	};
	r = check_specs(work, type->extra_specs);
	if (r)
		return r;
	r = volume_type_insert(work->tx, type, f);
	if (r == RECORD_EXISTS)
		return name_taken(work, type->name);
	if (r)
		return fault_unexpected(f, r);
	*ret = type;
	return 0;
}

static int write_type(Work *work, VolumeType *type, Fault *f)
{
	int r;

	type->updated_us = work->now_us;
	r = volume_type_update(work->tx, type, f);
	return r == RECORD_EXISTS ? name_taken(work, type->name) : fault_unexpected(f, r);
}

int service_change_volume_type(Work *work, const char *id, const VolumeTypeChange *change,
			       VolumeType **ret, Fault *f)
{
	VolumeType *type;
	bool renamed;
	int r;

	r = service_find_volume_type(work, id, &type, f);
	if (r)
		return r;
	renamed = change->name && !str_eq(change->name, type->name);
	if (renamed)
		type->name = change->name;
	if (change->has_description)
		type->description = change->description;
	if (change->has_is_public)
		type->is_public = change->is_public;
	r = write_type(work, type, f);
	if (!r && renamed)
		r = volume_type_renamed(work->tx, type, f);
	if (r)
		return r;
	*ret = type;
	return 0;
}

/* The house's default type, or a project's. */
static int is_a_default(Work *work, const VolumeType *type, bool *ret, Fault *f)
{
	RecordQuery query = {0};
	int64_t count;
	int r;

	record_where_text(&query, "type_id", RECORD_EQ, type->id);
	r = record_count(work->tx, &default_type_table, &query, &count, f);
	if (r)
		return fault_unexpected(f, r);
	*ret = count > 0 || str_eq(type->name, work->settings->default_volume_type);
	return 0;
}

static int check_may_go(Work *work, const VolumeType *type, Fault *f)
{
	const RecordQuery all = {0};
	bool used, is_default;
	int64_t types;
	int r;

	r = volume_type_is_used(work->tx, type->id, &used, f);
	if (!r)
		r = is_a_default(work, type, &is_default, f);
	if (!r)
		r = record_count(work->tx, &volume_type_table, &all, &types, f);
	if (r)
		return fault_unexpected(f, r);
	if (used)
		return work_refuse(work, REFUSAL_BAD_INPUT, "Target volume type is still in use.");
	if (is_default)
		return work_refuse(work, REFUSAL_BAD_INPUT,
				   "The volume type %s is a default volume type and cannot "
				   "be deleted.",
				   type->id);
	if (types == 1)
		return work_refuse(work, REFUSAL_BAD_INPUT,
				   "The volume type %s is the only currently defined "
				   "volume type and cannot be deleted.",
				   type->id);
	return 0;
}

int service_delete_volume_type(Work *work, const char *id, Fault *f)
{
	RecordQuery accesses = {0};
	VolumeType *type;
	int r;

	r = service_find_volume_type(work, id, &type, f);
	if (!r)
		r = check_may_go(work, type, f);
	if (r)
		return r;
	record_where_text(&accesses, "type_id", RECORD_EQ, type->id);
	r = record_delete_where(work->tx, &type_access_table, &accesses, f);
	if (!r)
		r = type_encryption_delete(work->tx, type->id, f);
	if (r == RECORD_NOT_FOUND)
		r = 0;
	if (!r)
		r = service_forget_type_quotas(work, type, f);
	if (!r)
		r = volume_type_delete(work->tx, type->id, f);
	return fault_unexpected(f, r);
}

/* A type whose specs may change, because no volume relies on them. */
static int find_unused(Work *work, const char *id, VolumeType **ret, Fault *f)
{
	bool used;
	int r;

	r = service_find_volume_type(work, id, ret, f);
	if (r)
		return r;
	r = volume_type_is_used(work->tx, (*ret)->id, &used, f);
	if (r)
		return r;
	return used ? work_refuse(work, REFUSAL_BAD_INPUT, "Volume Type is currently in use.") : 0;
}

int service_merge_type_specs(Work *work, const char *id, const JsonTextMap *specs, Fault *f)
{
	VolumeType *type;
	int r;

	r = find_unused(work, id, &type, f);
	if (r)
		return r;
	type->extra_specs = text_map_merge(work->arena, type->extra_specs, specs);
	r = check_specs(work, type->extra_specs);
	return r ? r : write_type(work, type, f);
}

int service_delete_type_spec(Work *work, const char *id, const char *key, Fault *f)
{
	const char *rest;
	VolumeType *type;
	int r;

	r = find_unused(work, id, &type, f);
	if (r)
		return r;
	rest = text_map_without(work->arena, type->extra_specs, key);
	if (!rest)
		return work_refuse(work, REFUSAL_NOT_THERE,
				   "Volume Type %s has no extra specs with key %s.", type->id, key);
	type->extra_specs = rest;
	return write_type(work, type, f);
}
