/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Share types: list, show, and what admins do with them.
 */
#include "api/share/types.h"
#include "api/share/list.h"
#include "service/share-type.h"

typedef struct TypeFields {
	const char *name;
	const char *description;
	JsonTextMap extra_specs;
	bool is_public;
	bool has_is_public;
	bool has_description;
} TypeFields;

typedef struct TypeBody {
	const TypeFields *type;
} TypeBody;

#define DESCRIPTION_ROW(first)                                                                     \
	{                                                                                          \
		.name = "description", .type = JSON_TEXT, .flags = JSON_NULLABLE,                  \
		.max = LIMIT_NAME_CHARS, .since = (first),                                         \
		.offset = offsetof(TypeFields, description),                                       \
		.present = JSON_PRESENT(TypeFields, has_description)                               \
	}
#define IS_PUBLIC_ROW(key, first, last)                                                            \
	{                                                                                          \
		.name = (key), .type = JSON_BOOL_LOOSE, .flags = JSON_LETTERS, .since = (first),   \
		.until = (last), .offset = offsetof(TypeFields, is_public),                        \
		.present = JSON_PRESENT(TypeFields, has_is_public)                                 \
	}

static const JsonField create_rows[] = {
	{.name = "name",
	 .type = JSON_TEXT,
	 .flags = JSON_REQUIRED,
	 .min = 1,
	 .max = LIMIT_NAME_CHARS,
	 .offset = offsetof(TypeFields, name)},
	DESCRIPTION_ROW(V(41)),
	IS_PUBLIC_ROW("os-share-type-access:is_public", 0, SHARE_PREFIXED),
	IS_PUBLIC_ROW("share_type_access:is_public", SHARE_PLAIN, 0),
	{.name = "extra_specs",
	 .type = JSON_TEXT_MAP,
	 .format = JSON_FORMAT_SPEC_KEY,
	 .flags = JSON_NULLABLE | JSON_BOOLEANS,
	 .max = LIMIT_METADATA_ITEMS,
	 .value_max = LIMIT_NAME_CHARS,
	 .offset = offsetof(TypeFields, extra_specs)},
};
static const JsonFields create_fields = JSON_FIELDS(create_rows, TypeFields);

static const JsonField create_body_rows[] = {
	{.name = "share_type",
	 .type = JSON_OBJECT,
	 .flags = JSON_REQUIRED,
	 .fields = &create_fields,
	 .offset = offsetof(TypeBody, type)},
};
static const JsonFields create_body = JSON_FIELDS(create_body_rows, TypeBody);

static const JsonField update_rows[] = {
	{.name = "name",
	 .type = JSON_TEXT,
	 .flags = JSON_NULLABLE,
	 .max = LIMIT_NAME_CHARS,
	 .offset = offsetof(TypeFields, name)},
	DESCRIPTION_ROW(0),
	IS_PUBLIC_ROW("share_type_access:is_public", 0, 0),
};
static const JsonFields update_fields = JSON_FIELDS(update_rows, TypeFields);

static const JsonField update_body_rows[] = {
	{.name = "share_type",
	 .type = JSON_OBJECT,
	 .flags = JSON_REQUIRED,
	 .fields = &update_fields,
	 .offset = offsetof(TypeBody, type)},
};
static const JsonFields update_body = JSON_FIELDS(update_body_rows, TypeBody);

/* --- lists --- */

enum { SPEC_PAIRS_MAX = 8 };

/* Who may not see a spec finds nothing by it. */
static int add_specs(ApiRequest *r, RecordQuery *query, const char *value, Fault *f _unused_)
{
	JsonTextMap pairs;

	if (!api_read_map(r, value, SPEC_PAIRS_MAX, &pairs)) {
		r->work.refused = (RefusalData){
			.value = arena_printf(r->arena, "Invalid input received: extra_specs '%s'.",
					      value),
		};
		return REFUSAL_BAD_INPUT;
	}
	for (size_t i = 0; i < pairs.count; i++) {
		if (share_type_spec_is_visible(r, pairs.pairs[i].key))
			record_where_text(query, "extra_specs", RECORD_MATCH,
					  api_pair_pattern(r, &pairs.pairs[i]));
		else
			share_filter_nothing(query);
	}
	return 0;
}

static const ShareFilter filters[] = {
	{.name = "extra_specs", .kind = SHARE_FILTER_CALL, .add = add_specs, .since = V(43)},
	{0},
};

static const ApiSortKey sort_keys[] = {
	{"created_at", "created_us"},
	{"updated_at", "updated_us"},
	{"id", "id"},
	{"name", "name"},
	{0},
};

static const ShareListing listing = {
	.links = "share_type_links",
	.table = &share_type_table,
	.filters = filters,
	.sort_keys = sort_keys,
	.count_since = API_VERSION(3, 0), /* never */
};

/* Admins choose; everybody else sees what is theirs. False after a reply, a refusal or a fault. */
static bool add_visibility(ApiRequest *r, RecordQuery *query, int *ret, Fault *f)
{
	const char *wish = api_query(r, "is_public");
	bool is_public = true;

	*ret = 0;
	if (!caller_is_admin(&r->caller)) {
		*ret = service_where_share_types_visible(&r->work, query, f);
		return *ret == 0;
	}
	if (str_eq_nocase(wish, "all") || str_eq_nocase(wish, "none"))
		return true;
	if (!share_query_bool(r, "is_public", true, &is_public))
		return false;
	record_where_int(query, "is_public", RECORD_EQ, is_public);
	return true;
}

static void out_types(ApiRequest *r, const char *key, const ShareList *list)
{
	json_out_list_begin(&r->out, key);
	for (size_t i = 0; i < list->rows.count; i++)
		share_type_out(r, NULL, list->rows.records[i]);
	json_out_list_end(&r->out);
}

static int types_list(ApiRequest *r, Fault *f)
{
	ShareList list = {.listing = &listing};
	int k;

	if (!add_visibility(r, &list.query, &k, f) || !share_list_read(r, &list, &k, f))
		return k;
	k = share_list_find(r, &list, f);
	if (k)
		return k;
	json_out_begin(&r->out, NULL);
	out_types(r, "share_types", &list);
	out_types(r, "volume_types", &list);
	k = share_list_end(r, &list, f);
	if (k)
		return k;
	json_out_end(&r->out);
	api_reply(r, 200);
	return 0;
}

/* --- one type --- */

static int reply_type(ApiRequest *r, int k, ShareType *const *type)
{
	if (k)
		return k;
	json_out_begin(&r->out, NULL);
	share_type_out(r, "share_type", *type);
	share_type_out(r, "volume_type", *type);
	json_out_end(&r->out);
	api_reply(r, 200);
	return 0;
}

static int type_show(ApiRequest *r, Fault *f)
{
	ShareType *type;

	return reply_type(r, service_choose_share_type(&r->work, api_param(r, "type_id"), &type, f),
			  &type);
}

static int type_default(ApiRequest *r, Fault *f)
{
	ShareType *type;

	return reply_type(r, service_choose_share_type(&r->work, NULL, &type, f), &type);
}

static int refuse_empty_name(ApiRequest *r)
{
	return api_refuse(r, 400, "Share type name can not be empty.");
}

static int type_create(ApiRequest *r, Fault *f)
{
	const TypeFields *in = ((const TypeBody *)r->body)->type;
	const ShareTypeChange wish = {
		.name = arena_stripped(r->arena, in->name),
		.description = in->description,
		.is_public = in->is_public,
		.has_is_public = in->has_is_public,
	};
	ShareType *type;

	if (str_empty(wish.name))
		return refuse_empty_name(r);
	return reply_type(r, service_create_share_type(&r->work, &wish, &in->extra_specs, &type, f),
			  &type);
}

static int type_update(ApiRequest *r, Fault *f)
{
	const TypeFields *in = ((const TypeBody *)r->body)->type;
	const ShareTypeChange change = {
		.name = arena_stripped(r->arena, in->name),
		.description = in->description,
		.has_description = in->has_description,
		.is_public = in->is_public,
		.has_is_public = in->has_is_public,
	};
	ShareType *type;

	if (!in->name && !in->has_description && !in->has_is_public)
		return api_refuse(r, 400,
				  "Specify share type name, description, "
				  "share_type_access:is_public or a combination thereof.");
	if (in->name && str_empty(change.name))
		return refuse_empty_name(r);
	return reply_type(
		r, service_change_share_type(&r->work, api_param(r, "type_id"), &change, &type, f),
		&type);
}

static int type_delete(ApiRequest *r, Fault *f)
{
	return share_reply_accepted(
		r, service_delete_share_type(&r->work, api_param(r, "type_id"), f));
}

static const ApiRoute routes[] = {
	{.method = "GET",
	 .pattern = "/types",
	 .policy = "share_type:index",
	 .rule = API_RULE_READER,
	 .mode = API_READ,
	 .handle = types_list},
	{.method = "GET",
	 .pattern = "/types/detail",
	 .policy = "share_type:index",
	 .rule = API_RULE_READER,
	 .mode = API_READ,
	 .handle = types_list},
	{.method = "GET",
	 .pattern = "/types/default",
	 .policy = "share_type:default",
	 .rule = API_RULE_READER,
	 .mode = API_READ,
	 .handle = type_default},
	{.method = "GET",
	 .pattern = "/types/{type_id}",
	 .policy = "share_type:show",
	 .rule = API_RULE_READER,
	 .mode = API_READ,
	 .handle = type_show},
	{.method = "POST",
	 .pattern = "/types",
	 .policy = "share_type:create",
	 .rule = API_RULE_ADMIN,
	 .mode = API_WRITE,
	 .body = &create_body,
	 .handle = type_create},
	{.method = "PUT",
	 .pattern = "/types/{type_id}",
	 .policy = "share_type:update",
	 .rule = API_RULE_ADMIN,
	 .mode = API_WRITE,
	 .since = V(50),
	 .body = &update_body,
	 .handle = type_update},
	{.method = "DELETE",
	 .pattern = "/types/{type_id}",
	 .policy = "share_type:delete",
	 .rule = API_RULE_ADMIN,
	 .mode = API_WRITE,
	 .handle = type_delete},
};
const ApiRoutes share_type_routes = API_ROUTES(routes);
