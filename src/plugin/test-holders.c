/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Records of holders as files.
 */
#include "plugin/holders.h"

#include <stdio.h>
#include <unistd.h>

#include "plugin/test-place.h"

TEST(a_record_is_read_as_it_was_written)
{
	TestPlace place = place_make();
	Record record = {.name = "data", .volume_id = "v1"}, read = {0};
	const char **names;
	size_t count;

	assert_int_equal(holders_load(place.holders, place.arena, "data", &read, NULL),
			 HOLDERS_NONE);
	holders_add(place.arena, &record, "one");
	holders_add(place.arena, &record, "t\"w\\o");
	holders_add(place.arena, &record, "one");
	assert_int_equal(record.count, 2);
	assert_int_equal(holders_save(place.holders, &record, NULL), 0);
	assert_int_equal(holders_load(place.holders, place.arena, "data", &read, NULL), 0);
	assert_string_equal(read.volume_id, "v1");
	assert_int_equal(read.count, 2);
	assert_true(holders_find(&read, "one") && holders_find(&read, "t\"w\\o"));
	assert_int_equal(holders_find(&read, "one")->unheard_ms, 0);

	holders_drop(&read, "nobody");
	holders_drop(&read, "one");
	assert_int_equal(read.count, 1);
	assert_null(holders_find(&read, "one"));
	assert_int_equal(holders_names(place.holders, place.arena, &names, &count, NULL), 0);
	assert_int_equal(count, 1);
	assert_string_equal(names[0], "data");
	assert_int_equal(holders_forget(place.holders, "data", NULL), 0);
	assert_int_equal(holders_names(place.holders, place.arena, &names, &count, NULL), 0);
	assert_int_equal(count, 0);
	place_done(&place);
}

static void put(const TestPlace *place, const char *text)
{
	FILE *file = fopen(arena_printf(place->arena, "%s/data.json", place->folder), "w");

	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

TEST(holders_of_an_earlier_boot_do_not_count)
{
	TestPlace place = place_make();
	Record read = {0};

	put(&place,
	    "{\"format\":1,\"volume_id\":\"v1\",\"boot_id\":\"before\",\"holders\":[\"a\"]}");
	assert_int_equal(holders_load(place.holders, place.arena, "data", &read, NULL), 0);
	assert_int_equal(read.count, 0);
	assert_string_equal(read.volume_id, "v1");
	place_done(&place);
}

TEST(what_cannot_be_read_is_a_fault)
{
	static const char *const texts[] = {
		"",
		"{",
		"[]",
		"{\"format\":2,\"volume_id\":\"v1\",\"holders\":[]}",
		"{\"format\":1,\"holders\":[]}",
		"{\"format\":1,\"volume_id\":\"v1\"}",
	};
	TestPlace place = place_make();
	Record read = {0};

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		Fault f = {0};

		put(&place, texts[i]);
		assert_true(holders_load(place.holders, place.arena, "data", &read, &f) < 0);
		assert_non_null(strstr(f.text, "record of data"));
	}
	place_done(&place);
}

TEST(one_plugin_has_the_records)
{
	TestPlace place = place_make();
	Holders *second = NULL;
	Fault f = {0};

	assert_true(holders_open(place.folder, &second, &f) < 0);
	assert_non_null(strstr(f.text, "another plugin"));
	holders_close(place.holders);
	assert_int_equal(holders_open(place.folder, &place.holders, &f), 0);
	place_done(&place);
}
