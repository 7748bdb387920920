/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * See next.h. One rule a direction: doing looks for the first step that is not done, undoing for
 * the last one that may have left something behind. A step that was started and not finished may
 * have left a part of its effect, so undoing covers it without asking.
 */
#include "journal/next.h"

static const bool operation_moves[_OPERATION_STATE_MAX][_OPERATION_STATE_MAX] = {
	[OPERATION_DOING] =
		{
			[OPERATION_UNDOING] = true,
			[OPERATION_DONE] = true,
			[OPERATION_BROKEN] = true,
		},
	[OPERATION_UNDOING] =
		{
			[OPERATION_FAILED] = true,
			[OPERATION_BROKEN] = true,
		},
};

static const bool step_moves[_STEP_STATE_MAX][_STEP_STATE_MAX] = {
	[STEP_TODO] = {[STEP_STARTED] = true},
	[STEP_STARTED] = {[STEP_DONE] = true, [STEP_UNDOING] = true},
	[STEP_DONE] = {[STEP_UNDOING] = true},
	[STEP_UNDOING] = {[STEP_UNDONE] = true},
};

bool operation_may_move(OperationState from, OperationState to)
{
	return operation_moves[from][to];
}

bool step_may_move(StepState from, StepState to)
{
	return step_moves[from][to];
}

static JournalNext next_doing(const Step *const *steps, size_t count, bool fresh)
{
	for (size_t i = 0; i < count; i++)
		if (steps[i]->state == STEP_STARTED && !fresh)
			return (JournalNext){.move = JOURNAL_PROBE, .step = i};
		else if (steps[i]->state != STEP_DONE)
			return (JournalNext){.move = JOURNAL_DO, .step = i};
	return (JournalNext){.move = JOURNAL_SETTLE_DONE};
}

static bool may_have_effect(StepState state)
{
	return state == STEP_STARTED || state == STEP_DONE || state == STEP_UNDOING;
}

static JournalNext next_undoing(const Step *const *steps, size_t count)
{
	for (size_t i = count; i > 0; i--)
		if (may_have_effect((StepState)steps[i - 1]->state))
			return (JournalNext){.move = JOURNAL_UNDO, .step = i - 1};
	return (JournalNext){.move = JOURNAL_SETTLE_FAILED};
}

JournalNext journal_next(const Operation *operation, const Step *const *steps, size_t count,
			 bool fresh)
{
	switch ((OperationState)operation->state) {
	case OPERATION_DOING:
		return next_doing(steps, count, fresh);
	case OPERATION_UNDOING:
		return next_undoing(steps, count);
	case OPERATION_DONE:
	case OPERATION_FAILED:
	case OPERATION_BROKEN:
	case _OPERATION_STATE_MAX:
		break;
	}
	return (JournalNext){.move = JOURNAL_NOTHING};
}
