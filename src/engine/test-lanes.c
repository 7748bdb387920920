/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * The order of operations: one of a lane at a time, oldest first; parked ones come back when they
 * are due, or when an event pokes them, also one that came too early.
 */
#include "engine/priv.h"

#include "tests/lib/test.h"

typedef struct House {
	Engine engine;
} House;

static void house_init(House *h)
{
	*h = (House){0};
	h->engine.lanes = map_new();
	h->engine.parked_us = INT64_MAX;
	(void)pthread_cond_init(&h->engine.ready_cond, NULL);
	(void)pthread_cond_init(&h->engine.wake_cond, NULL);
}

static void take(House *h, const char *id)
{
	Task *task = lanes_take(&h->engine);

	if (!id) {
		assert_null(task);
		return;
	}
	assert_non_null(task);
	assert_string_equal(task->id, id);
}

TEST(one_of_a_lane_at_a_time_oldest_first)
{
	House h;
	Task *a1, *b1;

	house_init(&h);
	a1 = lanes_add(&h.engine, "a", "a1", true);
	(void)lanes_add(&h.engine, "a", "a2", true);
	b1 = lanes_add(&h.engine, "b", "b1", true);
	take(&h, "a1");
	take(&h, "b1");
	take(&h, NULL);
	lanes_over(&h.engine, a1);
	take(&h, "a2");
	lanes_over(&h.engine, b1);
	assert_int_equal(h.engine.tasks, 1);
	assert_null(map_get(h.engine.lanes, "b"));
	lanes_done(&h.engine);
}

TEST(who_waits_behind_another_is_known)
{
	House h;
	Task *a1;

	house_init(&h);
	assert_false(lanes_waits(&h.engine, "a", "a1"));
	a1 = lanes_add(&h.engine, "a", "a1", true);
	(void)lanes_add(&h.engine, "a", "a2", true);
	(void)lanes_add(&h.engine, "a", "a3", true);
	assert_false(lanes_waits(&h.engine, "a", "a1"));
	assert_true(lanes_waits(&h.engine, "a", "a2"));
	assert_true(lanes_waits(&h.engine, "a", "a3"));
	assert_false(lanes_waits(&h.engine, "a", "b1"));
	take(&h, "a1");
	lanes_over(&h.engine, a1);
	assert_false(lanes_waits(&h.engine, "a", "a2"));
	lanes_done(&h.engine);
}

TEST(parked_ones_come_back_when_due)
{
	House h;
	Task *a, *b, *c;

	house_init(&h);
	a = lanes_add(&h.engine, "a", "a1", true);
	b = lanes_add(&h.engine, "b", "b1", true);
	c = lanes_add(&h.engine, "c", "c1", true);
	take(&h, "a1");
	take(&h, "b1");
	take(&h, "c1");
	lanes_park(&h.engine, a, 300);
	lanes_park(&h.engine, b, 100);
	lanes_park(&h.engine, c, 200);
	assert_int_equal(lanes_due(&h.engine, 50), 100);
	take(&h, NULL);
	assert_int_equal(lanes_due(&h.engine, 200), 300);
	take(&h, "c1");
	take(&h, "b1");
	assert_int_equal(lanes_due(&h.engine, 300), INT64_MAX);
	take(&h, "a1");
	lanes_done(&h.engine);
}

TEST(a_poke_wakes_the_head_of_a_lane_only)
{
	House h;
	Task *a;

	house_init(&h);
	a = lanes_add(&h.engine, "a", "a1", true);
	(void)lanes_add(&h.engine, "a", "a2", true);
	take(&h, "a1");
	lanes_park(&h.engine, a, 1000);
	lanes_poke(&h.engine, "nobody");
	take(&h, NULL);
	lanes_poke(&h.engine, "a");
	take(&h, "a1");
	take(&h, NULL);
	lanes_done(&h.engine);
}

TEST(what_was_told_counts_until_a_poke)
{
	static Operation told;
	Task *a, *b;
	House h;

	house_init(&h);
	a = lanes_add(&h.engine, "a", "a1", true);
	b = lanes_add(&h.engine, "b", "b1", true);
	a->begun = b->begun = &told;
	lanes_poke(&h.engine, "b");
	take(&h, "a1");
	take(&h, "b1");
	assert_ptr_equal(a->begun, &told);
	assert_null(b->begun);
	lanes_done(&h.engine);
}

TEST(a_poke_while_running_is_not_lost)
{
	House h;
	Task *a;

	house_init(&h);
	a = lanes_add(&h.engine, "a", "a1", true);
	take(&h, "a1");
	lanes_poke(&h.engine, "a");
	lanes_park(&h.engine, a, 1000);
	take(&h, "a1");
	lanes_park(&h.engine, a, 1000);
	take(&h, NULL);
	lanes_done(&h.engine);
}

TEST(looks_wait_once_each_at_the_end)
{
	House h;
	Task *a;

	house_init(&h);
	a = lanes_add(&h.engine, "a", "a1", true);
	take(&h, "a1");
	lanes_look(&h.engine, "a");
	lanes_look(&h.engine, "a");
	assert_int_equal(h.engine.tasks, 2);
	lanes_over(&h.engine, a);
	take(&h, "");
	lanes_look(&h.engine, "a"); /* the one that runs may have looked already */
	assert_int_equal(h.engine.tasks, 2);
	lanes_done(&h.engine);
}
