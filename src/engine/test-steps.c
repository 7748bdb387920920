/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * The table of steps has no holes, and the engine's patience grows as it should.
 */
#include "engine/priv.h"

#include "tests/lib/test.h"

TEST(every_step_can_be_done_and_patience_is_set)
{
	for (int kind = 0; kind < _STEP_KIND_MAX; kind++) {
		const StepRow *row = step_row((StepKind)kind);

		assert_non_null(row->act);
		assert_true(row->attempts > 0);
	}
}

TEST(what_makes_something_can_be_undone)
{
	static const StepKind makers[] = {
		STEP_VOLUME_CREATE,   STEP_DISK_PLUG,     STEP_DISK_UNPLUG,
		STEP_DOMAIN_DEFINE,   STEP_DOMAIN_START,  STEP_SERVER_DISK_CREATE,
		STEP_SNAPSHOT_CREATE, STEP_VOLUME_FREEZE, STEP_VOLUME_COPY,
		STEP_DOMAIN_OFF,      STEP_DOMAIN_ON,     STEP_DISK_GROW,
		STEP_DISK_REVERT,     STEP_DISK_REMAKE,   STEP_DISK_REPLACE,
		STEP_RESCUE_CREATE,   STEP_DISK_FREEZE,   STEP_DISK_SAVE,
	};

	for (size_t i = 0; i < ARRAY_SIZE(makers); i++)
		assert_non_null(step_row(makers[i])->undo);
}

TEST(pauses_double_up_to_the_longest)
{
	EngineTimes times = {.retry_ms = 500, .retry_max_ms = 60000};

	assert_int_equal(step_pause_ms(&times, 1), 500);
	assert_int_equal(step_pause_ms(&times, 2), 1000);
	assert_int_equal(step_pause_ms(&times, 5), 8000);
	assert_int_equal(step_pause_ms(&times, 8), 60000);
	assert_int_equal(step_pause_ms(&times, 1000000), 60000);
}
