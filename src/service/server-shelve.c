/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * A server that is put away, and comes back. Shelved, its guest is off; offloaded, its domain is
 * gone and its volumes are reserved for it alone. Its root disk stays where it is: there is one
 * host, and an image of it would only be a second copy.
 */
#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "base/uuid.h"
#include "service/priv.h"
#include "service/server.h"

enum { OFFLOAD_BATCH = 100 };

/* Such a server keeps nothing here by being shelved only. */
static bool boots_from_volume(const Server *server)
{
	return str_empty(server->image_id);
}

int service_shelve_server(Work *work, const char *id, Fault *f)
{
	static const ServerOrder shelve = {SERVER_SHELVE, TASK_SHELVING, "shelve-server",
					   "compute_shelve_instance"};
	static const ServerOrder offload = {SERVER_SHELVE, TASK_SHELVING, "offload-server",
					    "compute_shelve_instance"};
	bool at_once;
	Server *server;
	int r;

	r = service_find_server(work, id, &server, f);
	if (!r)
		r = server_check(work, server, SERVER_SHELVE, f);
	if (r)
		return r;
	at_once = work->settings->shelved_offload_s == 0 || boots_from_volume(server);
	return server_order(work, server, at_once ? &offload : &shelve, f);
}

static const ServerOrder offload_order = {SERVER_SHELVE_OFFLOAD, TASK_SHELVING_OFFLOADING,
					  "offload-server", "compute_shelve_offload_instance"};

int service_offload_server(Work *work, const char *id, Fault *f)
{
	Server *server;
	int r;

	r = service_find_server(work, id, &server, f);
	if (!r)
		r = server_check(work, server, SERVER_SHELVE_OFFLOAD, f);
	return r ? r : server_order(work, server, &offload_order, f);
}

/* Nobody asks for it: it is done in the owner's name. */
static int offload_late(const OffloadShelved *late, Tx *tx, Arena *arena, Server *server, Fault *f)
{
	const Caller owner = {.user_id = server->user_id, .project_id = server->project_id};
	Work work = {
		.tx = tx,
		.arena = arena,
		.caller = &owner,
		.request_id = arena_printf(arena, "req-%s", new_uuid(arena)),
		.settings = late->settings,
		.now_us = clock_now_us(),
	};

	log_info("srv=%s was shelved long enough: offloading", server->id);
	return server_order(&work, server, &offload_order, f);
}

int service_offload_shelved(Tx *tx, void *ctx, Fault *f)
{
	OffloadShelved *late = ctx;
	Arena *arena = late->arena;
	RecordQuery query = {.limit = OFFLOAD_BATCH};
	Server **servers;
	size_t count;
	int r;

	record_where_int(&query, "shelved_us", RECORD_GT, 0);
	record_where_int(&query, "shelved_us", RECORD_LT, late->before_us);
	record_where_text(&query, "vm_state", RECORD_EQ, enum_name(&vm_state_names, VM_SHELVED));
	record_where_text(&query, "task_state", RECORD_EQ, enum_name(&task_state_names, TASK_NONE));
	r = server_find(tx, arena, &query, &servers, &count, f);
	for (size_t i = 0; !r && i < count; i++)
		r = offload_late(late, tx, arena, servers[i], f);
	late->more = !r && count == OFFLOAD_BATCH;
	return fault_unexpected(f, r);
}

/* Where it shall go, which is here. */
static int check_place(Work *work, const Server *server, const UnshelveWish *wish)
{
	const ServiceSettings *settings = work->settings;

	if (!wish->zone && !wish->any_zone && !wish->host)
		return 0;
	if (server->vm_state != VM_SHELVED_OFFLOADED) {
		work_refuse_text(
			work,
			"Specifying an availability zone or a host when unshelving server "
			"\"%s\" with status \"%s\" is not supported, server status must be "
			"SHELVED_OFFLOADED.",
			server->id, enum_name(&vm_state_names, server->vm_state));
		return REFUSAL_SERVER_CONFLICT;
	}
	if (wish->host && !str_eq(wish->host, settings->host))
		return work_refuse(work, REFUSAL_BAD_INPUT, "Compute host %s could not be found.",
				   wish->host);
	if (wish->zone && !str_eq(wish->zone, settings->availability_zone))
		return work_refuse(work, REFUSAL_BAD_INPUT,
				   "The requested availability zone is not available");
	return 0;
}

/* It has a host again from now on, so that its volumes can say where they go. */
static int unshelve_offloaded(Work *work, const UnshelveWish *wish, Server *server, Fault *f)
{
	static const ServerOrder order = {SERVER_UNSHELVE, TASK_UNSHELVING, "unshelve-server",
					  "compute_unshelve_instance"};
	int r;

	server->host = work->settings->host;
	if (wish->zone || wish->any_zone)
		server->pinned_zone = wish->zone;
	r = server_volumes_fill(work, server, f);
	return r ? r : server_order(work, server, &order, f);
}

int service_unshelve_server(Work *work, const UnshelveWish *wish, Fault *f)
{
	static const ServerOrder start = {SERVER_UNSHELVE, TASK_UNSHELVING, "start-server",
					  "compute_start_instance"};
	Server *server;
	int r;

	r = service_find_server(work, wish->server_id, &server, f);
	if (!r)
		r = server_check(work, server, SERVER_UNSHELVE, f);
	if (!r)
		r = check_place(work, server, wish);
	if (r)
		return r;
	if (server->vm_state == VM_SHELVED)
		return server_order(work, server, &start, f);
	return unshelve_offloaded(work, wish, server, f);
}

int shelve_server_done(Tx *tx, Arena *arena, const Operation *operation, Fault *f)
{
	return server_settle(tx, arena, operation, VM_SHELVED, POWER_SHUTDOWN, f);
}

int shelve_server_failed(Tx *tx, Arena *arena, const Operation *operation, const char *reason,
			 Fault *f)
{
	return server_stay(tx, arena, operation, reason, f);
}

/* No host has the server, nor its volumes. */
static int leave_host(Tx *tx, Arena *arena, Server *server, Fault *f)
{
	server->host = "";
	return server_volumes_reserve(tx, arena, server->id, f);
}

int offload_server_done(Tx *tx, Arena *arena, const Operation *operation, Fault *f)
{
	Server *server;
	int r;

	r = server_of_operation(tx, arena, operation, &server, f);
	if (!r)
		r = leave_host(tx, arena, server, f);
	if (r)
		return r;
	server_rest(server, VM_SHELVED_OFFLOADED, POWER_SHUTDOWN);
	return server_over(tx, arena, operation, server, NULL, f);
}

/* A look at the server makes again what has gone already. */
int offload_server_failed(Tx *tx, Arena *arena, const Operation *operation, const char *reason,
			  Fault *f)
{
	return server_stay(tx, arena, operation, reason, f);
}

int unshelve_server_done(Tx *tx, Arena *arena, const Operation *operation, Fault *f)
{
	Server *server;
	int r;

	r = server_of_operation(tx, arena, operation, &server, f);
	if (!r)
		r = server_volumes_attach(tx, arena, server->id, f);
	if (r)
		return r;
	server_rest(server, VM_ACTIVE, POWER_RUNNING);
	server->launched_us = server->updated_us;
	return server_over(tx, arena, operation, server, NULL, f);
}

int unshelve_server_failed(Tx *tx, Arena *arena, const Operation *operation, const char *reason,
			   Fault *f)
{
	Server *server;
	int r;

	r = server_of_operation(tx, arena, operation, &server, f);
	if (!r)
		r = leave_host(tx, arena, server, f);
	if (r)
		return r;
	server_rest(server, VM_SHELVED_OFFLOADED, POWER_SHUTDOWN);
	return server_over(tx, arena, operation, server, reason, f);
}
