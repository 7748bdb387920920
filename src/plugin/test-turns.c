/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * One at a time for each name, and nobody waits for ever.
 */
#include "plugin/turns.h"

#include <pthread.h>

#include "base/clock.h"
#include "tests/lib/test.h"

enum { THREADS = 8, ROUNDS = 200, PATIENCE_MS = 60 * 1000 };

static int64_t soon(void)
{
	return clock_mono_ms() + PATIENCE_MS;
}

TEST(names_do_not_wait_for_each_other)
{
	_cleanup_(turns_freep) Turns *turns = turns_new();

	assert_true(turns_take(turns, "a", soon()));
	assert_true(turns_take(turns, "b", soon()));
	assert_false(turns_take(turns, "a", clock_mono_ms() + 20));
	turns_leave(turns, "a");
	assert_true(turns_take(turns, "a", clock_mono_ms() - 1)); /* free: no time is needed */
	turns_leave(turns, "a");
	turns_leave(turns, "b");
}

typedef struct Shared {
	Turns *turns;
	int inside; /* only touched by whose turn it is */
	int done;
} Shared;

static void *use(void *arg)
{
	Shared *shared = arg;

	for (int i = 0; i < ROUNDS; i++) {
		if (!turns_take(shared->turns, "a", soon()))
			return arg;
		if (++shared->inside != 1)
			return arg;
		shared->done++;
		shared->inside--;
		turns_leave(shared->turns, "a");
	}
	return NULL;
}

TEST(one_name_is_for_one)
{
	_cleanup_(turns_freep) Turns *turns = turns_new();
	Shared shared = {.turns = turns};
	pthread_t threads[THREADS];
	void *bad;

	for (size_t i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, use, &shared), 0);
	for (size_t i = 0; i < THREADS; i++) {
		assert_int_equal(pthread_join(threads[i], &bad), 0);
		assert_null(bad);
	}
	assert_int_equal(shared.done, THREADS * ROUNDS);
}
