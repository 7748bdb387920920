/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Look-ups by path, and stored maps and lists.
 */
#include "tests/lib/test.h"
#include "json/json.h"
#include "json/out.h"

static const char answer[] = "{\"token\":{\"user\":{\"id\":\"u1\"},\"n\":7,\"on\":true,"
			     "\"catalog\":[{\"type\":\"image\"},{\"type\":\"compute\"}]}}";

TEST(finds_by_path)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();
	_cleanup_(json_doc_freep) JsonDoc *doc = NULL;

	assert_int_equal(json_parse(arena, answer, strlen(answer), &doc, NULL), 0);
	assert_true(json_is_object(doc));
	assert_int_equal(json_member_count(doc), 1);
	assert_string_equal(json_member_name(arena, doc, 0), "token");
	assert_null(json_member_name(arena, doc, 1));
	assert_string_equal(json_get_text(arena, doc, "token.user.id"), "u1");
	assert_string_equal(json_get_text(arena, doc, "token.catalog.1.type"), "compute");
	assert_null(json_get_text(arena, doc, "token.catalog.2.type"));
	assert_null(json_get_text(arena, doc, "token.catalog.x.type"));
	assert_null(json_get_text(arena, doc, "token.n"));
	assert_null(json_get_text(arena, doc, "token.user.id.more"));
	assert_int_equal(json_get_int(doc, "token.n", -1), 7);
	assert_int_equal(json_get_int(doc, "token.on", -1), -1);
	assert_true(json_get_bool(doc, "token.on", false));
	assert_true(json_get_bool(doc, "token.n", true));
	assert_int_equal(json_get_count(doc, "token.catalog"), 2);
	assert_int_equal(json_get_count(doc, "token"), 4);
	assert_int_equal(json_get_count(doc, "token.n"), -1);
	assert_int_equal(json_get_count(doc, "nothing"), -1);
	assert_string_equal(json_get_name(arena, doc, "token", 2), "on");
	assert_string_equal(json_get_raw(arena, doc, "token.catalog.0"), "{\"type\":\"image\"}");
	assert_string_equal(json_get_raw(arena, doc, "token.n"), "7");
	assert_null(json_get_raw(arena, doc, "nothing"));
	assert_string_equal(json_get_raw_at(arena, doc, "token", 1), "7");
	assert_string_equal(json_get_raw_at(arena, doc, "token.catalog", 1),
			    "{\"type\":\"compute\"}");
	assert_null(json_get_raw_at(arena, doc, "token.catalog", 2));
	assert_null(json_get_raw_at(arena, doc, "token", 4));
	assert_null(json_get_raw_at(arena, doc, "token.n", 0));
}

TEST(an_overlong_path_part_finds_nothing)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();
	_cleanup_(json_doc_freep) JsonDoc *doc = NULL;
	char path[400];

	memset(path, 'a', sizeof(path) - 1);
	path[sizeof(path) - 1] = '\0';
	assert_int_equal(json_parse(arena, answer, strlen(answer), &doc, NULL), 0);
	assert_null(json_get_text(arena, doc, path));
}

TEST(stored_maps_and_lists_come_back)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();
	const char *const texts[] = {"a\"b", "", "\xc3\xa9"};
	JsonPair pairs[] = {{"k", "v"}, {"\\", "\n"}};
	JsonTextMap map = {.pairs = pairs, .count = 2};
	const char *const *back;
	size_t count = 9;

	map = json_text_map(arena, json_print_text_map(arena, &map));
	assert_int_equal(map.count, 2);
	assert_string_equal(map.pairs[1].key, "\\");
	assert_string_equal(map.pairs[1].value, "\n");
	back = json_text_list(arena, json_print_text_list(arena, texts, 3), &count);
	assert_int_equal(count, 3);
	for (size_t i = 0; i < 3; i++)
		assert_string_equal(back[i], texts[i]);
	assert_int_equal(json_text_map(arena, NULL).count, 0);
	assert_int_equal(json_text_map(arena, "{}").count, 0);
	assert_null(json_text_list(arena, "", &count));
	assert_int_equal(count, 0);
}

TEST(texts_of_the_top_object_by_number)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();
	_cleanup_(json_doc_freep) JsonDoc *doc = NULL;

	assert_int_equal(json_parse(arena, "{\"a.b\":\"1\",\"c\":1}", 17, &doc, NULL), 0);
	assert_string_equal(json_member_text(arena, doc, 0), "1");
	assert_null(json_member_text(arena, doc, 1));
	assert_null(json_member_text(arena, doc, 2));
}

TEST(a_part_is_a_document_that_outlives_the_whole)
{
	static const char json[] = "{\"a\":{\"b\":{\"c\":\"d\"}},\"n\":null}";
	_cleanup_(arena_freep) Arena *arena = arena_new();
	_cleanup_(json_doc_freep) JsonDoc *part = NULL;
	JsonDoc *doc = NULL;

	assert_int_equal(json_parse(arena, json, strlen(json), &doc, NULL), 0);
	part = json_get_doc(doc, "a.b");
	assert_null(json_get_doc(doc, "n"));
	assert_null(json_get_doc(doc, "a.x"));
	(void)json_doc_free(doc);
	assert_true(json_is_object(part));
	assert_string_equal(json_get_text(arena, part, "c"), "d");
}

TEST(equal_objects_have_one_canonical_form)
{
	static const char *const same[] = {
		"{\"b\":{\"d\":1,\"c\":null},\"a\":[2,1]}",
		"{\"x\":null, \"a\": [2, 1], \"b\": {\"c\": null, \"d\": 1}}",
	};
	_cleanup_(arena_freep) Arena *arena = arena_new();

	for (size_t i = 0; i < ARRAY_SIZE(same); i++) {
		_cleanup_(json_doc_freep) JsonDoc *doc = NULL;

		assert_int_equal(json_parse(arena, same[i], strlen(same[i]), &doc, NULL), 0);
		assert_string_equal(json_object_canonical(arena, doc),
				    "{\"a\":[2,1],\"b\":{\"c\":null,\"d\":1}}");
	}
}
