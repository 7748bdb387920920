/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Locks: they hold off everybody but admins. Who locks a server of his own project is its owner,
 * whatever his roles; the lock of somebody else, an admin, is an admin's to take away.
 */
#include "base/str.h"
#include "service/priv.h"
#include "service/server.h"

#define UNLOCK_POLICY "os_compute_api:os-lock-server:unlock:unlock_override"

static bool is_owner(const Work *work, const Server *server)
{
	return str_eq(work->caller->project_id, server->project_id);
}

/* What is done at once is an action without events. */
static int record(Work *work, Server *server, const char *action, const char *change, Fault *f)
{
	const char *id;
	int r;

	server->updated_us = work->now_us;
	r = server_update(work->tx, server, f);
	if (r)
		return fault_unexpected(f, r);
	r = action_begin(work, server, action, NULL, &id, f);
	return r ? r : announce_server(work, change, server->id, f);
}

int service_lock_server(Work *work, const char *id, const char *reason, Fault *f)
{
	Server *server;
	int r;

	r = service_find_server(work, id, &server, f);
	if (r || (server->locked && is_owner(work, server)))
		return r;
	server->locked = true;
	server->locked_by_admin = !is_owner(work, server);
	server->locked_reason = reason;
	return record(work, server, "lock", "lock-server", f);
}

int service_unlock_server(Work *work, const char *id, Fault *f)
{
	Server *server;
	int r;

	r = service_find_server(work, id, &server, f);
	if (r)
		return r;
	if (server->locked && server->locked_by_admin && !caller_is_admin(work->caller)) {
		work->refused = (RefusalData){.value = UNLOCK_POLICY};
		return REFUSAL_DENIED;
	}
	server->locked = false;
	server->locked_by_admin = false;
	server->locked_reason = NULL;
	return record(work, server, "unlock", "unlock-server", f);
}
