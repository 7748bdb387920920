/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Marks: what is written after acting, one transaction each. The mark that finishes a step starts
 * the next one; the last one settles the operation together with the rows it is about.
 *
 * The work may run again after a rolled back batch: it changes copies of the rows that the turn
 * loaded, never those themselves.
 */
#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "engine/priv.h"
#include "notify/notify.h"

typedef struct Draft {
	Tx *tx;
	Task *task;
	const OperationKind *kind;
	Operation was;        /* as it is now: it may have been cancelled since the turn began */
	Operation *operation; /* as it is to be */
	Step steps[OPERATION_STEPS_MAX];
	bool changed[OPERATION_STEPS_MAX];
	size_t count;
	int64_t now_us;
} Draft;

static void operation_move(Draft *d, OperationState to)
{
	Operation *operation = d->operation;

	assert(operation_may_move((OperationState)operation->state, to));
	log_debug("op=%s kind=%s: %s -> %s", operation->id, operation->kind,
		  enum_name(&operation_state_names, operation->state),
		  enum_name(&operation_state_names, (int)to));
	operation->state = (int)to;
}

static void step_move(Draft *d, size_t index, StepState to)
{
	Step *step = &d->steps[index];

	assert(step_may_move((StepState)step->state, to));
	step->state = (int)to;
	if (to == STEP_STARTED)
		step->started_us = d->now_us;
	else
		step->finished_us = d->now_us;
	if (to == STEP_UNDOING)
		step->attempts = 0;
	d->changed[index] = true;
}

static int announce(const Draft *d, NotifyPhase phase, const char *problem, Fault *f)
{
	return notify_phase(d->tx, d->task->arena, d->operation, phase, problem, f);
}

static int settle_done(Draft *d, Fault *f)
{
	int r = announce(d, NOTIFY_GOING, NULL, f);

	if (!r)
		r = d->kind->done(d->tx, d->task->arena, d->operation, f);
	if (!r)
		r = announce(d, NOTIFY_END, NULL, f);
	if (r)
		return fault_unexpected(f, r);
	d->operation->progress = 100;
	operation_move(d, OPERATION_DONE);
	d->task->mark.look = false;
	d->task->mark.next = TASK_NEXT_OVER;
	return 0;
}

static int call_failed(Draft *d, const char *reason, Fault *f)
{
	const char *problem = str_empty(reason) ? "unknown" : reason;
	int r = d->kind->failed(d->tx, d->task->arena, d->operation, problem, f);

	return r ? fault_unexpected(f, r) : announce(d, NOTIFY_ERROR, problem, f);
}

static int settle_failed(Draft *d, Fault *f)
{
	int r = call_failed(d, d->operation->last_error, f);

	if (r)
		return r;
	operation_move(d, OPERATION_FAILED);
	d->task->mark.next = TASK_NEXT_OVER;
	return 0;
}

static int turn_back(Draft *d, size_t index, const char *reason, Fault *f)
{
	operation_move(d, OPERATION_UNDOING);
	d->operation->last_error = reason;
	step_move(d, index, STEP_UNDOING);
	return d->kind->turned ? fault_unexpected(
					 f, d->kind->turned(d->tx, d->task->arena, d->operation, f))
			       : 0;
}

static bool is_forward(const Draft *d)
{
	const Step *steps[OPERATION_STEPS_MAX];

	for (size_t i = 0; i < d->count; i++)
		steps[i] = &d->steps[i];
	return d->kind->forward_only || steps_are_past_return(steps, d->count);
}

static int draft_done(Draft *d, size_t index, Fault *f)
{
	step_move(d, index, STEP_DONE);
	if (d->task->run->found)
		d->operation->args = d->task->run->found;
	if (d->operation->cancelled && !is_forward(d))
		return turn_back(d, index, "cancelled", f);
	if (index + 1 == d->count)
		return settle_done(d, f);
	step_move(d, index + 1, STEP_STARTED);
	return d->kind->events[index + 1]
		       ? action_event_next(d->tx, d->task->arena, d->operation->action_id,
					   d->kind->events[index + 1], f)
		       : 0;
}

static int draft_undone(Draft *d, size_t index, Fault *f)
{
	/* A crash of an older release may have left it short of undoing. */
	if (d->steps[index].state != STEP_UNDOING)
		step_move(d, index, STEP_UNDOING);
	step_move(d, index, STEP_UNDONE);
	if (d->task->run->found)
		d->operation->args = d->task->run->found;
	if (index == 0)
		return settle_failed(d, f);
	step_move(d, index - 1, STEP_UNDOING);
	return 0;
}

/* Not finished, for now. Rows of a deletion that is late say so once; trying goes on. */
static int draft_wait(Draft *d, const Mark *mark, Fault *f)
{
	Step *step = &d->steps[mark->step];

	d->changed[mark->step] = true;
	d->operation->not_before_us = mark->not_before_us;
	if (d->task->run->progress)
		d->operation->progress = d->task->run->progress;
	d->task->mark.next = TASK_NEXT_PARKED;
	if (mark->counted)
		step->attempts++;
	if (!mark->reason)
		return 0;
	step->last_error = mark->reason;
	if (!d->kind->forward_only || !d->operation->deadline_us ||
	    d->now_us < d->operation->deadline_us)
		return 0;
	d->operation->deadline_us = 0;
	return call_failed(d, mark->reason, f);
}

static int draft_make(Draft *d, const Mark *mark, Fault *f)
{
	switch (mark->kind) {
	case MARK_DONE:
		return draft_done(d, mark->step, f);
	case MARK_UNDONE:
		return draft_undone(d, mark->step, f);
	case MARK_GIVE_UP:
		d->steps[mark->step].last_error = mark->reason;
		return turn_back(d, mark->step, mark->reason, f);
	case MARK_RETRY:
	case MARK_LATER:
		return draft_wait(d, mark, f);
	case MARK_SETTLE:
		return d->operation->state == OPERATION_DOING ? settle_done(d, f)
							      : settle_failed(d, f);
	case MARK_BROKEN:
		d->operation->last_error = mark->reason;
		operation_move(d, OPERATION_BROKEN);
		d->task->mark.next = TASK_NEXT_OVER;
		return 0;
	}
	return 0;
}

static int draft_write(const Draft *d, Fault *f)
{
	int r;

	for (size_t i = 0; i < d->count; i++) {
		r = d->changed[i] ? step_update_from(d->tx, d->task->run->steps[i], &d->steps[i], f)
				  : 0;
		if (r)
			return fault_unexpected(f, r);
	}
	d->operation->updated_us = d->now_us;
	return fault_unexpected(f, operation_update_from(d->tx, &d->was, d->operation, f));
}

int mark_work(Tx *tx, void *ctx, Fault *f)
{
	Task *task = ctx;
	const StepRun *run = task->run;
	Draft d = {.tx = tx, .task = task, .kind = run->kind, .now_us = clock_steady_us()};
	int r;

	task->mark.next = TASK_NEXT_READY;
	task->mark.ended = NULL;
	r = operation_get(tx, task->arena, task->id, &d.operation, f);
	if (r)
		return fault_unexpected(f, r);
	d.was = *d.operation;
	d.operation->not_before_us = 0;
	if (task->mark.kind != MARK_BROKEN) {
		d.count = run->step_count;
		for (size_t i = 0; i < d.count; i++)
			d.steps[i] = *run->steps[i];
	}
	r = draft_make(&d, &task->mark, f);
	if (!r && task->mark.next == TASK_NEXT_OVER)
		task->mark.ended = d.operation;
	return r ? r : draft_write(&d, f);
}
