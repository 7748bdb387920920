/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Which projects may use a private flavor.
 */
#include "api/compute/priv.h"
#include "service/flavor.h"

typedef struct AccessFields {
	const char *tenant;
} AccessFields;

typedef struct AccessBody {
	const AccessFields *access;
} AccessBody;

static const JsonField access_rows[] = {
	{.name = "tenant",
	 .type = JSON_TEXT,
	 .flags = JSON_REQUIRED,
	 .min = 1,
	 .max = LIMIT_NAME_CHARS,
	 .offset = offsetof(AccessFields, tenant)},
};
static const JsonFields access_fields = JSON_FIELDS(access_rows, AccessFields);

#define ACCESS_BODY_ROW(key)                                                                       \
	{                                                                                          \
		.name = (key), .type = JSON_OBJECT, .flags = JSON_REQUIRED,                        \
		.fields = &access_fields, .offset = offsetof(AccessBody, access)                   \
	}

static const JsonField add_rows[] = {ACCESS_BODY_ROW("addTenantAccess")};
static const JsonFields add_fields = JSON_FIELDS(add_rows, AccessBody);
static const JsonField remove_rows[] = {ACCESS_BODY_ROW("removeTenantAccess")};
static const JsonFields remove_fields = JSON_FIELDS(remove_rows, AccessBody);

static int access_list(ApiRequest *r, Fault *f)
{
	FlavorAccess **list;
	size_t count;
	int k;

	k = service_list_flavor_access(&r->work, api_param(r, "flavor_id"), &list, &count, f);
	if (k)
		return k;
	json_out_begin(&r->out, NULL);
	json_out_list_begin(&r->out, "flavor_access");
	for (size_t i = 0; i < count; i++) {
		json_out_begin(&r->out, NULL);
		json_out_text(&r->out, "flavor_id", list[i]->flavor_id);
		json_out_text(&r->out, "tenant_id", list[i]->project_id);
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
	int k = service_grant_flavor(&r->work, api_param(r, "flavor_id"), body->access->tenant, f);

	return k ? k : access_list(r, f);
}

static int access_remove(ApiRequest *r, Fault *f)
{
	const AccessBody *body = r->body;
	int k = service_revoke_flavor(&r->work, api_param(r, "flavor_id"), body->access->tenant, f);

	return k ? k : access_list(r, f);
}

static const ApiRoute routes[] = {
	{.method = "GET",
	 .pattern = "/flavors/{flavor_id}/os-flavor-access",
	 .policy = "os_compute_api:os-flavor-access",
	 .rule = API_RULE_ADMIN,
	 .mode = API_READ,
	 .handle = access_list},
	{.method = "POST",
	 .pattern = "/flavors/{flavor_id}/action",
	 .action = "addTenantAccess",
	 .policy = "os_compute_api:os-flavor-access:add_tenant_access",
	 .rule = API_RULE_ADMIN,
	 .mode = API_WRITE,
	 .body = &add_fields,
	 .handle = access_add},
	{.method = "POST",
	 .pattern = "/flavors/{flavor_id}/action",
	 .action = "removeTenantAccess",
	 .policy = "os_compute_api:os-flavor-access:remove_tenant_access",
	 .rule = API_RULE_ADMIN,
	 .mode = API_WRITE,
	 .body = &remove_fields,
	 .handle = access_remove},
};
const ApiRoutes compute_flavor_access_routes = API_ROUTES(routes);
