/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Any document through a table with every kind of row: decoded, or refused with a complete problem.
 */
#include "base/str.h"
#include "tests/fuzz/fuzz.h"
#include "json/json.h"

static const JsonField part_rows[] = {
	{.name = "u", .type = JSON_TEXT, .format = JSON_FORMAT_UUID, .flags = JSON_REQUIRED},
};
static const JsonFields part_fields = {.rows = part_rows, .count = 1, .size = 64};

static const JsonField rows[] = {
	{.name = "name", .type = JSON_TEXT, .format = JSON_FORMAT_NAME, .max = 9},
	{.name = "device", .type = JSON_TEXT, .format = JSON_FORMAT_DEVICE, .flags = JSON_NULLABLE},
	{.name = "data", .type = JSON_TEXT, .format = JSON_FORMAT_BASE64},
	{.name = "any", .type = JSON_TEXT_LOOSE, .min = 1},
	{.name = "int", .type = JSON_INT, .max = 100},
	{.name = "loose", .type = JSON_INT_LOOSE, .min = -1},
	{.name = "bool", .type = JSON_BOOL_LOOSE, .flags = JSON_LETTERS},
	{.name = "map", .type = JSON_TEXT_MAP, .format = JSON_FORMAT_METADATA_KEY, .value_max = 5},
	{.name = "part", .type = JSON_OBJECT, .fields = &part_fields},
	{.name = "list", .type = JSON_LIST, .item = JSON_OBJECT, .fields = &part_fields, .max = 3},
	{.name = "tags", .type = JSON_LIST, .item = JSON_TEXT, .format = JSON_FORMAT_TAG},
	{.name = "raw", .type = JSON_ANY, .offset = 8},
};
static const JsonFields fields = {.rows = rows, .count = ARRAY_SIZE(rows), .size = 64};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();
	_cleanup_(json_doc_freep) JsonDoc *doc = NULL;
	JsonProblem p = {0};
	void *out = NULL;

	if (json_parse(arena, (const char *)data, size, &doc, NULL))
		return 0;
	if (json_decode(arena, doc, &fields, 1, &out, &p) == 0)
		return 0;
	if (out || str_empty(p.reason) || !p.path || !p.field || !p.value || strlen(p.value) > 200)
		abort();
	return 0;
}
