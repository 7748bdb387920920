/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * The pool runs all that was taken, refuses beyond its limit, and stops only when it is empty.
 */
#include "api/common/worker.h"

#include <pthread.h>

#include "base/limits.h"
#include "tests/lib/test.h"

static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
static int ran;

static void count_one(WorkerItem *item)
{
	(void)item; /* only that it runs matters */
	pthread_mutex_lock(&gate);
	ran++;
	pthread_mutex_unlock(&gate);
}

TEST(full_queue_is_refused_and_what_was_taken_runs)
{
	enum { THREADS = 2, ITEMS = LIMIT_WORKER_QUEUE + THREADS + 1 };
	static WorkerItem items[ITEMS];
	WorkerPool *pool = NULL;
	int taken = 0;
	int refused = 0;

	assert_int_equal(worker_pool_start(THREADS, &pool, NULL), 0);
	pthread_mutex_lock(&gate); /* no item can finish: at most THREADS are off the queue */
	for (int i = 0; i < ITEMS; i++) {
		items[i].run = count_one;
		if (worker_pool_submit(pool, &items[i]))
			taken++;
		else
			refused++;
	}
	pthread_mutex_unlock(&gate);
	assert_null(worker_pool_stop(pool));
	assert_true(refused >= 1);
	assert_int_equal(ran, taken);
	assert_true(taken >= LIMIT_WORKER_QUEUE);
}
