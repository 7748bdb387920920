/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * See flavor.h. Servers keep a copy of what their flavor said, so flavors can go at any time.
 */
#include "service/flavor.h"

#include "base/str.h"
#include "base/uuid.h"
#include "rules/page-size.h"
#include "service/priv.h"
#include "service/text-map.h"
#include "json/out.h"

static int refuse_unknown(Work *work, const char *id)
{
	work->refused = (RefusalData){.id = id};
	return REFUSAL_NO_FLAVOR;
}

int service_find_flavor(Work *work, const char *id, Flavor **ret, Fault *f)
{
	Flavor *flavor;
	bool granted;
	int r;

	r = flavor_get(work->tx, work->arena, id, &flavor, f);
	if (r)
		return r < 0 ? r : refuse_unknown(work, id);
	*ret = flavor;
	if (flavor->is_public || caller_is_admin(work->caller))
		return 0;
	r = flavor_is_granted(work, flavor, work->caller->project_id, &granted, f);
	if (r)
		return r;
	return granted ? 0 : refuse_unknown(work, id);
}

static int refuse_existing(Work *work, const char *what, const char *value)
{
	work->refused = (RefusalData){.value = arena_printf(work->arena,
							    "Flavor with %s %s already exists.",
							    what, value)};
	return REFUSAL_FLAVOR_EXISTS;
}

static int check_name_is_free(Work *work, const char *name, Fault *f)
{
	RecordQuery query = {0};
	int64_t count;
	int r;

	record_where_text(&query, "name", RECORD_EQ, name);
	r = record_count(work->tx, &flavor_table, &query, &count, f);
	if (r)
		return fault_unexpected(f, r);
	return count ? refuse_existing(work, "name", name) : 0;
}

static const char *new_id(Arena *arena)
{
	char id[UUID_TEXT];

	uuid_new(id);
	return arena_strdup(arena, id);
}

int service_create_flavor(Work *work, const FlavorWish *wish, Flavor **ret, Fault *f)
{
	Flavor *flavor = ARENA_NEW(work->arena, Flavor);
	int r;

	*flavor = (Flavor){
		.id = wish->id && !str_eq(wish->id, "auto") ? wish->id : new_id(work->arena),
		.name = wish->name,
		.description = wish->description,
		.ram_mib = wish->ram_mib,
		.vcpus = wish->vcpus,
		.disk_gib = wish->disk_gib,
		.ephemeral_gib = wish->ephemeral_gib,
		.swap_mib = wish->swap_mib,
		.rxtx_factor = wish->rxtx_factor,
		.is_public = wish->is_public,
		.extra_specs = "{}",
		.created_us = work->now_us,
	};
	r = check_name_is_free(work, flavor->name, f);
	if (r)
		return r;
	r = flavor_insert(work->tx, flavor, f);
	if (r == RECORD_EXISTS)
		return refuse_existing(work, "ID", flavor->id);
	if (r)
		return fault_unexpected(f, r);
	*ret = flavor;
	return 0;
}

int service_describe_flavor(Work *work, const char *id, const char *description, Flavor **ret,
			    Fault *f)
{
	int r = service_find_flavor(work, id, ret, f);

	if (r)
		return r;
	(*ret)->description = description;
	return fault_unexpected(f, flavor_update(work->tx, *ret, f));
}

int service_delete_flavor(Work *work, const char *id, Fault *f)
{
	RecordQuery query = {0};
	int r = flavor_delete(work->tx, id, f);

	if (r == RECORD_NOT_FOUND)
		return refuse_unknown(work, id);
	record_where_text(&query, "flavor_id", RECORD_EQ, id);
	if (!r)
		r = record_delete_where(work->tx, &flavor_access_table, &query, f);
	return fault_unexpected(f, r);
}

/* What this host would have to understand. */
static int check_specs(Work *work, const JsonTextMap *specs)
{
	int64_t wish;

	for (size_t i = 0; i < specs->count; i++)
		if (str_eq(specs->pairs[i].key, PAGE_SIZE_SPEC) &&
		    !page_size_parse(specs->pairs[i].value, &wish))
			return work_refuse(work, REFUSAL_BAD_INPUT, "Invalid memory page size '%s'",
					   specs->pairs[i].value);
	return 0;
}

int service_merge_flavor_specs(Work *work, const char *id, const JsonTextMap *specs, Fault *f)
{
	Flavor *flavor;
	int r;

	r = service_find_flavor(work, id, &flavor, f);
	if (!r)
		r = check_specs(work, specs);
	if (r)
		return r;
	flavor->extra_specs = text_map_merge(work->arena, flavor->extra_specs, specs);
	return fault_unexpected(f, flavor_update(work->tx, flavor, f));
}

int service_delete_flavor_spec(Work *work, const char *id, const char *key, Fault *f)
{
	Flavor *flavor;
	const char *rest;
	int r;

	r = service_find_flavor(work, id, &flavor, f);
	if (r)
		return r;
	rest = text_map_without(work->arena, flavor->extra_specs, key);
	if (!rest) {
		work->refused = (RefusalData){.id = id, .other = key};
		return REFUSAL_NO_METADATA_KEY;
	}
	flavor->extra_specs = rest;
	return fault_unexpected(f, flavor_update(work->tx, flavor, f));
}
