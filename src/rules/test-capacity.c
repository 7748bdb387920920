/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * What a pool may still promise.
 */
#include "rules/capacity.h"

#include "tests/lib/test.h"

#define GIB ((int64_t)1 << 30)

static PoolCapacity thin_of(int64_t total, int64_t free, int64_t promised)
{
	return (PoolCapacity){
		.total_bytes = total * GIB,
		.free_bytes = free * GIB,
		.promised_gib = promised,
		.oversubscription = 1000,
		.thin = true,
	};
}

static int64_t left(PoolCapacity pool)
{
	return capacity_left_gib(&pool);
}

TEST(a_thin_pool_promises_more_than_it_has)
{
	assert_int_equal(left(thin_of(10, 10, 0)), 100);
	assert_int_equal(left(thin_of(10, 10, 99)), 1);
	assert_int_equal(left(thin_of(10, 10, 100)), 0);
	assert_int_equal(left(thin_of(10, 10, 200)), 0);
}

TEST(what_is_free_now_bounds_the_next_promise)
{
	assert_int_equal(left(thin_of(10, 2, 0)), 20);
	assert_int_equal(left(thin_of(10, 0, 0)), 0);
}

TEST(a_thick_pool_promises_what_it_has)
{
	PoolCapacity pool = thin_of(10, 10, 4);

	pool.thin = false;
	assert_int_equal(left(pool), 6);
	pool.free_bytes = 3 * GIB;
	assert_int_equal(left(pool), 3);
}

TEST(a_part_is_kept_back)
{
	PoolCapacity pool = thin_of(100, 100, 0);

	pool.thin = false;
	pool.reserved_percent = 10;
	assert_int_equal(left(pool), 90);
	pool.free_bytes = 10 * GIB;
	assert_int_equal(left(pool), 0);
	pool.free_bytes = 5 * GIB;
	assert_int_equal(left(pool), 0);
}

TEST(a_ratio_below_one_is_one)
{
	PoolCapacity pool = thin_of(10, 10, 0);

	pool.oversubscription = 0;
	assert_int_equal(left(pool), 10);
}

TEST(large_and_small_pools_are_counted_alike)
{
	PoolCapacity pool = {
		.total_bytes = INT64_C(512) << 20,
		.free_bytes = INT64_C(512) << 20,
		.oversubscription = 2000,
		.thin = true,
	};

	assert_int_equal(left(pool), 10);
	pool.total_bytes = pool.free_bytes = INT64_MAX;
	pool.oversubscription = 10000;
	assert_int_equal(left(pool), (INT64_MAX >> 30) * 100 + 99);
}
