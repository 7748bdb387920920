/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Share types: which one is meant, who may see it, and how they are made, changed and deleted.
 */
#include "service/share-type.h"

#include "base/str.h"
#include "base/uuid.h"
#include "service/priv.h"
#include "service/text-map.h"
#include "json/out.h"

static int type_by_name(Work *work, const char *name, ShareType **ret, Fault *f)
{
	RecordQuery query = {.limit = 1};
	ShareType **types;
	size_t count;
	int r;

	record_where_text(&query, "name", RECORD_EQ, name);
	r = share_type_find(work->tx, work->arena, &query, &types, &count, f);
	if (r)
		return fault_unexpected(f, r);
	if (count == 0)
		return REFUSAL_NO_SHARE_TYPE;
	*ret = types[0];
	return 0;
}

static int check_visible(Work *work, const ShareType *type, Fault *f)
{
	TypeAccess *access;
	int r;

	if (type->is_public || caller_is_admin(work->caller))
		return 0;
	r = share_type_access_get(work->tx, work->arena,
				  type_access_id(work->arena, type->id, work->caller->project_id),
				  &access, f);
	return r <= 0 ? r : REFUSAL_NO_SHARE_TYPE;
}

/* The end of a look-up that gave `r`: found, seen, or told by what was asked for. */
static int found_type(Work *work, int r, const RefusalData *asked, ShareType *const *ret, Fault *f)
{
	if (r == 0)
		r = check_visible(work, *ret, f);
	if (r <= 0)
		return r;
	work->refused = *asked;
	return REFUSAL_NO_SHARE_TYPE;
}

int service_find_share_type(Work *work, const char *id, ShareType **ret, Fault *f)
{
	char canonical[UUID_TEXT];
	int r = REFUSAL_NO_SHARE_TYPE;

	if (uuid_canonical(id, canonical))
		r = share_type_get(work->tx, work->arena, canonical, ret, f);
	return found_type(work, r, &(RefusalData){.id = id}, ret, f);
}

int service_choose_share_type(Work *work, const char *id_or_name, ShareType **ret, Fault *f)
{
	const char *name = id_or_name ? id_or_name : work->settings->default_share_type;
	char canonical[UUID_TEXT];

	if (id_or_name && uuid_canonical(id_or_name, canonical))
		return service_find_share_type(work, id_or_name, ret, f);
	return found_type(work, type_by_name(work, name, ret, f), &(RefusalData){.value = name},
			  ret, f);
}

int service_where_share_types_visible(Work *work, RecordQuery *query, Fault *f)
{
	RecordTexts granted = {.arena = work->arena};
	RecordQuery mine = {0};
	int r;

	record_where_text(&mine, "project_id", RECORD_EQ, work->caller->project_id);
	r = record_distinct(work->tx, &share_type_access_table, &mine, "type_id", &granted, f);
	if (r)
		return fault_unexpected(f, r);
	record_where_int(query, "is_public", RECORD_EQ, true);
	if (granted.count == 0)
		return 0;
	record_or(query);
	record_where_texts(query, "id", RECORD_IN, granted.texts, granted.count);
	return 0;
}

bool share_type_is_default(const Work *work, const ShareType *type)
{
	return str_eq(type->name, work->settings->default_share_type);
}

/* --- extra specs --- */

/* 1 and 0 for the ways to write true and false, else -1. */
static int truth(const char *text)
{
	static const char *const yes[] = {"true", "1", "<is> true", "yes"};
	static const char *const no[] = {"false", "0", "<is> false", "no"};

	for (size_t i = 0; i < ARRAY_SIZE(yes); i++) {
		if (str_eq_nocase(text, yes[i]))
			return 1;
		if (str_eq_nocase(text, no[i]))
			return 0;
	}
	return -1;
}

bool share_type_can(Arena *arena, const ShareType *type, const char *spec)
{
	return truth(text_map_value(arena, type->extra_specs, spec)) == 1;
}

static int check_specs(Work *work, const char *extra_specs)
{
	static const char *const truths[] = {SHARE_TYPE_SERVERS, SHARE_TYPE_SNAPSHOTS,
					     SHARE_TYPE_FROM_SNAPSHOT, SHARE_TYPE_REVERT,
					     SHARE_TYPE_MOUNT_SNAPSHOT};

	if (!text_map_value(work->arena, extra_specs, SHARE_TYPE_SERVERS))
		return work_refuse(work, REFUSAL_BAD_INPUT,
				   "Required extra specs '" SHARE_TYPE_SERVERS "' not specified.");
	for (size_t i = 0; i < ARRAY_SIZE(truths); i++) {
		const char *value = text_map_value(work->arena, extra_specs, truths[i]);

		if (value && truth(value) < 0)
			return work_refuse(work, REFUSAL_BAD_INPUT,
					   "Invalid extra_spec: %s: %s. It must be a boolean.",
					   truths[i], value);
	}
	return 0;
}

/* --- making and changing --- */

int service_seed_share_type(Work *work, const char *name, const char *description,
			    const JsonTextMap *extra_specs, Fault *f)
{
	ShareType *there;
	ShareType type = {
		.id = new_uuid(work->arena),
		.name = name,
		.description = description,
		.extra_specs = json_print_text_map(work->arena, extra_specs),
		.is_public = true,
		.created_us = work->now_us,
	};
	int r = type_by_name(work, name, &there, f);

	if (r != REFUSAL_NO_SHARE_TYPE)
		return r;
	return fault_unexpected(f, share_type_insert(work->tx, &type, f));
}

static int name_taken(Work *work, const char *name)
{
	return work_refuse(work, REFUSAL_SHARE_CONFLICT, "Share Type %s already exists.", name);
}

int service_create_share_type(Work *work, const ShareTypeChange *wish,
			      const JsonTextMap *extra_specs, ShareType **ret, Fault *f)
{
	ShareType *type = ARENA_NEW(work->arena, ShareType);
	int r;

	*type = (ShareType){
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
	r = share_type_insert(work->tx, type, f);
	if (r == RECORD_EXISTS)
		return name_taken(work, type->name);
	if (r)
		return fault_unexpected(f, r);
	*ret = type;
	return 0;
}

static int write_type(Work *work, ShareType *type, Fault *f)
{
	int r;

	type->updated_us = work->now_us;
	r = share_type_update(work->tx, type, f);
	return r == RECORD_EXISTS ? name_taken(work, type->name) : fault_unexpected(f, r);
}

int service_change_share_type(Work *work, const char *id, const ShareTypeChange *change,
			      ShareType **ret, Fault *f)
{
	int r = service_find_share_type(work, id, ret, f);

	if (r)
		return r;
	if (change->name)
		(*ret)->name = change->name;
	if (change->has_description)
		(*ret)->description = change->description;
	if (change->has_is_public)
		(*ret)->is_public = change->is_public;
	return write_type(work, *ret, f);
}

static int check_unused(Work *work, const ShareType *type, Fault *f)
{
	RecordQuery query = {0};
	int64_t shares;
	int r;

	record_where_text(&query, "type_id", RECORD_EQ, type->id);
	r = record_count(work->tx, &share_table, &query, &shares, f);
	if (r)
		return fault_unexpected(f, r);
	return shares ? work_refuse(work, REFUSAL_BAD_INPUT, "Target share type is still in use.")
		      : 0;
}

int service_delete_share_type(Work *work, const char *id, Fault *f)
{
	RecordQuery accesses = {0};
	ShareType *type;
	int r;

	r = service_find_share_type(work, id, &type, f);
	if (!r)
		r = check_unused(work, type, f);
	if (r)
		return r;
	record_where_text(&accesses, "type_id", RECORD_EQ, type->id);
	r = record_delete_where(work->tx, &share_type_access_table, &accesses, f);
	if (!r)
		r = share_type_delete(work->tx, type->id, f);
	return fault_unexpected(f, r);
}

int service_merge_share_type_specs(Work *work, const char *id, const JsonTextMap *specs, Fault *f)
{
	ShareType *type;
	int r;

	r = service_find_share_type(work, id, &type, f);
	if (r)
		return r;
	type->extra_specs = text_map_merge(work->arena, type->extra_specs, specs);
	r = check_specs(work, type->extra_specs);
	return r ? r : write_type(work, type, f);
}

int service_delete_share_type_spec(Work *work, const char *id, const char *key, Fault *f)
{
	const char *rest;
	ShareType *type;
	int r;

	r = service_find_share_type(work, id, &type, f);
	if (r)
		return r;
	rest = text_map_without(work->arena, type->extra_specs, key);
	if (!rest)
		return work_refuse(work, REFUSAL_NOT_THERE,
				   "Share Type %s has no extra specs with key %s.", type->id, key);
	if (str_eq(key, SHARE_TYPE_SERVERS))
		return work_refuse(work, REFUSAL_SHARE_FORBIDDEN,
				   "Required extra spec '%s' can't be deleted.", key);
	type->extra_specs = rest;
	return write_type(work, type, f);
}
