/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * What each route has answered, and how long it took: from the request's head to its answer.
 *
 * Rows of one method, pattern and action differ in their versions only and are counted as one;
 * an action is a route of its own, since what it costs is its own, too.
 */
#include "api/common/priv.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/str.h"

/* Those that routes answer with; the last one, 0, stands for all others. */
static const unsigned statuses[API_STATUSES_MAX] = {
	200, 201, 202, 204, 206, 207, 300, 302, 304, 400, 401, 403, 404, 405,
	406, 409, 410, 411, 412, 413, 415, 422, 429, 500, 501, 503, 504, 0,
};

static bool is_same_route(const ApiRoute *row, const ApiRoute *other)
{
	return str_eq(row->method, other->method) && str_eq(row->pattern, other->pattern) &&
	       str_eq(row->action, other->action);
}

/* The stats of a row: those of an earlier one like it, else new ones. */
static ApiStats *stats_of(ApiService *service, const ApiRoute *row)
{
	for (size_t i = 1; i < service->stats_count; i++)
		if (is_same_route(service->stats[i].row, row))
			return &service->stats[i];
	service->stats[service->stats_count].row = row;
	return &service->stats[service->stats_count++];
}

void stats_init(ApiService *service)
{
	const ApiRoutes *const *tables = service->dialect->routes;
	size_t count = 0;
	ApiPath *path;

	for (size_t i = 0; tables[i]; i++)
		count += tables[i]->count;
	service->paths = path = mem_new(count * sizeof(*service->paths));
	service->stats = mem_new((count + 1) * sizeof(*service->stats));
	service->stats_count = 1;
	for (size_t i = 0; tables[i]; i++)
		for (size_t k = 0; k < tables[i]->count; k++, path++) {
			const ApiRoute *row = &tables[i]->rows[k];

			*path = (ApiPath){.row = row, .stats = stats_of(service, row)};
			router_add(service->router, row->method, row->pattern, path);
		}
}

void stats_done(ApiService *service)
{
	free(service->paths);
	free(service->stats);
}

static size_t status_place(unsigned status)
{
	for (size_t i = 0; i < API_STATUSES_MAX; i++)
		if (statuses[i] == status)
			return i;
	return API_STATUSES_MAX - 1;
}

void stats_count(const ApiCall *call, unsigned status)
{
	ApiStats *stats = call->path ? call->path->stats : &call->service->stats[0];

	atomic_fetch_add_explicit(&stats->answers[status_place(status)], 1, memory_order_relaxed);
	histogram_add(&stats->took, &histogram_times, clock_mono_us() - call->began_us);
}

static void add_labels(Buf *labels, const ApiService *service, const ApiStats *stats)
{
	_cleanup_(buf_done) Buf route = {0};

	metric_label(labels, "service", service->dialect->name);
	if (stats->row)
		buf_printf(&route, "%s%s", service->dialect->prefix, stats->row->pattern);
	metric_label(labels, "method", stats->row ? stats->row->method : "");
	metric_label(labels, "route", buf_text(&route));
	metric_label(labels, "action", stats->row ? stats->row->action : "");
}

static void show_answers(Buf *text, const ApiService *service, const ApiStats *stats)
{
	for (size_t i = 0; i < API_STATUSES_MAX; i++) {
		uint64_t count = atomic_load_explicit(&stats->answers[i], memory_order_relaxed);
		_cleanup_(buf_done) Buf labels = {0};
		char status[8];

		if (!count)
			continue;
		add_labels(&labels, service, stats);
		(void)snprintf(status, sizeof(status), "%u", statuses[i]); /* three digits */
		metric_label(&labels, "status", statuses[i] ? status : "other");
		metric_int(text, "cleat_http_requests_total", &labels, (int64_t)count);
	}
}

static void show_times(Buf *text, const ApiService *service, const ApiStats *stats)
{
	_cleanup_(buf_done) Buf labels = {0};

	if (!histogram_count(&stats->took))
		return;
	add_labels(&labels, service, stats);
	metric_histogram(text, "cleat_http_request_seconds", &labels, &histogram_times,
			 &stats->took);
}

static void show_each(const Api *api, Buf *text,
		      void (*show)(Buf *text, const ApiService *service, const ApiStats *stats))
{
	for (size_t i = 0; i < api->service_count; i++)
		for (size_t k = 0; k < api->services[i].stats_count; k++)
			show(text, &api->services[i], &api->services[i].stats[k]);
}

void stats_show(const Api *api, Buf *text)
{
	metric_head(text, "cleat_http_requests_total", "counter", "Requests answered.");
	show_each(api, text, show_answers);
	metric_head(text, "cleat_http_request_seconds", "histogram",
		    "From the head of a request to its answer.");
	show_each(api, text, show_times);
}
