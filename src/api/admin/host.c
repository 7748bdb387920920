/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * This host: what runs its guests, what it has and what is used of it, and what it is able to do;
 * for each thing that it is not, why.
 */
#include "api/admin/priv.h"
#include "service/host-usage.h"

static void out_usage(JsonOut *out, const HostUsage *usage)
{
	json_out_int(out, "servers", usage->servers);
	json_out_int(out, "vcpus", usage->vcpus);
	json_out_int(out, "vcpus_used", usage->vcpus_used);
	json_out_int(out, "memory_mib", usage->memory_mib);
	json_out_int(out, "memory_used_mib", usage->memory_used_mib);
	json_out_int(out, "disk_gib", usage->disk_gib);
	json_out_int(out, "disk_free_gib", usage->disk_free_gib);
}

static void out_traits(JsonOut *out, const HostTraits *traits)
{
	json_out_list_begin(out, "traits");
	for (int i = 0; i < _HOST_TRAIT_MAX; i++) {
		json_out_begin(out, NULL);
		json_out_text(out, "name", enum_name(&host_trait_names, i));
		json_out_bool(out, "present", !traits->lacks[i]);
		json_out_text(out, "reason", traits->lacks[i]);
		json_out_end(out);
	}
	json_out_list_end(out);
}

static int show_host(ApiRequest *r, Fault *f)
{
	const ServiceSettings *settings = r->config->settings;
	HostUsage usage;
	int k = service_host_usage(&r->work, &usage, f);

	if (k)
		return k;
	json_out_begin(&r->out, NULL);
	json_out_begin(&r->out, "host");
	json_out_text(&r->out, "name", settings->host);
	json_out_text(&r->out, "driver", hypervisor_name(r->config->hypervisor));
	json_out_text(&r->out, "hypervisor", hypervisor_describe(r->config->hypervisor));
	out_usage(&r->out, &usage);
	out_traits(&r->out, settings->host_traits);
	json_out_end(&r->out);
	json_out_end(&r->out);
	api_reply(r, 200);
	return 0;
}

static const ApiRoute routes[] = {
	{
		.method = "GET",
		.pattern = "/host",
		.policy = "cleat:show_host",
		.rule = API_RULE_ADMIN,
		.mode = API_READ,
		.handle = show_host,
	},
};
const ApiRoutes admin_host_routes = API_ROUTES(routes);
