/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Query parameters that several lists have: booleans and sorting.
 */
#include "api/volume/priv.h"

int volume_reply_accepted(ApiRequest *r, int k)
{
	if (k)
		return k;
	api_reply(r, 202);
	return 0;
}

bool volume_query_bool(ApiRequest *r, const char *name, bool fallback, bool *ret)
{
	static const char *const yes[] = {"1", "t", "true", "on", "y", "yes"};
	static const char *const no[] = {"0", "f", "false", "off", "n", "no"};
	const char *value = api_query(r, name);

	static_assert(ARRAY_SIZE(yes) == ARRAY_SIZE(no), "in pairs");
	*ret = fallback;
	if (!value)
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(yes); i++) {
		if (!str_eq_nocase(value, yes[i]) && !str_eq_nocase(value, no[i]))
			continue;
		*ret = str_eq_nocase(value, yes[i]);
		return true;
	}
	(void)api_refuse(r, 400, "Value '%s' for '%s' is not a boolean.", value, name); /* 0 */
	return false;
}

/* "asc", "desc", or nothing for desc. False after a 400. */
static bool read_direction(ApiRequest *r, const char *text, bool *ret_descending)
{
	*ret_descending = str_empty(text) || str_eq_nocase(text, "desc");
	if (*ret_descending || str_eq_nocase(text, "asc"))
		return true;
	(void)api_refuse(r, 400,
			 "Invalid input received: Unknown sort direction, must be 'desc' or "
			 "'asc'."); /* 0 */
	return false;
}

static bool add_sort(ApiRequest *r, RecordQuery *query, const VolumeSortKey *keys, const char *key,
		     const char *direction)
{
	bool descending;

	if (!read_direction(r, direction, &descending))
		return false;
	for (; keys->key; keys++) {
		if (!str_eq(key, keys->key) || query->sort_count == RECORD_SORTS_MAX)
			continue;
		record_sort(query, keys->column, descending);
		return true;
	}
	(void)api_refuse(r, 400, "Invalid input received: Invalid sort key"); /* 0 */
	return false;
}

/* "key[:dir],key[:dir]..." */
static bool add_sorts(ApiRequest *r, RecordQuery *query, const VolumeSortKey *keys,
		      const char *text)
{
	for (size_t length; *text; text += length + (text[length] == ',')) {
		const char *key, *colon;

		length = strcspn(text, ",");
		key = arena_strndup(r->arena, text, length);
		colon = strchr(key, ':');
		if (!add_sort(r, query, keys,
			      colon ? arena_strndup(r->arena, key, (size_t)(colon - key)) : key,
			      colon ? colon + 1 : NULL))
			return false;
	}
	return true;
}

bool volume_query_sort(ApiRequest *r, RecordQuery *query, const VolumeSortKey *keys)
{
	const char *sort = api_query(r, "sort");
	const char *key = api_query(r, "sort_key"), *direction = api_query(r, "sort_dir");

	if (sort && (key || direction)) {
		(void)api_refuse(r, 400,
				 "The 'sort_key' and 'sort_dir' parameters are deprecated and "
				 "cannot be used with the 'sort' parameter."); /* 0 */
		return false;
	}
	if (!str_empty(sort))
		return add_sorts(r, query, keys, sort);
	return add_sort(r, query, keys, key ? key : "created_at", direction);
}
