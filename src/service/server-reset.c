/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * An admin's last word on what a server is. It changes the row alone: an operation that is under
 * way goes on, and its end says what is true then. A server that is being deleted stays so, as its
 * deletion has no way back.
 */
#include "service/priv.h"
#include "service/server-shape.h"
#include "service/server.h"

int service_reset_server(Work *work, const char *id, VmState vm_state, Fault *f)
{
	Server *server;
	int r;

	r = service_find_server(work, id, &server, f);
	if (r)
		return r;
	if (server->vm_state == VM_RESCUED && server->task_state == TASK_NONE)
		server_leave_rescue(server); /* its next start is its own again */
	server->vm_state = (int)vm_state;
	if (server->task_state != TASK_DELETING)
		server->task_state = TASK_NONE;
	server->updated_us = work->now_us;
	return fault_unexpected(f, server_update(work->tx, server, f));
}
