/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Lanes, the ready list and the parked tasks. Invariants: a lane exists while it has tasks; only
 * its head is ready, parked, running or being marked; a task is in at most one of the lists.
 */
#include "base/str.h"
#include "engine/priv.h"

/* One worker is woken, and wakes the next one if that is of use: see worker_main(). */
void lanes_ready(Engine *engine, Task *task)
{
	task->ready_next = NULL;
	if (engine->ready_tail) {
		engine->ready_tail->ready_next = task;
	} else {
		engine->ready_head = task;
		(void)pthread_cond_signal(&engine->ready_cond);
	}
	engine->ready_tail = task;
}

Task *lanes_take(Engine *engine)
{
	Task *task = engine->ready_head;

	if (!task)
		return NULL;
	engine->ready_head = task->ready_next;
	if (!engine->ready_head)
		engine->ready_tail = NULL;
	task->ready_next = NULL;
	if (task->poked)
		task->begun = NULL; /* it may be another by now */
	task->poked = false;
	if (str_empty(task->id))
		task->lane->look = false; /* what happens from now on needs another one */
	return task;
}

static Lane *lane_get(Engine *engine, const char *key)
{
	Lane *lane = map_get(engine->lanes, key);

	if (lane)
		return lane;
	lane = NEW(Lane);
	lane->key = mem_strdup(key);
	(void)map_put(engine->lanes, key, lane);
	return lane;
}

static void lane_free(Engine *engine, Lane *lane)
{
	(void)map_remove(engine->lanes, lane->key);
	free(lane->key);
	free(lane);
}

static Task *task_free(Task *task)
{
	(void)arena_free(task->arena);
	free(task);
	return NULL;
}

Task *lanes_add(Engine *engine, const char *key, const char *id, bool fresh)
{
	Lane *lane = lane_get(engine, key);
	Task *task = NEW(Task);

	assert(strlen(id) < sizeof(task->id));
	memcpy(task->id, id, strlen(id) + 1);
	task->engine = engine;
	task->lane = lane;
	task->fresh = fresh;
	if (lane->tail)
		lane->tail->lane_next = task;
	else
		lane->head = task;
	lane->tail = task;
	engine->tasks++;
	if (lane->head == task)
		lanes_ready(engine, task);
	return task;
}

void lanes_look(Engine *engine, const char *key)
{
	Lane *lane = map_get(engine->lanes, key);

	if (lane && lane->look)
		return;
	lanes_add(engine, key, "", true)->lane->look = true;
}

static void unpark(Engine *engine, Task *task)
{
	size_t last = engine->parked.count - 1;

	engine->parked.items[last]->parked = task->parked;
	engine->parked.items[task->parked - 1] = engine->parked.items[last];
	engine->parked.count = last;
	task->parked = 0;
	lanes_ready(engine, task);
}

void lanes_poke(Engine *engine, const char *key)
{
	Lane *lane = map_get(engine->lanes, key);

	if (!lane)
		return;
	if (lane->head->parked)
		unpark(engine, lane->head);
	else
		lane->head->poked = true;
}

void lanes_poke_all(Engine *engine)
{
	MAP_FOREACH (engine->lanes, e)
		lanes_poke(engine, map_key(e));
}

void lanes_park(Engine *engine, Task *task, int64_t wake_us)
{
	if (task->poked) { /* what it would wait for has come meanwhile */
		task->poked = false;
		lanes_ready(engine, task);
		return;
	}
	task->wake_us = wake_us;
	vec_push(&engine->parked, task);
	task->parked = engine->parked.count;
	engine->parked_us = MIN(engine->parked_us, wake_us);
	(void)pthread_cond_signal(&engine->wake_cond);
}

int64_t lanes_due(Engine *engine, int64_t now_us)
{
	int64_t next = INT64_MAX;

	if (now_us < engine->parked_us)
		return engine->parked_us;
	for (size_t i = engine->parked.count; i > 0; i--) { /* unpark() moves the last one here */
		Task *task = engine->parked.items[i - 1];

		if (task->wake_us <= now_us)
			unpark(engine, task);
		else
			next = MIN(next, task->wake_us);
	}
	engine->parked_us = next;
	return next;
}

void lanes_over(Engine *engine, Task *task)
{
	Lane *lane = task->lane;

	assert(lane->head == task);
	lane->head = task->lane_next;
	if (lane->head) {
		lanes_ready(engine, lane->head);
	} else {
		lane->tail = NULL;
		lane_free(engine, lane);
	}
	engine->tasks--;
	(void)task_free(task);
}

bool lanes_waits(const Engine *engine, const char *key, const char *id)
{
	const Lane *lane = map_get(engine->lanes, key);
	const Task *task = lane ? lane->head->lane_next : NULL;

	while (task && !str_eq(task->id, id))
		task = task->lane_next;
	return task != NULL;
}

void lanes_done(Engine *engine)
{
	MapEntry *entry;

	while ((entry = map_first(engine->lanes))) {
		Lane *lane = map_value(entry);
		Task *next;

		for (Task *task = lane->head; task; task = next) {
			next = task->lane_next;
			(void)task_free(task);
		}
		lane_free(engine, lane);
	}
	engine->lanes = map_free(engine->lanes);
	vec_done(&engine->parked);
}
