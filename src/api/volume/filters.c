/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * See filters.h. Values come from clients: whatever they say, a query has room for its scope and
 * its page, and no text reaches the database but as a value or as a quoted pattern.
 */
#include "api/volume/filters.h"

#include "base/clock.h"

enum {
	FILTER_PAIRS_MAX = 8,
	FILTER_CONDITIONS_MAX = RECORD_CONDITIONS_MAX - 4, /* the rest: scope and page */
};

/* Parameters that are no filters. */
static const char *const others[] = {"limit",    "offset",   "marker",     "sort",
				     "sort_key", "sort_dir", "with_count", "all_tenants"};

void volume_filter_nothing(RecordQuery *query)
{
	record_where_text(query, "id", RECORD_IS_NULL, NULL);
}

bool volume_filter_consumes_quota(ApiRequest *r, RecordQuery *query, const char *value _unused_)
{
	bool consumes;

	if (!volume_query_bool(r, "consumes_quota", true, &consumes))
		return false;
	if (!consumes)
		volume_filter_nothing(query);
	return true;
}

static bool has_room(ApiRequest *r, const RecordQuery *query)
{
	if (query->condition_count < FILTER_CONDITIONS_MAX)
		return true;
	(void)api_refuse(r, 400, "Invalid input received: too many filters"); /* 0 */
	return false;
}

bool volume_filter_read_map(ApiRequest *r, const char *name, const char *value, JsonTextMap *ret)
{
	if (api_read_map(r, value, FILTER_PAIRS_MAX, ret))
		return true;
	(void)api_refuse(r, 400, "Invalid input received: %s = %s", name, value); /* 0 */
	return false;
}

bool volume_filter_pairs(ApiRequest *r, RecordQuery *query, const char *column,
			 const JsonTextMap *pairs)
{
	for (size_t i = 0; i < pairs->count; i++) {
		if (!has_room(r, query))
			return false;
		record_where_text(query, column, RECORD_MATCH,
				  api_pair_pattern(r, &pairs->pairs[i]));
	}
	return true;
}

static bool add_map(ApiRequest *r, RecordQuery *query, const VolumeFilter *filter,
		    const char *value)
{
	JsonTextMap pairs;

	return volume_filter_read_map(r, filter->name, value, &pairs) &&
	       volume_filter_pairs(r, query, filter->column, &pairs);
}

/* One "op:date". What never happened is 0, which is before nothing. */
static bool add_time(ApiRequest *r, RecordQuery *query, const VolumeFilter *filter,
		     const char *text)
{
	static const struct {
		const char *name;
		RecordTest test;
	} operators[] = {
		{"gt", RECORD_GT}, {"gte", RECORD_GE}, {"eq", RECORD_EQ},
		{"lt", RECORD_LT}, {"lte", RECORD_LE}, {"neq", RECORD_NE},
	};
	const char *colon = strchrnul(text, ':');
	const char *name = arena_strndup(r->arena, text, (size_t)(colon - text));
	const char *date = *colon ? colon + 1 : "";
	size_t i = 0;
	int64_t us;

	while (i < ARRAY_SIZE(operators) && !str_eq(operators[i].name, name))
		i++;
	if (i == ARRAY_SIZE(operators)) {
		(void)api_refuse(r, 400, "Invalid %s operator", name); /* 0 */
		return false;
	}
	if (!clock_parse(date, &us)) {
		(void)api_refuse(r, 400, "Invalid %s value", date); /* 0 */
		return false;
	}
	if (!has_room(r, query))
		return false;
	record_where_int(query, filter->column, operators[i].test, us);
	record_where_int(query, filter->column, RECORD_GT, 0);
	return true;
}

static bool add_times(ApiRequest *r, RecordQuery *query, const VolumeFilter *filter,
		      const char *value)
{
	for (size_t length; *value; value += length + (value[length] == ',')) {
		length = strcspn(value, ",");
		if (!add_time(r, query, filter, arena_strndup(r->arena, value, length)))
			return false;
	}
	return true;
}

static void add_int(RecordQuery *query, const VolumeFilter *filter, const char *value)
{
	int64_t number;

	if (str_parse_i64(value, &number))
		record_where_int(query, filter->column, RECORD_EQ, number);
	else
		volume_filter_nothing(query);
}

static bool add_filter(ApiRequest *r, RecordQuery *query, const VolumeFilter *filter,
		       const char *value)
{
	bool flag;

	if (!has_room(r, query))
		return false;
	switch (filter->kind) {
	case VOLUME_FILTER_TEXT:
		record_where_text(query, filter->column, RECORD_EQ, value);
		break;
	case VOLUME_FILTER_INT:
		add_int(query, filter, value);
		break;
	case VOLUME_FILTER_BOOL:
		if (!volume_query_bool(r, filter->name, false, &flag))
			return false;
		record_where_int(query, filter->column, RECORD_EQ, flag);
		break;
	case VOLUME_FILTER_MAP:
		return add_map(r, query, filter, value);
	case VOLUME_FILTER_TIME:
		return add_times(r, query, filter, value);
	case VOLUME_FILTER_NEVER:
		volume_filter_nothing(query);
		break;
	case VOLUME_FILTER_CALL:
		return filter->add(r, query, value);
	}
	return true;
}

static const VolumeFilter *find_filter(const VolumeListing *listing, const char *name)
{
	for (const VolumeFilter *filter = listing->filters; filter->name; filter++)
		if (str_eq(filter->name, name))
			return filter;
	return NULL;
}

/* A sort key as a filter, which admins may use. */
static VolumeFilter filter_of_key(const VolumeListing *listing, const char *name)
{
	for (const VolumeSortKey *key = listing->sort_keys; key->key; key++) {
		const Column *column = record_column(listing->table, key->column);

		if (!str_eq(key->key, name))
			continue;
		if (column->type == COLUMN_BOOL)
			return (VolumeFilter){key->key, key->column, VOLUME_FILTER_BOOL};
		if (column->type == COLUMN_INT && str_ends(key->column, "_us"))
			return (VolumeFilter){key->key, key->column, VOLUME_FILTER_TIME};
		if (column->type == COLUMN_INT)
			return (VolumeFilter){key->key, key->column, VOLUME_FILTER_INT};
		return (VolumeFilter){key->key, key->column, VOLUME_FILTER_TEXT};
	}
	return (VolumeFilter){0};
}

/* "name~": a part of a text. Returns the name without the sign, or NULL when this is none such. */
static const char *without_tilde(ApiRequest *r, const char *name)
{
	if (r->version < V(34) || !str_ends(name, "~"))
		return NULL;
	return arena_strndup(r->arena, name, strlen(name) - 1);
}

static bool add_part(ApiRequest *r, RecordQuery *query, const VolumeFilter *filter,
		     const char *value)
{
	if (!has_room(r, query))
		return false;
	record_where_text(query, filter->column, RECORD_MATCH,
			  record_pattern_quote(r->arena, value));
	return true;
}

static bool is_other(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		if (str_eq(name, others[i]))
			return true;
	return false;
}

/* Whose: the caller's project, or what an admin asks for. */
static bool add_scope(ApiRequest *r, RecordQuery *query)
{
	const char *project = r->caller.project_id;
	bool everybody = false;

	if (caller_is_admin(&r->caller) && !volume_query_bool(r, "all_tenants", false, &everybody))
		return false;
	if (everybody)
		project = api_query(r, "project_id");
	if (project)
		record_where_text(query, "project_id", RECORD_EQ, project);
	return true;
}

/* What a parameter may filter by; its .name is NULL when it may not. */
static VolumeFilter choose_filter(ApiRequest *r, const VolumeListing *listing, const char *name)
{
	const VolumeFilter *filter = find_filter(listing, name);
	bool admin = caller_is_admin(&r->caller);

	if (filter && (admin || !filter->admin))
		return *filter;
	return admin ? filter_of_key(listing, name) : (VolumeFilter){0};
}

/* One parameter of the query; unknown ones are noted. False after a 400. */
static bool add_param(ApiRequest *r, VolumeList *list, const HttpParam *param, Buf *unknown)
{
	const char *part_of = without_tilde(r, param->name);
	VolumeFilter filter = choose_filter(r, list->listing, part_of ? part_of : param->name);

	if (part_of && filter.kind != VOLUME_FILTER_TEXT)
		filter.name = NULL;
	if (!filter.name) {
		buf_printf(unknown, "%s%s", unknown->length ? "," : "", param->name);
		return true;
	}
	if (r->version < filter.since)
		return true;
	return part_of ? add_part(r, &list->query, &filter, param->value)
		       : add_filter(r, &list->query, &filter, param->value);
}

/* Filters that the caller may not use, or that nobody knows. False after a 400. */
static bool check_unknown(ApiRequest *r, RecordQuery *query, const char *unknown)
{
	if (str_empty(unknown))
		return true;
	if (caller_is_admin(&r->caller)) {
		volume_filter_nothing(query); /* no such column, so no such row */
		return true;
	}
	if (r->version < V(31))
		return true;
	(void)api_refuse(r, 400, "Invalid filters %s are found in query options.", unknown); /* 0 */
	return false;
}

bool volume_list_read_filters(ApiRequest *r, VolumeList *list)
{
	bool admin = caller_is_admin(&r->caller);
	Buf unknown = {0};
	size_t count;
	const HttpParam *sent = http_query(r->http, &count);
	bool good = add_scope(r, &list->query);

	for (size_t i = 0; good && i < count; i++) {
		if (is_other(sent[i].name) || (admin && str_eq(sent[i].name, "project_id")))
			continue;
		good = add_param(r, list, &sent[i], &unknown);
	}
	if (good)
		good = check_unknown(r, &list->query, buf_text(&unknown));
	buf_done(&unknown);
	list->filters = list->query.condition_count;
	return good;
}

bool volume_list_read(ApiRequest *r, VolumeList *list)
{
	if (r->version >= V(45) && !volume_query_bool(r, "with_count", false, &list->counted))
		return false;
	return volume_list_read_filters(r, list) && api_page(r, &list->query) &&
	       volume_query_sort(r, &list->query, list->listing->sort_keys);
}

/* RECORD_BAD_PATTERN: a filter so long that no stored text is like it. */
int volume_list_find(ApiRequest *r, VolumeList *list, Fault *f)
{
	const VolumeListing *listing = list->listing;
	int k = record_find(r->work.tx, r->arena, listing->table, &list->query, &list->rows, f);

	if (k == RECORD_NO_MARKER) {
		r->work.refused = (RefusalData){.id = list->query.marker};
		return (int)listing->no_marker;
	}
	if (k == RECORD_BAD_PATTERN) {
		list->rows = (RecordList){0};
		return 0;
	}
	return fault_unexpected(f, k);
}

static int out_count(ApiRequest *r, const VolumeList *list, Fault *f)
{
	RecordQuery all = list->query;
	int64_t count = 0;
	int k;

	all.condition_count = list->filters;
	k = record_count(r->work.tx, list->listing->table, &all, &count, f);
	if (k && k != RECORD_BAD_PATTERN)
		return fault_unexpected(f, k);
	json_out_int(&r->out, "count", count);
	return 0;
}

static void out_next(ApiRequest *r, const VolumeList *list)
{
	const RecordList *rows = &list->rows;
	const char *last;

	if (!list->listing->links || !rows->count || (int64_t)rows->count != list->query.limit)
		return;
	last = rows->records[rows->count - 1];
	api_out_next(r, &r->out, list->listing->links,
		     *(const char *const *)(const void *)(last +
							  list->listing->table->columns[0].offset));
}

int volume_list_reply(ApiRequest *r, VolumeList *list, const char *key, VolumeRowPrint *print,
		      Fault *f)
{
	int k = volume_list_find(r, list, f);

	if (k)
		return k;
	json_out_begin(&r->out, NULL);
	json_out_list_begin(&r->out, key);
	for (size_t i = 0; i < list->rows.count && k == 0; i++)
		k = print(r, list->rows.records[i], f);
	json_out_list_end(&r->out);
	out_next(r, list);
	if (k == 0 && list->counted)
		k = out_count(r, list, f);
	if (k)
		return k;
	json_out_end(&r->out);
	api_reply(r, 200);
	return 0;
}
