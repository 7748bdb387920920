/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Volume types. A private type is visible to admins alone.
 */
#include "base/str.h"
#include "base/uuid.h"
#include "service/priv.h"
#include "service/volume.h"
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

static bool is_visible(const Work *work, const VolumeType *type)
{
	return type->is_public || caller_is_admin(work->caller);
}

int service_find_volume_type(Work *work, const char *id, VolumeType **ret, Fault *f)
{
	char canonical[UUID_TEXT];
	int r = REFUSAL_NO_VOLUME_TYPE;

	if (!id)
		r = type_by_name(work, work->settings->default_volume_type, ret, f);
	else if (uuid_canonical(id, canonical))
		r = volume_type_get(work->tx, work->arena, canonical, ret, f);
	if (r < 0)
		return r;
	if (r || !is_visible(work, *ret)) {
		work->refused = (RefusalData){
			.id = id,
			.value = id ? NULL : work->settings->default_volume_type,
		};
		return REFUSAL_NO_VOLUME_TYPE;
	}
	return 0;
}

int service_choose_volume_type(Work *work, const char *id_or_name, VolumeType **ret, Fault *f)
{
	char canonical[UUID_TEXT];
	int r;

	if (!id_or_name || uuid_canonical(id_or_name, canonical))
		return service_find_volume_type(work, id_or_name, ret, f);
	r = type_by_name(work, id_or_name, ret, f);
	if (r < 0 || (r == 0 && is_visible(work, *ret)))
		return r;
	work->refused = (RefusalData){.value = id_or_name};
	return REFUSAL_NO_VOLUME_TYPE;
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
