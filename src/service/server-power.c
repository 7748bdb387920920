/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Start, stop, reboot, pause, suspend, and their ways back: the task is set at once, the operation
 * does the rest, and its end says what the server is then.
 */
#include "service/priv.h"
#include "service/server.h"

#include "base/str.h"

#define HARD_REBOOT "reboot-server-hard"

/* What each does, and where the server rests when that has worked. */
static const struct {
	ServerOrder order;
	VmState vm_state;
	PowerState power;
} rows[] = {
	{
		.order = {SERVER_START, TASK_POWERING_ON, "start-server", "compute_start_instance"},
		.vm_state = VM_ACTIVE,
		.power = POWER_RUNNING,
	},
	{
		.order = {SERVER_STOP, TASK_POWERING_OFF, "stop-server", "compute_stop_instance"},
		.vm_state = VM_STOPPED,
		.power = POWER_SHUTDOWN,
	},
	{
		.order = {SERVER_REBOOT_SOFT, TASK_REBOOTING, "reboot-server",
			  "compute_reboot_instance"},
		.vm_state = VM_ACTIVE,
		.power = POWER_RUNNING,
	},
	{
		.order = {SERVER_REBOOT_HARD, TASK_REBOOTING_HARD, HARD_REBOOT,
			  "compute_reboot_instance"},
		.vm_state = VM_ACTIVE,
		.power = POWER_RUNNING,
	},
	{
		.order = {SERVER_PAUSE, TASK_PAUSING, "pause-server", "compute_pause_instance"},
		.vm_state = VM_PAUSED,
		.power = POWER_PAUSED,
	},
	{
		.order = {SERVER_UNPAUSE, TASK_UNPAUSING, "unpause-server",
			  "compute_unpause_instance"},
		.vm_state = VM_ACTIVE,
		.power = POWER_RUNNING,
	},
	{
		.order = {SERVER_SUSPEND, TASK_SUSPENDING, "suspend-server",
			  "compute_suspend_instance"},
		.vm_state = VM_SUSPENDED,
		.power = POWER_SUSPENDED,
	},
	{
		.order = {SERVER_RESUME, TASK_RESUMING, "resume-server", "compute_resume_instance"},
		.vm_state = VM_ACTIVE,
		.power = POWER_RUNNING,
	},
	{
		.order = {SERVER_RESTORE, TASK_POWERING_ON, "start-server",
			  "compute_restore_instance"},
		.vm_state = VM_ACTIVE,
		.power = POWER_RUNNING,
	},
};

int server_order(Work *work, Server *server, const ServerOrder *order, Fault *f)
{
	Operation operation;
	int r;

	server->task_state = (int)order->task;
	server->updated_us = work->now_us;
	r = server_update(work->tx, server, f);
	if (r)
		return fault_unexpected(f, r);
	if (server_action_starts(order->action))
		r = server_shares_prepare(work, server, f);
	if (r)
		return r;
	operation = operation_for(work, server->id);
	operation.server_id = server->id;
	r = action_begin(work, server, server_action_name(order->action), order->event,
			 &operation.action_id, f);
	if (r)
		return r;
	return operation_begin(work->tx, work->arena, service_operation(order->operation),
			       &operation, f);
}

int service_power_server(Work *work, const char *id, ServerAction action, Fault *f)
{
	Server *server;
	size_t i = 0;
	int r;

	while (rows[i].order.action != action)
		i++;
	assert(i < ARRAY_SIZE(rows));
	r = service_find_server(work, id, &server, f);
	if (!r)
		r = server_check(work, server, action, f);
	return r ? r : server_order(work, server, &rows[i].order, f);
}

/* A hard reboot may be asked for again before it has come to its end. */
static int is_last_hard_reboot(Tx *tx, const Operation *operation, bool *ret, Fault *f)
{
	static const char *const active[] = {"doing", "undoing"};
	RecordQuery query = {0};
	int64_t count;
	int r;

	record_where_text(&query, "lane", RECORD_EQ, operation->lane);
	record_where_text(&query, "kind", RECORD_EQ, HARD_REBOOT);
	record_where_texts(&query, "state", RECORD_IN, active, ARRAY_SIZE(active));
	record_where_text(&query, "id", RECORD_NE, operation->id);
	r = record_count(tx, &operation_table, &query, &count, f);
	*ret = r == 0 && count == 0;
	return fault_unexpected(f, r);
}

/*
 * A hard reboot's task ends with the last operation of its kind, and with no other: who found the
 * server at rest earlier would work on it beside them, and its own task would end with theirs.
 */
int server_of_operation(Tx *tx, Arena *arena, const Operation *operation, Server **ret, Fault *f)
{
	bool is_last = false;
	int r = server_get(tx, arena, operation->server_id, ret, f);

	if (!r && (*ret)->task_state == TASK_REBOOTING_HARD && str_eq(operation->kind, HARD_REBOOT))
		r = is_last_hard_reboot(tx, operation, &is_last, f);
	if (r)
		return fault_unexpected(f, r);
	if (is_last)
		(*ret)->task_state = TASK_NONE;
	return 0;
}

int server_over(Tx *tx, Arena *arena, const Operation *operation, const Server *server,
		const char *reason, Fault *f)
{
	int r = server_update(tx, server, f);

	return r ? fault_unexpected(f, r)
		 : action_finish(tx, arena, operation->action_id, reason, f);
}

int server_settle(Tx *tx, Arena *arena, const Operation *operation, VmState vm_state,
		  PowerState power, Fault *f)
{
	Server *server;
	int r = server_of_operation(tx, arena, operation, &server, f);

	if (r)
		return r;
	server_rest(server, vm_state, power);
	r = server_shares_rest(tx, arena, server, f);
	return r ? r : server_over(tx, arena, operation, server, NULL, f);
}

int server_stay(Tx *tx, Arena *arena, const Operation *operation, const char *reason, Fault *f)
{
	Server *server;
	int r = server_of_operation(tx, arena, operation, &server, f);

	if (r)
		return r;
	server_rest(server, (VmState)server->vm_state, (PowerState)server->power_state);
	return server_over(tx, arena, operation, server, reason, f);
}

int power_server_done(Tx *tx, Arena *arena, const Operation *operation, Fault *f)
{
	size_t i = 0;

	while (!str_eq(rows[i].order.operation, operation->kind))
		i++;
	return server_settle(tx, arena, operation, rows[i].vm_state, rows[i].power, f);
}

/*
 * A server that was switched off to be switched on and does not come up again is broken. So is one
 * whose share is in the way: its owner has to detach it, or to try a hard reboot.
 */
int power_server_failed(Tx *tx, Arena *arena, const Operation *operation, const char *reason,
			Fault *f)
{
	Server *server;
	int r;

	if (!str_eq(operation->kind, HARD_REBOOT) && !server_shares_are_named(reason))
		return server_stay(tx, arena, operation, reason, f);
	r = server_of_operation(tx, arena, operation, &server, f);
	if (!r)
		r = server_shares_failed(tx, arena, server->id, reason, f);
	if (r)
		return r;
	server_break(server, reason);
	return server_over(tx, arena, operation, server, reason, f);
}
