/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * One turn of an operation: load the rows in one snapshot, ask the journal what comes next, act,
 * and say what happened in a mark. Nothing is kept from one turn to the next but the journal.
 */
#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "engine/priv.h"

#include <inttypes.h>

enum { LOAD_PAUSE_MS = 1000, SLOW_PAUSE_MS = 200, AWAY_PAUSE_MS = 5000 };

const OperationKind *operation_kind(const EngineConfig *config, const char *name)
{
	for (size_t i = 0; i < config->kind_count; i++)
		if (str_eq(config->kinds[i].name, name))
			return &config->kinds[i];
	return NULL;
}

typedef struct Turn {
	Task *task;
	StepRun *run;
	JournalNext next;
} Turn;

static void turn_init(Turn *turn, Task *task)
{
	StepRun *run;

	if (!task->arena)
		task->arena = arena_new();
	if (!task->begun)
		arena_reset(task->arena);
	run = ARENA_NEW(task->arena, StepRun);
	run->config = &task->engine->config;
	run->uses = task->engine->uses;
	run->share_uses = task->engine->share_uses;
	run->arena = task->arena;
	run->now_us = clock_steady_us();
	run->operation = TAKE(task->begun);
	task->run = run;
	task->mark = (Mark){0};
	*turn = (Turn){.task = task, .run = run};
}

static int read_operation(Tx *tx, StepRun *run, const char *id, Fault *f)
{
	int r = operation_get(tx, run->arena, id, &run->operation, f);

	if (r)
		return r;
	run->kind = operation_kind(run->config, run->operation->kind);
	return fault_unexpected(f, steps_of_operation(tx, run->arena, run->operation->id,
						      &run->steps, &run->step_count, f));
}

static void take_begun(StepRun *run)
{
	run->kind = operation_kind(run->config, run->operation->kind);
	run->steps = steps_begun(run->arena, run->operation, run->kind);
	run->step_count = run->kind->step_count;
}

static int turn_load_operation(Tx *tx, Turn *turn, Fault *f)
{
	StepRun *run = turn->run;
	int r = 0;

	if (run->operation)
		take_begun(run);
	else
		r = read_operation(tx, run, turn->task->id, f);
	if (r)
		return r;
	turn->next = journal_next(run->operation, (const Step *const *)run->steps, run->step_count,
				  turn->task->fresh);
	return 0;
}

/* A StoreWork: RECORD_NOT_FOUND when the operation is gone. */
static int turn_load(Tx *tx, void *ctx, Fault *f)
{
	Turn *turn = ctx;
	StepRun *run = turn->run;
	int r;

	r = turn_load_operation(tx, turn, f);
	if (r)
		return r;
	switch (turn->next.move) {
	case JOURNAL_DO:
	case JOURNAL_PROBE:
	case JOURNAL_UNDO:
		run->step = run->steps[turn->next.step];
		run->undoing = turn->next.move == JOURNAL_UNDO;
		return step_load(tx, run, step_row((StepKind)run->step->kind)->needs, f);
	case JOURNAL_SETTLE_DONE:
	case JOURNAL_SETTLE_FAILED:
	case JOURNAL_NOTHING:
		break;
	}
	return 0;
}

/* A record of a later release, or of a kind that this one does not have. */
static bool is_readable(const StepRun *run)
{
	return run->kind && run->operation->format <= OPERATION_FORMAT &&
	       run->step_count <= OPERATION_STEPS_MAX;
}

static void mark(Turn *turn, MarkKind kind, const char *reason)
{
	Mark *m = &turn->task->mark;

	m->kind = kind;
	m->step = turn->next.step;
	m->reason = reason ? arena_strdup(turn->run->arena, reason) : NULL;
	m->look = turn->run->operation->server_id != NULL;
	engine_mark(turn->task);
}

/* What fails for a server meanwhile says nothing of the step: it may fail until its deadline. */
static bool is_excused(const Turn *turn)
{
	return turn->run->operation->server_id && engine_is_away(turn->task->engine);
}

static void mark_retry(Turn *turn, const char *reason)
{
	const StepRun *run = turn->run;
	bool excused = is_excused(turn);
	int64_t pause_ms = step_pause_ms(&run->config->times, run->step->attempts + 1);

	if (excused) /* who is back wakes it */
		pause_ms = AWAY_PAUSE_MS;
	log_warning("op=%s step=%s attempt=%" PRId64 " failed, again in %" PRId64 " ms: %s",
		    run->operation->id, enum_name(&step_kind_names, run->step->kind),
		    run->step->attempts + 1, pause_ms, reason);
	turn->task->mark.not_before_us = run->now_us + pause_ms * 1000;
	turn->task->mark.counted = !excused;
	mark(turn, MARK_RETRY, reason);
}

/* Whether there is no way but to go on. */
static bool is_forward(const StepRun *run)
{
	return run->kind->forward_only ||
	       steps_are_past_return((const Step *const *)run->steps, run->step_count);
}

/* Likewise, unless the step itself gives up: it alone knows what has happened. */
static bool is_bound(const StepRun *run)
{
	return is_forward(run) || step_row((StepKind)run->step->kind)->no_return;
}

static void mark_give_up(Turn *turn, const char *reason)
{
	if (is_forward(turn->run)) {
		mark_retry(turn, reason);
		return;
	}
	log_warning("op=%s step=%s given up: %s", turn->run->operation->id,
		    enum_name(&step_kind_names, turn->run->step->kind), reason);
	mark(turn, MARK_GIVE_UP, reason);
}

static void mark_later(Turn *turn)
{
	turn->task->mark.not_before_us = turn->run->later_us;
	turn->task->mark.counted = turn->run->counted;
	mark(turn, MARK_LATER, NULL);
}

/* Asked after acting only: what is done late is done all the same. */
static bool is_late(const StepRun *run)
{
	return !is_bound(run) && clock_steady_us() >= run->operation->deadline_us;
}

static bool attempts_are_used_up(const Turn *turn)
{
	const StepRun *run = turn->run;

	return !is_bound(run) && !is_excused(turn) &&
	       run->step->attempts + 1 >= step_row((StepKind)run->step->kind)->attempts;
}

/* Slow steps wait when they would take all the workers. */
static int act(Turn *turn, Fault *f)
{
	const StepRow *row = step_row((StepKind)turn->run->step->kind);
	Engine *engine = turn->task->engine;
	int r;

	if (!row->slow)
		return row->act(turn->run, f);
	if (!engine_slow_begin(engine)) {
		turn->run->later_us = turn->run->now_us + SLOW_PAUSE_MS * INT64_C(1000);
		return STEP_LATER;
	}
	r = row->act(turn->run, f);
	engine_slow_end(engine);
	return r;
}

static void turn_act(Turn *turn)
{
	StepRun *run = turn->run;
	Fault f = {0};
	int r;

	if (run->operation->cancelled && !is_bound(run)) {
		mark_give_up(turn, "cancelled");
		return;
	}
	r = act(turn, &f);
	if (r == 0)
		mark(turn, MARK_DONE, NULL);
	else if (r == STEP_LATER && is_late(run))
		mark_give_up(turn, "it took too long");
	else if (r == STEP_LATER)
		mark_later(turn);
	else if (r == STEP_GIVE_UP || attempts_are_used_up(turn) || is_late(run))
		mark_give_up(turn, f.text);
	else
		mark_retry(turn, f.text);
}

static void turn_probe(Turn *turn)
{
	const StepRow *row = step_row((StepKind)turn->run->step->kind);
	bool there = false;
	Fault f = {0};
	int r = row->probe ? row->probe(turn->run, &there, &f) : 0;

	if (r) {
		mark_retry(turn, f.text);
		return;
	}
	log_info("op=%s step=%s found started: %s", turn->run->operation->id,
		 enum_name(&step_kind_names, turn->run->step->kind),
		 there ? "it has happened" : "doing it again");
	turn->task->fresh = true;
	if (there)
		mark(turn, MARK_DONE, NULL);
	else
		turn_act(turn);
}

/* There is no giving up here: what is undone holds somebody's data. */
static void turn_undo(Turn *turn)
{
	const StepRow *row = step_row((StepKind)turn->run->step->kind);
	Fault f = {0};
	int r = row->undo ? row->undo(turn->run, &f) : 0;

	if (r == 0)
		mark(turn, MARK_UNDONE, NULL);
	else if (r == STEP_LATER)
		mark_later(turn);
	else
		mark_retry(turn, f.text);
}

static void turn_move(Turn *turn)
{
	switch (turn->next.move) {
	case JOURNAL_DO:
		turn_act(turn);
		break;
	case JOURNAL_PROBE:
		turn_probe(turn);
		break;
	case JOURNAL_UNDO:
		turn_undo(turn);
		break;
	case JOURNAL_SETTLE_DONE:
	case JOURNAL_SETTLE_FAILED:
		mark(turn, MARK_SETTLE, NULL);
		break;
	case JOURNAL_NOTHING:
		engine_over(turn->task);
		break;
	}
}

void operation_turn(Engine *engine, Task *task)
{
	Fault f = {0};
	Turn turn;
	int r;

	if (task->marked) { /* acting is behind it; only the mark failed */
		engine_mark(task);
		return;
	}
	turn_init(&turn, task);
	r = store_read(engine->config.store, turn_load, &turn, &f);
	if (r == RECORD_NOT_FOUND) {
		engine_over(task);
		return;
	}
	if (r) {
		log_error("op=%s cannot be loaded: %s", task->id, f.text);
		engine_park(task, turn.run->now_us + LOAD_PAUSE_MS * INT64_C(1000));
		return;
	}
	if (!is_readable(turn.run)) {
		log_error("op=%s kind=%s is of a kind or format unknown here", task->id,
			  turn.run->operation->kind);
		mark(&turn, MARK_BROKEN, "its kind or format is unknown to this release");
		return;
	}
	turn_move(&turn);
}
