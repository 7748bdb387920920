/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * "What next?" for an operation, asked before every move and after every crash. Pure: the answer
 * depends on the journal's rows alone.
 *
 * Protocol. The transaction that makes an operation marks its first step started: the intent. The
 * mark that finishes a step starts the next one in the same transaction; the last one settles the
 * operation, together with the rows it is about. So a step that is `started` has been promised and
 * may or may not have happened; whoever finds it so without having started it himself (after a
 * crash) probes first. Undoing goes backwards over what is done and over what was started: undoing
 * a step that never happened changes nothing.
 */
#pragma once

#include "model/operation.h"

typedef enum JournalMove {
	JOURNAL_DO,    /* act: this process marked the step started itself */
	JOURNAL_PROBE, /* somebody else started it: look whether the effect is there */
	JOURNAL_UNDO,
	JOURNAL_SETTLE_DONE,   /* every step is done */
	JOURNAL_SETTLE_FAILED, /* everything is undone */
	JOURNAL_NOTHING,       /* the operation is over */
} JournalMove;

typedef struct JournalNext {
	JournalMove move;
	size_t step; /* index, for do, probe and undo */
} JournalNext;

/*
 * `fresh` says that this process has run the operation since it was made or last resumed, so that
 * a started step is its own. `steps` are in order.
 */
JournalNext journal_next(const Operation *operation, const Step *const *steps, size_t count,
			 bool fresh);

/* Whether the table of moves allows a state to follow another. */
bool operation_may_move(OperationState from, OperationState to);
bool step_may_move(StepState from, StepState to);

/* The states in which an operation still needs the engine. */
static inline bool operation_is_active(const Operation *operation)
{
	return operation->state == OPERATION_DOING || operation->state == OPERATION_UNDOING;
}
