/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Patterns that clients may and may not use.
 */
#include "base/str.h"
#include "records/priv.h"
#include "tests/lib/test.h"

TEST(plain_patterns_are_valid)
{
	assert_true(record_pattern_valid("web"));
	assert_true(record_pattern_valid("^web-[0-9]+$"));
	assert_true(record_pattern_valid("a\\.b|c"));
}

TEST(what_does_not_compile_is_invalid)
{
	assert_false(record_pattern_valid("("));
	assert_false(record_pattern_valid("[a"));
}

TEST(costly_patterns_are_invalid)
{
	char longer[400];

	assert_false(record_pattern_valid("((x{255}){255}){255}"));
	assert_false(record_pattern_valid("(a*)\\1"));
	memset(longer, 'a', sizeof(longer));
	longer[sizeof(longer) - 1] = '\0';
	assert_false(record_pattern_valid(longer));
}

TEST(or_binds_the_condition_before)
{
	RecordQuery query = {0};

	record_where_text(&query, "owner", RECORD_EQ, "me");
	record_or(&query);
	record_where_text(&query, "visibility", RECORD_EQ, "public");
	assert_int_equal(query.condition_count, 2);
	assert_true(query.conditions[0].or_next);
	assert_false(query.conditions[1].or_next);
}

TEST(a_quoted_text_matches_itself)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();

	assert_string_equal(record_pattern_quote(arena, "a.b|{c}"), "a\\.b\\|.c}");
	assert_true(record_pattern_valid(record_pattern_quote(arena, "({[*+?^$\\9")));
}

TEST(a_pattern_is_held_against_the_begin_of_a_text)
{
	assert_true(record_pattern_matches(".*", "host@lvm#pool"));
	assert_true(record_pattern_matches("", "host"));
	assert_true(record_pattern_matches("ho", "host"));
	assert_true(record_pattern_matches("x|h", "host"));
	assert_false(record_pattern_matches("ost", "host"));
	assert_false(record_pattern_matches("x.*", "host"));
	assert_false(record_pattern_matches("(", "host"));
	assert_false(record_pattern_matches("((x{255}){255}){255}", "x"));
}
