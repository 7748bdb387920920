/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Instance actions: what was done to a server, newest first, also after it is gone.
 */
#include "api/compute/priv.h"

static const ApiParam list_params[] = {
	{.name = "limit", .since = V(58), .format = "integer"},
	{.name = "marker", .since = V(58)},
	{.name = "changes-since", .since = V(58)},
	{.name = "changes-before", .since = V(66)},
	{0},
};

static const JsonOutField action_reply[] = {
	{.name = "action", .type = JSON_OUT_TEXT, .offset = offsetof(InstanceAction, action)},
	{.name = "instance_uuid",
	 .type = JSON_OUT_TEXT,
	 .offset = offsetof(InstanceAction, server_id)},
	{.name = "request_id",
	 .type = JSON_OUT_TEXT,
	 .offset = offsetof(InstanceAction, request_id)},
	{.name = "user_id", .type = JSON_OUT_TEXT, .offset = offsetof(InstanceAction, user_id)},
	{.name = "project_id",
	 .type = JSON_OUT_TEXT,
	 .offset = offsetof(InstanceAction, project_id)},
	{.name = "start_time",
	 .type = JSON_OUT_MICROS,
	 .offset = offsetof(InstanceAction, started_us)},
	{.name = "message", .type = JSON_OUT_TEXT, .offset = offsetof(InstanceAction, message)},
	{.name = "updated_at",
	 .type = JSON_OUT_MICROS,
	 .since = V(58),
	 .offset = offsetof(InstanceAction, updated_us)},
};

/* An event with its action: the newest one, or one that others came after. */
typedef struct EventView {
	const InstanceAction *action;
	ActionEvent event;
	int result;
	const char *details;
} EventView;

static void print_result(JsonOut *out, const char *key, const void *object,
			 const void *context _unused_)
{
	const EventView *event = object;

	if (event->result == ACTION_RUNNING)
		json_out_null(out, key);
	else
		json_out_text(out, key, enum_name(&action_result_names, event->result));
}

static void print_host(JsonOut *out, const char *key, const void *object,
		       const void *context _unused_)
{
	const EventView *event = object;

	json_out_text(out, key, event->action->host);
}

static void print_host_id(JsonOut *out, const char *key, const void *object, const void *context)
{
	const InstanceAction *action = ((const EventView *)object)->action;
	const ApiRequest *r = context;

	json_out_text(out, key, compute_host_id(r->arena, action->project_id, action->host));
}

static const JsonOutField event_reply[] = {
	{.name = "event", .type = JSON_OUT_TEXT, .offset = offsetof(EventView, event.event)},
	{.name = "start_time",
	 .type = JSON_OUT_MICROS,
	 .offset = offsetof(EventView, event.started_us)},
	{.name = "finish_time",
	 .type = JSON_OUT_MICROS,
	 .offset = offsetof(EventView, event.finished_us)},
	{.name = "result", .type = JSON_OUT_CALL, .print = print_result},
	{.name = "traceback", .type = JSON_OUT_NULL, .audience = API_AUDIENCE_ADMIN},
	{.name = "host",
	 .type = JSON_OUT_CALL,
	 .since = V(62),
	 .audience = API_AUDIENCE_ADMIN,
	 .print = print_host},
	{.name = "hostId", .type = JSON_OUT_CALL, .since = V(62), .print = print_host_id},
	{.name = "details",
	 .type = JSON_OUT_TEXT,
	 .since = V(84),
	 .audience = API_AUDIENCE_ADMIN,
	 .offset = offsetof(EventView, details)},
};

static void out_action(ApiRequest *r, const InstanceAction *action)
{
	JsonOutView view = {.version = r->version, .audience = api_audience(r), .context = r};

	json_out_fields(&r->out, action_reply, ARRAY_SIZE(action_reply), action, &view);
}

static void out_event(ApiRequest *r, const EventView *event)
{
	JsonOutView view = {.version = r->version, .audience = api_audience(r), .context = r};

	json_out_begin(&r->out, NULL);
	json_out_fields(&r->out, event_reply, ARRAY_SIZE(event_reply), event, &view);
	json_out_end(&r->out);
}

/* The newest first, as actions are. */
static void out_events(ApiRequest *r, const InstanceAction *action, ActionEvent *const *before,
		       size_t count)
{
	const EventView newest = {
		.action = action,
		.event = {.event = action->event,
			  .started_us = action->event_started_us,
			  .finished_us = action->event_finished_us},
		.result = action->result,
		.details = action->details,
	};

	json_out_list_begin(&r->out, "events");
	if (action->event)
		out_event(r, &newest);
	while (count-- > 0)
		out_event(r, &(EventView){.action = action,
					  .event = *before[count],
					  .result = ACTION_SUCCESS});
	json_out_list_end(&r->out);
}

/* Below 2.21 a deleted server has no history. */
static int find_server(ApiRequest *r, Server **ret, Fault *f)
{
	return r->version >= V(21) ? compute_server_or_past(r, ret, f) : compute_server(r, ret, f);
}

/* The marker is a request id; paging goes by the action's own id. */
static int resolve_marker(ApiRequest *r, const Server *server, RecordQuery *query, Fault *f)
{
	RecordQuery one = {.limit = 1};
	InstanceAction **actions;
	size_t count;
	int k;

	record_where_text(&one, "server_id", RECORD_EQ, server->id);
	record_where_text(&one, "request_id", RECORD_EQ, query->marker);
	k = instance_action_find(r->work.tx, r->arena, &one, &actions, &count, f);
	if (k)
		return fault_unexpected(f, k);
	if (!count)
		return RECORD_NO_MARKER;
	query->marker = actions[0]->id;
	return 0;
}

static int find_actions(ApiRequest *r, const Server *server, RecordQuery *query,
			InstanceAction ***ret, size_t *ret_count, Fault *f)
{
	int k;

	record_where_text(query, "server_id", RECORD_EQ, server->id);
	record_sort(query, "started_us", true);
	if (query->marker) {
		k = resolve_marker(r, server, query, f);
		if (k)
			return k;
	}
	return instance_action_find(r->work.tx, r->arena, query, ret, ret_count, f);
}

static int actions_list(ApiRequest *r, Fault *f)
{
	bool paged = r->version >= V(58), changed;
	InstanceAction **actions;
	RecordQuery query = {0};
	Server *server;
	size_t count;
	int k;

	if (paged && (!api_page(r, &query) || !compute_query_changes(r, &query, &changed)))
		return 0;
	k = find_server(r, &server, f);
	if (k)
		return k;
	k = find_actions(r, server, &query, &actions, &count, f);
	if (k == RECORD_NO_MARKER)
		return api_refuse(r, 400, "marker [%s] not found", api_query(r, "marker"));
	if (k)
		return fault_unexpected(f, k);
	json_out_begin(&r->out, NULL);
	json_out_list_begin(&r->out, "instanceActions");
	for (size_t i = 0; i < count; i++) {
		json_out_begin(&r->out, NULL);
		out_action(r, actions[i]);
		json_out_end(&r->out);
	}
	json_out_list_end(&r->out);
	if (paged && count && (int64_t)count == query.limit)
		api_out_next(r, &r->out, "links", actions[count - 1]->request_id);
	json_out_end(&r->out);
	api_reply(r, 200);
	return 0;
}

static int action_show(ApiRequest *r, Fault *f)
{
	const char *request_id = api_param(r, "request_id");
	RecordQuery query = {.limit = 1};
	InstanceAction **actions;
	ActionEvent **before;
	Server *server;
	size_t count;
	int k;

	k = find_server(r, &server, f);
	if (k)
		return k;
	record_where_text(&query, "request_id", RECORD_EQ, request_id);
	k = find_actions(r, server, &query, &actions, &count, f);
	if (k)
		return fault_unexpected(f, k);
	if (!count)
		return api_refuse(r, 404, "Action %s not found", request_id);
	k = action_events_before(r->work.tx, r->arena, actions[0]->id, &before, &count, f);
	if (k)
		return fault_unexpected(f, k);
	json_out_begin(&r->out, NULL);
	json_out_begin(&r->out, "instanceAction");
	out_action(r, actions[0]);
	if (r->version >= V(51) || caller_is_admin(&r->caller))
		out_events(r, actions[0], before, count);
	json_out_end(&r->out);
	json_out_end(&r->out);
	api_reply(r, 200);
	return 0;
}

static const ApiRoute routes[] = {
	{.method = "GET",
	 .pattern = "/servers/{server_id}/os-instance-actions",
	 .policy = "os_compute_api:os-instance-actions:list",
	 .rule = API_RULE_READER,
	 .mode = API_READ,
	 .params = list_params,
	 .strict_params_since = V(58),
	 .handle = actions_list},
	{.method = "GET",
	 .pattern = "/servers/{server_id}/os-instance-actions/{request_id}",
	 .policy = "os_compute_api:os-instance-actions:show",
	 .rule = API_RULE_READER,
	 .mode = API_READ,
	 .handle = action_show},
};
const ApiRoutes compute_instance_action_routes = API_ROUTES(routes);
