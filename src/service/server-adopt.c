/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * See server-adopt.h. The domain's own disks are kept as local disks of the server, so that no
 * volume gets the name of one; a look at the domain brings them up to date.
 */
#include "service/server-adopt.h"

#include "base/clock.h"
#include "base/str.h"
#include "service/priv.h"
#include "service/server-boot.h"
#include "service/server.h"

#include <inttypes.h>

#define refuse_conflict(work, ...) work_refuse((work), REFUSAL_SERVER_CONFLICT, __VA_ARGS__)

/* --- the domain's own disks --- */

/* Volumes that were attached here bear the ids of their attachments. */
static bool is_volume(const DomainDisk *disk, Attachment *const *attachments, size_t count)
{
	const char *id = disk->alias ? str_after(disk->alias, "ua-") : NULL;

	for (size_t i = 0; id && i < count; i++)
		if (str_eq(attachments[i]->id, id))
			return true;
	return false;
}

static int write_disk(Tx *tx, Arena *arena, const char *server_id, const DomainDisk *disk,
		      int64_t seq, Fault *f)
{
	const LocalDisk row = {
		.id = new_uuid(arena),
		.server_id = server_id,
		.device = arena_printf(arena, "/dev/%s", disk->target),
		.disk_bus = disk->bus,
		.seq = seq,
	};

	return fault_unexpected(f, local_disk_insert(tx, &row, f));
}

/* Whether the rows tell of these disks already. */
static bool are_told(LocalDisk *const *rows, size_t row_count, const DomainDisk *const *disks,
		     size_t count, Arena *arena)
{
	if (row_count != count)
		return false;
	for (size_t i = 0; i < count; i++)
		if (!str_eq(rows[i]->device, arena_printf(arena, "/dev/%s", disks[i]->target)))
			return false;
	return true;
}

static int write_disks(Tx *tx, Arena *arena, const char *server_id, const DomainFacts *facts,
		       Fault *f)
{
	const DomainDisk **own = ARENA_ARRAY(arena, const DomainDisk *, facts->disk_count + 1);
	size_t attached, row_count, count = 0;
	Attachment **attachments;
	LocalDisk **rows;
	int r;

	r = attachments_of_server(tx, arena, server_id, &attachments, &attached, f);
	if (!r)
		r = local_disks_of_server(tx, arena, server_id, &rows, &row_count, f);
	if (r)
		return fault_unexpected(f, r);
	for (size_t i = 0; i < facts->disk_count; i++)
		if (facts->disks[i].target && !is_volume(&facts->disks[i], attachments, attached))
			own[count++] = &facts->disks[i];
	if (are_told(rows, row_count, own, count, arena))
		return 0;
	r = local_disks_forget(tx, server_id, f);
	for (size_t i = 0; !r && i < count; i++)
		r = write_disk(tx, arena, server_id, own[i], (int64_t)i, f);
	return fault_unexpected(f, r);
}

int service_domain_seen(Tx *tx, Arena *arena, const char *server_id, const DomainFacts *facts,
			Fault *f)
{
	Server *server;
	int r;

	if (facts)
		return write_disks(tx, arena, server_id, facts, f);
	r = server_get(tx, arena, server_id, &server, f);
	if (r == RECORD_NOT_FOUND)
		return 0;
	if (r)
		return fault_unexpected(f, r);
	server_break(server, "its domain is gone; it was not made here, and is not made again");
	return fault_unexpected(f, server_update(tx, server, f));
}

/* --- adopting --- */

static int find_flavors(Work *work, const AdoptWish *wish, Flavor ***ret, size_t *ret_count,
			Fault *f)
{
	RecordQuery query = {0};

	if (wish->flavor) {
		record_where_text(&query, "name", RECORD_EQ, wish->flavor);
	} else {
		record_where_int(&query, "ram_mib", RECORD_EQ, wish->facts->ram_mib);
		record_where_int(&query, "vcpus", RECORD_EQ, wish->facts->vcpus);
	}
	record_sort(&query, "created_us", false);
	return fault_unexpected(f, flavor_find(work->tx, work->arena, &query, ret, ret_count, f));
}

static int choose_flavor(Work *work, const AdoptWish *wish, Flavor **ret, Fault *f)
{
	Flavor **found;
	size_t count;
	int r = RECORD_NOT_FOUND;

	if (wish->flavor)
		r = flavor_get(work->tx, work->arena, wish->flavor, ret, f);
	if (r != RECORD_NOT_FOUND)
		return fault_unexpected(f, r);
	r = find_flavors(work, wish, &found, &count, f);
	if (r)
		return r;
	if (!count && wish->flavor)
		return work_refuse(work, REFUSAL_NOT_THERE, "There is no flavor %s.", wish->flavor);
	if (!count)
		return work_refuse(work, REFUSAL_BAD_INPUT,
				   "No flavor has %" PRId64 " MiB and %" PRId64
				   " processors, as domain %s has: make one, or name another.",
				   wish->facts->ram_mib, wish->facts->vcpus, wish->facts->name);
	*ret = found[0];
	return 0;
}

static PowerState power_of(DomainState state)
{
	switch (state) {
	case DOMAIN_RUNNING:
		return POWER_RUNNING;
	case DOMAIN_PAUSED:
		return POWER_PAUSED;
	case DOMAIN_SAVED:
		return POWER_SUSPENDED;
	case DOMAIN_CRASHED:
		return POWER_CRASHED;
	case DOMAIN_OFF:
	case DOMAIN_ABSENT:
	case _DOMAIN_STATE_MAX:
		break;
	}
	return POWER_SHUTDOWN;
}

static VmState state_of(PowerState power)
{
	switch (power) {
	case POWER_RUNNING:
		return VM_ACTIVE;
	case POWER_PAUSED:
		return VM_PAUSED;
	case POWER_SUSPENDED:
		return VM_SUSPENDED;
	case POWER_SHUTDOWN:
	case POWER_CRASHED:
	case POWER_NONE:
		break;
	}
	return VM_STOPPED;
}

/* The first disk that is none of a CD drive. */
static const char *root_device(Arena *arena, const DomainFacts *facts)
{
	for (size_t i = 0; i < facts->disk_count; i++)
		if (str_eq(facts->disks[i].device, "disk") && facts->disks[i].target)
			return arena_printf(arena, "/dev/%s", facts->disks[i].target);
	return NULL;
}

static Server *server_of(Work *work, const AdoptWish *wish, const Flavor *flavor)
{
	const DomainFacts *facts = wish->facts;
	const char *name = wish->name ? wish->name : facts->name;
	Server *server = ARENA_NEW(work->arena, Server);

	*server = (Server){
		.id = facts->id,
		.project_id = wish->project_id ? wish->project_id : work->caller->project_id,
		.user_id = work->caller->user_id,
		.name = name,
		.hostname = name,
		.domain_name = facts->name,
		.vm_state = VM_BUILDING,
		.task_state = TASK_SPAWNING,
		.power_state = power_of(facts->state),
		.metadata = "{}",
		.tags = "[]",
		.availability_zone = work->settings->availability_zone,
		.host = work->settings->host,
		.networks = "none",
		.reservation_id = "",
		.root_device = root_device(work->arena, facts),
		.disk_config = "MANUAL",
		.created_us = work->now_us,
		.updated_us = work->now_us,
		.launched_us = work->now_us,
	};
	server_set_flavor(server, flavor);
	server->ram_mib = facts->ram_mib;
	server->vcpus = facts->vcpus;
	return server;
}

/* A row of one that was given back earlier is written over: it is the same domain. */
static int write_server(Work *work, const Server *server, Fault *f)
{
	Server *there;
	int r = server_get(work->tx, work->arena, server->id, &there, f);

	if (r == RECORD_NOT_FOUND)
		return fault_unexpected(f, server_insert(work->tx, server, f));
	if (r)
		return fault_unexpected(f, r);
	if (there->vm_state != VM_DELETED)
		return refuse_conflict(work, "Domain %s is server %s already.", server->domain_name,
				       server->id);
	return fault_unexpected(f, server_update(work->tx, server, f));
}

static int check_facts(Work *work, const AdoptWish *wish, Fault *f)
{
	const DomainFacts *facts = wish->facts;
	Project *project;
	int r = 0;

	if (facts->owner == DOMAIN_OWN)
		return refuse_conflict(work, "Domain %s was made here.", facts->name);
	if (!facts->defined)
		return refuse_conflict(work,
				       "Domain %s has no definition: it is gone as soon as it is "
				       "off.",
				       facts->name);
	if (wish->project_id)
		r = project_get(work->tx, work->arena, wish->project_id, &project, f);
	if (r == RECORD_NOT_FOUND)
		return work_refuse(work, REFUSAL_NOT_THERE, "There is no project %s.",
				   wish->project_id);
	return fault_unexpected(f, r);
}

static int count_usage(Tx *tx, const Server *server,
		       int (*change)(Tx *tx, const char *project_id, const char *resource,
				     int64_t amount, Fault *f),
		       Fault *f)
{
	int r = change(tx, server->project_id, "instances", 1, f);

	if (!r)
		r = change(tx, server->project_id, "cores", server->vcpus, f);
	return r ? r : change(tx, server->project_id, "ram", server->ram_mib, f);
}

static int begin(Work *work, const Server *server, const char *action, const char *kind,
		 const char **ret_operation, Fault *f)
{
	Operation operation = operation_for(work, server->id);
	const char *event = arena_printf(work->arena, "compute_%s_instance", action);
	int r;

	operation.server_id = server->id;
	r = action_begin(work, server, action, event, &operation.action_id, f);
	if (!r)
		r = operation_begin(work->tx, work->arena, service_operation(kind), &operation, f);
	*ret_operation = operation.id;
	return r;
}

int service_adopt_server(Work *work, const AdoptWish *wish, Server **ret,
			 const char **ret_operation, Fault *f)
{
	Flavor *flavor;
	int r;

	r = check_facts(work, wish, f);
	if (!r)
		r = choose_flavor(work, wish, &flavor, f);
	if (r)
		return r;
	*ret = server_of(work, wish, flavor);
	r = write_server(work, *ret, f);
	if (!r)
		r = write_disks(work->tx, work->arena, (*ret)->id, wish->facts, f);
	if (!r)
		r = count_usage(work->tx, *ret, quota_take, f);
	return r ? r : begin(work, *ret, "adopt", "adopt-server", ret_operation, f);
}

int adopt_server_done(Tx *tx, Arena *arena, const Operation *operation, Fault *f)
{
	Server *server;
	int r = server_of_operation(tx, arena, operation, &server, f);

	if (r)
		return r;
	server_rest(server, state_of((PowerState)server->power_state),
		    (PowerState)server->power_state);
	return server_over(tx, arena, operation, server, NULL, f);
}

/* Nobody's any more: the row stays, for those who ask what became of it. */
static int forget(Tx *tx, Arena *arena, const Operation *operation, const char *problem, Fault *f)
{
	Server *server;
	int r = server_of_operation(tx, arena, operation, &server, f);

	if (r)
		return r;
	r = local_disks_forget(tx, server->id, f);
	if (!r)
		r = count_usage(tx, server, quota_give, f);
	if (r)
		return fault_unexpected(f, r);
	server->vm_state = VM_DELETED;
	server->task_state = TASK_NONE;
	server->power_state = POWER_NONE;
	server->terminated_us = server->updated_us = clock_now_us();
	return server_over(tx, arena, operation, server, problem, f);
}

int adopt_server_failed(Tx *tx, Arena *arena, const Operation *operation, const char *reason,
			Fault *f)
{
	return forget(tx, arena, operation, reason, f);
}

/* --- giving back --- */

/* A server whose domain is gone may still have volumes; the operation looks. */
static int check_volumes(Work *work, const Server *server, Fault *f)
{
	Attachment **attachments;
	size_t count;
	int r;

	r = attachments_of_server(work->tx, work->arena, server->id, &attachments, &count, f);
	if (r)
		return fault_unexpected(f, r);
	if (count && server->vm_state != VM_ERROR)
		return refuse_conflict(work, "Server %s has volumes: detach them first.",
				       server->id);
	return 0;
}

int service_release_server(Work *work, const char *id, const char **ret_operation, Fault *f)
{
	Server *server;
	int r;

	r = service_find_server(work, id, &server, f);
	if (r)
		return r;
	if (!server->domain_name)
		return refuse_conflict(work, "Server %s was made here: delete it instead.",
				       server->id);
	if (server->task_state != TASK_NONE)
		return refuse_conflict(work, "Server %s is busy: %s.", server->id,
				       enum_name(&task_state_names, server->task_state));
	r = check_volumes(work, server, f);
	if (r)
		return r;
	server->task_state = TASK_DELETING;
	server->updated_us = work->now_us;
	r = fault_unexpected(f, server_update(work->tx, server, f));
	return r ? r : begin(work, server, "release", "release-server", ret_operation, f);
}

static int remove_attachments(Tx *tx, Arena *arena, const Operation *operation, Fault *f)
{
	Attachment **attachments;
	size_t count;
	int r;

	r = attachments_of_server(tx, arena, operation->server_id, &attachments, &count, f);
	for (size_t i = 0; !r && i < count; i++)
		r = attachment_remove(tx, arena, attachments[i], f);
	return fault_unexpected(f, r);
}

int release_server_done(Tx *tx, Arena *arena, const Operation *operation, Fault *f)
{
	int r = remove_attachments(tx, arena, operation, f);

	return r ? r : forget(tx, arena, operation, NULL, f);
}

int release_server_failed(Tx *tx, Arena *arena, const Operation *operation, const char *reason,
			  Fault *f)
{
	Server *server;
	int r = server_of_operation(tx, arena, operation, &server, f);

	if (r)
		return r;
	server->task_state = TASK_NONE;
	return server_over(tx, arena, operation, server, reason, f);
}
