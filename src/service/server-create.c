/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Servers are made: what fits is checked, quota taken, rows and the operations that build them
 * written. A build that fails leaves a server in ERROR that says why; deleting it gives the quota
 * back.
 */
#include "service/server.h"

#include "base/str.h"
#include "base/uuid.h"
#include "service/flavor.h"
#include "service/host-traits.h"
#include "service/image.h"
#include "service/priv.h"
#include "service/server-address.h"
#include "service/server-boot.h"
#include "service/server-disks.h"
#include "service/server-files.h"
#include "service/server-group.h"
#include "service/tags.h"
#include "service/text-map.h"
#include "json/out.h"

#include <inttypes.h>

enum { RESERVATION_CHARS = 8 };

static int take_quota(Work *work, const char *resource, int64_t amount, Fault *f)
{
	QuotaUsage usage;
	int r = quota_add(work->tx, work->caller->project_id, resource, amount, &usage, f);

	if (r != QUOTA_EXCEEDED)
		return fault_unexpected(f, r);
	work->refused = (RefusalData){
		.resource = resource,
		.requested = amount,
		.used = usage.used,
		.limit = usage.limit,
	};
	return REFUSAL_QUOTA;
}

static int take_quotas(Work *work, const Flavor *flavor, int64_t count, Fault *f)
{
	int r;

	r = take_quota(work, "instances", count, f);
	if (!r)
		r = take_quota(work, "cores", count * flavor->vcpus, f);
	return r ? r : take_quota(work, "ram", count * flavor->ram_mib, f);
}

static const char *new_reservation(Arena *arena)
{
	static const char letters[] = "0123456789abcdefghijklmnopqrstuvwxyz";
	uint8_t bytes[RESERVATION_CHARS];
	char text[RESERVATION_CHARS + 1] = "";

	random_bytes(bytes, sizeof(bytes));
	for (size_t i = 0; i < sizeof(bytes); i++)
		text[i] = letters[bytes[i] % (sizeof(letters) - 1)];
	return arena_printf(arena, "r-%s", text);
}

/* A name as host names are written; "server" when nothing of it can be. */
static const char *host_name(Arena *arena, const char *name)
{
	char *host = arena_strdup(arena, name);
	size_t n = 0;

	for (const char *p = name; *p && n < 63; p++) {
		char c = *p >= 'A' && *p <= 'Z' ? (char)(*p - 'A' + 'a') : *p;

		if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'))
			host[n++] = c;
		else if ((c == '-' || c == ' ' || c == '_' || c == '.') && n && host[n - 1] != '-')
			host[n++] = '-';
	}
	while (n && host[n - 1] == '-')
		n--;
	host[n] = '\0';
	return n ? host : "server";
}

/* What all servers of one request share. */
static Server server_like(Work *work, const ServerWish *wish, const Flavor *flavor)
{
	const ServiceSettings *settings = work->settings;
	Server server = {
		.project_id = work->caller->project_id,
		.user_id = work->caller->user_id,
		.description = wish->description,
		.vm_state = VM_BUILDING,
		.task_state = TASK_SPAWNING,
		.power_state = POWER_NONE,
		.metadata = json_print_text_map(work->arena, &wish->metadata),
		.tags = tags_print(work->arena, wish->tags, wish->tag_count),
		.user_data = wish->user_data,
		.key_name = wish->key_name,
		.availability_zone = wish->availability_zone ? wish->availability_zone
							     : settings->availability_zone,
		.host = settings->host,
		.networks = wish->network ? "auto" : "none",
		.reservation_id = new_reservation(work->arena),
		.access_ipv4 = wish->access_ipv4,
		.access_ipv6 = wish->access_ipv6,
		.disk_config = wish->disk_config ? wish->disk_config : "MANUAL",
		.trusted_certs = wish->trusted_certs,
		.pinned_zone = wish->availability_zone,
		.scheduler_hints = wish->scheduler_hints,
		.group_id = wish->group_id,
		.created_us = work->now_us,
		.updated_us = work->now_us,
	};

	server_set_flavor(&server, flavor);
	return server;
}

/* No host may have it: a server that says so, instead of an operation that builds it. */
static int write_unplaced(Work *work, Server *server, Fault *f)
{
	static const char reason[] =
		"No valid host was found. There are not enough hosts available.";
	const char *action;
	int r;

	server_break(server, reason);
	server->host = "";
	r = server_insert(work->tx, server, f);
	if (r)
		return fault_unexpected(f, r);
	r = action_begin(work, server, "create", "compute__do_build_and_run_instance", &action, f);
	return r ? r : action_finish(work->tx, work->arena, action, reason, f);
}

static int write_server(Work *work, Server *server, const ServerDisks *disks, Fault *f)
{
	const char *kind = disks->has_volumes ? "build-server-with-volumes" : "build-server";
	Operation operation = operation_for(work, server->id);
	int r;

	operation.server_id = server->id;
	operation.image_id = server->image_id;
	r = server_address_take(work, server, f);
	if (r)
		return r;
	r = server_insert(work->tx, server, f);
	if (r)
		return fault_unexpected(f, r);
	r = server_disks_write(work, disks, server, f);
	if (r)
		return r;
	r = action_begin(work, server, "create", "compute__do_build_and_run_instance",
			 &operation.action_id, f);
	if (r)
		return r;
	return operation_begin(work->tx, work->arena, service_operation(kind), &operation, f);
}

static int write_servers(Work *work, const ServerWish *wish, const Server *like,
			 const ServerDisks *disks, Server **ret_first, Fault *f)
{
	Server *servers = ARENA_ARRAY(work->arena, Server, (size_t)wish->count);
	bool fits = host_fits(work->arena, work->settings->host_traits, like->flavor_extra_specs,
			      like->ram_mib);
	int r = 0;

	if (fits && like->group_id)
		r = service_join_server_group(work, like->group_id, wish->count, &fits, f);
	if (r)
		return r;
	for (int64_t i = 0; i < wish->count; i++) {
		servers[i] = *like;
		servers[i].id = new_uuid(work->arena);
		servers[i].name = wish->count == 1 ? wish->name
						   : arena_printf(work->arena, "%s-%" PRId64,
								  wish->name, i + 1);
		servers[i].hostname =
			wish->hostname ? wish->hostname : host_name(work->arena, servers[i].name);
		servers[i].launch_index = i;
		r = !fits ? write_unplaced(work, &servers[i], f)
			  : write_server(work, &servers[i], disks, f);
		if (!r && wish->files.count)
			r = server_files_write(work, servers[i].id, &wish->files, f);
		if (r)
			return r;
	}
	*ret_first = &servers[0];
	return 0;
}

static void set_root(Server *server, const ServerDisks *disks)
{
	const NewDisk *root = &disks->disks[0];

	server->root_device = root->device;
	if (!root->wish->local)
		return;
	server->root_bus = root->bus;
	server->root_tag = root->wish->tag;
}

/* Asked for, or what the image cannot do without, or what all have here. */
static bool gets_drive(Work *work, const ServerWish *wish, const BootSource *boot)
{
	const char *image = text_map_value(work->arena, boot->properties, "img_config_drive");

	return wish->config_drive || work->settings->config_drives || str_eq(image, "mandatory");
}

int service_create_servers(Work *work, const ServerWish *wish, Server **ret_first,
			   const char **ret_reservation, Fault *f)
{
	ServerDisks disks;
	Flavor *flavor;
	BootSource boot;
	Server like;
	int r;

	r = check_server_metadata(work, work->caller->project_id, wish->metadata.count, f);
	if (!r)
		r = server_files_check(work, work->caller->project_id, &wish->files, f);
	if (!r)
		r = service_find_flavor(work, wish->flavor_id, &flavor, f);
	if (!r)
		r = server_disks_find(work, wish, flavor, &disks, f);
	if (!r)
		r = server_disks_check(work, &disks, flavor);
	if (!r)
		r = take_quotas(work, flavor, wish->count, f);
	if (r)
		return r;
	like = server_like(work, wish, flavor);
	if (wish->trusted_certs && !disks.disks[0].wish->local)
		return work_refuse(work, REFUSAL_BAD_INPUT,
				   "Image certificate validation is not supported when booting "
				   "from volume");
	r = server_disks_boot(work, &disks, &boot, f);
	if (!r)
		r = server_find_key(work, wish->key_name, &like.key_data, f);
	if (r)
		return r;
	server_set_boot(&like, &boot);
	like.config_drive = gets_drive(work, wish, &boot);
	set_root(&like, &disks);
	*ret_reservation = like.reservation_id;
	return write_servers(work, wish, &like, &disks, ret_first, f);
}

int build_server_done(Tx *tx, Arena *arena, const Operation *operation, Fault *f)
{
	Server *server;
	int r;

	r = server_get(tx, arena, operation->server_id, &server, f);
	if (r)
		return fault_unexpected(f, r);
	server_rest(server, VM_ACTIVE, POWER_RUNNING);
	server->launched_us = server->updated_us;
	if (!server->root_device) /* begun by an older release */
		server->root_device = "/dev/vda";
	r = server_update(tx, server, f);
	if (!r)
		r = server_volumes_attach(tx, arena, server->id, f);
	return r ? fault_unexpected(f, r) : action_finish(tx, arena, operation->action_id, NULL, f);
}

int build_server_failed(Tx *tx, Arena *arena, const Operation *operation, const char *reason,
			Fault *f)
{
	Server *server;
	int r;

	r = server_get(tx, arena, operation->server_id, &server, f);
	if (r)
		return fault_unexpected(f, r);
	server_break(server, reason);
	r = server_update(tx, server, f);
	return r ? fault_unexpected(f, r)
		 : action_finish(tx, arena, operation->action_id, reason, f);
}
