/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Volume types: which one is meant, who may see it, and what volumes it allows.
 */
#include "service/volume-type.h"

#include "base/str.h"
#include "base/uuid.h"
#include "service/priv.h"
#include "service/text-map.h"
#include "json/out.h"

static int type_by_name(Work *work, const char *name, VolumeType **ret, Fault *f)
{
	RecordQuery query = {.limit = 1};
	VolumeType **types;
	size_t count;
	int r;

	record_where_text(&query, "name", RECORD_EQ, name);
	r = volume_type_find(work->tx, work->arena, &query, &types, &count, f);
	if (r)
		return fault_unexpected(f, r);
	if (count == 0)
		return REFUSAL_NO_VOLUME_TYPE;
	*ret = types[0];
	return 0;
}

/* What the project takes when it names no type; *ret_asked tells which one that would be. */
static int type_by_default(Work *work, VolumeType **ret, RefusalData *ret_asked, Fault *f)
{
	DefaultType *own;
	int r = RECORD_NOT_FOUND;

	if (work->caller->project_id)
		r = default_type_get(work->tx, work->arena, work->caller->project_id, &own, f);
	if (r < 0)
		return r;
	if (r == 0) {
		*ret_asked = (RefusalData){.id = own->type_id};
		return volume_type_get(work->tx, work->arena, own->type_id, ret, f);
	}
	*ret_asked = (RefusalData){.value = work->settings->default_volume_type};
	return type_by_name(work, work->settings->default_volume_type, ret, f);
}

const char *type_access_id(Arena *arena, const char *type_id, const char *project_id)
{
	return arena_printf(arena, "%s/%s", type_id, project_id);
}

static int check_visible(Work *work, const VolumeType *type, Fault *f)
{
	TypeAccess *access;
	int r;

	if (type->is_public || caller_is_admin(work->caller))
		return 0;
	r = type_access_get(work->tx, work->arena,
			    type_access_id(work->arena, type->id, work->caller->project_id),
			    &access, f);
	return r <= 0 ? r : REFUSAL_NO_VOLUME_TYPE;
}

/* The end of a look-up that gave `r`: found, seen, or told by what was asked for. */
static int found_type(Work *work, int r, const RefusalData *asked, VolumeType *const *ret, Fault *f)
{
	if (r == 0)
		r = check_visible(work, *ret, f);
	if (r <= 0)
		return r;
	work->refused = *asked;
	return REFUSAL_NO_VOLUME_TYPE;
}

int service_find_volume_type(Work *work, const char *id, VolumeType **ret, Fault *f)
{
	RefusalData asked = {.id = id};
	char canonical[UUID_TEXT];
	int r = REFUSAL_NO_VOLUME_TYPE;

	if (!id)
		r = type_by_default(work, ret, &asked, f);
	else if (uuid_canonical(id, canonical))
		r = volume_type_get(work->tx, work->arena, canonical, ret, f);
	return found_type(work, r, &asked, ret, f);
}

int service_choose_volume_type(Work *work, const char *id_or_name, VolumeType **ret, Fault *f)
{
	char canonical[UUID_TEXT];

	if (!id_or_name || uuid_canonical(id_or_name, canonical))
		return service_find_volume_type(work, id_or_name, ret, f);
	return found_type(work, type_by_name(work, id_or_name, ret, f),
			  &(RefusalData){.value = id_or_name}, ret, f);
}

int service_where_types_visible(Work *work, RecordQuery *query, Fault *f)
{
	RecordQuery mine = {0};
	TypeAccess **granted;
	const char **ids;
	size_t count;
	int r;

	record_where_text(&mine, "project_id", RECORD_EQ, work->caller->project_id);
	r = type_access_find(work->tx, work->arena, &mine, &granted, &count, f);
	if (r)
		return fault_unexpected(f, r);
	record_where_int(query, "is_public", RECORD_EQ, true);
	if (count == 0)
		return 0;
	ids = ARENA_ARRAY(work->arena, const char *, count);
	for (size_t i = 0; i < count; i++)
		ids[i] = granted[i]->type_id;
	record_or(query);
	record_where_texts(query, "id", RECORD_IN, ids, count);
	return 0;
}

bool service_type_is_multiattach(Arena *arena, const VolumeType *type)
{
	return str_eq(text_map_value(arena, type->extra_specs, MULTIATTACH_SPEC), SPEC_IS_TRUE);
}

int service_type_may_make(Work *work, const VolumeType *type, Fault *f)
{
	TypeEncryption *encryption;
	int r = type_encryption_get(work->tx, work->arena, type->id, &encryption, f);

	if (r == RECORD_NOT_FOUND)
		return 0;
	if (r)
		return fault_unexpected(f, r);
	if (service_type_is_multiattach(work->arena, type))
		return work_refuse(
			work, REFUSAL_BAD_INPUT,
			"Invalid volume: Multiattach cannot be used with encrypted volumes.");
	return work_refuse(work, REFUSAL_BAD_INPUT,
			   "Invalid volume: Volume type '%s' asks for encryption, which is not "
			   "offered.",
			   type->name);
}

int service_seed_volume_type(Work *work, const char *name, const char *description,
			     const JsonTextMap *extra_specs, Fault *f)
{
	VolumeType *there;
	VolumeType type = {
		.id = new_uuid(work->arena),
		.name = name,
		.description = description,
		.extra_specs = json_print_text_map(work->arena, extra_specs),
		.is_public = true,
		.created_us = work->now_us,
	};
	int r = type_by_name(work, name, &there, f);

	if (r != REFUSAL_NO_VOLUME_TYPE)
		return r;
	return fault_unexpected(f, volume_type_insert(work->tx, &type, f));
}
