/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Extra specs about disks: what they may say, and what hosts are told.
 */
#include "service/disk-specs.h"

#include "base/str.h"
#include "tests/lib/test.h"

TEST(values_are_checked)
{
	static const struct {
		const char *specs;
		const char *complaint; /* NULL: it is fine */
	} rows[] = {
		{"{}", NULL},
		{"{\"disk:color\":\"blue\",\"discard\":\"maybe\"}", NULL}, /* none of ours */
		{"{\"disk:cache\":\"none\",\"disk:io\":\"io_uring\",\"disk:discard\":\"<is> "
		 "True\"}",
		 NULL},
		{"{\"disk:cache\":\"default\"}", "disk:cache has to be none, writethrough"},
		{"{\"disk:cache\":\"\"}", "disk:cache"},
		{"{\"disk:io\":\"fast\"}", "disk:io has to be native, threads or io_uring"},
		{"{\"disk:discard\":\"True\"}", "disk:discard has to be <is> True or <is> False"},
		{"{\"disk:logical_block_size\":\"4096\",\"disk:physical_block_size\":\"4096\"}",
		 NULL},
		{"{\"disk:logical_block_size\":\"256\"}", "a power of two"},
		{"{\"disk:physical_block_size\":\"4194304\"}", "a power of two"},
		{"{\"disk:physical_block_size\":\"513\"}", "a power of two"},
		{"{\"disk:logical_block_size\":\"4096\",\"disk:physical_block_size\":\"512\"}",
		 "cannot be less"},
	};
	_cleanup_(arena_freep) Arena *arena = arena_new();

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		Work work = {.arena = arena};
		int r = disk_specs_check(&work, rows[i].specs);

		assert_int_equal(r, rows[i].complaint ? REFUSAL_BAD_INPUT : 0);
		if (rows[i].complaint && !strstr(work.refused.value, rows[i].complaint))
			fail_msg("%s: %s", rows[i].specs, work.refused.value);
	}
}

static char *printed(Arena *arena, const char *specs, const char *driver)
{
	_cleanup_(json_doc_freep) JsonDoc *doc = NULL;
	JsonOut out = {0};
	size_t length;

	assert_int_equal(json_parse(arena, driver, strlen(driver), &doc, NULL), 0);
	json_out_begin(&out, NULL);
	disk_specs_print(arena, &out, specs, doc);
	json_out_end(&out);
	return json_out_take(&out, &length);
}

TEST(the_type_wins_over_the_driver)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();
	_cleanup_(freep) char *both =
		printed(arena,
			"{\"disk:cache\":\"writeback\",\"disk:discard\":\"<is> False\","
			"\"disk:logical_block_size\":\"4096\"}",
			"{\"discard\":true,\"physical_block_size\":8192,\"secret\":\"x\"}");
	_cleanup_(freep) char *none = printed(arena, NULL, "{}");

	assert_string_equal(both, "{\"cache_mode\":\"writeback\",\"discard\":false,"
				  "\"logical_block_size\":4096,\"physical_block_size\":8192}");
	assert_string_equal(none, "{}");
}
