/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * For admins: the services of shares, and the pool that new shares come from. All services are in
 * this daemon, so they are up whenever somebody asks.
 */
#include "api/share/priv.h"
#include "contract/share-backend.h"

#define GIB ((double)((int64_t)1 << 30))

/* "host@backend#pool" in its parts. */
typedef struct Place {
	const char *whole;
	const char *host;
	const char *backend;
	const char *pool;
	const char *service; /* host@backend */
} Place;

static Place place_of(ApiRequest *r)
{
	const char *whole = r->config->settings->share_host;
	const char *at = strchrnul(whole, '@'), *hash = strchrnul(at, '#');
	const char *backend = *at ? at + 1 : at;

	return (Place){
		.whole = whole,
		.host = arena_strndup(r->arena, whole, (size_t)(at - whole)),
		.backend = arena_strndup(r->arena, backend, (size_t)(hash - backend)),
		.pool = *hash ? hash + 1 : hash,
		.service = arena_strndup(r->arena, whole, (size_t)(hash - whole)),
	};
}

/* Of pools clients say patterns: ".*" for all of them. */
static bool is_like(ApiRequest *r, const char *name, const char *value)
{
	const char *pattern = api_query(r, name);

	return !pattern || record_pattern_matches(pattern, value);
}

/* Whether the query asks for this one, or does not ask. */
static bool is_asked(ApiRequest *r, const char *name, const char *value)
{
	const char *wanted = api_query(r, name);

	return !wanted || str_eq(wanted, value);
}

static void out_service(ApiRequest *r, int64_t id, const char *binary, const char *host)
{
	const char *zone = r->config->settings->availability_zone;
	JsonOut *out = &r->out;

	if (!is_asked(r, "binary", binary) || !is_asked(r, "host", host) ||
	    !is_asked(r, "zone", zone) || !is_asked(r, "status", "enabled") ||
	    !is_asked(r, "state", "up"))
		return;
	json_out_begin(out, NULL);
	json_out_int(out, "id", id);
	json_out_text(out, "binary", binary);
	json_out_text(out, "host", host);
	json_out_text(out, "zone", zone);
	json_out_text(out, "status", "enabled");
	json_out_text(out, "state", "up"); /* else nobody would answer */
	json_out_date(out, "updated_at", r->work.now_us, CLOCK_MICROS);
	if (r->version >= V(83))
		json_out_null(out, "disabled_reason");
	if (r->version >= V(86))
		json_out_bool(out, "ensuring", false);
	json_out_end(out);
}

static int services_list(ApiRequest *r, Fault *f _unused_)
{
	const Place place = place_of(r);

	json_out_begin(&r->out, NULL);
	json_out_list_begin(&r->out, "services");
	out_service(r, 1, "manila-share", place.service);
	out_service(r, 2, "manila-scheduler", place.host);
	json_out_list_end(&r->out);
	json_out_end(&r->out);
	api_reply(r, 200);
	return 0;
}

static const char *protocols_text(const ShareBackendTraits *traits)
{
	if (!(traits->protocols & 1U << SHARE_CEPHFS))
		return "NFS";
	return traits->protocols & 1U << SHARE_NFS ? "NFS_CEPHFS" : "CEPHFS";
}

static int out_capabilities(ApiRequest *r, const Place *place, Fault *f)
{
	ShareBackend *backend = r->config->settings->share_backend;
	const ShareBackendTraits *traits = share_backend_traits(backend);
	JsonOut *out = &r->out;
	int64_t total, left;
	int k = share_backend_capacity(backend, &total, &left, f);

	if (k)
		return k;
	json_out_begin(out, "capabilities");
	json_out_text(out, "pool_name", place->pool);
	json_out_text(out, "share_backend_name", place->backend);
	json_out_text(out, "vendor_name", "Cleat");
	json_out_text(out, "driver_version", CLEAT_VERSION);
	json_out_text(out, "storage_protocol", protocols_text(traits));
	json_out_date(out, "timestamp", r->work.now_us, CLOCK_MICROS);
	json_out_real(out, "total_capacity_gb", (double)total / GIB);
	json_out_real(out, "free_capacity_gb", (double)left / GIB);
	json_out_int(out, "reserved_percentage", 0);
	json_out_bool(out, "driver_handles_share_servers", false);
	json_out_bool(out, "snapshot_support", traits->snapshots);
	json_out_bool(out, "create_share_from_snapshot_support", traits->snapshots);
	json_out_bool(out, "revert_to_snapshot_support", traits->snapshots);
	json_out_bool(out, "mount_snapshot_support", false);
	json_out_bool(out, "dedupe", false);
	json_out_bool(out, "compression", false);
	json_out_null(out, "replication_type");
	json_out_null(out, "replication_domain");
	json_out_null(out, "sg_consistent_snapshot_support");
	json_out_bool(out, "ipv4_support", true);
	json_out_bool(out, "ipv6_support", true);
	json_out_end(out);
	return 0;
}

static int list_pools(ApiRequest *r, bool detail, Fault *f)
{
	const Place place = place_of(r);
	JsonOut *out = &r->out;
	int k = 0;

	json_out_begin(out, NULL);
	json_out_list_begin(out, "pools");
	if (is_like(r, "host", place.host) && is_like(r, "backend", place.backend) &&
	    is_like(r, "pool", place.pool)) {
		json_out_begin(out, NULL);
		json_out_text(out, "name", place.whole);
		json_out_text(out, "host", place.host);
		json_out_text(out, "backend", place.backend);
		json_out_text(out, "pool", place.pool);
		if (detail)
			k = out_capabilities(r, &place, f);
		json_out_end(out);
	}
	json_out_list_end(out);
	json_out_end(out);
	if (k)
		return k;
	api_reply(r, 200);
	return 0;
}

static int pools_list(ApiRequest *r, Fault *f)
{
	return list_pools(r, false, f);
}

static int pools_detail(ApiRequest *r, Fault *f)
{
	return list_pools(r, true, f);
}

static const ApiRoute routes[] = {
	{.method = "GET",
	 .pattern = "/os-services",
	 .policy = "service:index",
	 .rule = API_RULE_ADMIN,
	 .mode = API_PLAIN,
	 .until = SHARE_PREFIXED,
	 .handle = services_list},
	{.method = "GET",
	 .pattern = "/services",
	 .policy = "service:index",
	 .rule = API_RULE_ADMIN,
	 .mode = API_PLAIN,
	 .since = SHARE_PLAIN,
	 .handle = services_list},
	{.method = "GET",
	 .pattern = "/scheduler-stats/pools",
	 .policy = "scheduler_stats:pools:index",
	 .rule = API_RULE_ADMIN,
	 .mode = API_PLAIN,
	 .handle = pools_list},
	/* A backend may ask a server how much is left. */
	{.method = "GET",
	 .pattern = "/scheduler-stats/pools/detail",
	 .policy = "scheduler_stats:pools:detail",
	 .rule = API_RULE_ADMIN,
	 .mode = API_WORK,
	 .handle = pools_detail},
};
const ApiRoutes share_service_routes = API_ROUTES(routes);
