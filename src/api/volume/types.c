/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Volume types: list, show, extra specs. Who is no admin sees of the extra specs only what says
 * how a volume behaves.
 */
#include "api/volume/priv.h"
#include "service/text-map.h"

static const ApiParam list_params[] = {
	{.name = "limit"},
	{.name = "offset"},
	{.name = "marker"},
	{.name = "sort"},
	{.name = "sort_key"},
	{.name = "sort_dir"},
	{.name = "is_public", .rule = API_RULE_ADMIN},
	{0},
};

static const VolumeSortKey sort_keys[] = {
	{"created_at", "created_us"},
	{"updated_at", "updated_us"},
	{"id", "id"},
	{"name", "name"},
	{0},
};

static bool is_user_visible(const char *key)
{
	static const char *const keys[] = {"multiattach", "replication_enabled",
					   "RESKEY:availability_zones"};

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (str_eq(key, keys[i]))
			return true;
	return false;
}

static void out_specs(ApiRequest *r, const VolumeType *type)
{
	JsonTextMap specs = json_text_map(r->arena, type->extra_specs);

	json_out_begin(&r->out, "extra_specs");
	for (size_t i = 0; i < specs.count; i++)
		if (caller_is_admin(&r->caller) || is_user_visible(specs.pairs[i].key))
			json_out_text(&r->out, specs.pairs[i].key, specs.pairs[i].value);
	json_out_end(&r->out);
}

static void out_type(ApiRequest *r, const char *key, const VolumeType *type)
{
	JsonOut *out = &r->out;

	json_out_begin(out, key);
	json_out_text(out, "id", type->id);
	json_out_text(out, "name", type->name);
	json_out_text(out, "description", type->description);
	json_out_bool(out, "is_public", type->is_public);
	if (api_allows(r, API_RULE_MEMBER))
		json_out_bool(out, "os-volume-type-access:is_public", type->is_public);
	out_specs(r, type);
	if (caller_is_admin(&r->caller))
		json_out_null(out, "qos_specs_id");
	json_out_end(out);
}

/* Admins choose (none: both kinds); everybody else sees what is public. */
static bool add_visibility(ApiRequest *r, RecordQuery *query)
{
	bool is_public = true;

	if (str_eq_nocase(api_query(r, "is_public"), "none"))
		return true;
	if (!volume_query_bool(r, "is_public", true, &is_public))
		return false;
	record_where_int(query, "is_public", RECORD_EQ, is_public);
	return true;
}

static int types_list(ApiRequest *r, Fault *f)
{
	RecordQuery query = {0};
	VolumeType **types;
	size_t count;
	int k;

	if (!api_page(r, &query) || !add_visibility(r, &query) ||
	    !volume_query_sort(r, &query, sort_keys))
		return 0;
	k = volume_type_find(r->work.tx, r->arena, &query, &types, &count, f);
	if (k == RECORD_NO_MARKER) {
		r->work.refused = (RefusalData){.id = query.marker};
		return REFUSAL_NO_VOLUME_TYPE;
	}
	if (k)
		return fault_unexpected(f, k);
	json_out_begin(&r->out, NULL);
	json_out_list_begin(&r->out, "volume_types");
	for (size_t i = 0; i < count; i++)
		out_type(r, NULL, types[i]);
	json_out_list_end(&r->out);
	if (count && (int64_t)count == query.limit)
		api_out_next(r, &r->out, "volume_type_links", types[count - 1]->id);
	json_out_end(&r->out);
	api_reply(r, 200);
	return 0;
}

static int reply_type(ApiRequest *r, const VolumeType *type)
{
	json_out_begin(&r->out, NULL);
	out_type(r, "volume_type", type);
	json_out_end(&r->out);
	api_reply(r, 200);
	return 0;
}

static int type_show(ApiRequest *r, Fault *f)
{
	VolumeType *type;
	int k = service_find_volume_type(&r->work, api_param(r, "type_id"), &type, f);

	return k ? k : reply_type(r, type);
}

static int type_default(ApiRequest *r, Fault *f)
{
	VolumeType *type;
	int k = service_find_volume_type(&r->work, NULL, &type, f);

	return k ? k : reply_type(r, type);
}

static int specs_list(ApiRequest *r, Fault *f)
{
	VolumeType *type;
	int k = service_find_volume_type(&r->work, api_param(r, "type_id"), &type, f);

	if (k)
		return k;
	json_out_begin(&r->out, NULL);
	out_specs(r, type);
	json_out_end(&r->out);
	api_reply(r, 200);
	return 0;
}

static int spec_show(ApiRequest *r, Fault *f)
{
	const char *key = api_param(r, "key"), *value;
	VolumeType *type;
	int k = service_find_volume_type(&r->work, api_param(r, "type_id"), &type, f);

	if (k)
		return k;
	value = text_map_value(r->arena, type->extra_specs, key);
	if (!value || (!caller_is_admin(&r->caller) && !is_user_visible(key)))
		return api_refuse(r, 404, "Volume Type %s has no extra specs with key %s.",
				  type->id, key);
	json_out_begin(&r->out, NULL);
	json_out_text(&r->out, key, value);
	json_out_end(&r->out);
	api_reply(r, 200);
	return 0;
}

static const ApiRoute routes[] = {
	{.method = "GET",
	 .pattern = "/types",
	 .policy = "volume_extension:type_get_all",
	 .rule = API_RULE_READER,
	 .mode = API_READ,
	 .params = list_params,
	 .handle = types_list},
	{.method = "GET",
	 .pattern = "/types/default",
	 .policy = "volume_extension:type_get",
	 .rule = API_RULE_READER,
	 .mode = API_READ,
	 .handle = type_default},
	{.method = "GET",
	 .pattern = "/types/{type_id}",
	 .policy = "volume_extension:type_get",
	 .rule = API_RULE_READER,
	 .mode = API_READ,
	 .handle = type_show},
	{.method = "GET",
	 .pattern = "/types/{type_id}/extra_specs",
	 .policy = "volume_extension:types_extra_specs:index",
	 .rule = API_RULE_READER,
	 .mode = API_READ,
	 .handle = specs_list},
	{.method = "GET",
	 .pattern = "/types/{type_id}/extra_specs/{key}",
	 .policy = "volume_extension:types_extra_specs:show",
	 .rule = API_RULE_READER,
	 .mode = API_READ,
	 .handle = spec_show},
};
const ApiRoutes volume_type_routes = API_ROUTES(routes);
