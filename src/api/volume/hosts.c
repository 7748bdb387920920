/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Hosts of block storage, for admins: which there are, what each holds for which project, and what
 * its backend can do. A snapshot lies where its volume lies, and there is one backend.
 */
#include <inttypes.h>

#include "api/volume/priv.h"
#include "contract/backend.h"
#include "service/service-state.h"

static void out_host(ApiRequest *r, const ServiceState *state)
{
	JsonOut *out = &r->out;

	json_out_begin(out, NULL);
	json_out_text(out, "host_name", state->host);
	json_out_text(out, "service", state->binary);
	json_out_text(out, "service-state", state->disabled ? "disabled" : "enabled");
	json_out_text(out, "service-status", "available"); /* else nobody would answer */
	json_out_text(out, "zone", r->config->settings->availability_zone);
	json_out_date(out, "last-update", r->work.now_us, CLOCK_MICROS);
	json_out_end(out);
}

static int hosts_list(ApiRequest *r, Fault *f)
{
	const char *binary = api_query(r, "service"), *zone = api_query(r, "zone");
	bool in_zone = !zone || str_eq(zone, r->config->settings->availability_zone);
	ServiceState states[SERVICE_STATES];
	int k = service_states(&r->work, states, f);

	if (k)
		return k;
	json_out_begin(&r->out, NULL);
	json_out_list_begin(&r->out, "hosts");
	for (size_t i = 0; i < SERVICE_STATES; i++)
		if (in_zone && (!binary || str_eq(binary, states[i].binary)))
			out_host(r, &states[i]);
	json_out_list_end(&r->out);
	json_out_end(&r->out);
	api_reply(r, 200);
	return 0;
}

typedef struct HostShare {
	int64_t volumes;
	int64_t volume_gib;
	int64_t snapshots;
	int64_t snapshot_gib;
} HostShare;

/* What a project has here; NULL: all of them together. */
static int sum_share(ApiRequest *r, const char *project_id, HostShare *ret, Fault *f)
{
	RecordQuery query = {0};
	Tx *tx = r->work.tx;
	int k;

	if (project_id)
		record_where_text(&query, "project_id", RECORD_EQ, project_id);
	k = record_count(tx, &volume_table, &query, &ret->volumes, f);
	if (k == 0)
		k = record_sum(tx, &volume_table, &query, "size_gib", &ret->volume_gib, f);
	if (k == 0)
		k = record_count(tx, &snapshot_table, &query, &ret->snapshots, f);
	if (k == 0)
		k = record_sum(tx, &snapshot_table, &query, "size_gib", &ret->snapshot_gib, f);
	return fault_unexpected(f, k);
}

/* Clients know the numbers as texts. */
static int out_share(ApiRequest *r, const char *host, const char *project_id, Fault *f)
{
	JsonOut *out = &r->out;
	HostShare share = {0};
	int k = sum_share(r, project_id, &share, f);

	if (k)
		return k;
	json_out_begin(out, NULL);
	json_out_begin(out, "resource");
	json_out_text(out, "host", host);
	json_out_text(out, "project", project_id ? project_id : "(total)");
	json_out_printf(out, "volume_count", "%" PRId64, share.volumes);
	json_out_printf(out, "total_volume_gb", "%" PRId64, share.volume_gib);
	json_out_printf(out, "snapshot_count", "%" PRId64, share.snapshots);
	json_out_printf(out, "total_snapshot_gb", "%" PRId64, share.snapshot_gib);
	json_out_end(out);
	json_out_end(out);
	return 0;
}

static bool is_our_backend(ApiRequest *r, const char *host)
{
	return str_eq(host, service_state_host(r->arena, r->config->settings->volume_host));
}

static int host_show(ApiRequest *r, Fault *f)
{
	const char *host = api_param(r, "host");
	RecordTexts projects = {.arena = r->arena};
	const RecordQuery all = {0};
	int k;

	if (!is_our_backend(r, host))
		return api_refuse(r, 404, "Host %s could not be found.", host);
	k = record_distinct(r->work.tx, &volume_table, &all, "project_id", &projects, f);
	if (k)
		return fault_unexpected(f, k);
	json_out_begin(&r->out, NULL);
	json_out_list_begin(&r->out, "host");
	k = out_share(r, host, NULL, f);
	for (size_t i = 0; k == 0 && i < projects.count; i++)
		k = out_share(r, host, projects.texts[i], f);
	if (k)
		return k;
	json_out_list_end(&r->out);
	json_out_end(&r->out);
	api_reply(r, 200);
	return 0;
}

/* The host may be named with its pool or without it. */
static int capabilities_show(ApiRequest *r, Fault *f _unused_)
{
	const ServiceSettings *settings = r->config->settings;
	const char *host = api_param(r, "host");
	JsonOut *out = &r->out;

	if (!is_our_backend(r, host) && !str_eq(host, settings->volume_host))
		return api_refuse(r, 404, "Service cinder-volume could not be found on host %s.",
				  host);
	json_out_begin(out, NULL);
	json_out_printf(out, "namespace", "OS::Storage::Capabilities::%s", host);
	json_out_text(out, "vendor_name", "Cleat");
	json_out_text(out, "volume_backend_name", settings->backend_name);
	json_out_text(out, "pool_name", strchr(settings->volume_host, '#') + 1);
	json_out_text(out, "driver_version", CLEAT_VERSION);
	json_out_text(out, "storage_protocol", backend_traits(settings->backend)->protocol);
	json_out_null(out, "display_name");
	json_out_null(out, "description");
	json_out_null(out, "visibility");
	json_out_list_begin(out, "replication_targets");
	json_out_list_end(out);
	json_out_begin(out, "properties");
	json_out_end(out);
	json_out_end(out);
	api_reply(r, 200);
	return 0;
}

static const ApiRoute routes[] = {
	{.method = "GET",
	 .pattern = "/os-hosts",
	 .policy = "volume_extension:hosts",
	 .rule = API_RULE_ADMIN,
	 .mode = API_READ,
	 .handle = hosts_list},
	{.method = "GET",
	 .pattern = "/os-hosts/{host}",
	 .policy = "volume_extension:hosts",
	 .rule = API_RULE_ADMIN,
	 .mode = API_READ,
	 .handle = host_show},
	{.method = "GET",
	 .pattern = "/capabilities/{host}",
	 .policy = "volume_extension:capabilities",
	 .rule = API_RULE_ADMIN,
	 .mode = API_PLAIN,
	 .handle = capabilities_show},
};
const ApiRoutes volume_host_routes = API_ROUTES(routes);
