/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Volume types: list, show, and what admins do with them.
 */
#include "api/volume/filters.h"

static const ApiParam list_params[] = {
	{.name = "limit"},
	{.name = "offset"},
	{.name = "marker"},
	{.name = "sort"},
	{.name = "sort_key"},
	{.name = "sort_dir"},
	{.name = "name"},
	{.name = "is_public", .rule = API_RULE_ADMIN},
	{.name = "extra_specs", .since = V(52)},
	{0},
};

static const VolumeSortKey sort_keys[] = {
	{"created_at", "created_us"},
	{"updated_at", "updated_us"},
	{"id", "id"},
	{"name", "name"},
	{0},
};

typedef struct TypeFields {
	const char *name;
	const char *description;
	JsonTextMap extra_specs;
	bool is_public;
	bool has_is_public;
} TypeFields;

typedef struct TypeBody {
	const TypeFields *type;
} TypeBody;

#define DESCRIPTION_ROW                                                                            \
	{                                                                                          \
		.name = "description", .type = JSON_TEXT, .flags = JSON_NULLABLE,                  \
		.max = LIMIT_NAME_CHARS, .offset = offsetof(TypeFields, description)               \
	}
#define IS_PUBLIC_ROW(key)                                                                         \
	{                                                                                          \
		.name = (key), .type = JSON_BOOL_LOOSE, .flags = JSON_LETTERS,                     \
		.offset = offsetof(TypeFields, is_public),                                         \
		.present = JSON_PRESENT(TypeFields, has_is_public)                                 \
	}

static const JsonField create_rows[] = {
	{.name = "name",
	 .type = JSON_TEXT,
	 .flags = JSON_REQUIRED,
	 .min = 1,
	 .max = LIMIT_NAME_CHARS,
	 .offset = offsetof(TypeFields, name)},
	DESCRIPTION_ROW,
	IS_PUBLIC_ROW("os-volume-type-access:is_public"),
	{.name = "extra_specs",
	 .type = JSON_TEXT_MAP,
	 .format = JSON_FORMAT_METADATA_KEY,
	 .max = LIMIT_METADATA_ITEMS,
	 .value_max = LIMIT_NAME_CHARS,
	 .offset = offsetof(TypeFields, extra_specs)},
};
static const JsonFields create_fields = JSON_FIELDS(create_rows, TypeFields);

static const JsonField create_body_rows[] = {
	{.name = "volume_type",
	 .type = JSON_OBJECT,
	 .flags = JSON_REQUIRED,
	 .fields = &create_fields,
	 .offset = offsetof(TypeBody, type)},
};
static const JsonFields create_body_fields = JSON_FIELDS(create_body_rows, TypeBody);

static const JsonField update_rows[] = {
	{.name = "name",
	 .type = JSON_TEXT,
	 .flags = JSON_NULLABLE,
	 .max = LIMIT_NAME_CHARS,
	 .offset = offsetof(TypeFields, name)},
	DESCRIPTION_ROW,
	IS_PUBLIC_ROW("is_public"),
};
static const JsonFields update_fields = JSON_FIELDS(update_rows, TypeFields);

static const JsonField update_body_rows[] = {
	{.name = "volume_type",
	 .type = JSON_OBJECT,
	 .flags = JSON_REQUIRED,
	 .fields = &update_fields,
	 .offset = offsetof(TypeBody, type)},
};
static const JsonFields update_body_fields = JSON_FIELDS(update_body_rows, TypeBody);

/* Admins choose (none: both kinds); everybody else sees what is theirs. */
static int add_visibility(ApiRequest *r, RecordQuery *query, bool *ret_wrong, Fault *f)
{
	bool is_public = true;

	*ret_wrong = false;
	if (!caller_is_admin(&r->caller))
		return service_where_types_visible(&r->work, query, f);
	if (str_eq_nocase(api_query(r, "is_public"), "none"))
		return 0;
	*ret_wrong = !volume_query_bool(r, "is_public", true, &is_public);
	record_where_int(query, "is_public", RECORD_EQ, is_public);
	return 0;
}

/* Who may not see a spec finds nothing by it. False after a 400. */
static bool add_filters(ApiRequest *r, RecordQuery *query)
{
	const char *name = api_query(r, "name"), *specs = api_query(r, "extra_specs");
	JsonTextMap pairs;

	if (name)
		record_where_text(query, "name", RECORD_EQ, name);
	if (!specs)
		return true;
	if (!volume_filter_read_map(r, "extra_specs", specs, &pairs))
		return false;
	for (size_t i = 0; i < pairs.count; i++) {
		if (type_spec_is_visible(r, pairs.pairs[i].key))
			continue;
		volume_filter_nothing(query);
		return true;
	}
	return volume_filter_pairs(r, query, "extra_specs", &pairs);
}

static void out_page(ApiRequest *r, const RecordQuery *query, VolumeType *const *types,
		     size_t count)
{
	json_out_begin(&r->out, NULL);
	json_out_list_begin(&r->out, "volume_types");
	for (size_t i = 0; i < count; i++)
		type_out(r, NULL, types[i], TYPE_VIEW_FULL);
	json_out_list_end(&r->out);
	if (count && (int64_t)count == query->limit)
		api_out_next(r, &r->out, "volume_type_links", types[count - 1]->id);
	json_out_end(&r->out);
	api_reply(r, 200);
}

static int types_list(ApiRequest *r, Fault *f)
{
	RecordQuery query = {0};
	VolumeType **types;
	size_t count;
	bool wrong;
	int k;

	if (!api_page(r, &query) || !volume_query_sort(r, &query, sort_keys) ||
	    !add_filters(r, &query))
		return 0;
	k = add_visibility(r, &query, &wrong, f);
	if (k || wrong)
		return k;
	k = volume_type_find(r->work.tx, r->arena, &query, &types, &count, f);
	if (k == RECORD_NO_MARKER) {
		r->work.refused = (RefusalData){.id = query.marker};
		return REFUSAL_NO_VOLUME_TYPE;
	}
	if (k)
		return fault_unexpected(f, k);
	out_page(r, &query, types, count);
	return 0;
}

static int reply_type(ApiRequest *r, TypeView view, int k, VolumeType *const *type)
{
	if (k)
		return k;
	json_out_begin(&r->out, NULL);
	type_out(r, "volume_type", *type, view);
	json_out_end(&r->out);
	api_reply(r, 200);
	return 0;
}

static int type_show(ApiRequest *r, Fault *f)
{
	VolumeType *type;

	return reply_type(r, TYPE_VIEW_FULL,
			  service_find_volume_type(&r->work, api_param(r, "type_id"), &type, f),
			  &type);
}

static int type_default(ApiRequest *r, Fault *f)
{
	VolumeType *type;

	return reply_type(r, TYPE_VIEW_FULL, service_find_volume_type(&r->work, NULL, &type, f),
			  &type);
}

static int refuse_empty_name(ApiRequest *r)
{
	return api_refuse(r, 400, "Volume type name can not be empty.");
}

static int type_create(ApiRequest *r, Fault *f)
{
	const TypeFields *in = ((const TypeBody *)r->body)->type;
	const VolumeTypeChange wish = {
		.name = arena_stripped(r->arena, in->name),
		.description = in->description,
		.is_public = in->is_public,
		.has_is_public = in->has_is_public,
	};
	VolumeType *type;

	if (str_empty(wish.name))
		return refuse_empty_name(r);
	return reply_type(r, TYPE_VIEW_MADE,
			  service_create_volume_type(&r->work, &wish, &in->extra_specs, &type, f),
			  &type);
}

static int type_update(ApiRequest *r, Fault *f)
{
	const TypeFields *in = ((const TypeBody *)r->body)->type;
	const VolumeTypeChange change = {
		.name = arena_stripped(r->arena, in->name),
		.description = in->description,
		.has_description = in->description,
		.is_public = in->is_public,
		.has_is_public = in->has_is_public,
	};
	VolumeType *type;

	if (!in->name && !in->description && !in->has_is_public)
		return api_refuse(r, 400,
				  "Specify volume type name, description, is_public or a "
				  "combination thereof.");
	if (in->name && str_empty(change.name))
		return refuse_empty_name(r);
	return reply_type(
		r, TYPE_VIEW_CHANGED,
		service_change_volume_type(&r->work, api_param(r, "type_id"), &change, &type, f),
		&type);
}

static int type_delete(ApiRequest *r, Fault *f)
{
	return volume_reply_accepted(
		r, service_delete_volume_type(&r->work, api_param(r, "type_id"), f));
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
	{.method = "POST",
	 .pattern = "/types",
	 .policy = "volume_extension:type_create",
	 .rule = API_RULE_ADMIN,
	 .mode = API_WRITE,
	 .body = &create_body_fields,
	 .handle = type_create},
	{.method = "PUT",
	 .pattern = "/types/{type_id}",
	 .policy = "volume_extension:type_update",
	 .rule = API_RULE_ADMIN,
	 .mode = API_WRITE,
	 .body = &update_body_fields,
	 .handle = type_update},
	{.method = "DELETE",
	 .pattern = "/types/{type_id}",
	 .policy = "volume_extension:type_delete",
	 .rule = API_RULE_ADMIN,
	 .mode = API_WRITE,
	 .handle = type_delete},
};
const ApiRoutes volume_type_routes = API_ROUTES(routes);
