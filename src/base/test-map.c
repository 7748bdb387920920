/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * The text map.
 */
#include "base/map.h"
#include "tests/lib/test.h"

TEST(put_get_remove)
{
	_cleanup_(map_freep) Map *map = map_new();
	int a = 1, b = 2;

	assert_null(map_get(map, "a"));
	assert_null(map_put(map, "a", &a));
	assert_ptr_equal(map_put(map, "a", &b), &a);
	assert_ptr_equal(map_get(map, "a"), &b);
	assert_int_equal(map_count(map), 1);
	assert_ptr_equal(map_remove(map, "a"), &b);
	assert_null(map_remove(map, "a"));
	assert_int_equal(map_count(map), 0);
}

TEST(visits_in_order)
{
	_cleanup_(map_freep) Map *map = map_new();
	char seen[8] = "";

	for (const char *k = "xaz"; *k; k++) {
		char key[2] = {*k, '\0'};

		assert_null(map_put(map, key, map));
	}
	MAP_FOREACH (map, e)
		strncat(seen, map_key(e), 1);
	assert_string_equal(seen, "xaz");
}
