/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Threads and their meeting places: the store's writer hands over what was begun, and marked
 * tasks; workers run turns; the dispatcher wakes what is due, and takes operations out of the
 * journal when they cannot be handed over: at start, and when there are too many.
 *
 * Operations are taken in the order of created_us; scanned_us is the last one. So one is handed
 * over only when nothing older can be left in the journal; else the next scan finds it.
 */
#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "engine/priv.h"

enum {
	WORKERS = 16,                     /* most of their time they wait for the disk */
	WORKER_STACK_BYTES = 1024 * 1024, /* libvirt's embedded driver runs on it */
	SCAN_PAGE = 256,
	TASKS_MAX = 4096, /* more wait in the journal */
	MARK_PAUSE_MS = 500,
	FAULT_PAUSE_MS = 1000,
	PRUNE_PAUSE_MS = 60 * 1000,
	TARGET_PAUSE_MS = 2 * 1000,
};

#define US_PER_MS INT64_C(1000)

/* A quarter of the workers at most. */
bool engine_slow_begin(Engine *engine)
{
	bool may;

	(void)pthread_mutex_lock(&engine->lock);
	may = engine->slow == 0 || (engine->slow + 1) * 4 <= engine->worker_count;
	if (may)
		engine->slow++;
	(void)pthread_mutex_unlock(&engine->lock);
	return may;
}

void engine_slow_end(Engine *engine)
{
	(void)pthread_mutex_lock(&engine->lock);
	engine->slow--;
	(void)pthread_mutex_unlock(&engine->lock);
}

bool engine_is_away(Engine *engine)
{
	bool away;

	(void)pthread_mutex_lock(&engine->lock);
	away = engine->away;
	(void)pthread_mutex_unlock(&engine->lock);
	return away;
}

/* The three ends of a turn. ------------------------------------------------------------------- */

static void over(Engine *engine, Task *task)
{
	if (task->mark.look)
		lanes_look(engine, task->lane->key);
	lanes_over(engine, task);
	if (engine->full && engine->tasks < TASKS_MAX / 2) {
		engine->full = false;
		engine->woken = true;
		(void)pthread_cond_signal(&engine->wake_cond);
	}
}

static void next_move(Engine *engine, Task *task)
{
	switch (task->mark.next) {
	case TASK_NEXT_READY:
		lanes_ready(engine, task);
		break;
	case TASK_NEXT_PARKED:
		lanes_park(engine, task, task->mark.not_before_us);
		break;
	case TASK_NEXT_OVER:
		over(engine, task);
		break;
	}
}

static EngineEnds *ends_of(const Engine *engine, const char *kind)
{
	for (size_t i = 0; i < engine->config.kind_count; i++)
		if (str_eq(engine->config.kinds[i].name, kind))
			return &engine->ends[i];
	return NULL; /* another release's */
}

/* Count an operation that is over, and say so to whoever asks. */
static void tell_end(const Engine *engine, const Operation *operation)
{
	EngineEnds *ends = ends_of(engine, operation->kind);

	if (ends && operation->state == OPERATION_DONE)
		histogram_add(&ends->done, &histogram_times,
			      clock_steady_us() - operation->created_us);
	else if (ends)
		atomic_fetch_add_explicit(operation->state == OPERATION_FAILED ? &ends->failed
									       : &ends->broken,
					  1, memory_order_relaxed);
	if (engine->config.ended)
		engine->config.ended(engine->config.ended_ctx, operation);
}

/* On the writer's thread. A mark is never lost: the store that failed is asked again. */
static void mark_done(StoreJob *job, int result)
{
	Task *task = job->ctx;
	Engine *engine = task->engine;
	EngineWatch *met = NULL;

	if (result)
		log_error("op=%s cannot be marked, again soon: %s", task->id, job->fault.text);
	else if (task->mark.ended)
		tell_end(engine, task->mark.ended);
	(void)pthread_mutex_lock(&engine->lock);
	engine->marks--;
	task->marked = result != 0;
	if (!result && task->mark.next == TASK_NEXT_OVER)
		met = watches_take(engine, task->id, 0);
	if (result)
		lanes_park(engine, task, clock_steady_us() + MARK_PAUSE_MS * US_PER_MS);
	else
		next_move(engine, task);
	if (engine->stopping)
		(void)pthread_cond_broadcast(&engine->wake_cond);
	(void)pthread_mutex_unlock(&engine->lock);
	watches_call(met, true);
}

void engine_mark(Task *task)
{
	Engine *engine = task->engine;

	(void)pthread_mutex_lock(&engine->lock);
	engine->marks++;
	(void)pthread_mutex_unlock(&engine->lock);
	task->job = (StoreJob){.work = mark_work, .ctx = task, .done = mark_done};
	store_submit(engine->config.store, &task->job);
}

void engine_park(Task *task, int64_t wake_us)
{
	Engine *engine = task->engine;

	(void)pthread_mutex_lock(&engine->lock);
	lanes_park(engine, task, wake_us);
	(void)pthread_mutex_unlock(&engine->lock);
}

void engine_over(Task *task)
{
	Engine *engine = task->engine;
	EngineWatch *met;

	(void)pthread_mutex_lock(&engine->lock);
	met = watches_take(engine, task->id, 0);
	task->mark.look = false;
	over(engine, task);
	(void)pthread_mutex_unlock(&engine->lock);
	watches_call(met, true);
}

bool engine_step_back(Task *task)
{
	Engine *engine = task->engine;
	bool others;

	(void)pthread_mutex_lock(&engine->lock);
	others = task->lane_next;
	task->mark.look = others;
	if (others)
		over(engine, task);
	(void)pthread_mutex_unlock(&engine->lock);
	return others;
}

/* Workers. ----------------------------------------------------------------------------------------
 */

/*
 * Who makes tasks ready, the store's writer most of all, wakes only the first of those who sleep;
 * and nobody is woken with the lock held that he would wait for.
 */
static void *worker_main(void *ctx)
{
	Engine *engine = ctx;
	Task *task;
	bool more;

	(void)pthread_mutex_lock(&engine->lock);
	while (!engine->stopping) {
		task = lanes_take(engine);
		if (!task) {
			(void)pthread_cond_wait(&engine->ready_cond, &engine->lock);
			continue;
		}
		engine->running++;
		more = engine->ready_head != NULL;
		(void)pthread_mutex_unlock(&engine->lock);
		if (more)
			(void)pthread_cond_signal(&engine->ready_cond);
		if (*task->id)
			operation_turn(engine, task);
		else
			look_turn(engine, task);
		(void)pthread_mutex_lock(&engine->lock);
		engine->running--;
	}
	(void)pthread_mutex_unlock(&engine->lock);
	return NULL;
}

/* The dispatcher.
 * ---------------------------------------------------------------------------------- */

typedef struct Scan {
	Arena *arena;
	int64_t after_us;
	Operation **found;
	size_t count;
} Scan;

static const char *const active_states[] = {"doing", "undoing"};

static int scan_work(Tx *tx, void *ctx, Fault *f)
{
	Scan *scan = ctx;
	RecordQuery query = {.limit = SCAN_PAGE};

	record_where_texts(&query, "state", RECORD_IN, active_states, ARRAY_SIZE(active_states));
	record_where_int(&query, "created_us", RECORD_GT, scan->after_us);
	record_sort(&query, "created_us", false);
	return operation_find(tx, scan->arena, &query, &scan->found, &scan->count, f);
}

/* What is parked there may be cancelled, by itself or by what has been begun. */
static void wake_lane(Engine *engine, const Operation *operation)
{
	lanes_poke(engine, operation->lane);
}

static Task *take(Engine *engine, const Operation *operation)
{
	Task *task;

	wake_lane(engine, operation);
	if (operation->created_us <= engine->scanned_us)
		return NULL; /* a scan saw it before its commit was told; or it is told of again */
	task = lanes_add(engine, operation->lane, operation->id, !engine->resuming);
	overtake_later(engine, operation);
	engine->scanned_us = operation->created_us;
	return task;
}

/* One whose turn comes at once is spared reading what was written a moment ago. */
static void hand_over(Engine *engine, const Operation *operation)
{
	Task *task = take(engine, operation);

	if (!task || task->lane->head != task)
		return;
	task->arena = arena_new();
	task->begun = record_copy(task->arena, &operation_table, operation);
}

static void scan_take(Engine *engine, const Scan *scan)
{
	for (size_t i = 0; i < scan->count; i++)
		(void)take(engine, scan->found[i]);
	if (scan->count == SCAN_PAGE)
		engine->woken = true;
	else
		engine->resuming = false;
}

/* Called and left with the lock held. */
static void scan(Engine *engine)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();
	Scan found = {.arena = arena, .after_us = engine->scanned_us};
	Fault f = {0};
	int r;

	engine->woken = false;
	if (engine->tasks >= TASKS_MAX) {
		engine->full = true;
		return;
	}
	engine->scanning = true;
	(void)pthread_mutex_unlock(&engine->lock);
	r = store_read(engine->config.store, scan_work, &found, &f);
	if (r)
		log_error("operations cannot be read: %s", f.text);
	else if (found.count)
		begin_after(found.found[found.count - 1]->created_us);
	(void)pthread_mutex_lock(&engine->lock);
	engine->scanning = false;
	if (!r) {
		scan_take(engine, &found);
		return;
	}
	engine->woken = true;
	engine->rescan_us = clock_steady_us() + FAULT_PAUSE_MS * US_PER_MS;
}

static void look_around(Engine *engine)
{
	Fault f = {0};

	engine->look_at_all = false;
	engine->looking = true;
	(void)pthread_mutex_unlock(&engine->lock);
	if (look_at_all(engine, &f))
		log_error("servers cannot be compared with their domains: %s", f.text);
	(void)pthread_mutex_lock(&engine->lock);
	engine->looking = false;
}

static void forget_old(Engine *engine)
{
	int64_t now_us = clock_steady_us();
	bool more = false;
	Fault f = {0};

	(void)pthread_mutex_unlock(&engine->lock);
	if (prune(engine->config.store, now_us - engine->config.times.keep_ms * US_PER_MS, &more,
		  &f))
		log_error("old operations cannot be forgotten: %s", f.text);
	(void)pthread_mutex_lock(&engine->lock);
	engine->next_prune_us = more ? now_us : now_us + PRUNE_PAUSE_MS * US_PER_MS;
}

/* One that has begun anew has to be told again whom it lets in. */
static void look_at_target(Engine *engine)
{
	int64_t life;
	Fault f = {0};
	int r = 0;

	(void)pthread_mutex_unlock(&engine->lock);
	life = backend_life(engine->config.backend);
	if (life && life != engine->target_life) {
		log_warning("the target has begun anew: telling it of all exports");
		r = exports_look_at_all(engine, &f);
		if (r)
			log_error("exports cannot be looked at, again soon: %s", f.text);
		else
			engine->target_life = life;
	}
	(void)pthread_mutex_lock(&engine->lock);
	engine->target_look_us = clock_steady_us() + TARGET_PAUSE_MS * US_PER_MS;
}

static void end_late_watches(Engine *engine, int64_t now_us)
{
	EngineWatch *late = watches_take(engine, NULL, now_us);

	(void)pthread_mutex_unlock(&engine->lock);
	watches_call(late, false);
	(void)pthread_mutex_lock(&engine->lock);
}

void engine_wait(Engine *engine, pthread_cond_t *cond, int64_t us)
{
	int64_t pause_us = MAX(us - clock_steady_us(), 0);
	int64_t mono_us = clock_mono_us() + pause_us;
	struct timespec until = {.tv_sec = mono_us / 1000000, .tv_nsec = mono_us % 1000000 * 1000};

	(void)pthread_cond_timedwait(cond, &engine->lock, &until);
}

static void *dispatcher_main(void *ctx)
{
	Engine *engine = ctx;

	(void)pthread_mutex_lock(&engine->lock);
	while (!engine->stopping) {
		int64_t now_us = clock_steady_us();
		int64_t next_us = MIN(MIN(lanes_due(engine, now_us), engine->next_prune_us),
				      MIN(engine->watch_us, engine->target_look_us));

		if (engine->woken && now_us >= engine->rescan_us)
			scan(engine);
		else if (engine->look_at_all && !engine->resuming)
			look_around(engine);
		else if (now_us >= engine->watch_us)
			end_late_watches(engine, now_us);
		else if (now_us >= engine->next_prune_us)
			forget_old(engine);
		else if (now_us >= engine->target_look_us)
			look_at_target(engine);
		else
			engine_wait(engine, &engine->wake_cond,
				    engine->woken ? MIN(next_us, engine->rescan_us) : next_us);
	}
	(void)pthread_mutex_unlock(&engine->lock);
	return NULL;
}

/* From outside.
 * -------------------------------------------------------------------------------------- */

void engine_wake(Engine *engine)
{
	(void)pthread_mutex_lock(&engine->lock);
	engine->woken = true;
	(void)pthread_cond_signal(&engine->wake_cond);
	(void)pthread_mutex_unlock(&engine->lock);
}

/* Whether all that is older than what comes now has been taken from the journal. */
static bool is_caught_up(const Engine *engine)
{
	return !engine->resuming && !engine->woken && !engine->scanning && !engine->full &&
	       engine->tasks < TASKS_MAX;
}

void engine_begun(Engine *engine, const StoreNews *news)
{
	(void)pthread_mutex_lock(&engine->lock);
	for (const StoreNews *told = news; told; told = told->next)
		wake_lane(engine, told->what);
	for (; news && is_caught_up(engine); news = news->next)
		hand_over(engine, news->what);
	if (news) {
		engine->woken = true;
		(void)pthread_cond_signal(&engine->wake_cond);
	}
	(void)pthread_mutex_unlock(&engine->lock);
}

void engine_event(Engine *engine, const HypervisorEvent *event)
{
	(void)pthread_mutex_lock(&engine->lock);
	switch (event->kind) {
	case HYPERVISOR_DOMAIN_STATE:
	case HYPERVISOR_DISK_DROPPED: /* a detach may have given up before */
		lanes_poke(engine, event->domain_id);
		lanes_look(engine, event->domain_id);
		break;
	case HYPERVISOR_FILESYSTEM_LOST:
		lanes_look(engine, event->domain_id);
		break;
	case HYPERVISOR_DISK_GONE:
	case HYPERVISOR_DISK_REFUSED:
	case HYPERVISOR_MIRROR_MOVED:
		lanes_poke(engine, event->domain_id);
		break;
	case HYPERVISOR_LOST:
		engine->away = true; /* what runs meanwhile faults and is tried again */
		break;
	case HYPERVISOR_BACK:
		engine->away = false;
		lanes_poke_all(engine);
		engine->look_at_all = true;
		(void)pthread_cond_signal(&engine->wake_cond);
		break;
	}
	(void)pthread_mutex_unlock(&engine->lock);
}

void engine_watch(Engine *engine, EngineWatch *watch)
{
	bool welcome;

	(void)pthread_mutex_lock(&engine->lock);
	welcome = !engine->unwatched;
	if (welcome)
		watches_add(engine, watch);
	(void)pthread_cond_signal(&engine->wake_cond);
	(void)pthread_mutex_unlock(&engine->lock);
	if (!welcome)
		watch->done(watch, false);
}

void engine_end_watches(Engine *engine)
{
	EngineWatch *waiting;

	(void)pthread_mutex_lock(&engine->lock);
	engine->unwatched = true;
	waiting = watches_take(engine, NULL, INT64_MAX);
	(void)pthread_mutex_unlock(&engine->lock);
	watches_call(waiting, false);
}

const EngineEnds *engine_ends(const Engine *engine)
{
	return engine->ends;
}

EngineStatus engine_status(Engine *engine)
{
	EngineStatus status;

	(void)pthread_mutex_lock(&engine->lock);
	status.running = engine->running + engine->marks;
	status.waiting = engine->tasks - MIN(engine->tasks, status.running);
	status.reading =
		engine->woken || engine->scanning || engine->look_at_all || engine->looking;
	(void)pthread_mutex_unlock(&engine->lock);
	return status;
}

/* Life.
 * ------------------------------------------------------------------------------------------------
 */

static int64_t or_else(int64_t value, int64_t fallback)
{
	return value ? value : fallback;
}

static void fill_times(EngineTimes *times)
{
	times->retry_ms = or_else(times->retry_ms, 500);
	times->retry_max_ms = or_else(times->retry_max_ms, 60 * 1000);
	times->shutdown_ms = or_else(times->shutdown_ms, 60 * 1000);
	times->unplug_wait_ms = or_else(times->unplug_wait_ms, 1500);
	times->unplug_retry_ms = or_else(times->unplug_retry_ms, 20 * 1000);
	times->unplug_tries = or_else(times->unplug_tries, 8);
	times->overtake_ms = or_else(times->overtake_ms, 5 * 1000);
	times->stop_ms = or_else(times->stop_ms, 5 * 1000);
	times->keep_ms = or_else(times->keep_ms, INT64_C(24) * 60 * 60 * 1000);
}

static Engine *engine_new(const EngineConfig *config)
{
	Engine *engine = NEW(Engine);
	pthread_condattr_t attr;

	engine->config = *config;
	engine->ends = mem_new(config->kind_count * sizeof(*engine->ends));
	engine->config.guest_dir = engine->guest_dir = mem_strdup(config->guest_dir);
	fill_times(&engine->config.times);
	(void)pthread_mutex_init(&engine->lock, NULL);
	(void)pthread_cond_init(&engine->ready_cond, NULL);
	(void)pthread_condattr_init(&attr);
	(void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	(void)pthread_cond_init(&engine->wake_cond, &attr);
	(void)pthread_cond_init(&engine->overtake_cond, &attr);
	(void)pthread_condattr_destroy(&attr);
	engine->lanes = map_new();
	engine->uses = uses_new();
	engine->share_uses = uses_new();
	engine->parked_us = INT64_MAX;
	engine->watch_us = INT64_MAX;
	engine->next_prune_us = clock_steady_us() + PRUNE_PAUSE_MS * US_PER_MS;
	engine->target_life = backend_life(config->backend);
	engine->target_look_us = backend_forgets(config->backend) ? 0 : INT64_MAX;
	engine->woken = engine->look_at_all = engine->resuming = true;
	engine->worker_count = config->workers ? config->workers : WORKERS;
	engine->workers = mem_new(engine->worker_count * sizeof(*engine->workers));
	return engine;
}

static Engine *engine_free(Engine *engine)
{
	overtake_done(engine);
	lanes_done(engine);
	(void)uses_free(engine->uses);
	(void)uses_free(engine->share_uses);
	(void)pthread_cond_destroy(&engine->overtake_cond);
	(void)pthread_cond_destroy(&engine->wake_cond);
	(void)pthread_cond_destroy(&engine->ready_cond);
	(void)pthread_mutex_destroy(&engine->lock);
	free(engine->workers);
	free(engine->guest_dir);
	free(engine->ends);
	free(engine);
	return NULL;
}

static int start_threads(Engine *engine, Fault *f)
{
	pthread_attr_t attr;
	int r;

	(void)pthread_attr_init(&attr);
	(void)pthread_attr_setstacksize(&attr, WORKER_STACK_BYTES);
	r = pthread_create(&engine->dispatcher, &attr, dispatcher_main, engine);
	if (!r)
		r = pthread_create(&engine->overtaking, &attr, overtake_main, engine);
	if (r)
		goto end;
	for (engine->started = 0; engine->started < engine->worker_count; engine->started++) {
		r = pthread_create(&engine->workers[engine->started], &attr, worker_main, engine);
		if (r)
			goto end;
	}
end:
	(void)pthread_attr_destroy(&attr);
	return r ? fault(f, -r, "starting the engine's threads: %s", strerror(r)) : 0;
}

int engine_start(const EngineConfig *config, Engine **ret, Fault *f)
{
	Engine *engine = engine_new(config);
	int r;

	r = fault_unexpected(f, depot_sweep(config->depot, f));
	if (!r)
		r = resume_prepare(&engine->config, f);
	if (!r)
		r = exports_restore(&engine->config, f);
	if (r) {
		(void)engine_free(engine);
		return r;
	}
	r = start_threads(engine, f);
	if (r) {
		(void)engine_stop(engine); /* nothing hangs yet */
		return r;
	}
	*ret = engine;
	return 0;
}

static bool thread_ends(pthread_t thread, const struct timespec *end)
{
	return !thread || pthread_clockjoin_np(thread, NULL, CLOCK_MONOTONIC, end) == 0;
}

static bool threads_end(Engine *engine, const struct timespec *end)
{
	for (unsigned i = 0; i < engine->started; i++)
		if (!thread_ends(engine->workers[i], end))
			return false;
	return thread_ends(engine->dispatcher, end) && thread_ends(engine->overtaking, end);
}

/* Marks that the store has been given are on their way back. */
static bool marks_end(Engine *engine, const struct timespec *end)
{
	int r = 0;

	(void)pthread_mutex_lock(&engine->lock);
	while (engine->marks && r == 0)
		r = pthread_cond_timedwait(&engine->wake_cond, &engine->lock, end);
	(void)pthread_mutex_unlock(&engine->lock);
	return r == 0;
}

bool engine_stop(Engine *engine)
{
	struct timespec end;
	int64_t end_us;

	if (!engine)
		return true;
	end_us = clock_mono_us() + engine->config.times.stop_ms * US_PER_MS;
	end = (struct timespec){.tv_sec = end_us / 1000000, .tv_nsec = end_us % 1000000 * 1000};
	(void)pthread_mutex_lock(&engine->lock);
	engine->stopping = true;
	(void)pthread_cond_broadcast(&engine->ready_cond);
	(void)pthread_cond_broadcast(&engine->wake_cond);
	(void)pthread_cond_broadcast(&engine->overtake_cond);
	(void)pthread_mutex_unlock(&engine->lock);
	if (!threads_end(engine, &end) || !marks_end(engine, &end))
		return false;
	engine_end_watches(engine);
	(void)engine_free(engine); /* NULL */
	return true;
}
