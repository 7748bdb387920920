/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * How much room a backend has that has to ask others (traits.capacity_waits). The question comes
 * inside transactions, where nothing may wait: it is answered with what a thread saw last, some
 * seconds ago at most. The first look is the opener's; the thread begins with the first question.
 */
#include <errno.h>
#include <pthread.h>

#include "base/clock.h"
#include "base/mem.h"
#include "contract/capacity.h"

enum { LOOK_EVERY_S = 10 };

/* What was seen at a look. */
typedef struct Sample {
	int64_t total_bytes;
	int64_t free_bytes;
	int result; /* 0 or a fault */
	char text[FAULT_TEXT_MAX];
} Sample;

struct CapacitySampler {
	CapacityAsk ask;
	void *self;
	pthread_mutex_t lock; /* guards the rest */
	pthread_cond_t changed;
	pthread_t thread;
	bool running;
	bool stale;
	bool closing;
	Sample sample;
};

static Sample look(const CapacitySampler *sampler)
{
	Sample sample = {0};
	Fault f = {0};
	int r = sampler->ask(sampler->self, &sample.total_bytes, &sample.free_bytes, &f);

	sample.result = fault_unexpected(&f, r);
	(void)snprintf(sample.text, sizeof(sample.text), "%s", f.text); /* cut at worst */
	return sample;
}

static void *sampler_main(void *ctx)
{
	CapacitySampler *sampler = ctx;

	(void)pthread_mutex_lock(&sampler->lock);
	while (!sampler->closing) {
		struct timespec end = {.tv_sec = clock_mono_us() / 1000000 + LOOK_EVERY_S};
		Sample sample;

		if (!sampler->stale)
			(void)pthread_cond_timedwait(&sampler->changed, &sampler->lock, &end);
		if (sampler->closing)
			break;
		sampler->stale = false;
		(void)pthread_mutex_unlock(&sampler->lock);
		sample = look(sampler);
		(void)pthread_mutex_lock(&sampler->lock);
		sampler->sample = sample;
	}
	(void)pthread_mutex_unlock(&sampler->lock);
	return NULL;
}

CapacitySampler *capacity_sampler_free(CapacitySampler *sampler)
{
	if (!sampler)
		return NULL;
	(void)pthread_mutex_lock(&sampler->lock);
	sampler->closing = true;
	(void)pthread_cond_signal(&sampler->changed);
	(void)pthread_mutex_unlock(&sampler->lock);
	if (sampler->running)
		(void)pthread_join(sampler->thread, NULL);
	(void)pthread_mutex_destroy(&sampler->lock);
	(void)pthread_cond_destroy(&sampler->changed);
	free(sampler);
	return NULL;
}

CapacitySampler *capacity_sampler_new(CapacityAsk ask, void *self)
{
	CapacitySampler *sampler = NEW(CapacitySampler);
	pthread_condattr_t monotonic;

	sampler->ask = ask;
	sampler->self = self;
	(void)pthread_mutex_init(&sampler->lock, NULL); /* none of these fails on Linux */
	(void)pthread_condattr_init(&monotonic);
	(void)pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	(void)pthread_cond_init(&sampler->changed, &monotonic);
	(void)pthread_condattr_destroy(&monotonic);
	sampler->sample = look(sampler);
	return sampler;
}

int capacity_sampler_check(CapacitySampler *sampler, Fault *f)
{
	int r = 0;

	(void)pthread_mutex_lock(&sampler->lock);
	if (sampler->sample.result)
		r = fault(f, sampler->sample.result, "%s", sampler->sample.text);
	(void)pthread_mutex_unlock(&sampler->lock);
	return r;
}

void capacity_sampler_changed(CapacitySampler *sampler)
{
	if (!sampler)
		return;
	(void)pthread_mutex_lock(&sampler->lock);
	sampler->stale = true;
	(void)pthread_cond_signal(&sampler->changed);
	(void)pthread_mutex_unlock(&sampler->lock);
}

int capacity_sampler_get(CapacitySampler *sampler, int64_t *ret_total_bytes,
			 int64_t *ret_free_bytes, Fault *f)
{
	Sample sample;

	(void)pthread_mutex_lock(&sampler->lock);
	if (!sampler->running)
		sampler->running =
			pthread_create(&sampler->thread, NULL, sampler_main, sampler) == 0;
	sample = sampler->sample;
	(void)pthread_mutex_unlock(&sampler->lock);
	if (sample.result)
		return fault(f, sample.result, "%s", sample.text);
	*ret_total_bytes = sample.total_bytes;
	*ret_free_bytes = sample.free_bytes;
	return 0;
}
