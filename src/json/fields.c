/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Reply tables: which rows a view may see, and how each kind of member is printed.
 */
#include "json/out.h"

static bool row_visible(const JsonOutField *row, const JsonOutView *view)
{
	return (!row->since || view->version >= row->since) &&
	       (!row->until || view->version <= row->until) &&
	       (!row->audience || (view->audience & row->audience));
}

static void print_row(JsonOut *out, const JsonOutField *row, const void *object,
		      const JsonOutView *view)
{
	const void *at = (const char *)object + row->offset;
	const char *text;

	switch (row->type) {
	case JSON_OUT_TEXT:
		json_out_text(out, row->name, *(const char *const *)at);
		break;
	case JSON_OUT_TEXT_EMPTY:
		text = *(const char *const *)at;
		json_out_text(out, row->name, text ? text : "");
		break;
	case JSON_OUT_INT:
		json_out_int(out, row->name, *(const int64_t *)at);
		break;
	case JSON_OUT_BOOL:
		json_out_bool(out, row->name, *(const bool *)at);
		break;
	case JSON_OUT_BOOL_TEXT:
		json_out_text(out, row->name, *(const bool *)at ? "true" : "false");
		break;
	case JSON_OUT_ENUM:
		json_out_text(out, row->name, enum_name(row->names, *(const int *)at));
		break;
	case JSON_OUT_MAP:
		text = *(const char *const *)at;
		json_out_raw(out, row->name, str_empty(text) ? "{}" : text);
		break;
	case JSON_OUT_LIST:
		text = *(const char *const *)at;
		json_out_raw(out, row->name, str_empty(text) ? "[]" : text);
		break;
	case JSON_OUT_SECONDS_Z:
		json_out_date(out, row->name, *(const int64_t *)at, CLOCK_SECONDS_Z);
		break;
	case JSON_OUT_MICROS:
		json_out_date(out, row->name, *(const int64_t *)at, CLOCK_MICROS);
		break;
	case JSON_OUT_MICROS_Z:
		json_out_date(out, row->name, *(const int64_t *)at, CLOCK_MICROS_Z);
		break;
	case JSON_OUT_NULL:
		json_out_null(out, row->name);
		break;
	case JSON_OUT_CALL:
		row->print(out, row->name, object, view->context);
		break;
	case _JSON_OUT_TYPE_MAX:
		assert(false);
		break;
	}
}

void json_out_fields(JsonOut *out, const JsonOutField *rows, size_t count, const void *object,
		     const JsonOutView *view)
{
	for (size_t i = 0; i < count; i++)
		if (row_visible(&rows[i], view))
			print_row(out, &rows[i], object, view);
}
