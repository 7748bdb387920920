/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * What a list of servers may be asked for: whose, which, changed when, in which order. A filter
 * that the caller may not use is ignored; whatever is asked, a query has room for it or says no.
 */
#include "api/compute/priv.h"

/*
 * Later ones are for members of a project too; before, the same name is for admins and ignored for
 * everybody else.
 */
#define ADMIN_UNTIL(param, version)                                                                \
	{.name = (param), .until = V((version)-1), .rule = API_RULE_ADMIN},                        \
	{                                                                                          \
		.name = (param), .since = V(version)                                               \
	}

const ApiParam compute_server_list_params[] = {
	{.name = "limit", .format = "integer"},
	{.name = "marker"},
	{.name = "sort_key"},
	{.name = "sort_dir"},
	{.name = "all_tenants"},
	{.name = "project_id", .rule = API_RULE_ADMIN},
	{.name = "tenant_id", .rule = API_RULE_ADMIN},
	{.name = "name"},
	{.name = "display_name", .rule = API_RULE_ADMIN},
	{.name = "status"},
	{.name = "flavor"},
	{.name = "image"},
	{.name = "ip"},
	{.name = "ip6", .until = V(4), .rule = API_RULE_ADMIN},
	{.name = "ip6", .since = V(5)},
	{.name = "reservation_id"},
	{.name = "uuid"},
	{.name = "changes-since"},
	{.name = "changes-before", .since = V(66)},
	{.name = "locked", .since = V(73)},
	{.name = "tags", .since = V(26)},
	{.name = "tags-any", .since = V(26)},
	{.name = "not-tags", .since = V(26)},
	{.name = "not-tags-any", .since = V(26)},
	{.name = "deleted", .rule = API_RULE_ADMIN},
	{.name = "soft_deleted", .rule = API_RULE_ADMIN},
	{.name = "host", .rule = API_RULE_ADMIN},
	{.name = "node", .rule = API_RULE_ADMIN},
	{.name = "image_ref", .rule = API_RULE_ADMIN},
	{.name = "kernel_id", .rule = API_RULE_ADMIN},
	{.name = "ramdisk_id", .rule = API_RULE_ADMIN},
	{.name = "launch_index", .rule = API_RULE_ADMIN},
	{.name = "description", .rule = API_RULE_ADMIN},
	{.name = "display_description", .rule = API_RULE_ADMIN},
	{.name = "root_device_name", .rule = API_RULE_ADMIN},
	{.name = "access_ip_v4", .rule = API_RULE_ADMIN},
	{.name = "access_ip_v6", .rule = API_RULE_ADMIN},
	ADMIN_UNTIL("availability_zone", 83),
	ADMIN_UNTIL("config_drive", 83),
	ADMIN_UNTIL("key_name", 83),
	ADMIN_UNTIL("created_at", 83),
	ADMIN_UNTIL("launched_at", 83),
	ADMIN_UNTIL("terminated_at", 83),
	ADMIN_UNTIL("power_state", 83),
	ADMIN_UNTIL("task_state", 83),
	ADMIN_UNTIL("vm_state", 83),
	ADMIN_UNTIL("progress", 83),
	ADMIN_UNTIL("user_id", 83),
	ADMIN_UNTIL("hostname", 90),
	{0},
};

enum { FILTER_CONDITIONS_MAX = RECORD_CONDITIONS_MAX - 1 }; /* the rest: what nobody has */

typedef enum FilterKind {
	FILTER_EQUAL,
	FILTER_PATTERN,
	FILTER_NUMBER,
	FILTER_BOOL,
	FILTER_TIME,
} FilterKind;

/* Filters that name a column and compare it. */
static const struct {
	const char *param;
	const char *column;
	FilterKind kind;
} filters[] = {
	{"name", "name", FILTER_PATTERN},
	{"display_name", "name", FILTER_PATTERN},
	{"hostname", "hostname", FILTER_PATTERN},
	{"description", "description", FILTER_PATTERN},
	{"display_description", "description", FILTER_PATTERN},
	{"reservation_id", "reservation_id", FILTER_PATTERN},
	{"availability_zone", "availability_zone", FILTER_PATTERN},
	{"key_name", "key_name", FILTER_PATTERN},
	{"root_device_name", "root_device", FILTER_PATTERN},
	{"access_ip_v4", "access_ipv4", FILTER_PATTERN},
	{"access_ip_v6", "access_ipv6", FILTER_PATTERN},
	{"ip", "address", FILTER_PATTERN},
	{"flavor", "flavor_id", FILTER_EQUAL},
	{"image", "image_id", FILTER_EQUAL},
	{"image_ref", "image_id", FILTER_EQUAL},
	{"kernel_id", "kernel_id", FILTER_EQUAL},
	{"ramdisk_id", "ramdisk_id", FILTER_EQUAL},
	{"uuid", "id", FILTER_EQUAL},
	{"host", "host", FILTER_EQUAL},
	{"node", "host", FILTER_EQUAL},
	{"user_id", "user_id", FILTER_EQUAL},
	{"vm_state", "vm_state", FILTER_EQUAL},
	{"task_state", "task_state", FILTER_EQUAL},
	{"power_state", "power_state", FILTER_NUMBER},
	{"launch_index", "launch_index", FILTER_NUMBER},
	{"config_drive", "config_drive", FILTER_BOOL},
	{"locked", "locked", FILTER_BOOL},
	{"created_at", "created_us", FILTER_TIME},
	{"launched_at", "launched_us", FILTER_TIME},
	{"terminated_at", "terminated_us", FILTER_TIME},
};

/* What clients may sort by, and the columns behind it. */
static const ApiSortKey sort_keys[] = {
	{"created_at", "created_us"},
	{"updated_at", "updated_us"},
	{"launched_at", "launched_us"},
	{"terminated_at", "terminated_us"},
	{"display_name", "name"},
	{"name", "name"},
	{"display_description", "description"},
	{"hostname", "hostname"},
	{"uuid", "id"},
	{"id", "id"},
	{"vm_state", "vm_state"},
	{"task_state", "task_state"},
	{"power_state", "power_state"},
	{"host", "host"},
	{"node", "host"},
	{"project_id", "project_id"},
	{"user_id", "user_id"},
	{"image_ref", "image_id"},
	{"kernel_id", "kernel_id"},
	{"ramdisk_id", "ramdisk_id"},
	{"instance_type_id", "flavor_id"},
	{"availability_zone", "availability_zone"},
	{"key_name", "key_name"},
	{"launch_index", "launch_index"},
	{"root_device_name", "root_device"},
	{"access_ip_v4", "access_ipv4"},
	{"access_ip_v6", "access_ipv6"},
	{"auto_disk_config", "disk_config"},
	{"config_drive", "config_drive"},
	{"locked", "locked"},
	{0},
};

static const char *const true_words[] = {"1", "t", "true", "on", "y", "yes", NULL};
static const char *const false_words[] = {"0", "f", "false", "off", "n", "no", NULL};

static bool is_one_of(const char *text, const char *const *words)
{
	while (*words)
		if (str_eq_nocase(text, *words++))
			return true;
	return false;
}

/* False after a refusal. */
static bool read_bool(ApiRequest *r, const char *text, bool *ret)
{
	*ret = is_one_of(text, true_words);
	if (*ret || is_one_of(text, false_words))
		return true;
	(void)api_refuse(r, 400,
			 "Unrecognized value '%s', acceptable values are: '0', '1', 'f', 'false', "
			 "'n', 'no', 'off', 'on', 't', 'true', 'y', 'yes'",
			 text); /* always 0 */
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
	bool everybody = all && !*all;

	if (all && *all && !read_bool(r, all, &everybody))
		return false;
	if (everybody && !caller_is_admin(&r->caller)) {
		(void)api_complain(r, API_DENIED,
				   arena_printf(r->arena, "%s:get_all_tenants", r->route->policy),
				   NULL, NULL); /* always 0 */
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

static bool states_have(const char *const *names, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (str_eq(names[i], name))
			return true;
	return false;
}

/* What one status stands for joins the others that were asked for. */
static void add_states(const char *status, StatusStates *all, bool *any_task)
{
	StatusStates one;

	compute_status_states(status, &one);
	for (size_t i = 0; i < one.state_count; i++)
		if (!states_have(all->states, all->state_count, one.states[i]))
			all->states[all->state_count++] = one.states[i];
	for (size_t i = 0; i < one.task_count; i++)
		if (!states_have(all->tasks, all->task_count, one.tasks[i]))
			all->tasks[all->task_count++] = one.tasks[i];
	*any_task = *any_task || (one.state_count && !one.task_count);
}

/* `status` may repeat; those of no state at all only count when there is no other. */
static bool add_status(ApiRequest *r, RecordQuery *query)
{
	size_t count;
	const HttpParam *params = http_query(r->http, &count);
	StatusStates *wanted = NULL;
	bool any_task = false;

	for (size_t i = 0; i < count; i++) {
		if (!str_eq(params[i].name, "status"))
			continue;
		if (!wanted)
			wanted = ARENA_NEW(r->arena, StatusStates);
		add_states(params[i].value, wanted, &any_task);
	}
	if (!wanted)
		return true;
	if (wanted->state_count == 0 && r->version >= V(38)) {
		(void)api_refuse(r, 400, "Invalid status value"); /* always 0 */
		return false;
	}
	record_where_texts(query, "vm_state", RECORD_IN, wanted->states, wanted->state_count);
	if (wanted->task_count && !any_task)
		record_where_texts(query, "task_state", RECORD_IN, wanted->tasks,
				   wanted->task_count);
	return true;
}

/* Whether only deleted servers are asked for; false after a refusal. */
static bool asks_for_deleted(ApiRequest *r, bool *ret)
{
	const char *deleted = api_query(r, "deleted"), *status = api_query(r, "status");

	*ret = deleted && caller_is_admin(&r->caller) && is_one_of(deleted, true_words);
	if (!str_eq_nocase(status, "deleted"))
		return true;
	*ret = true;
	if (caller_is_admin(&r->caller))
		return true;
	(void)api_refuse(r, 403, "Only administrators may list deleted instances"); /* always 0 */
	return false;
}

/* Live servers, unless an admin asks for deleted ones or anybody for what has changed. */
static bool add_life(ApiRequest *r, RecordQuery *query)
{
	bool deleted, changed;

	if (!asks_for_deleted(r, &deleted) || !compute_query_changes(r, query, &changed))
		return false;
	if (deleted || !changed)
		record_where_text(query, "vm_state", deleted ? RECORD_EQ : RECORD_NE,
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

static bool add_filter(ApiRequest *r, RecordQuery *query, size_t row, const char *value)
{
	const char *column = filters[row].column;
	int64_t number;
	bool yes;

	switch (filters[row].kind) {
	case FILTER_EQUAL:
		record_where_text(query, column, RECORD_EQ, value);
		return true;
	case FILTER_PATTERN:
		record_where_text(query, column, RECORD_MATCH, value);
		return true;
	case FILTER_NUMBER:
		if (!str_parse_i64(value, &number))
			return bad_param(r, filters[row].param, value);
		break;
	case FILTER_BOOL:
		if (!read_bool(r, value, &yes))
			return false;
		number = yes;
		break;
	case FILTER_TIME:
		if (!clock_parse(value, &number))
			return bad_param(r, filters[row].param, value);
		break;
	}
	record_where_int(query, column, RECORD_EQ, number);
	return true;
}

/* Nothing here takes so long that it would tell how far it is: progress is 0. */
static bool asks_for_progress(ApiRequest *r)
{
	const char *text = api_query(r, "progress");

	return text && !str_eq(text, "0");
}

static bool add_filters(ApiRequest *r, RecordQuery *query)
{
	for (size_t i = 0; i < ARRAY_SIZE(filters); i++) {
		const char *value = api_query(r, filters[i].param);

		if (!value || (str_eq(filters[i].param, "locked") && r->version < V(73)))
			continue;
		if (query->condition_count == FILTER_CONDITIONS_MAX) {
			(void)api_refuse(r, 400, "Too many filters."); /* always 0 */
			return false;
		}
		if (!add_filter(r, query, i, value))
			return false;
	}
	if (api_query(r, "ip6") || asks_for_progress(r))
		record_where_text(query, "id", RECORD_EQ, ""); /* no server has any */
	return true;
}

/* The column that the caller may sort by; NULL after a refusal. */
static const char *sort_column(ApiRequest *r, const char *key)
{
	const char *column = api_sort_column(sort_keys, key, strlen(key));

	if (!column || (str_eq(key, "locked") && r->version < V(73))) {
		(void)bad_param(r, "sort_key", key); /* always false */
		return NULL;
	}
	if ((str_eq(key, "host") || str_eq(key, "node")) && !caller_is_admin(&r->caller)) {
		(void)api_refuse(r, 403, "Only administrators can sort servers by %s",
				 key); /* always 0 */
		return NULL;
	}
	return column;
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
		column = sort_column(r, params[i].value);
		if (!column)
			return false;
		record_sort(query, column, descending[given++]);
	}
	if (!given)
		record_sort(query, "created_us", descending[0]);
	return true;
}

bool compute_server_query(ApiRequest *r, RecordQuery *query)
{
	if (!api_page(r, query) || !add_scope(r, query) || !add_status(r, query) ||
	    !add_life(r, query))
		return false;
	add_tags(r, query);
	return add_filters(r, query) && add_sorts(r, query);
}
