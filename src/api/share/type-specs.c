/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Extra specs of a share type: listed, merged, read and changed by key; and which projects may use
 * a private type. All of it is for admins.
 */
#include "api/common/type-access.h"
#include "api/share/types.h"
#include "service/share-type.h"
#include "service/text-map.h"

typedef struct SpecsBody {
	JsonTextMap extra_specs;
} SpecsBody;

static const JsonField specs_rows[] = {
	{.name = "extra_specs",
	 .type = JSON_TEXT_MAP,
	 .format = JSON_FORMAT_SPEC_KEY,
	 .flags = JSON_REQUIRED | JSON_BOOLEANS,
	 .max = LIMIT_METADATA_ITEMS,
	 .value_max = LIMIT_NAME_CHARS,
	 .offset = offsetof(SpecsBody, extra_specs)},
};
static const JsonFields specs_fields = JSON_FIELDS(specs_rows, SpecsBody);

static int specs_list(ApiRequest *r, Fault *f)
{
	ShareType *type;
	int k = service_find_share_type(&r->work, api_param(r, "type_id"), &type, f);

	if (k)
		return k;
	json_out_begin(&r->out, NULL);
	share_type_out_specs(r, type);
	json_out_end(&r->out);
	api_reply(r, 200);
	return 0;
}

static int reply_spec(ApiRequest *r, const char *key, const char *value)
{
	json_out_begin(&r->out, NULL);
	json_out_text(&r->out, key, value);
	json_out_end(&r->out);
	api_reply(r, 200);
	return 0;
}

static int spec_show(ApiRequest *r, Fault *f)
{
	const char *key = api_param(r, "key"), *value;
	ShareType *type;
	int k = service_find_share_type(&r->work, api_param(r, "type_id"), &type, f);

	if (k)
		return k;
	value = text_map_value(r->arena, type->extra_specs, key);
	if (!value)
		return api_refuse(r, 404, "Share Type %s has no extra specs with key %s.", type->id,
				  key);
	return reply_spec(r, key, value);
}

/* The answer is what was sent. */
static int specs_merge(ApiRequest *r, Fault *f)
{
	const JsonTextMap *specs = &((const SpecsBody *)r->body)->extra_specs;
	int k = service_merge_share_type_specs(&r->work, api_param(r, "type_id"), specs, f);

	if (k)
		return k;
	json_out_begin(&r->out, NULL);
	json_out_raw(&r->out, "extra_specs", json_print_text_map(r->arena, specs));
	json_out_end(&r->out);
	api_reply(r, 200);
	return 0;
}

/* The body is {"<key>": "<value>"}, with the key of the path. */
static int spec_put(ApiRequest *r, Fault *f)
{
	const JsonTextMap *specs;
	void *body;
	int k;

	if (!api_read_member(r, "extra_specs", &specs_fields, &body))
		return 0;
	specs = &((const SpecsBody *)body)->extra_specs;
	if (specs->count != 1 || !str_eq(specs->pairs[0].key, api_param(r, "key")))
		return api_refuse(r, 400, "Request body and URI mismatch");
	k = service_merge_share_type_specs(&r->work, api_param(r, "type_id"), specs, f);
	return k ? k : reply_spec(r, specs->pairs[0].key, specs->pairs[0].value);
}

static int spec_delete(ApiRequest *r, Fault *f)
{
	return share_reply_accepted(r, service_delete_share_type_spec(&r->work,
								      api_param(r, "type_id"),
								      api_param(r, "key"), f));
}

/* --- access --- */

static int access_list(ApiRequest *r, Fault *f)
{
	TypeAccess **list;
	size_t count;
	int k;

	k = service_list_share_type_access(&r->work, api_param(r, "type_id"), &list, &count, f);
	return k ? k : api_reply_type_access(r, "share_type", list, count);
}

static int access_add(ApiRequest *r, Fault *f)
{
	return share_reply_accepted(r, service_grant_share_type(&r->work, api_param(r, "type_id"),
								api_granted_project(r), f));
}

static int access_remove(ApiRequest *r, Fault *f)
{
	return share_reply_accepted(r, service_revoke_share_type(&r->work, api_param(r, "type_id"),
								 api_granted_project(r), f));
}

#define ROUTE(verb, path, name, how, table, what)                                                  \
	.method = (verb), .pattern = (path), .policy = (name), .rule = API_RULE_ADMIN,             \
	.mode = (how), .body = (table), .handle = (what)
#define SPECS "/types/{type_id}/extra_specs"
#define ACTIONS "/types/{type_id}/action"

static const ApiRoute routes[] = {
	{ROUTE("GET", SPECS, "share_types_extra_spec:index", API_READ, NULL, specs_list)},
	{ROUTE("POST", SPECS, "share_types_extra_spec:create", API_WRITE, &specs_fields,
	       specs_merge)},
	{ROUTE("GET", SPECS "/{key}", "share_types_extra_spec:show", API_READ, NULL, spec_show)},
	{ROUTE("PUT", SPECS "/{key}", "share_types_extra_spec:update", API_WRITE, &api_any_object,
	       spec_put)},
	{ROUTE("DELETE", SPECS "/{key}", "share_types_extra_spec:delete", API_WRITE, NULL,
	       spec_delete)},
	{ROUTE("GET", "/types/{type_id}/os-share-type-access", "share_type:list_project_access",
	       API_READ, NULL, access_list),
	 .until = SHARE_PREFIXED},
	{ROUTE("GET", "/types/{type_id}/share_type_access", "share_type:list_project_access",
	       API_READ, NULL, access_list),
	 .since = SHARE_PLAIN},
	{ROUTE("POST", ACTIONS, "share_type:add_project_access", API_WRITE, &api_grant_body,
	       access_add),
	 .action = "addProjectAccess"},
	{ROUTE("POST", ACTIONS, "share_type:remove_project_access", API_WRITE, &api_revoke_body,
	       access_remove),
	 .action = "removeProjectAccess"},
};
const ApiRoutes share_type_spec_routes = API_ROUTES(routes);
