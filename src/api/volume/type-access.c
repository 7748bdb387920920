/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Which projects may use a private volume type.
 */
#include "api/volume/priv.h"

typedef struct AccessFields {
	const char *project;
} AccessFields;

typedef struct AccessBody {
	const AccessFields *access;
} AccessBody;

static const JsonField access_rows[] = {
	{.name = "project",
	 .type = JSON_TEXT,
	 .flags = JSON_REQUIRED,
	 .min = 1,
	 .max = LIMIT_NAME_CHARS,
	 .offset = offsetof(AccessFields, project)},
};
static const JsonFields access_fields = JSON_FIELDS(access_rows, AccessFields);

#define ACCESS_BODY_ROW(key)                                                                       \
	{                                                                                          \
		.name = (key), .type = JSON_OBJECT, .flags = JSON_REQUIRED,                        \
		.fields = &access_fields, .offset = offsetof(AccessBody, access)                   \
	}

static const JsonField add_rows[] = {ACCESS_BODY_ROW("addProjectAccess")};
static const JsonFields add_fields = JSON_FIELDS(add_rows, AccessBody);
static const JsonField remove_rows[] = {ACCESS_BODY_ROW("removeProjectAccess")};
static const JsonFields remove_fields = JSON_FIELDS(remove_rows, AccessBody);

static int access_list(ApiRequest *r, Fault *f)
{
	TypeAccess **list;
	size_t count;
	int k;

	k = service_list_type_access(&r->work, api_param(r, "type_id"), &list, &count, f);
	if (k)
		return k;
	json_out_begin(&r->out, NULL);
	json_out_list_begin(&r->out, "volume_type_access");
	for (size_t i = 0; i < count; i++) {
		json_out_begin(&r->out, NULL);
		json_out_text(&r->out, "volume_type_id", list[i]->type_id);
		json_out_text(&r->out, "project_id", list[i]->project_id);
		json_out_end(&r->out);
	}
	json_out_list_end(&r->out);
	json_out_end(&r->out);
	api_reply(r, 200);
	return 0;
}

static int access_add(ApiRequest *r, Fault *f)
{
	const AccessBody *body = r->body;

	return volume_reply_accepted(
		r, service_grant_type(&r->work, api_param(r, "type_id"), body->access->project, f));
}

static int access_remove(ApiRequest *r, Fault *f)
{
	const AccessBody *body = r->body;

	return volume_reply_accepted(r, service_revoke_type(&r->work, api_param(r, "type_id"),
							    body->access->project, f));
}

static const ApiRoute routes[] = {
	{.method = "GET",
	 .pattern = "/types/{type_id}/os-volume-type-access",
	 .policy = "volume_extension:volume_type_access:get_all_for_type",
	 .rule = API_RULE_ADMIN,
	 .mode = API_READ,
	 .handle = access_list},
	{.method = "POST",
	 .pattern = "/types/{type_id}/action",
	 .action = "addProjectAccess",
	 .policy = "volume_extension:volume_type_access:addProjectAccess",
	 .rule = API_RULE_ADMIN,
	 .mode = API_WRITE,
	 .body = &add_fields,
	 .handle = access_add},
	{.method = "POST",
	 .pattern = "/types/{type_id}/action",
	 .action = "removeProjectAccess",
	 .policy = "volume_extension:volume_type_access:removeProjectAccess",
	 .rule = API_RULE_ADMIN,
	 .mode = API_WRITE,
	 .body = &remove_fields,
	 .handle = access_remove},
};
const ApiRoutes volume_type_access_routes = API_ROUTES(routes);
