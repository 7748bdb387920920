/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * The audit trail of requests: all that reached a route and would change something, also when they
 * were refused. Bodies are never in it.
 */
#include "api/common/priv.h"
#include "audit/audit.h"
#include "base/clock.h"
#include "base/str.h"
#include "base/trace.h"
#include "base/uuid.h"

static bool changes_something(const ApiCall *call)
{
	const char *method = http_method(call->r.http);

	return call->path && strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0;
}

/* NULL: there is none. */
static const char *traceparent_of(HttpRequest *http)
{
	const char *text = http_header(http, "traceparent");

	return trace_is_parent(text) ? text : NULL;
}

/* "req-" and a uuid, as services that call each other send it; NULL: it is not that. */
static const char *global_id_of(HttpRequest *http)
{
	const char *text = http_header(http, "X-OpenStack-Request-ID");
	char canonical[UUID_TEXT];

	return text && str_after(text, "req-") && uuid_canonical(text + 4, canonical) ? text : NULL;
}

/* The id in an answer such as {"volume": {"id": ...}}; NULL: there is none. */
static const char *created_id(const ApiCall *call)
{
	const Buf *body = &call->r.out.buf;
	_cleanup_(json_doc_freep) JsonDoc *doc = NULL;
	const char *name;
	const char *reason = NULL;

	if (call->status >= 300 || call->r.route->action || body->length == 0 ||
	    json_parse(call->r.arena, body->data, body->length, &doc, &reason) != 0 ||
	    !json_is_object(doc) || json_member_count(doc) == 0)
		return NULL;
	name = json_member_name(call->r.arena, doc, 0);
	return json_get_text(call->r.arena, doc,
			     strcmp(name, "id") == 0 ? "id"
						     : arena_printf(call->r.arena, "%s.id", name));
}

void trail_add(const ApiCall *call)
{
	const ApiRequest *r = &call->r;
	AuditParam params[ROUTER_PARAMS_MAX];
	AuditRequest event;

	if (!changes_something(call))
		return;
	for (size_t i = 0; i < r->match.count; i++)
		params[i] = (AuditParam){r->match.params[i].name, r->match.params[i].value};
	event = (AuditRequest){
		.now_us = clock_now_us(),
		.request_id = http_request_id(r->http),
		.global_id = global_id_of(r->http),
		.traceparent = traceparent_of(r->http),
		.service = r->dialect->name,
		.method = http_method(r->http),
		.pattern = r->route->pattern,
		.action = r->route->action,
		.path = http_path(r->http),
		.peer = http_peer(r->http),
		.agent = http_header(r->http, "User-Agent"),
		.user_id = r->caller.user_id,
		.project_id = r->caller.project_id,
		.service_user_id = r->caller.service_user_id,
		.params = params,
		.param_count = r->match.count,
		.created_id = strcmp(http_method(r->http), "POST") == 0 ? created_id(call) : NULL,
		.status = call->status,
		.goes_on = call->status == 202,
	};
	audit_trail_request(call->api->config.audit, &event);
}
