/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * The type that a project's volumes get when nobody names one.
 */
#include "api/volume/priv.h"

typedef struct DefaultFields {
	const char *type; /* id or name */
} DefaultFields;

typedef struct DefaultBody {
	const DefaultFields *own;
} DefaultBody;

static const JsonField default_rows[] = {
	{.name = "volume_type",
	 .type = JSON_TEXT,
	 .flags = JSON_REQUIRED,
	 .min = 1,
	 .max = LIMIT_NAME_CHARS,
	 .offset = offsetof(DefaultFields, type)},
};
static const JsonFields default_fields = JSON_FIELDS(default_rows, DefaultFields);

static const JsonField default_body_rows[] = {
	{.name = "default_type",
	 .type = JSON_OBJECT,
	 .flags = JSON_REQUIRED,
	 .fields = &default_fields,
	 .offset = offsetof(DefaultBody, own)},
};
static const JsonFields default_body_fields = JSON_FIELDS(default_body_rows, DefaultBody);

static void out_default(ApiRequest *r, const char *key, const DefaultType *own)
{
	json_out_begin(&r->out, key);
	json_out_text(&r->out, "project_id", own->id);
	json_out_text(&r->out, "volume_type_id", own->type_id);
	json_out_end(&r->out);
}

static int reply_default(ApiRequest *r, int k, DefaultType *const *own)
{
	if (k)
		return k;
	json_out_begin(&r->out, NULL);
	out_default(r, "default_type", *own);
	json_out_end(&r->out);
	api_reply(r, 200);
	return 0;
}

static int defaults_list(ApiRequest *r, Fault *f)
{
	const RecordQuery all = {0};
	DefaultType **list;
	size_t count;
	int k = default_type_find(r->work.tx, r->arena, &all, &list, &count, f);

	if (k)
		return fault_unexpected(f, k);
	json_out_begin(&r->out, NULL);
	json_out_list_begin(&r->out, "default_types");
	for (size_t i = 0; i < count; i++)
		out_default(r, NULL, list[i]);
	json_out_list_end(&r->out);
	json_out_end(&r->out);
	api_reply(r, 200);
	return 0;
}

static int default_show(ApiRequest *r, Fault *f)
{
	DefaultType *own;

	return reply_default(
		r, service_find_default_type(&r->work, api_param(r, "default_project_id"), &own, f),
		&own);
}

static int default_set(ApiRequest *r, Fault *f)
{
	const DefaultBody *body = r->body;
	DefaultType *own;

	return reply_default(r,
			     service_set_default_type(&r->work, api_param(r, "default_project_id"),
						      body->own->type, &own, f),
			     &own);
}

static int default_unset(ApiRequest *r, Fault *f)
{
	int k = service_unset_default_type(&r->work, api_param(r, "default_project_id"), f);

	if (k)
		return k;
	api_reply(r, 204);
	return 0;
}

static const ApiRoute routes[] = {
	{.method = "GET",
	 .pattern = "/default-types",
	 .policy = "volume_extension:default_get_all",
	 .rule = API_RULE_ADMIN,
	 .mode = API_READ,
	 .since = V(62),
	 .handle = defaults_list},
	{.method = "GET",
	 .pattern = "/default-types/{default_project_id}",
	 .policy = "volume_extension:default_get",
	 .rule = API_RULE_ADMIN,
	 .mode = API_READ,
	 .since = V(62),
	 .handle = default_show},
	{.method = "PUT",
	 .pattern = "/default-types/{default_project_id}",
	 .policy = "volume_extension:default_set_or_update",
	 .rule = API_RULE_ADMIN,
	 .mode = API_WRITE,
	 .since = V(62),
	 .body = &default_body_fields,
	 .handle = default_set},
	{.method = "DELETE",
	 .pattern = "/default-types/{default_project_id}",
	 .policy = "volume_extension:default_unset",
	 .rule = API_RULE_ADMIN,
	 .mode = API_WRITE,
	 .since = V(62),
	 .handle = default_unset},
};
const ApiRoutes volume_default_type_routes = API_ROUTES(routes);
