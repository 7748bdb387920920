/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * GET /scheduler-stats/get_pools: where volumes go, and how much more of them; for admins. There
 * is one pool.
 */
#include "api/volume/priv.h"
#include "contract/backend.h"
#include "service/capacity.h"
#include "service/text-map.h"
#include "service/volume-type.h"

#define GIB ((double)((int64_t)1 << 30))

static void out_capabilities(ApiRequest *r, const PoolCapacity *pool)
{
	const ServiceSettings *settings = r->config->settings;
	JsonOut *out = &r->out;

	json_out_begin(out, "capabilities");
	json_out_text(out, "volume_backend_name", settings->backend_name);
	json_out_text(out, "vendor_name", "Cleat");
	json_out_text(out, "driver_version", CLEAT_VERSION);
	json_out_text(out, "storage_protocol", backend_traits(settings->backend)->protocol);
	json_out_text(out, "backend_state", "up");
	json_out_raw(out, "total_capacity_gb",
		     arena_printf(r->arena, "%.2f", (double)pool->total_bytes / GIB));
	json_out_raw(out, "free_capacity_gb",
		     arena_printf(r->arena, "%.2f", (double)pool->free_bytes / GIB));
	json_out_int(out, "provisioned_capacity_gb", pool->promised_gib);
	json_out_int(out, "allocated_capacity_gb", pool->promised_gib);
	json_out_int(out, "reserved_percentage", pool->reserved_percent);
	json_out_raw(out, "max_over_subscription_ratio",
		     arena_printf(r->arena, "\"%.2f\"",
				  pool->thin ? (double)pool->oversubscription / 100 : 1.0));
	json_out_bool(out, "thin_provisioning_support", pool->thin);
	json_out_bool(out, "thick_provisioning_support", !pool->thin);
	json_out_bool(out, "multiattach", true);
	json_out_bool(out, "QoS_support", false);
	json_out_bool(out, "online_extend_support", true);
	json_out_date(out, "timestamp", r->work.now_us, CLOCK_MICROS);
	json_out_date(out, "updated", r->work.now_us, CLOCK_MICROS);
	json_out_end(out);
}

/* Whether volumes of a type, by id or name, would go here. */
static int serves_type(ApiRequest *r, const char *name, bool *ret, Fault *f)
{
	const char *backend;
	VolumeType *type;
	int k = service_choose_volume_type(&r->work, name, &type, f);

	if (k)
		return k;
	backend = text_map_value(r->arena, type->extra_specs, "volume_backend_name");
	*ret = !backend || str_eq(backend, r->config->settings->backend_name);
	return 0;
}

static int pools_list(ApiRequest *r, Fault *f)
{
	const char *host = r->config->settings->volume_host;
	const char *name = r->version >= V(28) ? api_query(r, "name") : NULL;
	const char *type = r->version >= V(35) ? api_query(r, "volume_type") : NULL;
	bool wanted = !name || str_eq(name, host), detail = false, serves = true;
	PoolCapacity pool;
	int k = 0;

	if (!volume_query_bool(r, "detail", false, &detail))
		return 0;
	if (type)
		k = serves_type(r, type, &serves, f);
	if (!k && detail)
		k = capacity_get(r->work.tx, r->config->settings, &pool, f);
	if (k)
		return k;
	json_out_begin(&r->out, NULL);
	json_out_list_begin(&r->out, "pools");
	if (wanted && serves) {
		json_out_begin(&r->out, NULL);
		json_out_text(&r->out, "name", host);
		if (detail)
			out_capabilities(r, &pool);
		json_out_end(&r->out);
	}
	json_out_list_end(&r->out);
	json_out_end(&r->out);
	api_reply(r, 200);
	return 0;
}

static const ApiRoute routes[] = {
	{.method = "GET",
	 .pattern = "/scheduler-stats/get_pools",
	 .policy = "scheduler_extension:scheduler_stats:get_pools",
	 .rule = API_RULE_ADMIN,
	 .mode = API_READ,
	 .handle = pools_list},
};
const ApiRoutes volume_pool_routes = API_ROUTES(routes);
