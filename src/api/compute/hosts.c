/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Zones, services and aggregates: one zone for servers, the services of one daemon, and no
 * aggregate.
 */
#include "api/compute/priv.h"

/* The daemon under the names that clients look for. */
static const struct {
	const char *binary;
	bool internal; /* in a zone of its own, where no server is */
} services[] = {
	{"nova-compute", false},
	{"nova-conductor", true},
	{"nova-scheduler", true},
};

const char *compute_service_id(const ApiRequest *r, const char *binary)
{
	char id[UUID_TEXT];

	uuid_of_text(arena_printf(r->arena, "%s %s", binary, r->config->settings->host), id);
	return arena_strdup(r->arena, id);
}

static const char *zone_of(const ApiRequest *r, bool internal)
{
	return internal ? "internal" : r->config->settings->availability_zone;
}

static void out_zone_hosts(ApiRequest *r, bool internal)
{
	JsonOut *out = &r->out;

	json_out_begin(out, "hosts");
	json_out_begin(out, r->config->settings->host);
	for (size_t i = 0; i < ARRAY_SIZE(services); i++) {
		if (services[i].internal != internal)
			continue;
		json_out_begin(out, services[i].binary);
		json_out_bool(out, "active", true);
		json_out_bool(out, "available", true);
		json_out_date(out, "updated_at", r->work.now_us, CLOCK_MICROS);
		json_out_end(out);
	}
	json_out_end(out);
	json_out_end(out);
}

static void out_zone(ApiRequest *r, bool internal, bool detail)
{
	JsonOut *out = &r->out;

	json_out_begin(out, NULL);
	json_out_text(out, "zoneName", zone_of(r, internal));
	json_out_begin(out, "zoneState");
	json_out_bool(out, "available", true);
	json_out_end(out);
	if (detail)
		out_zone_hosts(r, internal);
	else
		json_out_null(out, "hosts");
	json_out_end(out);
}

static int list_zones(ApiRequest *r, bool detail)
{
	json_out_begin(&r->out, NULL);
	json_out_list_begin(&r->out, "availabilityZoneInfo");
	if (detail)
		out_zone(r, true, true);
	out_zone(r, false, detail);
	json_out_list_end(&r->out);
	json_out_end(&r->out);
	api_reply(r, 200);
	return 0;
}

static int zones_list(ApiRequest *r, Fault *f _unused_)
{
	return list_zones(r, false);
}

static int zones_detail(ApiRequest *r, Fault *f _unused_)
{
	return list_zones(r, true);
}

static void out_service(ApiRequest *r, size_t row)
{
	JsonOut *out = &r->out;
	const char *binary = services[row].binary;

	json_out_begin(out, NULL);
	if (r->version < V(53))
		json_out_int(out, "id", (int64_t)row + 1);
	else
		json_out_text(out, "id", compute_service_id(r, binary));
	json_out_text(out, "binary", binary);
	json_out_text(out, "host", r->config->settings->host);
	json_out_text(out, "zone", zone_of(r, services[row].internal));
	json_out_text(out, "status", "enabled");
	json_out_text(out, "state", "up"); /* else nobody would answer */
	json_out_date(out, "updated_at", r->work.now_us, CLOCK_MICROS);
	json_out_null(out, "disabled_reason");
	if (r->version >= V(11))
		json_out_bool(out, "forced_down", false);
	json_out_end(out);
}

static int services_list(ApiRequest *r, Fault *f _unused_)
{
	const char *host = api_query(r, "host"), *binary = api_query(r, "binary");

	json_out_begin(&r->out, NULL);
	json_out_list_begin(&r->out, "services");
	for (size_t i = 0; i < ARRAY_SIZE(services); i++)
		if ((!host || str_eq(host, r->config->settings->host)) &&
		    (!binary || str_eq(binary, services[i].binary)))
			out_service(r, i);
	json_out_list_end(&r->out);
	json_out_end(&r->out);
	api_reply(r, 200);
	return 0;
}

static int aggregates_list(ApiRequest *r, Fault *f _unused_)
{
	json_out_raw(&r->out, NULL, "{\"aggregates\":[]}");
	api_reply(r, 200);
	return 0;
}

static int aggregate_show(ApiRequest *r, Fault *f _unused_)
{
	return api_refuse(r, 404, "Aggregate %s could not be found.", api_param(r, "aggregate_id"));
}

static const ApiParam service_params[] = {{.name = "host"}, {.name = "binary"}, {0}};

static const ApiRoute routes[] = {
	{.method = "GET",
	 .pattern = "/os-availability-zone",
	 .policy = "os_compute_api:os-availability-zone:list",
	 .rule = API_RULE_READER,
	 .mode = API_READ,
	 .handle = zones_list},
	{.method = "GET",
	 .pattern = "/os-availability-zone/detail",
	 .policy = "os_compute_api:os-availability-zone:detail",
	 .rule = API_RULE_ADMIN,
	 .mode = API_READ,
	 .handle = zones_detail},
	{.method = "GET",
	 .pattern = "/os-services",
	 .policy = "os_compute_api:os-services:list",
	 .rule = API_RULE_ADMIN,
	 .mode = API_READ,
	 .params = service_params,
	 .strict_params_since = V(75),
	 .handle = services_list},
	{.method = "GET",
	 .pattern = "/os-aggregates",
	 .policy = "os_compute_api:os-aggregates:index",
	 .rule = API_RULE_ADMIN,
	 .mode = API_READ,
	 .handle = aggregates_list},
	{.method = "GET",
	 .pattern = "/os-aggregates/{aggregate_id}",
	 .policy = "os_compute_api:os-aggregates:show",
	 .rule = API_RULE_ADMIN,
	 .mode = API_READ,
	 .handle = aggregate_show},
};
const ApiRoutes compute_host_routes = API_ROUTES(routes);
