/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * The outbox on a real store: order, its bound, and what is left when it was emptied.
 */
#include "notify/outbox.h"

#include "base/mem.h"
#include "base/str.h"
#include "tests/contract/stores.h"
#include "tests/lib/test.h"

typedef struct Adding {
	int from;
	int count;
	int64_t limit;
} Adding;

static int add_work(Tx *tx, void *ctx, Fault *f)
{
	const Adding *adding = ctx;
	int r = 0;

	for (int i = 0; !r && i < adding->count; i++) {
		char body[16];
		const OutboxMessage message = {
			.service = i % 2 ? OUTBOX_VOLUME : OUTBOX_COMPUTE,
			.versioned = i % 2 == 0,
			.priority = "info",
			.body = body,
		};

		(void)snprintf(body, sizeof(body), "{\"n\":%d}", adding->from + i); /* fits */
		r = outbox_add(tx, &message, adding->limit, f);
	}
	return r;
}

static void add(TestStore *t, int from, int count, int64_t limit)
{
	Adding adding = {.from = from, .count = count, .limit = limit};
	Fault f = {0};

	assert_int_equal(store_write(t->store, add_work, &adding, &f), 0);
}

typedef struct Reading {
	Arena *arena;
	size_t max;
	OutboxMessage *messages;
	size_t count;
	int64_t depth;
} Reading;

static int read_work(Tx *tx, void *ctx, Fault *f)
{
	Reading *reading = ctx;
	int r = outbox_oldest(tx, reading->arena, reading->max, &reading->messages, &reading->count,
			      f);

	return r ? r : outbox_depth(tx, &reading->depth, f);
}

static Reading read_outbox(TestStore *t, Arena *arena, size_t max)
{
	Reading reading = {.arena = arena, .max = max};
	Fault f = {0};

	assert_int_equal(store_read(t->store, read_work, &reading, &f), 0);
	return reading;
}

static int forget_work(Tx *tx, void *ctx, Fault *f)
{
	return outbox_forget(tx, *(const int64_t *)ctx, f);
}

static void forget(TestStore *t, int64_t seq)
{
	Fault f = {0};

	assert_int_equal(store_write(t->store, forget_work, &seq, &f), 0);
}

TEST(messages_leave_in_the_order_in_which_they_came)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();
	TestStore t;
	Reading reading;

	test_store_open_with_schema(&t);
	assert_int_equal(read_outbox(&t, arena, 8).depth, 0);
	add(&t, 1, 3, 100);
	assert_true(t.touched & STORE_TOUCHED_OUTBOX);
	reading = read_outbox(&t, arena, 2);
	assert_int_equal(reading.count, 2);
	assert_int_equal(reading.depth, 3);
	assert_string_equal(reading.messages[0].body, "{\"n\":1}");
	assert_int_equal(reading.messages[0].service, OUTBOX_COMPUTE);
	assert_true(reading.messages[0].versioned);
	assert_int_equal(reading.messages[1].service, OUTBOX_VOLUME);
	forget(&t, reading.messages[1].seq);
	reading = read_outbox(&t, arena, 8);
	assert_int_equal(reading.count, 1);
	assert_string_equal(reading.messages[0].body, "{\"n\":3}");
	test_store_done(&t);
}

TEST(the_oldest_goes_when_there_are_too_many)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();
	int64_t before = outbox_dropped();
	TestStore t;
	Reading reading;

	test_store_open_with_schema(&t);
	add(&t, 1, 5, 5);
	assert_int_equal(outbox_dropped(), before);
	add(&t, 6, 2, 5);
	reading = read_outbox(&t, arena, 8);
	assert_int_equal(reading.depth, 5);
	assert_string_equal(reading.messages[0].body, "{\"n\":3}");
	assert_int_equal(outbox_dropped(), before + 2);
	add(&t, 8, 1, 2); /* a smaller bound than the last one */
	assert_int_equal(read_outbox(&t, arena, 8).depth, 2);
	test_store_done(&t);
}

TEST(an_outbox_that_was_emptied_goes_on)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();
	TestStore t;
	Reading reading;

	test_store_open_with_schema(&t);
	add(&t, 1, 2, 5);
	forget(&t, read_outbox(&t, arena, 8).messages[1].seq);
	assert_int_equal(read_outbox(&t, arena, 8).depth, 0);
	add(&t, 3, 1, 5);
	test_store_reopen(&t);
	reading = read_outbox(&t, arena, 8);
	assert_int_equal(reading.count, 1);
	assert_string_equal(reading.messages[0].body, "{\"n\":3}");
	test_store_done(&t);
}
