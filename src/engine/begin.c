/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Writing a new operation. created_us of operations rises strictly in the order of commits, so
 * that the dispatcher finds new ones by one comparison: operations are only begun on the store's
 * writer, one at a time. The journal's times are of the steady clock: setting the clock of the
 * machine makes no deadline come early or late.
 */
#include "base/clock.h"
#include "engine/priv.h"
#include "notify/notify.h"

#include <stdatomic.h>

static _Atomic int64_t last_created_us;

void begin_after(int64_t us)
{
	if (us > atomic_load(&last_created_us))
		atomic_store(&last_created_us, us);
}

static int64_t next_created_us(void)
{
	int64_t us = MAX(clock_steady_us(), atomic_load(&last_created_us) + 1);

	atomic_store(&last_created_us, us);
	return us;
}

Step **steps_begun(Arena *arena, const Operation *operation, const OperationKind *kind)
{
	Step **steps = ARENA_ARRAY(arena, Step *, kind->step_count);

	for (size_t i = 0; i < kind->step_count; i++) {
		steps[i] = ARENA_NEW(arena, Step);
		*steps[i] = (Step){
			.id = arena_printf(arena, "%s/%02zu", operation->id, i),
			.operation_id = operation->id,
			.seq = (int64_t)i,
			.kind = kind->steps[i],
			.state = i == 0 ? STEP_STARTED : STEP_TODO,
			.started_us = i == 0 ? operation->created_us : 0,
		};
	}
	return steps;
}

void operation_tell(Tx *tx, Arena *arena, const Operation *operation)
{
	StoreNews *news = ARENA_NEW(arena, StoreNews);

	news->what = record_copy(arena, &operation_table, operation);
	store_tell(tx, STORE_TOUCHED_OPERATIONS, news);
}

int operation_begin(Tx *tx, Arena *arena, const OperationKind *kind, Operation *operation, Fault *f)
{
	char id[UUID_TEXT];
	Step **steps;
	int r;

	assert(kind->step_count > 0 && kind->step_count <= OPERATION_STEPS_MAX);
	assert(operation->lane);
	uuid_new(id);
	operation->id = arena_strdup(arena, id);
	operation->format = OPERATION_FORMAT;
	operation->kind = kind->name;
	operation->state = OPERATION_DOING;
	operation->created_us = next_created_us();
	operation->updated_us = operation->created_us;
	operation->deadline_us = operation->created_us + kind->deadline_ms * 1000;
	r = operation_insert(tx, operation, f);
	steps = steps_begun(arena, operation, kind);
	for (size_t i = 0; r == 0 && i < kind->step_count; i++)
		r = step_insert(tx, steps[i], f);
	if (r)
		return fault_unexpected(f, r);
	operation_tell(tx, arena, operation);
	return notify_phase(tx, arena, operation, NOTIFY_START, NULL, f);
}
