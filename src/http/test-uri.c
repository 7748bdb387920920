/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Percent-encoding and query strings.
 */
#include "base/limits.h"
#include "base/str.h"
#include "http/uri.h"
#include "tests/lib/test.h"

TEST(decode)
{
	static const struct {
		const char *text, *path, *query;
	} rows[] = {
		{"", "", ""},
		{"plain", "plain", "plain"},
		{"a+b%2bc", "a+b+c", "a b+c"},
		{"%C3%a9", "\xc3\xa9", "\xc3\xa9"},
		{"%", NULL, NULL},
		{"%4", NULL, NULL},
		{"%4g", NULL, NULL},
		{"%-1", NULL, NULL},
		{"%00", NULL, NULL},
		{"a%00b", NULL, NULL},
		{"%0", NULL, NULL},
		{"%ff", NULL, NULL},
		{"%c0%af", NULL, NULL},
		{"%ed%a0%80", NULL, NULL},
		{"\x80", NULL, NULL},
		{"a\tb", NULL, NULL},
		{"%0A", "\n", "\n"},
	};
	_cleanup_(arena_freep) Arena *arena = arena_new();

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const char *text = rows[i].text;

		assert_true(str_eq(http_decode(arena, text), rows[i].path));
		assert_true(str_eq(http_uri_decode(arena, text, strlen(text), HTTP_URI_QUERY),
				   rows[i].query));
	}
}

TEST(encode)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();
	const char *text = "a b/c?d=\xc3\xa9&~-._";

	assert_string_equal(http_encode(arena, text), "a%20b%2Fc%3Fd%3D%C3%A9%26~-._");
	assert_string_equal(http_decode(arena, http_encode(arena, text)), text);
}

TEST(query_in_order)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();
	HttpParam *params;
	size_t count;

	assert_true(http_uri_query(arena, "a=1&&b&c=x%3Dy=z&a=+2&=", &params, &count));
	assert_int_equal(count, 5);
	assert_string_equal(params[0].name, "a");
	assert_string_equal(params[0].value, "1");
	assert_string_equal(params[1].name, "b");
	assert_string_equal(params[1].value, "");
	assert_string_equal(params[2].value, "x=y=z");
	assert_string_equal(params[3].value, " 2");
	assert_string_equal(params[4].name, "");
}

TEST(query_refused)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();
	_cleanup_(buf_done) Buf many = {0};
	HttpParam *params;
	size_t count;

	assert_false(http_uri_query(arena, "a=%zz", &params, &count));
	assert_false(http_uri_query(arena, "%=1", &params, &count));
	assert_false(http_uri_query(arena, "a=1&b=%00", &params, &count));
	for (size_t i = 0; i < LIMIT_HTTP_QUERY_PARAMS; i++)
		buf_add(&many, "a&");
	assert_true(http_uri_query(arena, many.data, &params, &count));
	buf_add(&many, "a");
	assert_false(http_uri_query(arena, many.data, &params, &count));
}

TEST(paths)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();

	assert_true(http_uri_path_valid(arena, "/"));
	assert_true(http_uri_path_valid(arena, "/a/%20b/"));
	assert_false(http_uri_path_valid(arena, ""));
	assert_false(http_uri_path_valid(arena, "*"));
	assert_false(http_uri_path_valid(arena, "http://x/"));
	assert_false(http_uri_path_valid(arena, "/%"));
	assert_false(http_uri_path_valid(arena, "/%80"));
}
