/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * The small resources that clients ask for on their way: extensions, and what a server has none
 * of.
 */
#include <inttypes.h>

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

static int no_security_groups(ApiRequest *r, Fault *f)
{
	return reply_without(r, "{\"security_groups\":[]}", f);
}

static int no_migrations(ApiRequest *r, Fault *f)
{
	return reply_without(r, "{\"migrations\":[]}", f);
}

static int no_migrations_at_all(ApiRequest *r, Fault *f _unused_)
{
	json_out_raw(&r->out, NULL, "{\"migrations\":[]}");
	api_reply(r, 200);
	return 0;
}

/* Of a server that runs: what its rows say. The emulator's counters are not asked for. */
static void out_diagnostics(ApiRequest *r, const Server *server)
{
	JsonOut *out = &r->out;

	json_out_begin(out, NULL);
	if (r->version < V(48)) {
		json_out_int(out, "memory", server->ram_mib * 1024);
		json_out_end(out);
		return;
	}
	json_out_text(out, "state", "running");
	json_out_text(out, "driver", "libvirt");
	json_out_text(out, "hypervisor", "qemu");
	json_out_text(out, "hypervisor_os", "linux");
	json_out_int(out, "uptime", (r->work.now_us - server->launched_us) / 1000000);
	json_out_bool(out, "config_drive", server->config_drive);
	json_out_int(out, "num_cpus", server->vcpus);
	json_out_null(out, "num_nics");
	json_out_null(out, "num_disks");
	json_out_raw(out, "cpu_details", "[]");
	json_out_raw(out, "nic_details", "[]");
	json_out_raw(out, "disk_details", "[]");
	json_out_begin(out, "memory_details");
	json_out_int(out, "maximum", server->ram_mib);
	json_out_null(out, "used");
	json_out_end(out);
	json_out_end(out);
}

static int diagnostics_show(ApiRequest *r, Fault *f)
{
	Server *server;
	int k = compute_server(r, &server, f);

	if (k)
		return k;
	if (server->power_state != POWER_RUNNING)
		return api_refuse(r, 409,
				  "Cannot 'get_diagnostics' instance %s while it is in power_state "
				  "%" PRId64,
				  server->id, server->power_state);
	out_diagnostics(r, server);
	api_reply(r, 200);
	return 0;
}

static const ApiParam migration_params[] = {
	{.name = "hidden"},
	{.name = "host"},
	{.name = "instance_uuid"},
	{.name = "source_compute"},
	{.name = "status"},
	{.name = "migration_type"},
	{.name = "limit", .since = V(59), .format = "integer"},
	{.name = "marker", .since = V(59)},
	{.name = "changes-since", .since = V(59)},
	{.name = "changes-before", .since = V(66)},
	{.name = "user_id", .since = V(80)},
	{.name = "project_id", .since = V(80)},
	{0},
};

static const ApiRoute routes[] = {
	{.method = "GET",
	 .pattern = "/extensions",
	 .policy = "os_compute_api:extensions",
	 .rule = API_RULE_SCOPED,
	 .mode = API_PLAIN,
	 .handle = extensions_list},
	{.method = "GET",
	 .pattern = "/servers/{server_id}/os-security-groups",
	 .policy = "os_compute_api:os-security-groups:list",
	 .rule = API_RULE_READER,
	 .mode = API_READ,
	 .handle = no_security_groups},
	{.method = "GET",
	 .pattern = "/servers/{server_id}/migrations",
	 .policy = "os_compute_api:servers:migrations:index",
	 .rule = API_RULE_ADMIN,
	 .mode = API_READ,
	 .since = V(23),
	 .handle = no_migrations},
	{.method = "GET",
	 .pattern = "/os-migrations",
	 .policy = "os_compute_api:os-migrations:index",
	 .rule = API_RULE_ADMIN,
	 .mode = API_PLAIN,
	 .params = migration_params,
	 .strict_params_since = V(59),
	 .handle = no_migrations_at_all},
	{.method = "GET",
	 .pattern = "/servers/{server_id}/diagnostics",
	 .policy = "os_compute_api:os-server-diagnostics",
	 .rule = API_RULE_ADMIN,
	 .mode = API_READ,
	 .handle = diagnostics_show},
};
const ApiRoutes compute_small_routes = API_ROUTES(routes);
