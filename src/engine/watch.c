/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Those who wait for the end of an operation. There are as many as requests that wait, so that a
 * list is enough. All but the calls themselves with the engine's lock held.
 */
#include "base/str.h"
#include "engine/priv.h"

void watches_add(Engine *engine, EngineWatch *watch)
{
	watch->next = engine->watches;
	engine->watches = watch;
	engine->watch_us = MIN(engine->watch_us, watch->deadline_us);
}

static bool is_met(const EngineWatch *watch, const char *operation_id, int64_t now_us)
{
	return operation_id ? str_eq(watch->operation_id, operation_id)
			    : watch->deadline_us <= now_us;
}

EngineWatch *watches_take(Engine *engine, const char *operation_id, int64_t now_us)
{
	EngineWatch **at = &engine->watches, *met = NULL;

	engine->watch_us = INT64_MAX;
	while (*at) {
		EngineWatch *watch = *at;

		if (!is_met(watch, operation_id, now_us)) {
			engine->watch_us = MIN(engine->watch_us, watch->deadline_us);
			at = &watch->next;
			continue;
		}
		*at = watch->next;
		watch->next = met;
		met = watch;
	}
	return met;
}

void watches_call(EngineWatch *met, bool over)
{
	while (met) {
		EngineWatch *watch = met;

		met = watch->next; /* it may be gone once it was called */
		watch->done(watch, over);
	}
}
