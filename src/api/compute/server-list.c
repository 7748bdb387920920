/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Lists of servers: filters, sorting, paging. A filter that the caller may not use is ignored.
 */
#include "api/compute/priv.h"
#include "service/server.h"

static const ApiParam list_params[] = {
	{.name = "limit", .format = "integer"},
	{.name = "marker"},
	{.name = "sort_key"},
	{.name = "sort_dir"},
	{.name = "name"},
	{.name = "status"},
	{.name = "flavor"},
	{.name = "image"},
	{.name = "host", .rule = API_RULE_ADMIN},
	{.name = "node", .rule = API_RULE_ADMIN},
	{.name = "all_tenants"},
	{.name = "project_id", .rule = API_RULE_ADMIN},
	{.name = "tenant_id", .rule = API_RULE_ADMIN},
	{.name = "user_id", .rule = API_RULE_ADMIN},
	{.name = "deleted", .rule = API_RULE_ADMIN},
	{.name = "vm_state", .rule = API_RULE_ADMIN},
	{.name = "task_state", .rule = API_RULE_ADMIN},
	{.name = "power_state", .rule = API_RULE_ADMIN},
	{.name = "reservation_id"},
	{.name = "uuid"},
	{.name = "availability_zone", .rule = API_RULE_ADMIN},
	{.name = "key_name", .rule = API_RULE_ADMIN},
	{.name = "description", .rule = API_RULE_ADMIN},
	{.name = "ip"},
	{.name = "ip6"},
	{.name = "changes-since"},
	{.name = "tags", .since = V(26)},
	{.name = "tags-any", .since = V(26)},
	{.name = "not-tags", .since = V(26)},
	{.name = "not-tags-any", .since = V(26)},
	{0},
};

/* Filters that name a column and compare it. */
static const struct {
	const char *param;
	const char *column;
	RecordTest test;
	bool admin;
} filters[] = {
	{"name", "name", RECORD_MATCH, false},
	{"flavor", "flavor_id", RECORD_EQ, false},
	{"image", "image_id", RECORD_EQ, false},
	{"reservation_id", "reservation_id", RECORD_EQ, false},
	{"uuid", "id", RECORD_EQ, false},
	{"host", "host", RECORD_EQ, true},
	{"node", "host", RECORD_EQ, true},
	{"user_id", "user_id", RECORD_EQ, true},
	{"vm_state", "vm_state", RECORD_EQ, true},
	{"task_state", "task_state", RECORD_EQ, true},
	{"availability_zone", "availability_zone", RECORD_EQ, true},
	{"key_name", "key_name", RECORD_EQ, true},
	{"description", "description", RECORD_MATCH, true},
};

/* What clients may sort by, and the columns behind it. */
static const ApiSortKey sort_keys[] = {
	{"created_at", "created_us"},
	{"updated_at", "updated_us"},
	{"display_name", "name"},
	{"name", "name"},
	{"uuid", "id"},
	{"id", "id"},
	{"vm_state", "vm_state"},
	{"task_state", "task_state"},
	{"launched_at", "launched_us"},
	{"host", "host"},
	{"project_id", "project_id"},
	{"user_id", "user_id"},
	{"image_ref", "image_id"},
	{"instance_type_id", "flavor_id"},
	{"availability_zone", "availability_zone"},
	{"power_state", "power_state"},
	{"key_name", "key_name"},
	{"launch_index", "launch_index"},
	{0},
};

static bool is_true(const char *text)
{
	static const char *const words[] = {"1", "t", "true", "on", "y", "yes"};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (str_eq_nocase(text, words[i]))
			return true;
	return false;
}

static bool bad_param(ApiRequest *r, const char *name, const char *value)
{
	(void)api_refuse(r, 400, "Invalid input for query parameters %s. Value: %s.", name,
			 value); /* always 0 */
	return false;
}

/* Whose servers: the caller's project, or what an admin asks for. */
static bool add_scope(ApiRequest *r, RecordQuery *query)
{
	const char *all = api_query(r, "all_tenants"), *project;
	bool everybody = all && (!*all || is_true(all));

	if (everybody && !caller_is_admin(&r->caller)) {
		(void)api_refuse(
			r, 403,
			"Policy doesn't allow os_compute_api:servers:index:get_all_tenants "
			"to be performed."); /* always 0 */
		return false;
	}
	project = api_query(r, "project_id");
	if (!project)
		project = api_query(r, "tenant_id");
	if (!everybody)
		record_where_text(query, "project_id", RECORD_EQ, r->caller.project_id);
	else if (project)
		record_where_text(query, "project_id", RECORD_EQ, project);
	return true;
}

static bool add_status(ApiRequest *r, RecordQuery *query)
{
	const char *status = api_query(r, "status");
	StatusStates *wanted;

	if (!status)
		return true;
	wanted = ARENA_NEW(r->arena, StatusStates);
	compute_status_states(status, wanted);
	if (wanted->state_count == 0 && r->version >= V(38)) {
		(void)api_refuse(r, 400, "Invalid status value"); /* always 0 */
		return false;
	}
	record_where_texts(query, "vm_state", RECORD_IN, wanted->states, wanted->state_count);
	if (wanted->task_count)
		record_where_texts(query, "task_state", RECORD_IN, wanted->tasks,
				   wanted->task_count);
	return true;
}

/* Live servers, unless an admin asks for deleted ones or anybody for what has changed. */
static bool add_life(ApiRequest *r, RecordQuery *query)
{
	const char *since = api_query(r, "changes-since");
	const char *deleted = caller_is_admin(&r->caller) ? api_query(r, "deleted") : NULL;
	int64_t us;

	if (since) {
		if (!clock_parse(since, &us))
			return bad_param(r, "changes-since", since);
		record_where_int(query, "updated_us", RECORD_GE, us);
		return true;
	}
	record_where_text(query, "vm_state", deleted && is_true(deleted) ? RECORD_EQ : RECORD_NE,
			  enum_name(&vm_state_names, VM_DELETED));
	return true;
}

static int compare_texts(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The comma list of a parameter, sorted as the stored list of tags is. */
static const char **read_tags(ApiRequest *r, const char *text, size_t *ret_count)
{
	const char **tags = api_comma_list(r->arena, text, ret_count);

	if (tags)
		qsort(tags, *ret_count, sizeof(*tags), compare_texts);
	return tags;
}

/*
 * Tags are stored as a sorted JSON list, so that a pattern finds them: "a".*"b" has both,
 * "(a|b)" has one of them.
 */
static const char *tags_pattern(ApiRequest *r, const char **tags, size_t count, bool any)
{
	const char *pattern = any ? "\"(" : "\"", *between = any ? "|" : "\".*\"";

	for (size_t i = 0; i < count; i++) {
		const char *json = json_print_text_list(r->arena, &tags[i], 1);
		const char *inside = arena_strndup(r->arena, json + 2, strlen(json) - 4);

		pattern = arena_printf(r->arena, "%s%s%s", pattern, i ? between : "",
				       record_pattern_quote(r->arena, inside));
	}
	return arena_printf(r->arena, "%s%s", pattern, any ? ")\"" : "\"");
}

static void add_tags(ApiRequest *r, RecordQuery *query)
{
	static const struct {
		const char *param;
		RecordTest test;
		bool any;
	} rows[] = {
		{"tags", RECORD_MATCH, false},
		{"tags-any", RECORD_MATCH, true},
		{"not-tags", RECORD_NOT_MATCH, false},
		{"not-tags-any", RECORD_NOT_MATCH, true},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows) && r->version >= V(26); i++) {
		const char *text = api_query(r, rows[i].param);
		size_t count = 0;
		const char **tags = text ? read_tags(r, text, &count) : NULL;

		if (count)
			record_where_text(query, "tags", rows[i].test,
					  tags_pattern(r, tags, count, rows[i].any));
	}
}

static bool add_power_state(ApiRequest *r, RecordQuery *query)
{
	const char *text = caller_is_admin(&r->caller) ? api_query(r, "power_state") : NULL;
	int64_t value;

	if (!text)
		return true;
	if (!str_parse_i64(text, &value))
		return bad_param(r, "power_state", text);
	record_where_int(query, "power_state", RECORD_EQ, value);
	return true;
}

static bool add_filters(ApiRequest *r, RecordQuery *query)
{
	for (size_t i = 0; i < ARRAY_SIZE(filters); i++) {
		const char *value = api_query(r, filters[i].param);

		if (value && (!filters[i].admin || caller_is_admin(&r->caller)))
			record_where_text(query, filters[i].column, filters[i].test, value);
	}
	if (api_query(r, "ip") || api_query(r, "ip6"))
		record_where_text(query, "id", RECORD_EQ, ""); /* no server has an address */
	add_tags(r, query);
	return add_power_state(r, query);
}

/* sort_key and sort_dir may repeat and pair up; the last resort is newest first. */
static bool add_sorts(ApiRequest *r, RecordQuery *query)
{
	size_t count, given = 0, dirs = 0;
	const HttpParam *params = http_query(r->http, &count);
	bool descending[RECORD_SORTS_MAX] = {true, true, true, true};

	for (size_t i = 0; i < count; i++)
		if (str_eq(params[i].name, "sort_dir") && dirs < RECORD_SORTS_MAX) {
			if (!str_eq(params[i].value, "asc") && !str_eq(params[i].value, "desc"))
				return bad_param(r, "sort_dir", params[i].value);
			descending[dirs++] = str_eq(params[i].value, "desc");
		}
	for (size_t i = 0; i < count; i++) {
		const char *column;

		if (!str_eq(params[i].name, "sort_key") || given == RECORD_SORTS_MAX)
			continue;
		column = api_sort_column(sort_keys, params[i].value, strlen(params[i].value));
		if (!column)
			return bad_param(r, "sort_key", params[i].value);
		record_sort(query, column, descending[given++]);
	}
	if (!given)
		record_sort(query, "created_us", descending[0]);
	return true;
}

static void out_server_short(ApiRequest *r, const Server *server)
{
	json_out_begin(&r->out, NULL);
	json_out_text(&r->out, "id", server->id);
	json_out_text(&r->out, "name", server->name);
	api_out_links(r, &r->out, "servers", server->id);
	json_out_end(&r->out);
}

static int list_servers(ApiRequest *r, bool detail, Fault *f)
{
	RecordQuery query = {0};
	Server **servers;
	size_t count;
	int k;

	if (!api_page(r, &query) || !add_scope(r, &query) || !add_status(r, &query) ||
	    !add_life(r, &query) || !add_filters(r, &query) || !add_sorts(r, &query))
		return 0;
	k = server_find(r->work.tx, r->arena, &query, &servers, &count, f);
	if (k == RECORD_NO_MARKER)
		return api_refuse(r, 400, "marker [%s] not found", query.marker);
	if (k == RECORD_BAD_PATTERN)
		return api_refuse(r, 400, "Invalid filter: it is not a regular expression");
	if (k)
		return fault_unexpected(f, k);

	json_out_begin(&r->out, NULL);
	json_out_list_begin(&r->out, "servers");
	for (size_t i = 0; i < count; i++) {
		if (detail)
			k = compute_out_server(r, NULL, servers[i], true, f);
		else
			out_server_short(r, servers[i]);
		if (k)
			return k;
	}
	json_out_list_end(&r->out);
	if (count && (int64_t)count == query.limit)
		api_out_next(r, &r->out, "servers_links", servers[count - 1]->id);
	json_out_end(&r->out);
	api_reply(r, 200);
	return 0;
}

static int servers_list(ApiRequest *r, Fault *f)
{
	return list_servers(r, false, f);
}

static int servers_detail(ApiRequest *r, Fault *f)
{
	return list_servers(r, true, f);
}

static const ApiRoute routes[] = {
	{.method = "GET",
	 .pattern = "/servers",
	 .policy = "os_compute_api:servers:index",
	 .rule = API_RULE_READER,
	 .mode = API_READ,
	 .params = list_params,
	 .strict_params_since = V(75),
	 .handle = servers_list},
	{.method = "GET",
	 .pattern = "/servers/detail",
	 .policy = "os_compute_api:servers:detail",
	 .rule = API_RULE_READER,
	 .mode = API_READ,
	 .params = list_params,
	 .strict_params_since = V(75),
	 .handle = servers_detail},
};
const ApiRoutes compute_server_list_routes = API_ROUTES(routes);
