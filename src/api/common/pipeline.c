/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * The road itself, in order: route, token, microversion, project, content type, action, rule,
 * query, body, handler, answer.
 *
 * Streamed uploads walk the first half when only their head is there, so that nobody sends bytes
 * who may not. All others walk all of it when the body is there, on the HTTP thread; the handler
 * then runs where its mode says, and whoever ran it sends the answer.
 */
#include <errno.h>

#include "api/common/priv.h"
#include "base/clock.h"
#include "base/log.h"

/* A write that answered with an error: what it wrote is rolled back. */
enum { CALL_REFUSED = 1 << 20 };

static bool check_project(ApiCall *call)
{
	ApiRequest *r = &call->r;

	if (!r->project_segment || !r->caller.user_id ||
	    str_eq(r->project_segment, r->caller.project_id))
		return true;
	(void)api_complain(r, API_WRONG_PROJECT, r->project_segment, r->caller.project_id, NULL);
	return false;
}

/* Everything that the head alone decides, for a route without actions. */
static bool admit(ApiCall *call)
{
	call->admitted = true;
	return auth_admit(call) && version_settle(call) && check_project(call);
}

/* The one key of an action's body. */
static bool take_action(ApiCall *call, const char **ret)
{
	ApiRequest *r = &call->r;

	if (!body_parse(call))
		return false;
	if (!json_is_object(r->doc) || json_member_count(r->doc) != 1) {
		(void)api_complain(r, API_MALFORMED, NULL, NULL, NULL);
		return false;
	}
	*ret = json_member_name(r->arena, r->doc, 0);
	return true;
}

static bool take_body(ApiCall *call)
{
	if (!call->r.route->body)
		return true;
	return (call->r.doc || body_parse(call)) && body_decode(call);
}

/* The whole road up to the handler; a streamed request has walked it when its head came. */
static bool walk(ApiCall *call)
{
	ApiRequest *r = &call->r;
	const char *action = NULL;

	if (call->admitted)
		return true;
	if (!admit(call))
		return false;
	if ((r->route->body || r->route->action) && !body_take(call))
		return false;
	if (r->route->action && !take_action(call, &action))
		return false;
	return route_choose(call, action) && auth_allow(call) && params_check(call) &&
	       take_body(call);
}

static void prepare(ApiCall *call, Tx *tx)
{
	ApiRequest *r = &call->r;

	reply_reset(call);
	call->then = NULL;
	r->work = (Work){
		.tx = tx,
		.arena = r->arena,
		.caller = &r->caller,
		.request_id = http_request_id(r->http),
		.settings = r->config->settings,
		.now_us = clock_now_us(),
	};
}

static int run_handler(ApiCall *call, Tx *tx, Fault *f)
{
	int result;

	prepare(call, tx);
	result = call->handle(&call->r, f);
	if (result == 0 && !call->status && !call->then)
		return fault(f, -ENOMSG, "the handler of %s %s did not answer",
			     call->r.route->method, call->r.route->pattern);
	return result;
}

static int run_in_tx(Tx *tx, void *ctx, Fault *f)
{
	ApiCall *call = ctx;
	int result = run_handler(call, tx, f);

	if (result == 0 && tx->writes && call->status >= 400)
		return CALL_REFUSED;
	return result;
}

/* Turn a handler's result into the answer and send it. */
static void finish(ApiCall *call, int result)
{
	Fault *f = &call->job.fault;

	if (result > 0 && result < _REFUSAL_MAX && call->r.dialect->refusal) {
		reply_refusal(call, (Refusal)result);
	} else if (result != 0 && result != CALL_REFUSED) {
		(void)fault_unexpected(f, result);
		reply_fault(call, f);
	}
	reply_send(call);
}

static void write_done(StoreJob *job, int result)
{
	ApiCall *call = job->ctx;

	if (result == 0 && call->then) {
		engine_watch(call->api->config.engine, &call->watch);
		return;
	}
	finish(call, result);
	http_resume(call->r.http);
}

static void submit_write(ApiCall *call)
{
	call->job = (StoreJob){.work = run_in_tx, .ctx = call, .done = write_done};
	store_submit(call->api->config.store, &call->job);
}

static void dispatch_write(ApiCall *call)
{
	http_suspend(call->r.http);
	submit_write(call);
}

static void wait_done(EngineWatch *watch, bool over)
{
	ApiCall *call = (ApiCall *)(void *)((char *)watch - offsetof(ApiCall, watch));

	if (over) {
		call->handle = call->then;
		submit_write(call);
		return;
	}
	log_warning("req=%s op=%s nobody waits for it any more", http_request_id(call->r.http),
		    watch->operation_id);
	(void)api_complain(&call->r, API_LATE, http_request_id(call->r.http), NULL, NULL);
	reply_send(call);
	http_resume(call->r.http);
}

int api_wait_operation(ApiRequest *r, const char *operation_id,
		       int (*then)(ApiRequest *r, Fault *f))
{
	ApiCall *call = call_of(r);

	assert(r->route->mode == API_WRITE && !call->status);
	call->then = then;
	call->watch = (EngineWatch){
		.operation_id = operation_id,
		.deadline_us = clock_steady_us() + r->config->wait_ms * 1000,
		.done = wait_done,
	};
	return 0;
}

static void work_run(WorkerItem *item)
{
	ApiCall *call = (ApiCall *)(void *)((char *)item - offsetof(ApiCall, item));

	finish(call, run_handler(call, NULL, &call->job.fault));
	http_resume(call->r.http);
}

static void dispatch_work(ApiCall *call, WorkerPool *pool)
{
	call->item.run = work_run;
	http_suspend(call->r.http);
	if (worker_pool_submit(pool, &call->item))
		return;
	(void)api_complain(&call->r, API_BUSY, NULL, NULL, NULL);
	reply_send(call);
	http_resume(call->r.http);
}

static void dispatch(ApiCall *call)
{
	Fault *f = &call->job.fault;

	call->handle = call->r.route->handle;
	switch (call->r.route->mode) {
	case API_READ:
		finish(call, store_read(call->api->config.store, run_in_tx, call, f));
		break;
	case API_PLAIN:
		finish(call, run_handler(call, NULL, f));
		break;
	case API_WRITE:
		dispatch_write(call);
		break;
	case API_WORK:
		dispatch_work(call, call->api->workers);
		break;
	case API_BULK:
		dispatch_work(call, call->api->bulk);
		break;
	}
}

/* An upload's head: decide now whether its bytes are wanted. */
static void open_stream(ApiCall *call)
{
	int result;

	if (!admit(call) || !route_choose(call, NULL) || !auth_allow(call)) {
		reply_send(call);
		return;
	}
	prepare(call, NULL);
	result = call->r.route->stream(&call->r, &call->job.fault);
	if (result || call->status)
		finish(call, result);
}

static void on_head(HttpRequest *http, void *ctx)
{
	Api *api = ctx;
	ApiCall *call = ARENA_NEW(http_arena(http), ApiCall);

	call->api = api;
	call->began_us = clock_mono_us();
	call->r.http = http;
	call->r.arena = http_arena(http);
	call->r.api = api;
	call->r.config = &api->config;
	http_set_state(http, call);
	if (route_find(call) && call->r.route->stream)
		open_stream(call);
}

static void on_serve(HttpRequest *http, void *ctx)
{
	ApiCall *call = http_state(http);

	(void)ctx; /* the call knows its Api */
	if (call->status || !walk(call))
		reply_send(call);
	else
		dispatch(call);
}

static void on_done(HttpRequest *http, void *ctx)
{
	ApiCall *call = http_state(http);

	(void)ctx; /* the call knows its Api */
	if (!call)
		return;
	if (call->r.upload && call->r.route->abandon)
		call->r.route->abandon(&call->r);
	call->r.doc = json_doc_free(call->r.doc);
	reply_reset(call);
}

/*
 * What the server refuses by itself, before or instead of a route. What broke is for the log; the
 * client learns the request id.
 */
static void on_refuse(HttpRequest *http, unsigned status, const char *reason, void *ctx)
{
	const ApiCall *call = http_state(http);
	const ApiDialect *dialect = call ? call->r.dialect : &port_dialect;
	const char *id = http_request_id(http);
	JsonOut out = {0};
	size_t length;
	char *body;

	(void)ctx; /* the call, where there is one, knows its Api */
	if (status >= 500) {
		log_error("req=%s status=%u text=\"%s\"", id, status, reason);
		reason = arena_printf(http_arena(http), "The request failed. Request id: %s", id);
	}
	if (call)
		stats_count(call, status);
	dialect->error_body(&out, status, reason);
	body = json_out_take(&out, &length);
	http_reply_header(http, "x-openstack-request-id", id);
	http_reply(http, status, dialect->error_type ? dialect->error_type : "application/json",
		   body, length);
}

HttpApp api_http_app(Api *api)
{
	return (HttpApp){
		.ctx = api,
		.head = on_head,
		.serve = on_serve,
		.done = on_done,
		.refuse = on_refuse,
	};
}
