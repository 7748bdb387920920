/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * The events of an action on a server: see InstanceAction. One begins in the transaction that ends
 * the one before, which is the mark of a step or the request itself; so none is left running.
 */
#include "base/clock.h"
#include "records/tables.h"

int action_events_before(Tx *tx, Arena *arena, const char *action_id, ActionEvent ***ret,
			 size_t *ret_count, Fault *f)
{
	RecordQuery query = {0};

	record_where_text(&query, "action_id", RECORD_EQ, action_id);
	return action_event_find(tx, arena, &query, ret, ret_count, f);
}

/* The number of the next one. */
static int count_before(Tx *tx, const char *action_id, int64_t *ret, Fault *f)
{
	RecordQuery query = {0};

	record_where_text(&query, "action_id", RECORD_EQ, action_id);
	return record_count(tx, &action_event_table, &query, ret, f);
}

int action_event_add(Tx *tx, Arena *arena, const InstanceAction *action, const char *event,
		     int64_t finished_us, Fault *f)
{
	ActionEvent row = {
		.action_id = action->id,
		.event = event,
		.started_us = action->event_started_us,
		.finished_us = finished_us,
	};
	int64_t count;
	int r = count_before(tx, action->id, &count, f);

	if (r)
		return fault_unexpected(f, r);
	row.id = arena_printf(arena, "%s/%02d", action->id, (int)count);
	return fault_unexpected(f, action_event_insert(tx, &row, f));
}

int action_event_next(Tx *tx, Arena *arena, const char *action_id, const char *event, Fault *f)
{
	int64_t now_us = clock_now_us();
	InstanceAction *action;
	int r;

	if (!action_id)
		return 0;
	r = instance_action_get(tx, arena, action_id, &action, f);
	if (r == RECORD_NOT_FOUND)
		return 0;
	if (!r)
		r = action_event_add(tx, arena, action, action->event, now_us, f);
	if (r)
		return fault_unexpected(f, r);
	action->event = event;
	action->event_started_us = action->updated_us = now_us;
	return fault_unexpected(f, instance_action_update(tx, action, f));
}
