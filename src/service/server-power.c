/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Start, stop and reboot: the task is set at once, the operation does the rest, and its end says
 * what the server is then.
 */
#include "service/priv.h"
#include "service/server.h"

#include "base/str.h"

typedef struct PowerRow {
	ServerAction action;
	TaskState task;
	const char *operation;
	const char *event;
} PowerRow;

static int power(Work *work, const char *id, const PowerRow *row, Fault *f)
{
	Operation operation;
	Server *server;
	int r;

	r = service_find_server(work, id, &server, f);
	if (!r)
		r = server_may(server, row->action, caller_is_admin(work->caller), &work->refused);
	if (r)
		return r;
	server->task_state = (int)row->task;
	server->updated_us = work->now_us;
	r = server_update(work->tx, server, f);
	if (r)
		return fault_unexpected(f, r);
	operation = operation_for(work, server->id);
	operation.server_id = server->id;
	r = action_begin(work, server, server_action_name(row->action), row->event,
			 &operation.action_id, f);
	if (r)
		return r;
	return operation_begin(work->tx, work->arena, service_operation(row->operation), &operation,
			       f);
}

int service_start_server(Work *work, const char *id, Fault *f)
{
	static const PowerRow row = {
		.action = SERVER_START,
		.task = TASK_POWERING_ON,
		.operation = "start-server",
		.event = "compute_start_instance",
	};

	return power(work, id, &row, f);
}

int service_stop_server(Work *work, const char *id, Fault *f)
{
	static const PowerRow row = {
		.action = SERVER_STOP,
		.task = TASK_POWERING_OFF,
		.operation = "stop-server",
		.event = "compute_stop_instance",
	};

	return power(work, id, &row, f);
}

int service_reboot_server(Work *work, const char *id, bool hard, Fault *f)
{
	static const PowerRow soft_row = {
		.action = SERVER_REBOOT_SOFT,
		.task = TASK_REBOOTING,
		.operation = "reboot-server",
		.event = "compute_reboot_instance",
	};
	static const PowerRow hard_row = {
		.action = SERVER_REBOOT_HARD,
		.task = TASK_REBOOTING_HARD,
		.operation = "reboot-server-hard",
		.event = "compute_reboot_instance",
	};

	return power(work, id, hard ? &hard_row : &soft_row, f);
}

/* The server is at rest in a state, and the action is over. */
static int rest(Tx *tx, Arena *arena, const Operation *operation, VmState vm_state,
		PowerState power_state, Fault *f)
{
	Server *server;
	int r;

	r = server_get(tx, arena, operation->server_id, &server, f);
	if (r)
		return fault_unexpected(f, r);
	server_rest(server, vm_state, power_state);
	r = server_update(tx, server, f);
	return r ? fault_unexpected(f, r) : action_finish(tx, arena, operation->action_id, NULL, f);
}

/* Nothing came of it: the states stay, and a look at the domain corrects them. */
static int stay(Tx *tx, Arena *arena, const Operation *operation, const char *reason, Fault *f)
{
	Server *server;
	int r;

	r = server_get(tx, arena, operation->server_id, &server, f);
	if (r)
		return fault_unexpected(f, r);
	server_rest(server, (VmState)server->vm_state, (PowerState)server->power_state);
	r = server_update(tx, server, f);
	return r ? fault_unexpected(f, r)
		 : action_finish(tx, arena, operation->action_id, reason, f);
}

int start_server_done(Tx *tx, Arena *arena, const Operation *operation, Fault *f)
{
	return rest(tx, arena, operation, VM_ACTIVE, POWER_RUNNING, f);
}

int start_server_failed(Tx *tx, Arena *arena, const Operation *operation, const char *reason,
			Fault *f)
{
	return stay(tx, arena, operation, reason, f);
}

int stop_server_done(Tx *tx, Arena *arena, const Operation *operation, Fault *f)
{
	return rest(tx, arena, operation, VM_STOPPED, POWER_SHUTDOWN, f);
}

int stop_server_failed(Tx *tx, Arena *arena, const Operation *operation, const char *reason,
		       Fault *f)
{
	return stay(tx, arena, operation, reason, f);
}

int reboot_server_done(Tx *tx, Arena *arena, const Operation *operation, Fault *f)
{
	return rest(tx, arena, operation, VM_ACTIVE, POWER_RUNNING, f);
}

/* A server that was switched off for it and does not come up again is broken. */
int reboot_server_failed(Tx *tx, Arena *arena, const Operation *operation, const char *reason,
			 Fault *f)
{
	Server *server;
	int r;

	if (str_eq(operation->kind, "reboot-server"))
		return stay(tx, arena, operation, reason, f);
	r = server_get(tx, arena, operation->server_id, &server, f);
	if (r)
		return fault_unexpected(f, r);
	server_break(server, reason);
	r = server_update(tx, server, f);
	return r ? fault_unexpected(f, r)
		 : action_finish(tx, arena, operation->action_id, reason, f);
}
