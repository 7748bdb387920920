/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * A server goes: what is under way for it alone is cancelled, then one operation takes domain,
 * volumes and disk apart and is tried until it works. The row stays, for those who ask what became
 * of it.
 */
#include "base/clock.h"
#include "service/priv.h"
#include "service/server-shape.h"
#include "service/server.h"

static const char *const active_states[] = {"doing", "undoing"};

/* Of a kind that this release does not have, nobody knows. */
static bool outlives(const Operation *operation)
{
	const OperationKind *kind = service_operation_find(operation->kind);

	return kind && kind->outlives_server;
}

/*
 * What waits or runs in the server's lane turns back at its next mark; not what somebody wants to
 * have beyond the server. The deletion waits behind that, and pulls the plug meanwhile.
 */
static int cancel_others(Work *work, const Server *server, Fault *f)
{
	RecordQuery query = {0};
	Operation **operations;
	size_t count;
	int r;

	record_where_texts(&query, "state", RECORD_IN, active_states, ARRAY_SIZE(active_states));
	record_where_text(&query, "lane", RECORD_EQ, server->id);
	r = operation_find(work->tx, work->arena, &query, &operations, &count, f);
	for (size_t i = 0; !r && i < count; i++) {
		if (outlives(operations[i]))
			continue;
		operations[i]->cancelled = true;
		r = operation_update(work->tx, operations[i], f);
	}
	return fault_unexpected(f, r);
}

int service_delete_server(Work *work, const char *id, Fault *f)
{
	Operation operation;
	Server *server;
	bool shares;
	int r;

	r = service_find_server(work, id, &server, f);
	if (!r)
		r = server_check(work, server, SERVER_DELETE, f);
	if (r || server->task_state == TASK_DELETING)
		return r;
	r = cancel_others(work, server, f);
	if (!r)
		r = server_has_shares(work, server, &shares, f);
	if (r)
		return r;
	server->task_state = TASK_DELETING;
	server->updated_us = work->now_us;
	r = server_update(work->tx, server, f);
	if (r)
		return fault_unexpected(f, r);
	operation = operation_for(work, server->id);
	operation.server_id = server->id;
	r = action_begin(work, server, server_action_name(SERVER_DELETE),
			 "compute_terminate_instance", &operation.action_id, f);
	if (r)
		return r;
	return operation_begin(
		work->tx, work->arena,
		service_operation(shares ? "delete-server-with-shares" : "delete-server"),
		&operation, f);
}

/* Volumes that are to go with their server do so in lanes of their own. */
static int release_volumes(Tx *tx, Arena *arena, const Operation *operation, Fault *f)
{
	Attachment **attachments;
	size_t count;
	int r;

	r = attachments_of_server(tx, arena, operation->server_id, &attachments, &count, f);
	for (size_t i = 0; !r && i < count; i++) {
		r = attachment_remove(tx, arena, attachments[i], f);
		if (!r && attachments[i]->delete_on_termination)
			r = volume_delete_along(tx, arena, operation, attachments[i]->volume_id, f);
	}
	return fault_unexpected(f, r);
}

static int give_back(Tx *tx, Arena *arena, const Server *server, Fault *f)
{
	ServerCharge charge = server_charge(arena, server);
	QuotaUsage usage;
	int r;

	r = quota_add(tx, server->project_id, "instances", -1, &usage, f);
	if (!r)
		r = quota_add(tx, server->project_id, "cores", -charge.cores, &usage, f);
	if (!r)
		r = quota_add(tx, server->project_id, "ram", -charge.ram_mib, &usage, f);
	return fault_unexpected(f, r);
}

int delete_server_done(Tx *tx, Arena *arena, const Operation *operation, Fault *f)
{
	Server *server;
	int r;

	r = server_get(tx, arena, operation->server_id, &server, f);
	if (r)
		return fault_unexpected(f, r);
	r = release_volumes(tx, arena, operation, f);
	if (!r)
		r = server_shares_forget(tx, arena, operation, f);
	if (!r)
		r = local_disks_forget(tx, server->id, f);
	if (!r)
		r = server_files_forget(tx, server->id, f);
	if (!r)
		r = give_back(tx, arena, server, f);
	if (r)
		return r;
	server->vm_state = VM_DELETED;
	server->address = NULL;
	server->task_state = TASK_NONE;
	server->power_state = POWER_NONE;
	server->terminated_us = server->updated_us = clock_now_us();
	r = server_update(tx, server, f);
	return r ? fault_unexpected(f, r) : action_finish(tx, arena, operation->action_id, NULL, f);
}

/* It is late, not over: the owner sees why, and trying goes on. */
int delete_server_failed(Tx *tx, Arena *arena, const Operation *operation, const char *reason,
			 Fault *f)
{
	Server *server;
	int r;

	r = server_get(tx, arena, operation->server_id, &server, f);
	if (r)
		return fault_unexpected(f, r);
	server_break(server, reason);
	r = server_update(tx, server, f);
	if (!r)
		r = server_shares_failed(tx, arena, server->id, reason, f);
	return r ? fault_unexpected(f, r)
		 : action_finish(tx, arena, operation->action_id, reason, f);
}
