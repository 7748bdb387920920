/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Every combination of an operation's state, up to three steps' states and `fresh`, held against
 * the rules of next.h said in another way; and a walk through a whole life in each direction.
 */
#include "journal/next.h"

#include "tests/lib/test.h"

enum { STEPS = 3 };

typedef struct Case {
	Operation operation;
	Step rows[STEPS];
	const Step *steps[STEPS];
	size_t count;
} Case;

/* The index-th of all combinations of `count` steps' states. */
static void case_fill(Case *c, OperationState state, size_t count, unsigned index)
{
	*c = (Case){.operation = {.state = state}, .count = count};
	for (size_t i = 0; i < count; i++, index /= _STEP_STATE_MAX) {
		c->rows[i].state = (int)(index % _STEP_STATE_MAX);
		c->steps[i] = &c->rows[i];
	}
}

static bool all_before(const Case *c, size_t end, StepState state)
{
	for (size_t i = 0; i < end; i++)
		if (c->rows[i].state != (int)state)
			return false;
	return true;
}

static bool untouched_from(const Case *c, size_t begin)
{
	for (size_t i = begin; i < c->count; i++)
		if (c->rows[i].state != STEP_TODO && c->rows[i].state != STEP_UNDONE)
			return false;
	return true;
}

static void check_doing(const Case *c, JournalNext next, bool fresh)
{
	if (next.move == JOURNAL_SETTLE_DONE) {
		assert_true(all_before(c, c->count, STEP_DONE));
		return;
	}
	assert_true(next.step < c->count);
	assert_true(all_before(c, next.step, STEP_DONE));
	assert_int_not_equal(c->rows[next.step].state, STEP_DONE);
	if (c->rows[next.step].state == STEP_STARTED && !fresh)
		assert_int_equal(next.move, JOURNAL_PROBE);
	else
		assert_int_equal(next.move, JOURNAL_DO);
}

static void check_undoing(const Case *c, JournalNext next)
{
	if (next.move == JOURNAL_SETTLE_FAILED) {
		assert_true(untouched_from(c, 0));
		return;
	}
	assert_int_equal(next.move, JOURNAL_UNDO);
	assert_true(next.step < c->count);
	assert_true(untouched_from(c, next.step + 1));
	assert_false(untouched_from(c, next.step));
}

static void check(const Case *c, bool fresh)
{
	JournalNext next = journal_next(&c->operation, c->steps, c->count, fresh);

	switch ((OperationState)c->operation.state) {
	case OPERATION_DOING:
		check_doing(c, next, fresh);
		break;
	case OPERATION_UNDOING:
		check_undoing(c, next);
		break;
	case OPERATION_DONE:
	case OPERATION_FAILED:
	case OPERATION_BROKEN:
		assert_int_equal(next.move, JOURNAL_NOTHING);
		break;
	case _OPERATION_STATE_MAX:
		fail();
	}
}

TEST(every_combination)
{
	Case c;
	unsigned combinations = 1;

	for (size_t count = 0; count <= STEPS; count++, combinations *= _STEP_STATE_MAX)
		for (unsigned i = 0; i < combinations; i++)
			for (int state = 0; state < _OPERATION_STATE_MAX; state++) {
				case_fill(&c, (OperationState)state, count, i);
				check(&c, false);
				check(&c, true);
			}
}

static void move(Step *step, StepState to)
{
	assert_true(step_may_move((StepState)step->state, to));
	step->state = to;
}

TEST(life_without_trouble)
{
	Case c;

	case_fill(&c, OPERATION_DOING, STEPS, 0);
	for (size_t i = 0; i < STEPS; i++) {
		JournalNext next;

		move(&c.rows[i], STEP_STARTED);
		next = journal_next(&c.operation, c.steps, c.count, true);
		assert_int_equal(next.move, JOURNAL_DO);
		assert_int_equal(next.step, i);
		move(&c.rows[i], STEP_DONE);
	}
	assert_int_equal(journal_next(&c.operation, c.steps, c.count, true).move,
			 JOURNAL_SETTLE_DONE);
	assert_true(operation_may_move(OPERATION_DOING, OPERATION_DONE));
}

TEST(second_step_fails_and_both_are_undone)
{
	Case c;
	JournalNext next;

	case_fill(&c, OPERATION_DOING, STEPS, 0);
	move(&c.rows[0], STEP_STARTED);
	move(&c.rows[0], STEP_DONE);
	move(&c.rows[1], STEP_STARTED);
	assert_true(operation_may_move(OPERATION_DOING, OPERATION_UNDOING));
	c.operation.state = OPERATION_UNDOING;
	for (size_t left = 2; left > 0; left--) {
		next = journal_next(&c.operation, c.steps, c.count, true);
		assert_int_equal(next.move, JOURNAL_UNDO);
		assert_int_equal(next.step, left - 1);
		move(&c.rows[next.step], STEP_UNDOING);
		/* A crash here: the same answer. */
		next = journal_next(&c.operation, c.steps, c.count, false);
		assert_int_equal(next.move, JOURNAL_UNDO);
		assert_int_equal(next.step, left - 1);
		move(&c.rows[next.step], STEP_UNDONE);
	}
	assert_int_equal(journal_next(&c.operation, c.steps, c.count, true).move,
			 JOURNAL_SETTLE_FAILED);
	assert_true(operation_may_move(OPERATION_UNDOING, OPERATION_FAILED));
}

TEST(what_is_over_stays_over)
{
	for (int to = 0; to < _OPERATION_STATE_MAX; to++) {
		assert_false(operation_may_move(OPERATION_DONE, (OperationState)to));
		assert_false(operation_may_move(OPERATION_FAILED, (OperationState)to));
		assert_false(operation_may_move(OPERATION_BROKEN, (OperationState)to));
	}
	for (int to = 0; to < _STEP_STATE_MAX; to++)
		assert_false(step_may_move(STEP_UNDONE, (StepState)to));
}
