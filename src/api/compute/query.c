/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * What several lists are asked for alike.
 */
#include "api/compute/priv.h"

/* A time of the query; *ret is 0 when it is not there. False after a refusal. */
static bool read_time(ApiRequest *r, const char *param, int64_t *ret)
{
	const char *text = api_query(r, param);

	*ret = 0;
	if (!text || clock_parse(text, ret))
		return true;
	(void)api_refuse(r, 400,
			 "Invalid input for query parameters %s. Value: %s. '%s' is not a "
			 "'date-time'",
			 param, text, text); /* always 0 */
	return false;
}

bool compute_query_changes(ApiRequest *r, RecordQuery *query, bool *ret_any)
{
	int64_t since, before = 0;

	if (!read_time(r, "changes-since", &since) ||
	    (r->version >= V(66) && !read_time(r, "changes-before", &before)))
		return false;
	if (since && before && since > before) {
		(void)api_refuse(r, 400,
				 "The value of changes-since must be less than or equal to "
				 "changes-before."); /* always 0 */
		return false;
	}
	if (since)
		record_where_int(query, "updated_us", RECORD_GE, since);
	if (before)
		record_where_int(query, "updated_us", RECORD_LE, before);
	*ret_any = since || before;
	return true;
}
