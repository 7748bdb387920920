/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * The small resources that clients ask for on their way: extensions, and what a server has none
 * of.
 */
#include "api/compute/priv.h"

static int extensions_list(ApiRequest *r, Fault *f _unused_)
{
	json_out_raw(&r->out, NULL, "{\"extensions\":[]}");
	api_reply(r, 200);
	return 0;
}

/* One answer for what a server never has here; the route's row says which. */
static int reply_without(ApiRequest *r, const char *json, Fault *f)
{
	Server *server;
	int k = compute_server(r, &server, f);

	if (k)
		return k;
	json_out_raw(&r->out, NULL, json);
	api_reply(r, 200);
	return 0;
}

static int no_interfaces(ApiRequest *r, Fault *f)
{
	return reply_without(r, "{\"interfaceAttachments\":[]}", f);
}

static int no_security_groups(ApiRequest *r, Fault *f)
{
	return reply_without(r, "{\"security_groups\":[]}", f);
}

static int no_addresses(ApiRequest *r, Fault *f)
{
	return reply_without(r, "{\"addresses\":{}}", f);
}

static const ApiRoute routes[] = {
	{.method = "GET",
	 .pattern = "/extensions",
	 .policy = "os_compute_api:extensions",
	 .rule = API_RULE_SCOPED,
	 .mode = API_PLAIN,
	 .handle = extensions_list},
	{.method = "GET",
	 .pattern = "/servers/{server_id}/os-interface",
	 .policy = "os_compute_api:os-attach-interfaces:list",
	 .rule = API_RULE_READER,
	 .mode = API_READ,
	 .handle = no_interfaces},
	{.method = "GET",
	 .pattern = "/servers/{server_id}/os-security-groups",
	 .policy = "os_compute_api:os-security-groups:list",
	 .rule = API_RULE_READER,
	 .mode = API_READ,
	 .handle = no_security_groups},
	{.method = "GET",
	 .pattern = "/servers/{server_id}/ips",
	 .policy = "os_compute_api:ips:index",
	 .rule = API_RULE_READER,
	 .mode = API_READ,
	 .handle = no_addresses},
};
const ApiRoutes compute_small_routes = API_ROUTES(routes);
