/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * See list.h. Values come from clients: whatever they say, a query has room for its scope and its
 * page, and no text reaches the database but as a value or as a quoted pattern.
 */
#include "api/share/list.h"

#include "base/clock.h"

enum {
	FILTER_PAIRS_MAX = 8,
	FILTER_CONDITIONS_MAX = RECORD_CONDITIONS_MAX - 4, /* the rest: scope and page */
};

void share_filter_nothing(RecordQuery *query)
{
	record_where_text(query, "id", RECORD_IS_NULL, NULL);
}

static int refuse_input(ApiRequest *r, const char *what, const char *value)
{
	r->work.refused = (RefusalData){
		.value = arena_printf(r->arena, "Invalid input received: %s '%s'.", what, value),
	};
	return REFUSAL_BAD_INPUT;
}

static int add_map(ApiRequest *r, RecordQuery *query, const ShareFilter *filter, const char *value)
{
	JsonTextMap map;

	if (!api_read_map(r, value, FILTER_PAIRS_MAX, &map) ||
	    query->condition_count + map.count > FILTER_CONDITIONS_MAX)
		return refuse_input(r, filter->name, value);
	for (size_t i = 0; i < map.count; i++)
		record_where_text(query, filter->column, RECORD_MATCH,
				  api_pair_pattern(r, &map.pairs[i]));
	return 0;
}

static int add_time(ApiRequest *r, RecordQuery *query, const ShareFilter *filter, RecordTest test,
		    const char *value)
{
	int64_t us;

	if (!clock_parse(value, &us))
		return refuse_input(r, filter->name, value);
	record_where_int(query, filter->column, test, us);
	return 0;
}

static int add_filter(ApiRequest *r, RecordQuery *query, const ShareFilter *filter,
		      const char *value, Fault *f)
{
	if (query->condition_count >= FILTER_CONDITIONS_MAX)
		return refuse_input(r, "too many filters:", filter->name);
	switch (filter->kind) {
	case SHARE_FILTER_TEXT:
		record_where_text(query, filter->column, RECORD_EQ, value);
		return 0;
	case SHARE_FILTER_PART:
		record_where_text(query, filter->column, RECORD_MATCH,
				  record_pattern_quote(r->arena, value));
		return 0;
	case SHARE_FILTER_MAP:
		return add_map(r, query, filter, value);
	case SHARE_FILTER_SINCE:
		return add_time(r, query, filter, RECORD_GE, value);
	case SHARE_FILTER_UNTIL:
		return add_time(r, query, filter, RECORD_LE, value);
	case SHARE_FILTER_NEVER:
		share_filter_nothing(query);
		return 0;
	case SHARE_FILTER_CALL:
		return filter->add(r, query, value, f);
	}
	return 0;
}

static const ShareFilter *find_filter(const ApiRequest *r, const ShareListing *listing,
				      const char *name)
{
	for (const ShareFilter *filter = listing->filters; filter->name; filter++)
		if (str_eq(filter->name, name) && r->version >= filter->since &&
		    (!filter->admin || caller_is_admin(&r->caller)))
			return filter;
	return NULL;
}

static int add_filters(ApiRequest *r, ShareList *list, Fault *f)
{
	size_t count;
	const HttpParam *sent = http_query(r->http, &count);
	int k = 0;

	for (size_t i = 0; !k && i < count; i++) {
		const ShareFilter *filter = find_filter(r, list->listing, sent[i].name);

		if (filter)
			k = add_filter(r, &list->query, filter, sent[i].value, f);
	}
	list->filters = list->query.condition_count;
	return k;
}

static int add_sort(ApiRequest *r, ShareList *list)
{
	const char *key = api_query(r, "sort_key"), *direction = api_query(r, "sort_dir");
	const char *column;

	key = str_empty(key) ? "created_at" : key;
	column = api_sort_column(list->listing->sort_keys, key, strlen(key));
	if (!column)
		return refuse_input(r, "Wrong sorting key provided -", key);
	if (!str_empty(direction) && !str_eq(direction, "asc") && !str_eq(direction, "desc"))
		return refuse_input(r, "Wrong sorting direction provided -", direction);
	record_sort(&list->query, column, !str_eq(direction, "asc"));
	return 0;
}

bool share_list_read(ApiRequest *r, ShareList *list, int *ret, Fault *f)
{
	*ret = 0;
	if (r->version >= list->listing->count_since &&
	    !share_query_bool(r, "with_count", false, &list->counted))
		return false;
	*ret = add_filters(r, list, f);
	if (*ret || !api_page(r, &list->query))
		return false;
	*ret = add_sort(r, list);
	return *ret == 0;
}

/* RECORD_BAD_PATTERN: a filter so long that no stored text is like it. */
int share_list_find(ApiRequest *r, ShareList *list, Fault *f)
{
	int k = record_find(r->work.tx, r->arena, list->listing->table, &list->query, &list->rows,
			    f);

	if (k == RECORD_NO_MARKER)
		return refuse_input(r, "there is no marker", list->query.marker);
	if (k == RECORD_BAD_PATTERN) {
		list->rows = (RecordList){0};
		return 0;
	}
	return fault_unexpected(f, k);
}

static int out_count(ApiRequest *r, const ShareList *list, Fault *f)
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

/* Only who asked for pages gets the way to the next one. */
int share_list_end(ApiRequest *r, const ShareList *list, Fault *f)
{
	const RecordList *rows = &list->rows;

	if (api_query(r, "limit") && rows->count && (int64_t)rows->count == list->query.limit) {
		const char *last = rows->records[rows->count - 1];
		size_t key = list->listing->table->columns[0].offset;

		api_out_next(r, &r->out, list->listing->links,
			     *(const char *const *)(const void *)(last + key));
	}
	return list->counted ? out_count(r, list, f) : 0;
}
