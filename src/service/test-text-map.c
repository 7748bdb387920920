/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Stored text maps, changed by key.
 */
#include "service/text-map.h"
#include "tests/lib/test.h"

TEST(merge_keeps_places_and_adds_behind)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();
	JsonPair pairs[] = {{"c", "3"}, {"a", "9"}};
	JsonTextMap set = {.pairs = pairs, .count = 2};

	assert_string_equal(text_map_merge(arena, "{\"a\":\"1\",\"b\":\"2\"}", &set),
			    "{\"a\":\"9\",\"b\":\"2\",\"c\":\"3\"}");
	assert_string_equal(text_map_merge(arena, NULL, &set), "{\"c\":\"3\",\"a\":\"9\"}");
}

TEST(remove_and_look_up)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();
	const char *stored = "{\"a\":\"1\",\"b.c\":\"2\"}";

	assert_string_equal(text_map_without(arena, stored, "a"), "{\"b.c\":\"2\"}");
	assert_null(text_map_without(arena, stored, "x"));
	assert_string_equal(text_map_value(arena, stored, "b.c"), "2");
	assert_null(text_map_value(arena, stored, "b"));
}
