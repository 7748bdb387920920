/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * The NUMA nodes of a server, as its flavor asks for them. Sizes of pages are all that a flavor can
 * ask for here, and a guest with such pages is one node. No guest is bound to nodes or processors
 * of the host.
 */
#include "api/compute/priv.h"
#include "service/host-traits.h"

static void out_node(ApiRequest *r, const Server *server)
{
	JsonOut *out = &r->out;

	json_out_begin(out, NULL);
	json_out_list_begin(out, "vcpu_set");
	for (int64_t i = 0; i < server->vcpus; i++)
		json_out_int(out, NULL, i);
	json_out_list_end(out);
	json_out_raw(out, "siblings", "[]");
	json_out_int(out, "memory_mb", server->ram_mib);
	if (api_audience(r) & API_AUDIENCE_ADMIN) {
		json_out_null(out, "host_node");
		json_out_raw(out, "cpu_pinning", "{}");
	}
	json_out_end(out);
}

static int topology_show(ApiRequest *r, Fault *f)
{
	Server *server;
	int64_t page_kib = 0;
	bool asked;
	int k = compute_server(r, &server, f);

	if (k)
		return k;
	asked = host_pages(r->arena, r->config->settings->host_traits, server->flavor_extra_specs,
			   server->ram_mib, &page_kib);
	json_out_begin(&r->out, NULL);
	json_out_list_begin(&r->out, "nodes");
	if (asked)
		out_node(r, server);
	json_out_list_end(&r->out);
	if (page_kib)
		json_out_int(&r->out, "pagesize_kb", page_kib);
	else
		json_out_null(&r->out, "pagesize_kb");
	json_out_end(&r->out);
	api_reply(r, 200);
	return 0;
}

static const ApiRoute routes[] = {
	{.method = "GET",
	 .pattern = "/servers/{server_id}/topology",
	 .policy = "compute:server:topology:index",
	 .rule = API_RULE_READER,
	 .mode = API_READ,
	 .since = V(78),
	 .handle = topology_show},
};
const ApiRoutes compute_topology_routes = API_ROUTES(routes);
