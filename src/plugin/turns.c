/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * See turns.h: the names that are taken, and one condition for all who wait.
 */
#include "plugin/turns.h"

#include <pthread.h>
#include <time.h>

#include "base/map.h"
#include "base/mem.h"

struct Turns {
	pthread_mutex_t lock; /* guards the map */
	pthread_cond_t left;  /* on the monotonic clock */
	Map *taken;
};

Turns *turns_new(void)
{
	Turns *turns = NEW(Turns);
	pthread_condattr_t monotonic;

	turns->taken = map_new();
	(void)pthread_mutex_init(&turns->lock, NULL); /* cannot fail */
	(void)pthread_condattr_init(&monotonic);      /* likewise */
	(void)pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	(void)pthread_cond_init(&turns->left, &monotonic);
	(void)pthread_condattr_destroy(&monotonic);
	return turns;
}

Turns *turns_free(Turns *turns)
{
	if (!turns)
		return NULL;
	assert(map_count(turns->taken) == 0);
	map_free(turns->taken);
	(void)pthread_cond_destroy(&turns->left);
	(void)pthread_mutex_destroy(&turns->lock);
	free(turns);
	return NULL;
}

bool turns_take(Turns *turns, const char *name, int64_t deadline_ms)
{
	const struct timespec deadline = {
		.tv_sec = deadline_ms / 1000,
		.tv_nsec = deadline_ms % 1000 * 1000000,
	};
	bool mine;
	int r = 0;

	pthread_mutex_lock(&turns->lock);
	while (map_get(turns->taken, name) && r == 0)
		r = pthread_cond_timedwait(&turns->left, &turns->lock, &deadline);
	mine = !map_get(turns->taken, name);
	if (mine)
		(void)map_put(turns->taken, name, turns); /* any value that is not NULL */
	pthread_mutex_unlock(&turns->lock);
	return mine;
}

void turns_leave(Turns *turns, const char *name)
{
	pthread_mutex_lock(&turns->lock);
	(void)map_remove(turns->taken, name);
	pthread_cond_broadcast(&turns->left);
	pthread_mutex_unlock(&turns->lock);
}
