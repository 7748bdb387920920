/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Instance actions: begun in the transaction of the request, finished in that of the operation's
 * last mark, so that none is left running.
 */
#include "base/clock.h"
#include "service/priv.h"

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

	*ret_id = row.id;
	return fault_unexpected(f, instance_action_insert(work->tx, &row, f));
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
