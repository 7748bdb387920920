/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * A fixed pool of threads over one queue. The queue is bounded, so that a flood of slow requests is
 * told so at once instead of piling up.
 */
#include "api/common/worker.h"

#include <errno.h>
#include <pthread.h>

#include "base/limits.h"
#include "base/mem.h"

struct WorkerPool {
	pthread_mutex_t lock; /* guards all below */
	pthread_cond_t filled;
	WorkerItem *first;
	WorkerItem **last;
	size_t waiting;
	bool stopping;
	size_t thread_count;
	pthread_t threads[];
};

/* The next item; NULL when the pool stops and nothing is left. */
static WorkerItem *take_item(WorkerPool *pool)
{
	WorkerItem *item;

	pthread_mutex_lock(&pool->lock);
	while (!pool->first && !pool->stopping)
		pthread_cond_wait(&pool->filled, &pool->lock);
	item = pool->first;
	if (item) {
		pool->first = item->next;
		pool->waiting--;
		if (!pool->first)
			pool->last = &pool->first;
	}
	pthread_mutex_unlock(&pool->lock);
	return item;
}

static void *worker_main(void *ctx)
{
	WorkerPool *pool = ctx;
	WorkerItem *item;

	while ((item = take_item(pool)))
		item->run(item);
	return NULL;
}

int worker_pool_start(unsigned threads, WorkerPool **ret, Fault *f)
{
	WorkerPool *pool = mem_new(sizeof(*pool) + threads * sizeof(pool->threads[0]));

	pthread_mutex_init(&pool->lock, NULL);
	pthread_cond_init(&pool->filled, NULL);
	pool->last = &pool->first;
	for (; pool->thread_count < threads; pool->thread_count++) {
		int error =
			pthread_create(&pool->threads[pool->thread_count], NULL, worker_main, pool);

		if (error) {
			worker_pool_stop(pool);
			return fault(f, -error, "cannot start a worker: %s", strerror(error));
		}
	}
	*ret = pool;
	return 0;
}

WorkerPool *worker_pool_stop(WorkerPool *pool)
{
	if (!pool)
		return NULL;
	pthread_mutex_lock(&pool->lock);
	pool->stopping = true;
	pthread_cond_broadcast(&pool->filled);
	pthread_mutex_unlock(&pool->lock);
	for (size_t i = 0; i < pool->thread_count; i++)
		pthread_join(pool->threads[i], NULL);
	pthread_cond_destroy(&pool->filled);
	pthread_mutex_destroy(&pool->lock);
	free(pool);
	return NULL;
}

bool worker_pool_submit(WorkerPool *pool, WorkerItem *item)
{
	bool room;

	pthread_mutex_lock(&pool->lock);
	room = pool->waiting < LIMIT_WORKER_QUEUE && !pool->stopping;
	if (room) {
		item->next = NULL;
		*pool->last = item;
		pool->last = &item->next;
		pool->waiting++;
		pthread_cond_signal(&pool->filled);
	}
	pthread_mutex_unlock(&pool->lock);
	return room;
}
