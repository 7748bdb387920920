/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Those who wait for the end of an operation: each is called once, for its operation or when its
 * time is up.
 */
#include "engine/priv.h"
#include "tests/lib/test.h"

enum { LATE_US = 1000 };

static unsigned ends, late;

static void count(EngineWatch *watch _unused_, bool over)
{
	if (over)
		ends++;
	else
		late++;
}

static EngineWatch watch_for(const char *id, int64_t deadline_us)
{
	return (EngineWatch){.operation_id = id, .deadline_us = deadline_us, .done = count};
}

TEST(all_who_wait_for_an_operation_are_told_once)
{
	EngineWatch a1 = watch_for("a", LATE_US), a2 = watch_for("a", LATE_US);
	EngineWatch b = watch_for("b", LATE_US);
	Engine engine = {.watch_us = INT64_MAX};

	ends = late = 0;
	watches_add(&engine, &a1);
	watches_add(&engine, &b);
	watches_add(&engine, &a2);
	watches_call(watches_take(&engine, "a", 0), true);
	assert_int_equal(ends, 2);
	assert_null(watches_take(&engine, "a", 0));
	assert_ptr_equal(watches_take(&engine, "b", 0), &b);
	assert_int_equal(engine.watch_us, INT64_MAX);
	assert_int_equal(late, 0);
}

TEST(the_next_deadline_is_known)
{
	EngineWatch a = watch_for("a", 3 * LATE_US), b = watch_for("b", LATE_US);
	Engine engine = {.watch_us = INT64_MAX};

	ends = late = 0;
	watches_add(&engine, &a);
	assert_int_equal(engine.watch_us, 3 * LATE_US);
	watches_add(&engine, &b);
	assert_int_equal(engine.watch_us, LATE_US);
	assert_null(watches_take(&engine, NULL, LATE_US - 1));
	watches_call(watches_take(&engine, NULL, LATE_US), false);
	assert_int_equal(late, 1);
	assert_int_equal(engine.watch_us, 3 * LATE_US);
	assert_ptr_equal(watches_take(&engine, NULL, INT64_MAX), &a);
	assert_null(engine.watches);
}
