/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * What the parser must refuse, and what it must not.
 */
#include "base/limits.h"
#include "base/str.h"
#include "tests/lib/test.h"
#include "json/json.h"

#define BYTES(text) (text), sizeof(text) - 1

static const struct {
	const char *what;
	const char *bytes;
	size_t length;
} hostile[] = {
	{"nothing", BYTES("")},
	{"blanks only", BYTES(" \n\t ")},
	{"scalar and more", BYTES("1 2")},
	{"scalar out of range", BYTES("1e999")},
	{"cut object", BYTES("{\"a\":1")},
	{"cut text", BYTES("{\"a\":\"x")},
	{"cut escape", BYTES("[\"\\")},
	{"trailing comma", BYTES("[1,]")},
	{"trailing text", BYTES("{} x")},
	{"two documents", BYTES("{}{}")},
	{"single quotes", BYTES("{'a':1}")},
	{"bare key", BYTES("{a:1}")},
	{"number as key", BYTES("{1:1}")},
	{"comment", BYTES("[1/* */]")},
	{"duplicate member", BYTES("{\"a\":1,\"a\":2}")},
	{"duplicate below", BYTES("{\"x\":[{\"a\":1,\"a\":1}]}")},
	{"duplicate through an escape", BYTES("{\"a\":1,\"\\u0061\":2}")},
	{"NaN", BYTES("[NaN]")},
	{"Infinity", BYTES("[-Infinity]")},
	{"2^63", BYTES("[9223372036854775808]")},
	{"below -2^63", BYTES("[-9223372036854775809]")},
	{"real out of range", BYTES("[1e999]")},
	{"leading zero", BYTES("[01]")},
	{"leading plus", BYTES("[+1]")},
	{"no digit before the point", BYTES("[.5]")},
	{"no digit behind the point", BYTES("[1.]")},
	{"hexadecimal", BYTES("[0x10]")},
	{"NUL in a text", BYTES("[\"a\0b\"]")},
	{"NUL behind the document", BYTES("{}\0")},
	{"escaped NUL", BYTES("[\"\\u0000\"]")},
	{"escaped NUL in a key", BYTES("{\"\\u0000\":1}")},
	{"raw control", BYTES("[\"a\nb\"]")},
	{"unknown escape", BYTES("[\"\\x41\"]")},
	{"lone high surrogate", BYTES("[\"\\ud800\"]")},
	{"lone low surrogate", BYTES("[\"\\udc00\"]")},
	{"surrogates the wrong way round", BYTES("[\"\\udc00\\ud800\"]")},
	{"surrogate in UTF-8", BYTES("[\"\xed\xa0\x80\"]")},
	{"overlong UTF-8", BYTES("[\"\xc0\xaf\"]")},
	{"cut UTF-8", BYTES("[\"\xe2\x82\"]")},
	{"beyond Unicode", BYTES("[\"\xf4\x90\x80\x80\"]")},
	{"latin-1", BYTES("[\"\xe9\"]")},
	{"byte order mark", BYTES("\xef\xbb\xbf{}")},
	{"UTF-16", BYTES("{\0}\0")},
	{"bad words", BYTES("[True]")},
};

TEST(refuses_hostile_json)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();

	for (size_t i = 0; i < ARRAY_SIZE(hostile); i++) {
		const char *reason = NULL;
		JsonDoc *doc = NULL;

		if (json_parse(arena, hostile[i].bytes, hostile[i].length, &doc, &reason) !=
		    JSON_MALFORMED)
			fail_msg("accepted: %s", hostile[i].what);
		assert_null(doc);
		assert_non_null(reason);
	}
}

static int parse_nested(Arena *arena, size_t depth, char open, char close)
{
	_cleanup_(json_doc_freep) JsonDoc *doc = NULL;
	_cleanup_(buf_done) Buf text = {0};

	for (size_t i = 0; i < depth; i++) {
		if (open == '{' && i > 0)
			buf_add(&text, "\"k\":");
		buf_add_char(&text, open);
	}
	for (size_t i = 0; i < depth; i++)
		buf_add_char(&text, close);
	return json_parse(arena, text.data, text.length, &doc, NULL);
}

TEST(depth_is_limited)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();

	assert_int_equal(parse_nested(arena, LIMIT_JSON_DEPTH, '[', ']'), 0);
	assert_int_equal(parse_nested(arena, LIMIT_JSON_DEPTH, '{', '}'), 0);
	assert_int_equal(parse_nested(arena, LIMIT_JSON_DEPTH + 1, '[', ']'), JSON_MALFORMED);
	assert_int_equal(parse_nested(arena, LIMIT_JSON_DEPTH + 1, '{', '}'), JSON_MALFORMED);
	assert_int_equal(parse_nested(arena, 50000, '[', ']'), JSON_MALFORMED);
	assert_int_equal(parse_nested(arena, 1000000, '[', ']'), JSON_MALFORMED);
}

static const char *round_trip(Arena *arena, const char *text)
{
	_cleanup_(json_doc_freep) JsonDoc *doc = NULL;

	assert_int_equal(json_parse(arena, text, strlen(text), &doc, NULL), 0);
	return json_get_raw(arena, doc, "");
}

TEST(accepts_what_is_json)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();

	assert_string_equal(round_trip(arena, " { } "), "{}");
	assert_string_equal(round_trip(arena, "null"), "null");
	assert_string_equal(round_trip(arena, " 1 "), "1");
	assert_string_equal(round_trip(arena, "\"a\""), "\"a\"");
	assert_string_equal(round_trip(arena, "[-9223372036854775808,9223372036854775807]"),
			    "[-9223372036854775808,9223372036854775807]");
	assert_string_equal(round_trip(arena, "[\"\\ud83d\\ude00\\u00e9\\/\"]"),
			    "[\"\xf0\x9f\x98\x80\xc3\xa9/\"]");
	assert_string_equal(round_trip(arena, "{\"b\":1,\"a\":{\"\":null},\"c\":[true]}"),
			    "{\"b\":1,\"a\":{\"\":null},\"c\":[true]}");
	assert_string_equal(round_trip(arena, "{\"A\":1,\"a\":2}"), "{\"A\":1,\"a\":2}");
}

TEST(reason_says_where)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();
	const char *reason = NULL;
	JsonDoc *doc = NULL;

	assert_int_equal(json_parse(arena, "{\n\"a\" 1}", 8, &doc, &reason), JSON_MALFORMED);
	assert_non_null(strstr(reason, "line 2"));
}
