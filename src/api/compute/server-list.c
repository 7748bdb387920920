/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Lists of servers, short and in detail, a page at a time. What they may be asked for is in
 * server-filters.c.
 */
#include "api/compute/priv.h"
#include "service/server.h"

static void out_server_short(ApiRequest *r, const Server *server)
{
	json_out_begin(&r->out, NULL);
	json_out_text(&r->out, "id", server->id);
	json_out_text(&r->out, "name", server->name);
	api_out_links(r, &r->out, "servers", server->id);
	json_out_end(&r->out);
}

static int list_servers(ApiRequest *r, bool detail, Fault *f)
{
	RecordQuery query = {0};
	Server **servers;
	size_t count;
	int k;

	if (!compute_server_query(r, &query))
		return 0;
	k = server_find(r->work.tx, r->arena, &query, &servers, &count, f);
	if (k == RECORD_NO_MARKER)
		return api_refuse(r, 400, "marker [%s] not found", query.marker);
	if (k == RECORD_BAD_PATTERN)
		return api_refuse(r, 400, "Invalid filter: it is not a regular expression");
	if (k)
		return fault_unexpected(f, k);

	json_out_begin(&r->out, NULL);
	json_out_list_begin(&r->out, "servers");
	for (size_t i = 0; i < count && !detail; i++)
		out_server_short(r, servers[i]);
	if (detail)
		k = compute_out_servers(r, servers, count, f);
	if (k)
		return k;
	json_out_list_end(&r->out);
	if (count && (int64_t)count == query.limit)
		api_out_next(r, &r->out, "servers_links", servers[count - 1]->id);
	json_out_end(&r->out);
	api_reply(r, 200);
	return 0;
}

static int servers_list(ApiRequest *r, Fault *f)
{
	return list_servers(r, false, f);
}

static int servers_detail(ApiRequest *r, Fault *f)
{
	return list_servers(r, true, f);
}

static const ApiRoute routes[] = {
	{.method = "GET",
	 .pattern = "/servers",
	 .policy = "os_compute_api:servers:index",
	 .rule = API_RULE_READER,
	 .mode = API_READ,
	 .params = compute_server_list_params,
	 .strict_params_since = V(75),
	 .handle = servers_list},
	{.method = "GET",
	 .pattern = "/servers/detail",
	 .policy = "os_compute_api:servers:detail",
	 .rule = API_RULE_READER,
	 .mode = API_READ,
	 .params = compute_server_list_params,
	 .strict_params_since = V(75),
	 .handle = servers_detail},
	{.method = "GET",
	 .pattern = COMPUTE_OLD_SERVERS,
	 .policy = "os_compute_api:servers:index",
	 .rule = API_RULE_READER,
	 .mode = API_READ,
	 .until = V(102),
	 .params = compute_server_list_params,
	 .strict_params_since = V(75),
	 .handle = servers_list},
	{.method = "GET",
	 .pattern = COMPUTE_OLD_SERVERS "/detail",
	 .policy = "os_compute_api:servers:detail",
	 .rule = API_RULE_READER,
	 .mode = API_READ,
	 .until = V(102),
	 .params = compute_server_list_params,
	 .strict_params_since = V(75),
	 .handle = servers_detail},
};
const ApiRoutes compute_server_list_routes = API_ROUTES(routes);
