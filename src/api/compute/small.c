/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * The small resources that clients ask for on their way: limits, quotas, zones, extensions, hosts,
 * and what a server has none of.
 */
#include "api/compute/priv.h"

/* A quota as a member of limits or quota sets. */
typedef struct QuotaMember {
	const char *name;
	const char *resource; /* NULL: `fixed` is printed */
	int64_t fixed;
	bool used; /* print what is used instead of the limit */
	int until;
} QuotaMember;

static const QuotaMember limit_members[] = {
	{.name = "maxTotalInstances", .resource = "instances"},
	{.name = "maxTotalCores", .resource = "cores"},
	{.name = "maxTotalRAMSize", .resource = "ram"},
	{.name = "maxServerMeta", .resource = "metadata_items"},
	{.name = "maxTotalKeypairs", .resource = "key_pairs"},
	{.name = "maxServerGroups", .resource = "server_groups"},
	{.name = "maxServerGroupMembers", .resource = "server_group_members"},
	{.name = "maxImageMeta", .fixed = 128, .until = V(38)},
	{.name = "maxPersonality", .fixed = 0, .until = V(56)},
	{.name = "maxPersonalitySize", .fixed = 0, .until = V(56)},
	{.name = "maxSecurityGroups", .fixed = -1, .until = V(35)},
	{.name = "maxSecurityGroupRules", .fixed = -1, .until = V(35)},
	{.name = "maxTotalFloatingIps", .fixed = -1, .until = V(35)},
	{.name = "totalInstancesUsed", .resource = "instances", .used = true},
	{.name = "totalCoresUsed", .resource = "cores", .used = true},
	{.name = "totalRAMUsed", .resource = "ram", .used = true},
	{.name = "totalServerGroupsUsed", .fixed = 0},
	{.name = "totalSecurityGroupsUsed", .fixed = 0, .until = V(35)},
	{.name = "totalFloatingIpsUsed", .fixed = 0, .until = V(35)},
};

static const QuotaMember quota_members[] = {
	{.name = "instances", .resource = "instances"},
	{.name = "cores", .resource = "cores"},
	{.name = "ram", .resource = "ram"},
	{.name = "metadata_items", .resource = "metadata_items"},
	{.name = "key_pairs", .resource = "key_pairs"},
	{.name = "server_groups", .resource = "server_groups"},
	{.name = "server_group_members", .resource = "server_group_members"},
	{.name = "injected_files", .fixed = 0, .until = V(56)},
	{.name = "injected_file_content_bytes", .fixed = 0, .until = V(56)},
	{.name = "injected_file_path_bytes", .fixed = 0, .until = V(56)},
	{.name = "fixed_ips", .fixed = -1, .until = V(35)},
	{.name = "floating_ips", .fixed = -1, .until = V(35)},
	{.name = "security_groups", .fixed = -1, .until = V(35)},
	{.name = "security_group_rules", .fixed = -1, .until = V(35)},
};

static int out_quotas(ApiRequest *r, const QuotaMember *rows, size_t count, const char *project_id,
		      Fault *f)
{
	for (size_t i = 0; i < count; i++) {
		QuotaUsage usage = {.limit = rows[i].fixed};
		int k;

		if (rows[i].until && r->version > rows[i].until)
			continue;
		if (rows[i].resource) {
			k = quota_get(r->work.tx, project_id, rows[i].resource, &usage, f);
			if (k)
				return fault_unexpected(f, k);
		}
		json_out_int(&r->out, rows[i].name, rows[i].used ? usage.used : usage.limit);
	}
	return 0;
}

static int limits_show(ApiRequest *r, Fault *f)
{
	const char *project = caller_is_admin(&r->caller) ? api_query(r, "tenant_id") : NULL;
	int k;

	json_out_begin(&r->out, NULL);
	json_out_begin(&r->out, "limits");
	json_out_list_begin(&r->out, "rate");
	json_out_list_end(&r->out);
	json_out_begin(&r->out, "absolute");
	k = out_quotas(r, limit_members, ARRAY_SIZE(limit_members),
		       project ? project : r->caller.project_id, f);
	if (k)
		return k;
	json_out_end(&r->out);
	json_out_end(&r->out);
	json_out_end(&r->out);
	api_reply(r, 200);
	return 0;
}

static int quotas_show(ApiRequest *r, Fault *f)
{
	const char *project = api_param(r, "project_id");
	int k;

	if (!caller_is_admin(&r->caller) && !str_eq(project, r->caller.project_id))
		return api_refuse(r, 403,
				  "Policy doesn't allow os_compute_api:os-quota-sets:show to be "
				  "performed.");
	json_out_begin(&r->out, NULL);
	json_out_begin(&r->out, "quota_set");
	json_out_text(&r->out, "id", project);
	k = out_quotas(r, quota_members, ARRAY_SIZE(quota_members), project, f);
	if (k)
		return k;
	json_out_end(&r->out);
	json_out_end(&r->out);
	api_reply(r, 200);
	return 0;
}

static int zones_list(ApiRequest *r, Fault *f _unused_)
{
	json_out_begin(&r->out, NULL);
	json_out_list_begin(&r->out, "availabilityZoneInfo");
	json_out_begin(&r->out, NULL);
	json_out_text(&r->out, "zoneName", r->config->settings->availability_zone);
	json_out_begin(&r->out, "zoneState");
	json_out_bool(&r->out, "available", true);
	json_out_end(&r->out);
	json_out_null(&r->out, "hosts");
	json_out_end(&r->out);
	json_out_list_end(&r->out);
	json_out_end(&r->out);
	api_reply(r, 200);
	return 0;
}

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
	 .pattern = "/limits",
	 .policy = "os_compute_api:limits",
	 .rule = API_RULE_SCOPED,
	 .mode = API_READ,
	 .handle = limits_show},
	{.method = "GET",
	 .pattern = "/os-quota-sets/{project_id}",
	 .policy = "os_compute_api:os-quota-sets:show",
	 .rule = API_RULE_READER,
	 .mode = API_READ,
	 .handle = quotas_show},
	{.method = "GET",
	 .pattern = "/os-availability-zone",
	 .policy = "os_compute_api:os-availability-zone:list",
	 .rule = API_RULE_READER,
	 .mode = API_PLAIN,
	 .handle = zones_list},
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
