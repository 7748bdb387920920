/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * bench-metrics THREADS CALLS: what it costs to count a request for /metrics. All threads count
 * answers of one route, as in the worst case; one line says how many nanoseconds of CPU each takes.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "api/common/priv.h"
#include "base/clock.h"

enum { THREADS_MAX = 64 };

static ApiStats stats[1];
static ApiService service = {.stats = stats, .stats_count = ARRAY_SIZE(stats)};
static long calls;

static double thread_cpu_ns(void)
{
	struct timespec used;

	(void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used); /* Linux has it */
	return (double)used.tv_sec * 1e9 + (double)used.tv_nsec;
}

static void *count_requests(void *ctx)
{
	ApiCall call = {.service = &service};
	double *ret_ns = ctx;
	double began = thread_cpu_ns();

	for (long i = 0; i < calls; i++) {
		call.began_us = clock_mono_us(); /* a request notes it as well */
		stats_count(&call, 200);
	}
	*ret_ns = thread_cpu_ns() - began;
	return NULL;
}

int main(int argc, char **argv)
{
	pthread_t threads[THREADS_MAX];
	double taken[THREADS_MAX] = {0};
	double sum = 0;
	long count;

	count = argc == 3 ? strtol(argv[1], NULL, 10) : 0;
	calls = argc == 3 ? strtol(argv[2], NULL, 10) : 0;
	if (count < 1 || count > THREADS_MAX || calls < 1) {
		(void)fprintf(stderr, "usage: bench-metrics THREADS CALLS\n");
		return 2;
	}
	for (long i = 0; i < count; i++)
		if (pthread_create(&threads[i], NULL, count_requests, &taken[i]))
			return 1;
	for (long i = 0; i < count; i++) {
		(void)pthread_join(threads[i], NULL);
		sum += taken[i];
	}
	(void)printf("%.1f ns\n", sum / (double)count / (double)calls);
	return 0;
}
