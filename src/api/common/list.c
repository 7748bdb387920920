/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * What lists of all dialects are asked with: a page, an order, several values in one parameter.
 */
#include "api/common/priv.h"
#include "base/limits.h"

/* A number from the query; `fallback` when absent. False after a complaint. */
static bool query_number(ApiRequest *r, const char *name, int64_t fallback, int64_t *ret)
{
	const char *value = api_query(r, name);

	*ret = fallback;
	if (!value)
		return true;
	if (!param_check_integer(r, name, value))
		return false;
	if (!str_parse_i64(value, ret))
		*ret = INT64_MAX; /* digits beyond any number of rows */
	return true;
}

bool api_page(ApiRequest *r, RecordQuery *query)
{
	int64_t limit;

	if (!query_number(r, "limit", LIMIT_LIST_PAGE, &limit) ||
	    !query_number(r, "offset", 0, &query->offset))
		return false;
	if (limit == 0) /* a page of no rows: nothing has no key */
		record_where_text(query, "id", RECORD_IS_NULL, NULL);
	query->limit = MIN(limit, LIMIT_LIST_PAGE);
	query->marker = api_query(r, "marker");
	return true;
}

const char **api_comma_list(Arena *arena, const char *text, size_t *ret_count)
{
	const char **items = NULL;
	size_t n = 0;

	for (size_t length; *text; text += length + (text[length] == ',')) {
		length = strcspn(text, ",");
		if (!length)
			continue;
		items = arena_grow(arena, items, n, sizeof(*items));
		items[n++] = arena_strndup(arena, text, length);
	}
	*ret_count = n;
	return items;
}

const char *api_sort_column(const ApiSortKey *keys, const char *key, size_t length)
{
	for (; keys->key; keys++)
		if (strlen(keys->key) == length && strncmp(keys->key, key, length) == 0)
			return keys->column;
	return NULL;
}
