/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Reply tables: every kind of member, versions and audiences.
 */
#include "tests/lib/test.h"
#include "json/out.h"

typedef struct Thing {
	const char *name;
	const char *metadata;
	const char *tags;
	int64_t size;
	int64_t created_us;
	bool flag;
	int state;
} Thing;

enum { ADMIN = 1 };

static const char *const state_names[] = {"down", "up"};
static const EnumNames states = ENUM_NAMES(state_names);

static void print_link(JsonOut *out, const char *key, const void *object, const void *context)
{
	const Thing *thing = object;

	json_out_printf(out, key, "%s/%s", (const char *)context, thing->name);
}

static const JsonOutField rows[] = {
	{.name = "name", .type = JSON_OUT_TEXT, .offset = offsetof(Thing, name)},
	{.name = "tags", .type = JSON_OUT_LIST, .offset = offsetof(Thing, tags), .since = 26},
	{.name = "map", .type = JSON_OUT_MAP, .offset = offsetof(Thing, metadata)},
	{.name = "text", .type = JSON_OUT_TEXT_EMPTY, .offset = offsetof(Thing, metadata)},
	{.name = "size", .type = JSON_OUT_INT, .offset = offsetof(Thing, size)},
	{.name = "flag", .type = JSON_OUT_BOOL, .offset = offsetof(Thing, flag)},
	{.name = "word", .type = JSON_OUT_BOOL_TEXT, .offset = offsetof(Thing, flag), .until = 25},
	{.name = "state",
	 .type = JSON_OUT_ENUM,
	 .offset = offsetof(Thing, state),
	 .names = &states},
	{.name = "s", .type = JSON_OUT_SECONDS_Z, .offset = offsetof(Thing, created_us)},
	{.name = "m", .type = JSON_OUT_MICROS, .offset = offsetof(Thing, created_us)},
	{.name = "z", .type = JSON_OUT_MICROS_Z, .offset = offsetof(Thing, created_us)},
	{.name = "host", .type = JSON_OUT_NULL, .audience = ADMIN},
	{.name = "link", .type = JSON_OUT_CALL, .print = print_link},
};

static char *printed(const Thing *thing, const JsonOutView *view)
{
	JsonOut out = {0};

	json_out_begin(&out, NULL);
	json_out_fields(&out, rows, ARRAY_SIZE(rows), thing, view);
	json_out_end(&out);
	return json_out_take(&out, NULL);
}

TEST(old_version_for_everybody)
{
	const Thing thing = {.name = "t", .created_us = 2500000};
	const JsonOutView view = {.version = 25, .context = "http://x"};
	_cleanup_(freep) char *text = printed(&thing, &view);

	assert_string_equal(text, "{\"name\":\"t\",\"map\":{},\"text\":\"\",\"size\":0,"
				  "\"flag\":false,\"word\":\"false\",\"state\":\"down\","
				  "\"s\":\"1970-01-01T00:00:02Z\","
				  "\"m\":\"1970-01-01T00:00:02.500000\","
				  "\"z\":\"1970-01-01T00:00:02.000000Z\",\"link\":\"http://x/t\"}");
}

TEST(new_version_for_admins)
{
	const Thing thing = {
		.metadata = "{\"a\":\"b\"}", .tags = "[\"x\"]", .flag = true, .state = 1};
	const JsonOutView view = {.version = 26, .audience = ADMIN, .context = ""};
	_cleanup_(freep) char *text = printed(&thing, &view);

	assert_non_null(strstr(text, "{\"name\":null,\"tags\":[\"x\"],\"map\":{\"a\":\"b\"},"));
	assert_non_null(strstr(text, "\"flag\":true,\"state\":\"up\",\"s\":null,\"m\":null,"
				     "\"z\":null,\"host\":null,"));
}
