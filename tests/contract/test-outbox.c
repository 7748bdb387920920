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
	OutboxService service;
	OutboxRows found;
	OutboxRows strays;
	int64_t depth;
} Reading;

static int read_work(Tx *tx, void *ctx, Fault *f)
{
	Reading *reading = ctx;
	int r = outbox_oldest(tx, reading->arena, reading->service, reading->max, &reading->found,
			      f);

	if (!r)
		r = outbox_strays(tx, reading->arena, reading->max, &reading->strays, f);
	return r ? r : outbox_depth(tx, &reading->depth, f);
}

static Reading read_outbox(TestStore *t, Arena *arena, OutboxService service, size_t max)
{
	Reading reading = {.arena = arena, .service = service, .max = max};
	Fault f = {0};

	assert_int_equal(store_read(t->store, read_work, &reading, &f), 0);
	return reading;
}

static int forget_work(Tx *tx, void *ctx, Fault *f)
{
	const OutboxMessage *message = ctx;

	return outbox_forget(tx, message->service, message->seq, f);
}

static void forget(TestStore *t, OutboxMessage *message)
{
	Fault f = {0};

	assert_int_equal(store_write(t->store, forget_work, message, &f), 0);
}

TEST(messages_of_a_service_leave_in_the_order_in_which_they_came)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();
	TestStore t;
	Reading reading;

	test_store_open_with_schema(&t);
	assert_int_equal(read_outbox(&t, arena, OUTBOX_COMPUTE, 8).depth, 0);
	add(&t, 1, 5, 100);
	assert_true(t.touched & STORE_TOUCHED_OUTBOX);
	reading = read_outbox(&t, arena, OUTBOX_COMPUTE, 2);
	assert_int_equal(reading.found.count, 2);
	assert_int_equal(reading.depth, 5);
	assert_string_equal(reading.found.rows[0].body, "{\"n\":1}");
	assert_int_equal(reading.found.rows[0].service, OUTBOX_COMPUTE);
	assert_true(reading.found.rows[0].versioned);
	assert_null(reading.found.rows[0].problem);
	assert_string_equal(reading.found.rows[1].body, "{\"n\":3}");
	forget(&t, &reading.found.rows[1]);
	reading = read_outbox(&t, arena, OUTBOX_COMPUTE, 8);
	assert_int_equal(reading.found.count, 1);
	assert_string_equal(reading.found.rows[0].body, "{\"n\":5}");
	reading = read_outbox(&t, arena, OUTBOX_VOLUME, 8);
	assert_int_equal(reading.found.count, 2);
	assert_string_equal(reading.found.rows[0].body, "{\"n\":2}");
	assert_int_equal(reading.depth, 3);
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
	reading = read_outbox(&t, arena, OUTBOX_COMPUTE, 8);
	assert_int_equal(reading.depth, 5);
	assert_string_equal(reading.found.rows[0].body, "{\"n\":3}");
	assert_int_equal(outbox_dropped(), before + 2);
	add(&t, 8, 1, 2); /* a smaller bound than the last one */
	assert_int_equal(read_outbox(&t, arena, OUTBOX_COMPUTE, 8).depth, 2);
	test_store_done(&t);
}

TEST(an_outbox_that_was_emptied_goes_on)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();
	TestStore t;
	Reading reading;

	test_store_open_with_schema(&t);
	add(&t, 1, 1, 5);
	forget(&t, &read_outbox(&t, arena, OUTBOX_COMPUTE, 8).found.rows[0]);
	assert_int_equal(read_outbox(&t, arena, OUTBOX_COMPUTE, 8).depth, 0);
	add(&t, 3, 1, 5);
	test_store_reopen(&t);
	reading = read_outbox(&t, arena, OUTBOX_COMPUTE, 8);
	assert_int_equal(reading.found.count, 1);
	assert_string_equal(reading.found.rows[0].body, "{\"n\":3}");
	test_store_done(&t);
}

/* As a row is after some other program had its hands in the store. */
static int spoil_work(Tx *tx, void *ctx, Fault *f)
{
	return store_query(tx, ctx, STORE_NO_VALUES, NULL, NULL, f);
}

static void spoil(TestStore *t, const char *sql)
{
	Fault f = {0};

	assert_int_equal(store_write(t->store, spoil_work, (void *)(uintptr_t)sql, &f), 0);
}

static int put_aside_work(Tx *tx, void *ctx, Fault *f)
{
	return outbox_put_aside(tx, *(const int64_t *)ctx, f);
}

TEST(what_cannot_be_read_has_a_problem_and_can_be_put_aside)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();
	int64_t before = outbox_unreadable();
	TestStore t;
	Reading reading;
	Fault f = {0};

	test_store_open_with_schema(&t);
	add(&t, 1, 7, 100);
	spoil(&t, "UPDATE outbox SET service = 'nobody' WHERE seq = 1");
	spoil(&t, "UPDATE outbox SET priority = 'loud' WHERE seq = 3");
	spoil(&t, "UPDATE outbox SET body = '{\"n\":' WHERE seq = 5");
	reading = read_outbox(&t, arena, OUTBOX_COMPUTE, 8);
	assert_int_equal(reading.strays.count, 1);
	assert_string_equal(reading.strays.rows[0].problem, "it is of no service");
	assert_int_equal(reading.found.count, 3);
	assert_string_equal(reading.found.rows[0].problem, "it has no priority");
	assert_string_equal(reading.found.rows[1].problem, "it is not JSON");
	assert_null(reading.found.rows[2].problem);
	assert_int_equal(store_write(t.store, put_aside_work, &reading.strays.rows[0].seq, &f), 0);
	reading = read_outbox(&t, arena, OUTBOX_COMPUTE, 8);
	assert_int_equal(reading.strays.count, 0);
	assert_int_equal(reading.depth, 6);
	assert_int_equal(outbox_unreadable(), before + 1);
	test_store_done(&t);
}

static int clear_work(Tx *tx, void *ctx, Fault *f)
{
	return outbox_clear(tx, ctx, f);
}

TEST(all_can_be_taken_out)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();
	int64_t count = 0;
	TestStore t;
	Fault f = {0};

	test_store_open_with_schema(&t);
	add(&t, 1, 3, 5);
	assert_int_equal(store_write(t.store, clear_work, &count, &f), 0);
	assert_int_equal(count, 3);
	assert_int_equal(read_outbox(&t, arena, OUTBOX_COMPUTE, 8).depth, 0);
	assert_int_equal(store_write(t.store, clear_work, &count, &f), 0);
	assert_int_equal(count, 0);
	test_store_done(&t);
}
