/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Operations, newest first. A list shows each one's current step: the one that is being done or
 * undone, else the last that was touched.
 */
#include "api/admin/priv.h"
#include "records/tables.h"
#include "service/operation.h"

/* The steps of a page of operations, in order of operation and number. */
typedef struct StepPage {
	Step **rows;
	size_t count;
} StepPage;

static const Step *current_step(const StepPage *steps, const char *operation_id)
{
	const Step *current = NULL;

	for (size_t i = 0; i < steps->count; i++) {
		const Step *step = steps->rows[i];

		if (strcmp(step->operation_id, operation_id) != 0 || step->state == STEP_TODO)
			continue;
		if (step->state == STEP_STARTED || step->state == STEP_UNDOING)
			return step;
		current = step;
	}
	return current;
}

static void out_operation_members(JsonOut *out, const Operation *operation, const Step *current)
{
	json_out_text(out, "id", operation->id);
	json_out_text(out, "kind", operation->kind);
	json_out_text(out, "state", enum_name(&operation_state_names, operation->state));
	json_out_text(out, "server_id", operation->server_id);
	json_out_text(out, "volume_id", operation->volume_id);
	json_out_text(out, "attachment_id", operation->attachment_id);
	json_out_text(out, "share_id", operation->share_id);
	json_out_text(out, "share_mapping_id", operation->share_mapping_id);
	json_out_text(out, "image_id", operation->image_id);
	json_out_text(out, "project_id", operation->project_id);
	json_out_text(out, "user_id", operation->user_id);
	json_out_text(out, "request_id", operation->request_id);
	json_out_text(out, "lane", operation->lane);
	json_out_text(out, "step", current ? enum_name(&step_kind_names, current->kind) : NULL);
	json_out_int(out, "attempts", current ? current->attempts : 0);
	json_out_int(out, "progress", operation->progress);
	json_out_text(out, "last_error", operation->last_error);
	json_out_date(out, "created_at", operation->created_us, CLOCK_MICROS);
	json_out_date(out, "updated_at", operation->updated_us, CLOCK_MICROS);
	json_out_date(out, "deadline_at", operation->deadline_us, CLOCK_MICROS);
}

static void out_step(JsonOut *out, const Step *step)
{
	json_out_begin(out, NULL);
	json_out_int(out, "seq", step->seq);
	json_out_text(out, "kind", enum_name(&step_kind_names, step->kind));
	json_out_text(out, "state", enum_name(&step_state_names, step->state));
	json_out_int(out, "attempts", step->attempts);
	json_out_text(out, "last_error", step->last_error);
	json_out_date(out, "started_at", step->started_us, CLOCK_MICROS);
	json_out_date(out, "finished_at", step->finished_us, CLOCK_MICROS);
	json_out_end(out);
}

static bool sees_all(const ApiRequest *r)
{
	return role_set_has(r->caller.roles, ROLE_ADMIN);
}

/* The filters of the query string; false after a reply. */
static bool take_filters(ApiRequest *r, RecordQuery *query)
{
	static const char *const columns[] = {"server_id", "volume_id", "share_id"};
	const char *state = api_query(r, "state");

	if (state && enum_value(&operation_state_names, state) < 0) {
		(void)api_refuse(r, 400, "There is no operation state '%s'.", state);
		return false;
	}
	if (state)
		record_where_text(query, "state", RECORD_EQ, state);
	for (size_t i = 0; i < ARRAY_SIZE(columns); i++)
		if (api_query(r, columns[i]))
			record_where_text(query, columns[i], RECORD_EQ, api_query(r, columns[i]));
	if (!sees_all(r))
		record_where_text(query, "project_id", RECORD_EQ, r->caller.project_id);
	record_sort(query, "created_us", true);
	return api_page(r, query);
}

static int load_steps(ApiRequest *r, Operation **operations, size_t count, StepPage *ret, Fault *f)
{
	const char **ids = ARENA_ARRAY(r->arena, const char *, count);
	RecordQuery query = {0};

	for (size_t i = 0; i < count; i++)
		ids[i] = operations[i]->id;
	record_where_texts(&query, "operation_id", RECORD_IN, ids, count);
	return fault_unexpected(
		f, step_find(r->work.tx, r->arena, &query, &ret->rows, &ret->count, f));
}

static int list_operations(ApiRequest *r, Fault *f)
{
	RecordQuery query = {0};
	StepPage steps = {0};
	Operation **rows;
	size_t count;
	int result;

	if (!take_filters(r, &query))
		return 0;
	result = operation_find(r->work.tx, r->arena, &query, &rows, &count, f);
	if (result == RECORD_NO_MARKER)
		return api_complain(r, API_NO_MARKER, query.marker, NULL, NULL);
	if (result == 0 && count > 0)
		result = load_steps(r, rows, count, &steps, f);
	if (result)
		return fault_unexpected(f, result);
	json_out_begin(&r->out, NULL);
	json_out_list_begin(&r->out, "operations");
	for (size_t i = 0; i < count; i++) {
		json_out_begin(&r->out, NULL);
		out_operation_members(&r->out, rows[i], current_step(&steps, rows[i]->id));
		json_out_end(&r->out);
	}
	json_out_list_end(&r->out);
	if (count > 0 && (int64_t)count == query.limit)
		api_out_next(r, &r->out, "operations_links", rows[count - 1]->id);
	json_out_end(&r->out);
	api_reply(r, 200);
	return 0;
}

static int refuse(ApiRequest *r, int refusal)
{
	if (refusal == REFUSAL_NO_OPERATION)
		return api_refuse(r, 404, "Operation %s could not be found.", r->work.refused.id);
	return api_refuse(r, 409, "%s", r->work.refused.value);
}

static int show_operation(ApiRequest *r, Fault *f)
{
	const char *id = api_param(r, "operation_id");
	StepPage steps = {0};
	Operation *operation;
	int result = service_find_operation(&r->work, id, &operation, f);

	if (result > 0)
		return refuse(r, result);
	if (result == 0)
		result = steps_of_operation(r->work.tx, r->arena, id, &steps.rows, &steps.count, f);
	if (result)
		return fault_unexpected(f, result);
	json_out_begin(&r->out, NULL);
	json_out_begin(&r->out, "operation");
	out_operation_members(&r->out, operation, current_step(&steps, id));
	json_out_list_begin(&r->out, "steps");
	for (size_t i = 0; i < steps.count; i++)
		out_step(&r->out, steps.rows[i]);
	json_out_list_end(&r->out);
	json_out_end(&r->out);
	json_out_end(&r->out);
	api_reply(r, 200);
	return 0;
}

static int cancel_operation(ApiRequest *r, Fault *f)
{
	int result = service_cancel_operation(&r->work, api_param(r, "operation_id"), f);

	if (result)
		return result < 0 ? result : refuse(r, result);
	api_reply(r, 202);
	return 0;
}

static int show_version(ApiRequest *r, Fault *f)
{
	(void)f; /* nothing here can fail */
	json_out_begin(&r->out, NULL);
	json_out_begin(&r->out, "version");
	json_out_text(&r->out, "id", "v1.0");
	json_out_text(&r->out, "status", "CURRENT");
	json_out_text(&r->out, "cleat_version", CLEAT_VERSION);
	json_out_list_begin(&r->out, "links");
	json_out_begin(&r->out, NULL);
	json_out_text(&r->out, "rel", "self");
	json_out_printf(&r->out, "href", "%s/", api_prefix_url(r));
	json_out_end(&r->out);
	json_out_list_end(&r->out);
	json_out_end(&r->out);
	json_out_end(&r->out);
	api_reply(r, 200);
	return 0;
}

static const ApiParam list_params[] = {
	{.name = "state"},
	{.name = "server_id"},
	{.name = "volume_id"},
	{.name = "share_id"},
	{.name = "limit", .format = "integer"},
	{.name = "marker"},
	{0},
};

static const ApiRoute routes[] = {
	{
		.method = "GET",
		.pattern = "/",
		.rule = API_RULE_OPEN,
		.mode = API_PLAIN,
		.handle = show_version,
	},
	{
		.method = "GET",
		.pattern = "/operations",
		.policy = "cleat:list_operations",
		.rule = API_RULE_READER,
		.mode = API_READ,
		.params = list_params,
		.handle = list_operations,
	},
	{
		.method = "GET",
		.pattern = "/operations/{operation_id}",
		.policy = "cleat:show_operation",
		.rule = API_RULE_READER,
		.mode = API_READ,
		.handle = show_operation,
	},
	{
		.method = "POST",
		.pattern = "/operations/{operation_id}/cancel",
		.policy = "cleat:cancel_operation",
		.rule = API_RULE_MEMBER,
		.mode = API_WRITE,
		.handle = cancel_operation,
	},
};
static const ApiRoutes route_list = API_ROUTES(routes);
static const ApiRoutes *const resources[] = {&route_list, &admin_server_routes, &admin_host_routes,
					     &admin_difference_routes, NULL};

static void error_body(JsonOut *out, unsigned status, const char *message)
{
	json_out_begin(out, NULL);
	json_out_begin(out, "error");
	json_out_int(out, "code", status);
	json_out_text(out, "message", message);
	json_out_end(out);
	json_out_end(out);
}

const ApiDialect admin_dialect = {
	.name = "admin",
	.service = "/admin",
	.prefix = "/admin/v1",
	.routes = resources,
	.error_body = error_body,
};
