/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Hypervisors, for admins: there is one. Up to 2.87 it shows what it has and what is used of it;
 * from 2.88 on that is no matter of this API.
 */
#include <inttypes.h>
#include <sys/utsname.h>

#include "api/compute/priv.h"
#include "service/host-usage.h"

/* What the printers of single members need. */
typedef struct HostView {
	ApiRequest *r;
	HostUsage usage;
	Server **servers; /* NULL: not asked for */
	size_t server_count;
} HostView;

enum { AUDIENCE_WHOLE = 1 << 8, AUDIENCE_SERVERS = 1 << 9 };

static const char *host_name(const ApiRequest *r)
{
	return r->config->settings->host;
}

static const char *host_id(const ApiRequest *r)
{
	char id[UUID_TEXT];

	uuid_of_text(arena_printf(r->arena, "hypervisor %s", host_name(r)), id);
	return arena_strdup(r->arena, id);
}

static void print_number(JsonOut *out, const char *key, const void *object _unused_,
			 const void *context _unused_)
{
	json_out_int(out, key, 1);
}

static void print_id(JsonOut *out, const char *key, const void *object _unused_,
		     const void *context)
{
	json_out_text(out, key, host_id(((const HostView *)context)->r));
}

static void print_name(JsonOut *out, const char *key, const void *object _unused_,
		       const void *context)
{
	json_out_text(out, key, host_name(((const HostView *)context)->r));
}

static void print_state(JsonOut *out, const char *key, const void *object _unused_,
			const void *context _unused_)
{
	json_out_text(out, key, "up"); /* else nobody would answer */
}

static void print_status(JsonOut *out, const char *key, const void *object _unused_,
			 const void *context _unused_)
{
	json_out_text(out, key, "enabled");
}

static void print_service(JsonOut *out, const char *key, const void *object _unused_,
			  const void *context)
{
	const ApiRequest *r = ((const HostView *)context)->r;

	json_out_begin(out, key);
	if (r->version < V(53))
		json_out_int(out, "id", 1);
	else
		json_out_text(out, "id", compute_service_id(r, "nova-compute"));
	json_out_text(out, "host", host_name(r));
	json_out_null(out, "disabled_reason");
	json_out_end(out);
}

static void print_type(JsonOut *out, const char *key, const void *object _unused_,
		       const void *context)
{
	const HostView *view = context;
	bool qemu = strstr(hypervisor_describe(view->r->config->hypervisor), "QEMU ");

	json_out_text(out, key, qemu ? "QEMU" : hypervisor_name(view->r->config->hypervisor));
}

/* "QEMU 7.2.1" as 7002001; 1 for what has no version. */
static void print_version(JsonOut *out, const char *key, const void *object _unused_,
			  const void *context)
{
	const HostView *view = context;
	const char *text = hypervisor_describe(view->r->config->hypervisor);
	unsigned major, minor, micro;
	int64_t version = 1;

	text = strstr(text, "QEMU ");
	if (text && sscanf(text, "QEMU %u.%u.%u", &major, &minor, &micro) == 3)
		version = (int64_t)major * 1000000 + minor * 1000 + micro;
	json_out_int(out, key, version);
}

static void print_address(JsonOut *out, const char *key, const void *object _unused_,
			  const void *context _unused_)
{
	json_out_text(out, key, "127.0.0.1"); /* one host, which nobody else has to reach */
}

static void out_cpu(JsonOut *out, const char *key, const HostView *view)
{
	struct utsname name;

	json_out_begin(out, key);
	json_out_text(out, "arch", uname(&name) == 0 ? name.machine : "");
	json_out_text(out, "model", "");
	json_out_text(out, "vendor", "");
	json_out_list_begin(out, "features");
	json_out_list_end(out);
	json_out_begin(out, "topology");
	json_out_int(out, "cores", view->usage.vcpus);
	json_out_int(out, "sockets", 1);
	json_out_int(out, "threads", 1);
	json_out_end(out);
	json_out_end(out);
}

static void print_cpu(JsonOut *out, const char *key, const void *object _unused_,
		      const void *context)
{
	out_cpu(out, key, context);
}

/* Before 2.28 it is JSON in a text. */
static void print_cpu_text(JsonOut *out, const char *key, const void *object _unused_,
			   const void *context)
{
	JsonOut inner = {0};
	size_t length;
	char *text;

	out_cpu(&inner, NULL, context);
	text = json_out_take(&inner, &length);
	json_out_text(out, key, text);
	free(text);
}

/* Beside what others have here: what flavors may demand by name, and this host has. */
static void print_traits(JsonOut *out, const char *key, const void *object _unused_,
			 const void *context)
{
	const HostView *view = context;
	const HostTraits *traits = view->r->config->settings->host_traits;

	json_out_list_begin(out, key);
	for (int i = 0; i < _HOST_TRAIT_MAX; i++)
		if (!traits->lacks[i])
			json_out_text(out, NULL, enum_name(&host_trait_names, i));
	json_out_list_end(out);
}

static void print_free_memory(JsonOut *out, const char *key, const void *object _unused_,
			      const void *context)
{
	const HostView *view = context;

	json_out_int(out, key, view->usage.memory_mib - view->usage.memory_used_mib);
}

/* As the command of that name says it. */
static void print_uptime(JsonOut *out, const char *key, const void *object _unused_,
			 const void *context)
{
	const HostView *view = context;
	const HostUsage *usage = &view->usage;
	int64_t minutes = usage->uptime_s / 60, day = view->r->work.now_us / 1000000 % 86400;

	json_out_printf(out, key,
			" %02" PRId64 ":%02" PRId64 ":%02" PRId64 " up %" PRId64 " days, %2" PRId64
			":%02" PRId64 ",  0 users,  load average: %.2f, %.2f, %.2f",
			day / 3600, day / 60 % 60, day % 60, minutes / 1440, minutes / 60 % 24,
			minutes % 60, usage->load[0], usage->load[1], usage->load[2]);
}

static void print_servers(JsonOut *out, const char *key, const void *object _unused_,
			  const void *context)
{
	const HostView *view = context;

	json_out_list_begin(out, key);
	for (size_t i = 0; i < view->server_count; i++) {
		json_out_begin(out, NULL);
		json_out_text(out, "uuid", view->servers[i]->id);
		json_out_text(out, "name", view->servers[i]->name);
		json_out_end(out);
	}
	json_out_list_end(out);
}

#define USAGE_ROW(key, member)                                                                     \
	{                                                                                          \
		.name = (key), .type = JSON_OUT_INT, .until = V(87), .audience = AUDIENCE_WHOLE,   \
		.offset = offsetof(HostUsage, member)                                              \
	}

#define USAGE_ROWS                                                                                 \
	USAGE_ROW("vcpus", vcpus), USAGE_ROW("vcpus_used", vcpus_used),                            \
		USAGE_ROW("memory_mb", memory_mib), USAGE_ROW("memory_mb_used", memory_used_mib),  \
		USAGE_ROW("local_gb", disk_gib), USAGE_ROW("local_gb_used", disk_used_gib),        \
		USAGE_ROW("free_disk_gb", disk_free_gib),                                          \
		USAGE_ROW("disk_available_least", disk_free_gib),                                  \
		USAGE_ROW("running_vms", servers), USAGE_ROW("current_workload", busy_servers)

static const JsonOutField host_reply[] = {
	{.name = "id", .type = JSON_OUT_CALL, .until = V(52), .print = print_number},
	{.name = "id", .type = JSON_OUT_CALL, .since = V(53), .print = print_id},
	{.name = "hypervisor_hostname", .type = JSON_OUT_CALL, .print = print_name},
	{.name = "state", .type = JSON_OUT_CALL, .print = print_state},
	{.name = "status", .type = JSON_OUT_CALL, .print = print_status},
	{.name = "hypervisor_type",
	 .type = JSON_OUT_CALL,
	 .audience = AUDIENCE_WHOLE,
	 .print = print_type},
	{.name = "hypervisor_version",
	 .type = JSON_OUT_CALL,
	 .audience = AUDIENCE_WHOLE,
	 .print = print_version},
	{.name = "host_ip",
	 .type = JSON_OUT_CALL,
	 .audience = AUDIENCE_WHOLE,
	 .print = print_address},
	{.name = "service",
	 .type = JSON_OUT_CALL,
	 .audience = AUDIENCE_WHOLE,
	 .print = print_service},
	{.name = "cpu_info",
	 .type = JSON_OUT_CALL,
	 .until = V(27),
	 .audience = AUDIENCE_WHOLE,
	 .print = print_cpu_text},
	{.name = "cpu_info",
	 .type = JSON_OUT_CALL,
	 .since = V(28),
	 .until = V(87),
	 .audience = AUDIENCE_WHOLE,
	 .print = print_cpu},
	USAGE_ROWS,
	{.name = "free_ram_mb",
	 .type = JSON_OUT_CALL,
	 .until = V(87),
	 .audience = AUDIENCE_WHOLE,
	 .print = print_free_memory},
	{.name = "uptime",
	 .type = JSON_OUT_CALL,
	 .since = V(88),
	 .audience = AUDIENCE_WHOLE,
	 .print = print_uptime},
	{.name = "traits",
	 .type = JSON_OUT_CALL,
	 .audience = AUDIENCE_WHOLE,
	 .print = print_traits},
	{.name = "servers",
	 .type = JSON_OUT_CALL,
	 .since = V(53),
	 .audience = AUDIENCE_SERVERS,
	 .print = print_servers},
};

static const JsonOutField statistics_reply[] = {
	{.name = "count", .type = JSON_OUT_CALL, .print = print_number},
	USAGE_ROWS,
	{.name = "free_ram_mb",
	 .type = JSON_OUT_CALL,
	 .audience = AUDIENCE_WHOLE,
	 .print = print_free_memory},
};

static const JsonOutField uptime_reply[] = {
	{.name = "id", .type = JSON_OUT_CALL, .until = V(52), .print = print_number},
	{.name = "id", .type = JSON_OUT_CALL, .since = V(53), .print = print_id},
	{.name = "hypervisor_hostname", .type = JSON_OUT_CALL, .print = print_name},
	{.name = "state", .type = JSON_OUT_CALL, .print = print_state},
	{.name = "status", .type = JSON_OUT_CALL, .print = print_status},
	{.name = "uptime", .type = JSON_OUT_CALL, .print = print_uptime},
};

static int load_servers(HostView *view, Fault *f)
{
	ApiRequest *r = view->r;
	RecordQuery query = {0};

	record_where_text(&query, "host", RECORD_EQ, host_name(r));
	record_where_text(&query, "vm_state", RECORD_NE, enum_name(&vm_state_names, VM_DELETED));
	record_sort(&query, "created_us", false);
	return fault_unexpected(f, server_find(r->work.tx, r->arena, &query, &view->servers,
					       &view->server_count, f));
}

/* False after a refusal. */
static bool wants_servers(ApiRequest *r, bool *ret)
{
	const char *text = r->version >= V(53) ? api_query(r, "with_servers") : NULL;

	*ret = text && (str_eq_nocase(text, "true") || str_eq(text, "1"));
	if (!text || *ret || str_eq_nocase(text, "false") || str_eq(text, "0"))
		return true;
	(void)api_refuse(r, 400,
			 "Invalid input for query parameters with_servers. Value: %s. '%s' is not "
			 "a 'boolean'",
			 text, text); /* always 0 */
	return false;
}

static int out_host(HostView *view, const char *key, bool whole, bool servers, Fault *f)
{
	JsonOutView rows = {.version = view->r->version, .context = view};
	int k = 0;

	if (whole)
		k = service_host_usage(&view->r->work, &view->usage, f);
	if (!k && servers)
		k = load_servers(view, f);
	if (k)
		return k;
	rows.audience = (whole ? AUDIENCE_WHOLE : 0) | (view->server_count ? AUDIENCE_SERVERS : 0);
	json_out_begin(&view->r->out, key);
	json_out_fields(&view->r->out, host_reply, ARRAY_SIZE(host_reply), &view->usage, &rows);
	json_out_end(&view->r->out);
	return 0;
}

static int list_hosts(ApiRequest *r, bool whole, Fault *f)
{
	const char *part = r->version >= V(53) ? api_query(r, "hypervisor_hostname_pattern") : NULL;
	const char *marker = r->version >= V(33) ? api_query(r, "marker") : NULL;
	const char *limit = r->version >= V(33) ? api_query(r, "limit") : NULL;
	HostView view = {.r = r};
	bool servers;
	int k = 0;

	if (!wants_servers(r, &servers))
		return 0;
	if (part && !strcasestr(host_name(r), part))
		return api_refuse(r, 404, "No hypervisor matching '%s' could be found.", part);
	if (marker && !str_eq(marker, r->version < V(53) ? "1" : host_id(r)))
		return api_refuse(r, 400, "marker [%s] not found", marker);
	json_out_begin(&r->out, NULL);
	json_out_list_begin(&r->out, "hypervisors");
	if (!marker && !str_eq(limit, "0"))
		k = out_host(&view, NULL, whole, servers, f);
	if (k)
		return k;
	json_out_list_end(&r->out);
	json_out_end(&r->out);
	api_reply(r, 200);
	return 0;
}

static int hosts_list(ApiRequest *r, Fault *f)
{
	return list_hosts(r, false, f);
}

static int hosts_detail(ApiRequest *r, Fault *f)
{
	return list_hosts(r, true, f);
}

/* False after the refusal of an id that is not the host's. */
static bool is_host(ApiRequest *r)
{
	const char *id = api_param(r, "hypervisor_id");

	if (str_eq(id, r->version < V(53) ? "1" : host_id(r)))
		return true;
	(void)api_refuse(r, 404, "Hypervisor with ID '%s' could not be found.", id); /* 0 */
	return false;
}

static int host_show(ApiRequest *r, Fault *f)
{
	HostView view = {.r = r};
	bool servers;
	int k;

	if (!is_host(r) || !wants_servers(r, &servers))
		return 0;
	json_out_begin(&r->out, NULL);
	k = out_host(&view, "hypervisor", true, servers, f);
	if (k)
		return k;
	json_out_end(&r->out);
	api_reply(r, 200);
	return 0;
}

static int reply_usage(ApiRequest *r, const char *key, const JsonOutField *rows, size_t count,
		       Fault *f)
{
	HostView view = {.r = r};
	JsonOutView all = {.version = r->version, .audience = AUDIENCE_WHOLE, .context = &view};
	int k = service_host_usage(&r->work, &view.usage, f);

	if (k)
		return k;
	json_out_begin(&r->out, NULL);
	json_out_begin(&r->out, key);
	json_out_fields(&r->out, rows, count, &view.usage, &all);
	json_out_end(&r->out);
	json_out_end(&r->out);
	api_reply(r, 200);
	return 0;
}

static int hosts_statistics(ApiRequest *r, Fault *f)
{
	return reply_usage(r, "hypervisor_statistics", statistics_reply,
			   ARRAY_SIZE(statistics_reply), f);
}

static int host_uptime(ApiRequest *r, Fault *f)
{
	if (!is_host(r))
		return 0;
	return reply_usage(r, "hypervisor", uptime_reply, ARRAY_SIZE(uptime_reply), f);
}

/* Up to 2.52 a part of the name finds hosts; `servers`: with what runs there. */
static int find_hosts(ApiRequest *r, bool servers, Fault *f)
{
	const char *part = api_param(r, "hypervisor_id");
	HostView view = {.r = r};
	int k = 0;

	if (!strcasestr(host_name(r), part))
		return api_refuse(r, 404, "No hypervisor matching '%s' could be found.", part);
	if (servers)
		k = load_servers(&view, f);
	if (k)
		return k;
	json_out_begin(&r->out, NULL);
	json_out_list_begin(&r->out, "hypervisors");
	json_out_begin(&r->out, NULL);
	json_out_int(&r->out, "id", 1);
	json_out_text(&r->out, "hypervisor_hostname", host_name(r));
	json_out_text(&r->out, "state", "up");
	json_out_text(&r->out, "status", "enabled");
	if (view.server_count)
		print_servers(&r->out, "servers", NULL, &view);
	json_out_end(&r->out);
	json_out_list_end(&r->out);
	json_out_end(&r->out);
	api_reply(r, 200);
	return 0;
}

static int hosts_search(ApiRequest *r, Fault *f)
{
	return find_hosts(r, false, f);
}

static int hosts_servers(ApiRequest *r, Fault *f)
{
	return find_hosts(r, true, f);
}

static const ApiParam list_params[] = {
	{.name = "limit", .since = V(33), .format = "integer"},
	{.name = "marker", .since = V(33)},
	{.name = "hypervisor_hostname_pattern", .since = V(53)},
	{.name = "with_servers", .since = V(53)},
	{0},
};
static const ApiParam show_params[] = {{.name = "with_servers", .since = V(53)}, {0}};

#define HOST_ROUTE(path, action, handler)                                                          \
	.method = "GET", .pattern = "/os-hypervisors" path,                                        \
	.policy = "os_compute_api:os-hypervisors:" action, .rule = API_RULE_ADMIN,                 \
	.mode = API_READ, .handle = (handler)

static const ApiRoute routes[] = {
	{HOST_ROUTE("", "list", hosts_list), .params = list_params, .strict_params_since = V(53)},
	{HOST_ROUTE("/detail", "list-detail", hosts_detail), .params = list_params,
	 .strict_params_since = V(53)},
	{HOST_ROUTE("/statistics", "statistics", hosts_statistics), .until = V(87)},
	{HOST_ROUTE("/{hypervisor_id}", "show", host_show), .params = show_params,
	 .strict_params_since = V(53)},
	{HOST_ROUTE("/{hypervisor_id}/uptime", "uptime", host_uptime), .until = V(87)},
	{HOST_ROUTE("/{hypervisor_id}/search", "search", hosts_search), .until = V(52)},
	{HOST_ROUTE("/{hypervisor_id}/servers", "servers", hosts_servers), .until = V(52)},
};
const ApiRoutes compute_hypervisor_routes = API_ROUTES(routes);
