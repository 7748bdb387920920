/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Flavors and the hosts that may have their servers.
 */
#include "service/host-traits.h"
#include "tests/lib/test.h"

#define FS "\"trait:COMPUTE_STORAGE_VIRTIO_FS\""
#define MEMORY "\"trait:COMPUTE_MEM_BACKING_FILE\""

static const HostTraits able = {0};
static const HostTraits unable = {{"no virtiofsd", NULL}};

TEST(flavors_demand_traits)
{
	static const struct {
		const char *specs;
		bool on_able;
		bool on_unable;
	} rows[] = {
		{"{}", true, true},
		{NULL, true, true},
		{"{" FS ":\"required\"}", true, false},
		{"{" FS ":\"required\"," MEMORY ":\"required\"}", true, false},
		{"{" MEMORY ":\"required\"}", true, true},
		{"{" FS ":\"forbidden\"}", false, true},
		{"{" FS ":\"preferred\"}", true, true},
		{"{\"trait:CUSTOM_GOLD\":\"required\"}", false, false},
		{"{\"trait:CUSTOM_GOLD\":\"forbidden\"}", true, true},
		{"{\"other:COMPUTE_STORAGE_VIRTIO_FS\":\"required\"}", true, true},
	};
	_cleanup_(arena_freep) Arena *arena = arena_new();

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		assert_int_equal(host_fits(arena, &able, rows[i].specs, 64), rows[i].on_able);
		assert_int_equal(host_fits(arena, &unable, rows[i].specs, 64), rows[i].on_unable);
	}
}

TEST(flavors_demand_pages)
{
	static const HostTraits huge = {.page_kib = {1024 * 1024, 2048}};
	static const struct {
		const char *size;
		bool on_able;
		bool on_huge;
	} rows[] = {
		{"small", true, true}, {"any", true, true},    {"large", false, true},
		{"4", true, true},     {"2MB", false, true},   {"1GB", false, false},
		{"64", false, false},  {"none", false, false},
	};
	_cleanup_(arena_freep) Arena *arena = arena_new();

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const char *specs =
			arena_printf(arena, "{\"hw:mem_page_size\":\"%s\"}", rows[i].size);

		assert_int_equal(host_fits(arena, &able, specs, 64), rows[i].on_able);
		assert_int_equal(host_fits(arena, &huge, specs, 64), rows[i].on_huge);
	}
}

TEST(pages_have_a_size_on_a_host)
{
	static const HostTraits huge = {.page_kib = {1024 * 1024, 2048}};
	static const struct {
		const char *size;
		int64_t on_able;
		int64_t on_huge;
	} rows[] = {
		{"small", 4, 4},
		{"any", 4, 4},
		{"large", 0, 2048},
		{"2MB", 0, 2048},
	};
	_cleanup_(arena_freep) Arena *arena = arena_new();
	int64_t kib = -1;

	assert_false(host_pages(arena, &huge, NULL, 64, &kib));
	assert_false(host_pages(arena, &huge, "{\"hw:numa_nodes\":\"1\"}", 64, &kib));
	assert_int_equal(kib, -1);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const char *specs =
			arena_printf(arena, "{\"hw:mem_page_size\":\"%s\"}", rows[i].size);

		assert_true(host_pages(arena, &able, specs, 64, &kib));
		assert_int_equal(kib, rows[i].on_able);
		assert_true(host_pages(arena, &huge, specs, 64, &kib));
		assert_int_equal(kib, rows[i].on_huge);
	}
}

TEST(shares_need_both_traits)
{
	const HostTraits private = {.lacks[HOST_TRAIT_SHARED_MEMORY] = "too old"};

	assert_true(host_gives_shares(&able));
	assert_false(host_gives_shares(&unable));
	assert_false(host_gives_shares(&private));
}
