/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Which row a method and path lead to.
 */
#include "base/str.h"
#include "http/router.h"
#include "tests/lib/test.h"

typedef struct Row {
	const char *method;
	const char *pattern;
	const char *name;
} Row;

static const Row rows[] = {
	{"GET", "/", "root"},
	{"GET", "/servers", "list"},
	{"POST", "/servers", "create"},
	{"GET", "/servers/detail", "detail"},
	{"GET", "/servers/{id}", "show"},
	{"HEAD", "/servers/{id}/ips", "ips-head"},
	{"GET", "/servers/{id}/ips", "ips"},
	{"DELETE", "/servers/{id}", "delete"},
	{"POST", "/servers/{id}/action", "action"},
	{"GET", "/servers/{id}/volumes/{volume}", "volume"},
	{"GET", "/servers/{id}", "show-newer"},
	{"GET", "/servers/{id}", "show-newest"},
};

static Router *router_of_rows(void)
{
	Router *router = router_new();

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		router_add(router, rows[i].method, rows[i].pattern, &rows[i]);
	return router;
}

static const char *name_of(const void *row)
{
	return row ? ((const Row *)row)->name : NULL;
}

TEST(paths)
{
	static const struct {
		const char *method, *path;
		int outcome;
		const char *name;
	} cases[] = {
		{"GET", "/", 0, "root"},
		{"GET", "", ROUTER_NO_PATH, NULL},
		{"GET", "*", ROUTER_NO_PATH, NULL},
		{"GET", "//", ROUTER_NO_PATH, NULL},
		{"GET", "/servers", 0, "list"},
		{"GET", "/servers/", 0, "list"},
		{"GET", "/servers//", ROUTER_NO_PATH, NULL},
		{"GET", "//servers", ROUTER_NO_PATH, NULL},
		{"GET", "/server", ROUTER_NO_PATH, NULL},
		{"GET", "/serversx", ROUTER_NO_PATH, NULL},
		{"POST", "/servers", 0, "create"},
		{"HEAD", "/servers", 0, "list"},
		{"PUT", "/servers", ROUTER_NO_METHOD, NULL},
		{"get", "/servers", ROUTER_NO_METHOD, NULL},
		{"GET", "/servers/detail", 0, "detail"},
		{"GET", "/servers/%64etail", 0, "detail"},
		{"GET", "/servers/details", 0, "show"},
		{"GET", "/servers/{id}", 0, "show"},
		{"HEAD", "/servers/7/ips", 0, "ips-head"},
		{"HEAD", "/servers/7/action", ROUTER_NO_METHOD, NULL},
		{"GET", "/servers/7/nothing", ROUTER_NO_PATH, NULL},
		{"GET", "/servers/%zz", ROUTER_NO_PATH, NULL},
		{"GET", "/servers/a%00b", ROUTER_NO_PATH, NULL},
		{"GET", "/servers/7/volumes/8/9", ROUTER_NO_PATH, NULL},
		/* The literal has no such method or no such child: back to the {id}. */
		{"DELETE", "/servers/detail", 0, "delete"},
		{"POST", "/servers/detail/action", 0, "action"},
	};
	_cleanup_(router_freep) Router *router = router_of_rows();
	_cleanup_(arena_freep) Arena *arena = arena_new();

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		RouterMatch match = {0};
		int r = router_match(router, arena, cases[i].method, cases[i].path, &match);

		if (r != cases[i].outcome || !str_eq(name_of(match.row), cases[i].name))
			print_error("case %zu: %s %s\n", i, cases[i].method, cases[i].path);
		assert_int_equal(r, cases[i].outcome);
		assert_true(str_eq(name_of(match.row), cases[i].name));
	}
}

TEST(params_are_decoded)
{
	_cleanup_(router_freep) Router *router = router_of_rows();
	_cleanup_(arena_freep) Arena *arena = arena_new();
	RouterMatch match;

	assert_int_equal(
		router_match(router, arena, "GET", "/servers/a%2Fb+c/volumes/%c3%a9/", &match), 0);
	assert_int_equal(match.count, 2);
	assert_string_equal(router_param(&match, "id"), "a/b+c");
	assert_string_equal(router_param(&match, "volume"), "\xc3\xa9");
}

TEST(params_after_coming_back)
{
	_cleanup_(router_freep) Router *router = router_of_rows();
	_cleanup_(arena_freep) Arena *arena = arena_new();
	RouterMatch match;

	assert_int_equal(router_match(router, arena, "POST", "/servers/detail/action", &match), 0);
	assert_int_equal(match.count, 1);
	assert_string_equal(router_param(&match, "id"), "detail");
}

TEST(rows_of_one_pattern_are_chained)
{
	_cleanup_(router_freep) Router *router = router_of_rows();
	_cleanup_(arena_freep) Arena *arena = arena_new();
	RouterMatch match;
	const void *row;

	assert_int_equal(router_match(router, arena, "GET", "/servers/7", &match), 0);
	assert_string_equal(name_of(match.row), "show");
	row = router_next(&match, match.row);
	assert_string_equal(name_of(row), "show-newer");
	row = router_next(&match, row);
	assert_string_equal(name_of(row), "show-newest");
	assert_null(router_next(&match, row));
}
