/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * A volume becomes a server's: checks, reservation and intent in one transaction; the operation
 * connects and plugs it; its end makes the volume in-use, or gives it back.
 */
#include "service/attach.h"

#include "base/str.h"
#include "service/message.h"
#include "service/priv.h"
#include "service/server.h"
#include "service/volume.h"
#include "json/out.h"

/* Who does the work: the host, or nobody but the service. */
#define COMPUTE_EVENT "compute_attach_volume"
#define API_EVENT "api_attach_volume"

static const char *server_list(Arena *arena, Attachment *const *attachments, size_t count)
{
	const char *list = NULL;

	for (size_t i = 0; i < count; i++) {
		if (!attachments[i]->mapping_id)
			continue;
		list = list ? arena_printf(arena, "%s %s", list, attachments[i]->server_id)
			    : attachments[i]->server_id;
	}
	return list;
}

/* A volume is one server's, unless it is made for several; and never twice the same server's. */
static int check_others(Work *work, const Server *server, const Volume *volume, Fault *f)
{
	Attachment **attachments;
	size_t count;
	int r;

	r = attachments_of_volume(work->tx, work->arena, volume->id, &attachments, &count, f);
	if (r)
		return fault_unexpected(f, r);
	work->refused = (RefusalData){.id = volume->id};
	if (!volume->multiattach) {
		work->refused.other = server_list(work->arena, attachments, count);
		return work->refused.other ? REFUSAL_VOLUME_ATTACHED : 0;
	}
	for (size_t i = 0; i < count; i++)
		if (str_eq(attachments[i]->server_id, server->id))
			return REFUSAL_VOLUME_ATTACHED_HERE;
	return 0;
}

typedef struct ServerNames {
	const char **names; /* of its disks; NULL where one has none */
	size_t count;
	size_t disks; /* how many there are; the root disk may have its name twice */
} ServerNames;

/* Every disk of a server: the root disk, other local ones, volumes. */
static int find_names(Work *work, const Server *server, ServerNames *ret, Fault *f)
{
	bool volume_root = false;
	Attachment **volumes;
	LocalDisk **locals;
	size_t volume_count, local_count;
	int r;

	r = attachments_of_server(work->tx, work->arena, server->id, &volumes, &volume_count, f);
	if (!r)
		r = local_disks_of_server(work->tx, work->arena, server->id, &locals, &local_count,
					  f);
	if (r)
		return fault_unexpected(f, r);
	*ret = (ServerNames){
		.names = ARENA_ARRAY(work->arena, const char *, 1 + local_count + volume_count),
	};
	ret->names[ret->count++] = server->root_device;
	for (size_t i = 0; i < local_count; i++)
		ret->names[ret->count++] = locals[i]->device;
	for (size_t i = 0; i < volume_count; i++) {
		volume_root = volume_root || volumes[i]->boot_index == 0;
		ret->names[ret->count++] = volumes[i]->device;
	}
	ret->disks = local_count + volume_count + (volume_root ? 0 : 1);
	return 0;
}

/* The new one counts, too. */
static int check_room(Work *work, const ServerNames *names)
{
	if (work->settings->max_disks < 0 || (int64_t)names->disks + 1 <= work->settings->max_disks)
		return 0;
	work->refused = (RefusalData){.limit = work->settings->max_disks};
	return REFUSAL_TOO_MANY_DISKS;
}

int attach_choose_device(Work *work, const Server *server, const char **ret, Fault *f)
{
	char name[DEVICE_NAME_TEXT];
	ServerNames names = {0};
	int r = find_names(work, server, &names, f);

	if (r)
		return r;
	device_name_free(names.names, names.count, name);
	*ret = arena_strdup(work->arena, name);
	return 0;
}

/* Nothing waits between reserving and connecting here: both happen to the row at once. */
int attach_reserve(Work *work, Volume *volume, Fault *f)
{
	int r = volume_move(work->tx, work->arena, volume, VOLUME_EVENT_RESERVE, f);

	if (r > 0) {
		work->refused = (RefusalData){
			.id = volume->id,
			.action = "reserve",
			.value = enum_name(&volume_status_names, volume->status),
		};
		return r;
	}
	if (!r)
		r = volume_move(work->tx, work->arena, volume, VOLUME_EVENT_CONNECT, f);
	return fault_unexpected(f, r);
}

/* This host is the consumer: what it says of itself is that it is this host. */
int attach_fill(Work *work, const Volume *volume, const Server *server, const char *device,
		Attachment *attachment, Fault *f)
{
	JsonPair pairs[] = {{"host", server->host}, {"mountpoint", device}};
	JsonTextMap map = {.pairs = pairs, .count = ARRAY_SIZE(pairs)};
	const Connector connector = {
		.json = json_print_text_map(work->arena, &map),
		.host = server->host,
		.mountpoint = device,
		.mode = ATTACH_MODE_NULL,
	};

	return attachment_fill(work, volume, &connector, attachment, f);
}

static Attachment *attachment_make(Work *work, const AttachPlan *plan)
{
	Attachment *attachment = ARENA_NEW(work->arena, Attachment);

	*attachment = (Attachment){
		.id = new_uuid(work->arena),
		.volume_id = plan->volume->id,
		.project_id = plan->volume->project_id,
		.server_id = plan->server->id,
		.mapping_id = new_uuid(work->arena),
		.status = ATTACHMENT_ATTACHING,
		.mode = ATTACH_MODE_NULL,
		.tag = plan->wish->tag,
		.delete_on_termination = plan->wish->delete_on_termination,
		.boot_index = -1,
		.created_us = work->now_us,
		.updated_us = work->now_us,
	};
	return attachment;
}

static int begin(Work *work, const Server *server, const Attachment *attachment, Fault *f)
{
	Operation operation = operation_for(work, server->id);
	int r;

	operation.server_id = server->id;
	operation.volume_id = attachment->volume_id;
	operation.attachment_id = attachment->id;
	r = action_begin(work, server, server_action_name(SERVER_ATTACH_VOLUME), COMPUTE_EVENT,
			 &operation.action_id, f);
	if (r)
		return r;
	return operation_begin(work->tx, work->arena, service_operation("attach-volume"),
			       &operation, f);
}

/* To a server on a host. */
static int plug(Work *work, const AttachPlan *plan, Attachment *attachment, Fault *f)
{
	const char *device;
	int r;

	r = attach_choose_device(work, plan->server, &device, f);
	if (!r)
		r = attach_fill(work, plan->volume, plan->server, device, attachment, f);
	if (!r)
		r = fault_unexpected(f, attachment_insert(work->tx, attachment, f));
	return r ? r : begin(work, plan->server, attachment, f);
}

/* To a server that is nowhere: it has the volume when it comes back. */
static int keep_for_later(Work *work, const AttachPlan *plan, Attachment *attachment, Fault *f)
{
	const char *action_id;
	int r;

	attachment->status = ATTACHMENT_ATTACHED;
	attachment->attached_us = work->now_us;
	r = attachment_insert(work->tx, attachment, f);
	if (!r)
		r = volume_move(work->tx, work->arena, plan->volume, VOLUME_EVENT_COMPLETE, f);
	if (r)
		return fault_unexpected(f, r);
	r = action_begin(work, plan->server, server_action_name(SERVER_ATTACH_VOLUME), API_EVENT,
			 &action_id, f);
	return r ? r : action_finish(work->tx, work->arena, action_id, NULL, f);
}

static int check_offloaded(Work *work, const AttachWish *wish, const Volume *volume)
{
	if (wish->tag)
		return work_refuse(work, REFUSAL_BAD_INPUT,
				   "Tagged volume attachment is not supported for "
				   "shelved-offloaded instances.");
	if (volume->multiattach)
		return work_refuse(work, REFUSAL_BAD_INPUT,
				   "Attaching multiattach volumes is not supported for "
				   "shelved-offloaded instances.");
	return 0;
}

int service_check_attach(Work *work, const AttachWish *wish, AttachPlan *ret, Fault *f)
{
	Server *server;
	Volume *volume;
	int r;

	r = service_find_server(work, wish->server_id, &server, f);
	if (r)
		return r;
	if (server_is_shelved(server) && !wish->allow_shelved)
		return server_refuse_vm_state(server, SERVER_ATTACH_VOLUME, &work->refused);
	r = server_may(server, SERVER_ATTACH_VOLUME, caller_is_admin(work->caller), &work->refused);
	if (!r)
		r = service_find_volume(work, wish->volume_id, &volume, f);
	if (!r)
		r = check_others(work, server, volume, f);
	if (!r && server->vm_state == VM_SHELVED_OFFLOADED)
		r = check_offloaded(work, wish, volume);
	if (r)
		return r;
	*ret = (AttachPlan){.wish = wish, .server = server, .volume = volume};
	return 0;
}

int service_attach_volume(Work *work, const AttachPlan *plan, Attachment **ret, Fault *f)
{
	ServerNames names = {0};
	int r;

	r = find_names(work, plan->server, &names, f);
	if (!r)
		r = check_room(work, &names);
	if (r)
		return r;
	if (plan->volume->multiattach && !plan->wish->allow_multiattach) {
		work->refused = (RefusalData){.id = plan->volume->id};
		return REFUSAL_VOLUME_MULTIATTACH;
	}
	r = attach_reserve(work, plan->volume, f);
	if (r)
		return r;
	*ret = attachment_make(work, plan);
	return plan->server->vm_state == VM_SHELVED_OFFLOADED ? keep_for_later(work, plan, *ret, f)
							      : plug(work, plan, *ret, f);
}

int service_attach_refused(Work *work, const AttachPlan *plan, const char *problem, Fault *f)
{
	bool offloaded = plan->server->vm_state == VM_SHELVED_OFFLOADED;
	const char *action_id;
	int r = action_begin(work, plan->server, server_action_name(SERVER_ATTACH_VOLUME),
			     offloaded ? API_EVENT : COMPUTE_EVENT, &action_id, f);

	return r ? r : action_finish(work->tx, work->arena, action_id, problem, f);
}

int attach_complete(Tx *tx, Arena *arena, Attachment *attachment, Fault *f)
{
	Volume *volume;
	int r;

	r = attachment_move(tx, attachment, ATTACHMENT_EVENT_COMPLETE, f);
	if (!r)
		r = volume_get(tx, arena, attachment->volume_id, &volume, f);
	if (!r)
		r = volume_move(tx, arena, volume, VOLUME_EVENT_COMPLETE, f);
	return r == REFUSAL_VOLUME_STATE ? 0 : fault_unexpected(f, r); /* an admin changed it */
}

int attach_volume_done(Tx *tx, Arena *arena, const Operation *operation, Fault *f)
{
	Attachment *attachment;
	int r;

	r = attachment_get(tx, arena, operation->attachment_id, &attachment, f);
	if (!r)
		r = attach_complete(tx, arena, attachment, f);
	if (r && r != RECORD_NOT_FOUND)
		return fault_unexpected(f, r);
	return action_finish(tx, arena, operation->action_id, NULL, f);
}

int attach_volume_failed(Tx *tx, Arena *arena, const Operation *operation, const char *reason,
			 Fault *f)
{
	Attachment *attachment;
	int r;

	r = attachment_get(tx, arena, operation->attachment_id, &attachment, f);
	if (!r)
		r = attachment_remove(tx, arena, attachment, f);
	if (!r)
		r = message_write(tx, arena, operation, MESSAGE_ATTACH_VOLUME, f);
	if (r && r != RECORD_NOT_FOUND)
		return fault_unexpected(f, r);
	return action_finish(tx, arena, operation->action_id, reason, f);
}
