/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Which projects may use a private volume type.
 */
#include "api/common/type-access.h"
#include "api/volume/priv.h"

static int access_list(ApiRequest *r, Fault *f)
{
	TypeAccess **list;
	size_t count;
	int k;

	k = service_list_type_access(&r->work, api_param(r, "type_id"), &list, &count, f);
	return k ? k : api_reply_type_access(r, "volume_type", list, count);
}

static int access_add(ApiRequest *r, Fault *f)
{
	return volume_reply_accepted(r, service_grant_type(&r->work, api_param(r, "type_id"),
							   api_granted_project(r), f));
}

static int access_remove(ApiRequest *r, Fault *f)
{
	return volume_reply_accepted(r, service_revoke_type(&r->work, api_param(r, "type_id"),
							    api_granted_project(r), f));
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
	 .body = &api_grant_body,
	 .handle = access_add},
	{.method = "POST",
	 .pattern = "/types/{type_id}/action",
	 .action = "removeProjectAccess",
	 .policy = "volume_extension:volume_type_access:removeProjectAccess",
	 .rule = API_RULE_ADMIN,
	 .mode = API_WRITE,
	 .body = &api_revoke_body,
	 .handle = access_remove},
};
const ApiRoutes volume_type_access_routes = API_ROUTES(routes);
