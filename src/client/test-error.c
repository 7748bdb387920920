/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Error bodies of all dialects become one line of words.
 */
#include "client/priv.h"
#include "tests/lib/test.h"

static const struct {
	const char *body;
	const char *words;
} rows[] = {
	{"{\"itemNotFound\":{\"code\":404,\"message\":\"Volume x could not be found.\"}}",
	 "Volume x could not be found."},
	{"{\"error\":{\"code\":401,\"message\":\"No.\",\"title\":\"Unauthorized\"}}", "No."},
	{"{\"message\":\"plain\",\"code\":1}", "plain"},
	{"{\"NeutronError\":{\"type\":\"x\",\"message\":\"gone\"}}", "gone"},
	{"{\"error\":\"only text\"}", "only text"},
	{"{\"badRequest\":{\"message\":\"two\\nlines\\u001b[31m\"}}", "two lines [31m"},
	{"<html><head><title>404 Not Found</title></head>\n <body><h1>404 Not Found</h1></body>",
	 "404 Not Found 404 Not Found"},
	{"No image found with ID 5", "No image found with ID 5"},
	{"", ""},
	{"{}", "{}"},
	{"{\"a\":", "{\"a\":"},
};

TEST(words_of_error_bodies)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_(arena_freep) Arena *arena = arena_new();

		assert_string_equal(client_error_words(arena, rows[i].body, strlen(rows[i].body)),
				    rows[i].words);
	}
}

TEST(words_are_bounded)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();
	_cleanup_(buf_done) Buf body = {0};

	for (int i = 0; i < 10000; i++)
		buf_add(&body, "long ");
	assert_in_range(strlen(client_error_words(arena, body.data, body.length)), 1, 500);
}
