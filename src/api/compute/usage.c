/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * What servers were there for how long, a project's or everybody's (os-simple-tenant-usage).
 * Servers that were deleted count for as long as they are remembered.
 */
#include "api/compute/priv.h"

#define SECOND INT64_C(1000000)
#define FOUR_WEEKS (INT64_C(28) * 24 * 60 * 60 * SECOND)

/* From when to when, and what there was. */
typedef struct UsagePeriod {
	int64_t start_us;
	int64_t stop_us;
	int64_t now_us;
} UsagePeriod;

typedef struct UsageSums {
	double hours;
	double memory_mib_hours;
	double vcpu_hours;
	double disk_gib_hours;
} UsageSums;

static int64_t begin_of(const Server *server)
{
	return server->launched_us ? server->launched_us : server->created_us;
}

static double hours_of(const Server *server, const UsagePeriod *period)
{
	int64_t begin = MAX(begin_of(server), period->start_us);
	int64_t end = server->terminated_us ? server->terminated_us : period->now_us;

	end = MIN(end, period->stop_us);
	return end > begin ? (double)(end - begin) / (double)(3600 * SECOND) : 0;
}

static int64_t disk_of(const Server *server)
{
	return server->disk_gib + server->ephemeral_gib;
}

static void add_usage(UsageSums *sums, const Server *server, const UsagePeriod *period)
{
	double hours = hours_of(server, period);

	sums->hours += hours;
	sums->memory_mib_hours += hours * (double)server->ram_mib;
	sums->vcpu_hours += hours * (double)server->vcpus;
	sums->disk_gib_hours += hours * (double)disk_of(server);
}

static void out_server_usage(JsonOut *out, const Server *server, const UsagePeriod *period)
{
	int64_t end = server->terminated_us ? server->terminated_us : period->now_us;

	json_out_begin(out, NULL);
	json_out_text(out, "instance_id", server->id);
	json_out_text(out, "name", server->name);
	json_out_text(out, "tenant_id", server->project_id);
	json_out_text(out, "flavor", server->flavor_name);
	json_out_int(out, "vcpus", server->vcpus);
	json_out_int(out, "memory_mb", server->ram_mib);
	json_out_int(out, "local_gb", disk_of(server));
	json_out_real(out, "hours", hours_of(server, period));
	json_out_date(out, "started_at", begin_of(server), CLOCK_MICROS);
	json_out_date(out, "ended_at", server->terminated_us, CLOCK_MICROS);
	json_out_text(out, "state",
		      server->terminated_us ? "terminated"
					    : enum_name(&vm_state_names, server->vm_state));
	json_out_int(out, "uptime", (end - begin_of(server)) / SECOND);
	json_out_end(out);
}

/* One project's servers, which are side by side. */
static void out_project(JsonOut *out, const char *key, Server *const *servers, size_t count,
			const UsagePeriod *period, bool detailed)
{
	UsageSums sums = {0};

	json_out_begin(out, key);
	for (size_t i = 0; i < count; i++)
		add_usage(&sums, servers[i], period);
	json_out_text(out, "tenant_id", servers[0]->project_id);
	json_out_date(out, "start", period->start_us, CLOCK_MICROS);
	json_out_date(out, "stop", period->stop_us, CLOCK_MICROS);
	json_out_real(out, "total_hours", sums.hours);
	json_out_real(out, "total_memory_mb_usage", sums.memory_mib_hours);
	json_out_real(out, "total_vcpus_usage", sums.vcpu_hours);
	json_out_real(out, "total_local_gb_usage", sums.disk_gib_hours);
	if (detailed) {
		json_out_list_begin(out, "server_usages");
		for (size_t i = 0; i < count; i++)
			out_server_usage(out, servers[i], period);
		json_out_list_end(out);
	}
	json_out_end(out);
}

/* False after a refusal. */
static bool read_time(ApiRequest *r, const char *param, int64_t *ret)
{
	const char *text = api_query(r, param);

	if (!text || clock_parse(text, ret))
		return true;
	(void)api_refuse(r, 400, "Datetime is in invalid format"); /* always 0 */
	return false;
}

static bool read_period(ApiRequest *r, UsagePeriod *ret)
{
	*ret = (UsagePeriod){
		.start_us = r->work.now_us - FOUR_WEEKS,
		.stop_us = r->work.now_us,
		.now_us = r->work.now_us,
	};
	if (!read_time(r, "start", &ret->start_us) || !read_time(r, "end", &ret->stop_us))
		return false;
	if (ret->start_us <= ret->stop_us)
		return true;
	(void)api_refuse(r, 400,
			 "Invalid start time. The start time cannot occur after the end "
			 "time."); /* always 0 */
	return false;
}

/* The servers of a page that were there at some time. */
static int find_servers(ApiRequest *r, const char *project_id, const UsagePeriod *period,
			RecordQuery *query, RecordList *ret, Fault *f)
{
	if (project_id)
		record_where_text(query, "project_id", RECORD_EQ, project_id);
	else
		record_sort(query, "project_id", false);
	record_sort(query, "created_us", false);
	record_where_int(query, "created_us", RECORD_LE, period->stop_us);
	record_where_int(query, "terminated_us", RECORD_EQ, 0);
	record_or(query);
	record_where_int(query, "terminated_us", RECORD_GE, period->start_us);
	return record_find(r->work.tx, r->arena, &server_table, query, ret, f);
}

static size_t same_project(Server *const *servers, size_t count)
{
	size_t n = 1;

	while (n < count && str_eq(servers[n]->project_id, servers[0]->project_id))
		n++;
	return n;
}

static void out_usages(ApiRequest *r, const RecordList *list, const UsagePeriod *period)
{
	Server *const *servers = (Server *const *)list->records;
	bool detailed = str_eq(api_query(r, "detailed"), "1");
	size_t length;

	json_out_list_begin(&r->out, "tenant_usages");
	for (size_t i = 0; i < list->count; i += length) {
		length = same_project(servers + i, list->count - i);
		out_project(&r->out, NULL, servers + i, length, period, detailed);
	}
	json_out_list_end(&r->out);
}

static void out_usage(ApiRequest *r, const RecordList *list, const UsagePeriod *period)
{
	Server *const *servers = (Server *const *)list->records;

	if (list->count) {
		out_project(&r->out, "tenant_usage", servers, list->count, period, true);
		return;
	}
	json_out_begin(&r->out, "tenant_usage");
	json_out_end(&r->out);
}

/* `project_id` NULL: everybody's. */
static int reply_usage(ApiRequest *r, const char *project_id, Fault *f)
{
	RecordQuery query = {0};
	RecordList list = {0};
	UsagePeriod period;
	int k;

	if (!read_period(r, &period))
		return 0;
	if (r->version >= V(40) && !api_page(r, &query))
		return 0;
	k = find_servers(r, project_id, &period, &query, &list, f);
	if (k == RECORD_NO_MARKER)
		return api_refuse(r, 400, "marker [%s] not found", query.marker);
	if (k)
		return fault_unexpected(f, k);
	json_out_begin(&r->out, NULL);
	if (project_id)
		out_usage(r, &list, &period);
	else
		out_usages(r, &list, &period);
	if (list.count && (int64_t)list.count == query.limit)
		api_out_next(r, &r->out, project_id ? "tenant_usage_links" : "tenant_usages_links",
			     ((Server *)list.records[list.count - 1])->id);
	json_out_end(&r->out);
	api_reply(r, 200);
	return 0;
}

static int usages_list(ApiRequest *r, Fault *f)
{
	return reply_usage(r, NULL, f);
}

static int usage_show(ApiRequest *r, Fault *f)
{
	const char *project = api_param(r, "usage_project_id");

	if (!caller_is_admin(&r->caller) && !str_eq(project, r->caller.project_id))
		return api_complain(r, API_DENIED, r->route->policy, NULL, NULL);
	return reply_usage(r, project, f);
}

static const ApiParam params[] = {
	{.name = "start"},
	{.name = "end"},
	{.name = "detailed"},
	{.name = "limit", .since = V(40), .format = "integer"},
	{.name = "marker", .since = V(40)},
	{0},
};

static const ApiRoute routes[] = {
	{.method = "GET",
	 .pattern = "/os-simple-tenant-usage",
	 .policy = "os_compute_api:os-simple-tenant-usage:list",
	 .rule = API_RULE_ADMIN,
	 .mode = API_READ,
	 .params = params,
	 .strict_params_since = V(75),
	 .handle = usages_list},
	{.method = "GET",
	 .pattern = "/os-simple-tenant-usage/{usage_project_id}",
	 .policy = "os_compute_api:os-simple-tenant-usage:show",
	 .rule = API_RULE_READER,
	 .mode = API_READ,
	 .params = params,
	 .strict_params_since = V(75),
	 .handle = usage_show},
};
const ApiRoutes compute_usage_routes = API_ROUTES(routes);
