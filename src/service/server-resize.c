/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * A server gets another flavor, on the same host: it is shut down, its root disk grows if the
 * flavor's does (the old one is kept), and it is defined anew and started again. Then its owner
 * confirms that, and what was kept goes; or goes back to what was.
 */
#include "base/clock.h"
#include "base/str.h"
#include "service/flavor.h"
#include "service/host-traits.h"
#include "service/server-boot.h"
#include "service/server-shape.h"

/* Disks do not shrink. The root disk of a server that boots from a volume is no flavor's affair. */
static int check_disks(Work *work, const Server *server, const Flavor *flavor)
{
	static const char text[] = "Server disk was unable to be resized because: %s";
	bool own_disk = server->image_id != NULL;

	if (own_disk && flavor->disk_gib == 0 && server->disk_gib != 0)
		return work_refuse(work, REFUSAL_BAD_INPUT, text,
				   "Resize to zero disk flavor is not allowed.");
	if ((own_disk && flavor->disk_gib < server->disk_gib) ||
	    flavor->ephemeral_gib < server->ephemeral_gib)
		return work_refuse(work, REFUSAL_BAD_INPUT, text, "Unable to resize disk down.");
	return 0;
}

static int find_flavor(Work *work, const Server *server, const char *id, Flavor **ret, Fault *f)
{
	int r = service_find_flavor(work, id, ret, f);

	if (r == REFUSAL_NO_FLAVOR || (!r && (*ret)->disabled))
		return work_refuse(work, REFUSAL_BAD_INPUT, "Flavor %s could not be found.", id);
	if (r)
		return r;
	r = check_disks(work, server, *ret);
	if (!r && str_eq((*ret)->id, server->flavor_id))
		return work_refuse(work, REFUSAL_BAD_INPUT,
				   "When resizing, instances must change flavor!");
	if (!r && !host_fits(work->arena, work->settings->host_traits, (*ret)->extra_specs,
			     (*ret)->ram_mib))
		return work_refuse(work, REFUSAL_BAD_INPUT,
				   "No valid host was found. No valid host found for resize");
	return r;
}

int service_resize_server(Work *work, const char *id, const char *flavor_id,
			  const char *disk_config, Fault *f)
{
	static const Reshape row = {
		.action = SERVER_RESIZE,
		.task = TASK_RESIZE_PREP,
		.operation = "resize-server",
		.event = "compute_resize_instance",
	};
	ServerCharge charged;
	const char *old;
	Server *server;
	Flavor *flavor;
	int r;

	r = reshape_find(work, id, &row, &server, f);
	if (!r)
		r = find_flavor(work, server, flavor_id, &flavor, f);
	if (r)
		return r;
	charged = server_charge(work->arena, server);
	old = server_shape(work->arena, server);
	server->old_flavor = server_flavor_print(work->arena, server, clock_steady_us());
	server->previous_state = server->vm_state;
	server_set_flavor(server, flavor);
	if (disk_config)
		server->disk_config = disk_config;
	r = server_charge_more(work, server, charged, f);
	return r ? r : reshape_begin(work, &row, server, old, NULL, f);
}

int resize_server_done(Tx *tx, Arena *arena, const Operation *operation, Fault *f)
{
	Server *server;
	int r = server_get(tx, arena, operation->server_id, &server, f);

	if (r)
		return fault_unexpected(f, r);
	return reshape_end(tx, arena, operation, server, VM_RESIZED,
			   server->previous_state == VM_STOPPED ? POWER_SHUTDOWN : POWER_RUNNING,
			   f);
}

static int check_resized(Work *work, const Server *server)
{
	return server->old_flavor
		       ? 0
		       : work_refuse(work, REFUSAL_BAD_INPUT, "Instance has not been resized.");
}

static const Reshape confirm_row = {
	.action = SERVER_CONFIRM_RESIZE,
	.task = TASK_RESIZE_CONFIRMING,
	.operation = "confirm-resize",
	.event = "compute_confirm_resize",
};

int service_confirm_resize(Work *work, const char *id, Fault *f)
{
	Server *server;
	int r;

	r = reshape_find(work, id, &confirm_row, &server, f);
	if (!r)
		r = check_resized(work, server);
	return r ? r : reshape_begin(work, &confirm_row, server, NULL, NULL, f);
}

/* No way leads back from here: only now the old flavor is forgotten. */
static int forget_old_flavor(Tx *tx, Arena *arena, Server *server, Fault *f)
{
	ServerCharge charged = server_charge(arena, server);

	server->old_flavor = NULL;
	return server_charge_less(tx, arena, server, charged, f);
}

int confirm_resize_done(Tx *tx, Arena *arena, const Operation *operation, Fault *f)
{
	Server *server;
	bool is_off;
	int r = server_get(tx, arena, operation->server_id, &server, f);

	if (r)
		return fault_unexpected(f, r);
	is_off = server->power_state == POWER_SHUTDOWN || server->power_state == POWER_CRASHED;
	r = forget_old_flavor(tx, arena, server, f);
	return r ? r
		 : reshape_end(tx, arena, operation, server, is_off ? VM_STOPPED : VM_ACTIVE,
			       (PowerState)server->power_state, f);
}

int confirm_resize_failed(Tx *tx, Arena *arena, const Operation *operation, const char *reason,
			  Fault *f)
{
	return action_finish(tx, arena, operation->action_id, reason, f); /* late; it goes on */
}

/* Rows say the old flavor at once; the new one waits in its place until there is no way back. */
int service_revert_resize(Work *work, const char *id, Fault *f)
{
	static const Reshape row = {
		.action = SERVER_REVERT_RESIZE,
		.task = TASK_RESIZE_REVERTING,
		.operation = "revert-resize",
		.event = "compute_revert_resize",
	};
	const char *old, *flavor;
	Server *server;
	int r;

	r = reshape_find(work, id, &row, &server, f);
	if (!r)
		r = check_resized(work, server);
	if (r)
		return r;
	old = server_shape(work->arena, server);
	flavor = server_flavor_print(work->arena, server, clock_steady_us());
	server_flavor_restore(work->arena, server);
	server->old_flavor = flavor;
	return reshape_begin(work, &row, server, old, NULL, f);
}

int revert_resize_done(Tx *tx, Arena *arena, const Operation *operation, Fault *f)
{
	Server *server;
	bool was_off;
	int r = server_get(tx, arena, operation->server_id, &server, f);

	if (r)
		return fault_unexpected(f, r);
	was_off = server->previous_state == VM_STOPPED;
	r = forget_old_flavor(tx, arena, server, f);
	return r ? r
		 : reshape_end(tx, arena, operation, server, was_off ? VM_STOPPED : VM_ACTIVE,
			       was_off ? POWER_SHUTDOWN : POWER_RUNNING, f);
}

/* --- by itself, after a time --- */

static int confirm_late(const ConfirmResizes *late, Tx *tx, Server *server, Fault *f)
{
	const Caller owner = {.user_id = server->user_id, .project_id = server->project_id};
	Work work = {
		.tx = tx,
		.arena = late->arena,
		.caller = &owner,
		.request_id = arena_printf(late->arena, "req-%s", new_uuid(late->arena)),
		.settings = late->settings,
		.now_us = clock_now_us(),
	};

	return reshape_begin(&work, &confirm_row, server, NULL, NULL, f);
}

int service_confirm_resizes(Tx *tx, void *ctx, Fault *f)
{
	const ConfirmResizes *late = ctx;
	RecordQuery query = {0};
	Server **servers;
	size_t count;
	int r;

	record_where_text(&query, "vm_state", RECORD_EQ, enum_name(&vm_state_names, VM_RESIZED));
	record_where_text(&query, "task_state", RECORD_EQ, enum_name(&task_state_names, TASK_NONE));
	r = server_find(tx, late->arena, &query, &servers, &count, f);
	for (size_t i = 0; !r && i < count; i++)
		if (servers[i]->old_flavor &&
		    server_resized_us(late->arena, servers[i]) < late->before_us)
			r = confirm_late(late, tx, servers[i], f);
	return fault_unexpected(f, r);
}
