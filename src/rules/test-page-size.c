/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * What flavors may say of pages, and what hosts make of it.
 */
#include "rules/page-size.h"
#include "tests/lib/test.h"

enum { MIB = 1024, GIB = 1024 * 1024 };

TEST(wishes)
{
	static const struct {
		const char *text;
		int64_t wish; /* -2: it is none */
	} rows[] = {
		{"small", PAGES_ORDINARY},
		{"any", PAGES_ORDINARY},
		{"large", PAGES_HUGE},
		{"4", 4},
		{"2048", 2 * MIB},
		{"2048KB", 2 * MIB},
		{"2MB", 2 * MIB},
		{"2MiB", 2 * MIB},
		{"1GB", GIB},
		{"1GiB", GIB},
		{"1G", GIB},
		{"", -2},
		{"0", -2},
		{"-2048", -2},
		{"+4", -2},
		{"huge", -2},
		{"Large", -2},
		{"2 MB", -2},
		{"2MB ", -2},
		{"2.0MB", -2},
		{"MB", -2},
		{"2TB", -2},
		{"2048,4", -2},
		{"2\"/><x y=\"", -2},
		{"99999999999999999999", -2},
		{"9223372036854775807GB", -2},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		int64_t wish = -2;

		assert_int_equal(page_size_parse(rows[i].text, &wish), rows[i].wish != -2);
		assert_int_equal(wish, rows[i].wish);
	}
}

TEST(choices)
{
	static const int64_t none[HOST_PAGE_SIZES] = {0};
	static const int64_t both[HOST_PAGE_SIZES] = {GIB, 2 * MIB};
	static const struct {
		int64_t wish;
		const int64_t *host;
		int64_t ram_mib;
		int64_t kib; /* -1: the host cannot */
	} rows[] = {
		{PAGES_ORDINARY, none, 512, 0},
		{PAGES_ORDINARY, both, 512, 0},
		{4, none, 512, 0},
		{8, both, 512, -1},
		{PAGES_HUGE, none, 512, -1},
		{PAGES_HUGE, both, 512, 2 * MIB},
		{PAGES_HUGE, both, 2048, GIB},
		{PAGES_HUGE, both, 511, -1},
		{2 * MIB, both, 2048, 2 * MIB},
		{2 * MIB, none, 2048, -1},
		{GIB, both, 512, -1},
		{GIB, both, 1024, GIB},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		int64_t kib = -1;

		assert_int_equal(
			page_size_choose(rows[i].wish, rows[i].host, rows[i].ram_mib, &kib),
			rows[i].kib != -1);
		if (rows[i].kib != -1)
			assert_int_equal(kib, rows[i].kib);
	}
}
