/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * The page of numbers for Prometheus: docs/metrics.md tells what each of them means.
 *
 * It runs where uploads do: a backend that is asked for its room may hang, and must not keep
 * logins waiting.
 */
#include "api/common/priv.h"
#include "base/clock.h"
#include "base/log.h"
#include "notify/outbox.h"
#include "records/census.h"
#include "service/capacity.h"

/* A gauge of operations as text, in two parts: samples of one name stand together. */
typedef struct Census {
	Buf counts;
	Buf ages;
	int64_t now_us;
} Census;

static void take_count(void *ctx, const OperationCount *count)
{
	_cleanup_(buf_done) Buf labels = {0};
	Census *census = ctx;

	metric_label(&labels, "kind", count->kind);
	metric_label(&labels, "state", enum_name(&operation_state_names, (int)count->state));
	metric_int(&census->counts, "cleat_operations", &labels, count->count);
	metric_micros(&census->ages, "cleat_operations_oldest_seconds", &labels,
		      census->now_us - count->oldest_us);
}

static int take_census(Tx *tx, void *ctx, Fault *f)
{
	return fault_unexpected(f, census_operations(tx, take_count, ctx, f));
}

static int show_operations(const ApiRequest *r, Buf *text, Fault *f)
{
	Census census = {.now_us = clock_steady_us()};
	int result = store_read(r->config->store, take_census, &census, f);

	metric_head(text, "cleat_operations", "gauge", "Operations that are not over, or broken.");
	buf_add(text, buf_text(&census.counts));
	metric_head(text, "cleat_operations_oldest_seconds", "gauge",
		    "How long ago the oldest of them began.");
	buf_add(text, buf_text(&census.ages));
	buf_done(&census.counts);
	buf_done(&census.ages);
	return result;
}

static int take_depth(Tx *tx, void *ctx, Fault *f)
{
	return outbox_depth(tx, ctx, f);
}

static int show_outbox(const ApiRequest *r, Buf *text, Fault *f)
{
	int64_t depth = 0;
	int result = store_read(r->config->store, take_depth, &depth, f);

	metric_head(text, "cleat_outbox_messages", "gauge", "Notifications that wait to be sent.");
	metric_int(text, "cleat_outbox_messages", NULL, depth);
	metric_head(text, "cleat_outbox_dropped_total", "counter",
		    "Notifications that went unsent, as too many waited.");
	metric_int(text, "cleat_outbox_dropped_total", NULL, outbox_dropped());
	metric_head(text, "cleat_outbox_unreadable_total", "counter",
		    "Notifications that could not be read and were put aside.");
	metric_int(text, "cleat_outbox_unreadable_total", NULL, outbox_unreadable());
	return fault_unexpected(f, result);
}

static void show_end(Buf *text, const OperationKind *kind, const char *outcome, uint64_t count)
{
	_cleanup_(buf_done) Buf labels = {0};

	metric_label(&labels, "kind", kind->name);
	metric_label(&labels, "outcome", outcome);
	metric_int(text, "cleat_operations_ended_total", &labels, (int64_t)count);
}

static void show_ends(Buf *text, const EngineEnds *ends)
{
	metric_head(text, "cleat_operations_ended_total", "counter", "Operations that are over.");
	for (size_t i = 0; i < service_operation_count; i++) {
		const OperationKind *kind = &service_operations[i];

		show_end(text, kind, "done", histogram_count(&ends[i].done));
		show_end(text, kind, "failed", atomic_load(&ends[i].failed));
		show_end(text, kind, "broken", atomic_load(&ends[i].broken));
	}
	metric_head(text, "cleat_operation_seconds", "histogram",
		    "From the request to the end of what was done.");
	for (size_t i = 0; i < service_operation_count; i++) {
		_cleanup_(buf_done) Buf labels = {0};

		metric_label(&labels, "kind", service_operations[i].name);
		if (histogram_count(&ends[i].done))
			metric_histogram(text, "cleat_operation_seconds", &labels, &histogram_times,
					 &ends[i].done);
	}
}

static void show_queue(Buf *text, Engine *engine)
{
	const EngineStatus status = engine_status(engine);

	metric_head(text, "cleat_engine_running", "gauge", "Operations that a worker acts for.");
	metric_int(text, "cleat_engine_running", NULL, (int64_t)status.running);
	metric_head(text, "cleat_engine_waiting", "gauge",
		    "Operations that wait for a worker, their turn, or the world.");
	metric_int(text, "cleat_engine_waiting", NULL, (int64_t)status.waiting);
}

static void show_store(Buf *text, const StoreTimes *times)
{
	metric_head(text, "cleat_store_commit_seconds", "histogram",
		    "How long a commit took to be durable.");
	metric_histogram(text, "cleat_store_commit_seconds", NULL, &histogram_times,
			 &times->commit);
	metric_head(text, "cleat_store_batch_size", "histogram",
		    "Pieces of work that were committed together.");
	metric_histogram(text, "cleat_store_batch_size", NULL, &histogram_counts, &times->pieces);
}

static void show_room(Buf *text, const char *name, const char *help, const int64_t values[2])
{
	static const char *const services[] = {"volume", "share"};

	metric_head(text, name, "gauge", help);
	for (size_t i = 0; i < ARRAY_SIZE(services); i++) {
		_cleanup_(buf_done) Buf labels = {0};

		metric_label(&labels, "service", services[i]);
		if (values[i] >= 0)
			metric_int(text, name, &labels, values[i]);
	}
}

/* What a backend cannot tell now is left out. */
static void show_capacity(const ApiRequest *r, Buf *text)
{
	const ServiceSettings *settings = r->config->settings;
	int64_t total[] = {-1, -1};
	int64_t left[] = {-1, -1};
	Fault fault = {0};

	if (backend_capacity(settings->backend, &total[0], &left[0], &fault) < 0)
		log_warning("req=%s room for volumes is not known: %s", http_request_id(r->http),
			    fault.text);
	if (share_backend_capacity(settings->share_backend, &total[1], &left[1], &fault) < 0)
		log_warning("req=%s room for shares is not known: %s", http_request_id(r->http),
			    fault.text);
	show_room(text, "cleat_backend_bytes", "Room in all.", total);
	show_room(text, "cleat_backend_free_bytes", "Room that is left.", left);
}

int metrics_show(ApiRequest *r, Fault *f)
{
	const ApiConfig *config = r->config;
	size_t length;
	Buf text = {0};
	int result = 0;

	stats_show(call_of(r)->api, &text);
	if (config->engine) {
		result = show_operations(r, &text, f);
		show_ends(&text, engine_ends(config->engine));
		show_queue(&text, config->engine);
	}
	if (config->store) {
		show_store(&text, store_times(config->store));
		result = result ? result : show_outbox(r, &text, f);
	}
	if (config->hypervisor)
		call_times_show(&text, "cleat_hypervisor_call", "calls of the hypervisor",
				hypervisor_times(config->hypervisor));
	if (config->settings && config->settings->backend && config->settings->share_backend)
		show_capacity(r, &text);
	length = text.length;
	if (result)
		buf_done(&text);
	else
		api_reply_bytes(r, 200, "text/plain; version=0.0.4; charset=utf-8", buf_take(&text),
				length);
	return result;
}
