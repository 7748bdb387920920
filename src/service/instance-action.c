/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Instance actions: begun in the transaction of the request, finished in that of the operation's
 * last mark, so that none is left running. Events between those begin with a step: `events` in the
 * table of operations.
 */
#include "base/clock.h"
#include "base/str.h"
#include "service/priv.h"

/*
 * What of an action the request itself does, by the event that comes next: where the server goes,
 * which is here, and what it is charged with.
 */
static const struct {
	const char *event;
	const char *decided[4];
} decisions[] = {
	{
		.event = "compute_resize_instance",
		.decided = {"conductor_migrate_server", "cold_migrate", "compute_prep_resize"},
	},
	{
		.event = "compute_rebuild_instance",
		.decided = {"rebuild_server"},
	},
	{
		.event = "compute_unshelve_instance",
		.decided = {"schedule_instances"},
	},
};

static int add_decided(Work *work, const InstanceAction *action, const char *const *events,
		       Fault *f)
{
	int64_t now_us = clock_now_us();
	int r = 0;

	for (; !r && *events; events++)
		r = action_event_add(work->tx, work->arena, action, *events, now_us, f);
	return r;
}

int action_begin(Work *work, const Server *server, const char *action, const char *event,
		 const char **ret_id, Fault *f)
{
	InstanceAction row = {
		.id = new_uuid(work->arena),
		.server_id = server->id,
		.request_id = work->request_id,
		.action = action,
		.user_id = work->caller->user_id,
		.project_id = work->caller->project_id,
		.started_us = work->now_us,
		.updated_us = work->now_us,
		.event = event,
		.event_started_us = work->now_us,
		.result = event ? ACTION_RUNNING : ACTION_SUCCESS,
		.host = work->settings->host,
	};
	int r = instance_action_insert(work->tx, &row, f);

	for (size_t i = 0; !r && i < ARRAY_SIZE(decisions); i++)
		if (str_eq(decisions[i].event, event))
			r = add_decided(work, &row, decisions[i].decided, f);
	*ret_id = row.id;
	return fault_unexpected(f, r);
}

int action_finish(Tx *tx, Arena *arena, const char *id, const char *problem, Fault *f)
{
	InstanceAction *row;
	int r;

	if (!id)
		return 0;
	r = instance_action_get(tx, arena, id, &row, f);
	if (r == RECORD_NOT_FOUND)
		return 0;
	if (r)
		return fault_unexpected(f, r);
	row->event_finished_us = row->updated_us = clock_now_us();
	row->result = problem ? ACTION_ERROR : ACTION_SUCCESS;
	row->message = problem ? "Error" : NULL;
	row->details = problem;
	return fault_unexpected(f, instance_action_update(tx, row, f));
}
