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

int attach_choose_device(Work *work, const Server *server, const char **ret, Fault *f)
{
	char name[DEVICE_NAME_TEXT];
	Attachment **disks;
	const char **taken;
	size_t count;
	int r;

	r = attachments_of_server(work->tx, work->arena, server->id, &disks, &count, f);
	if (r)
		return fault_unexpected(f, r);
	if (work->settings->max_disks >= 0 && (int64_t)count + 2 > work->settings->max_disks) {
		work->refused = (RefusalData){.limit = work->settings->max_disks};
		return REFUSAL_TOO_MANY_DISKS; /* the root disk and the new one count too */
	}
	taken = ARENA_ARRAY(work->arena, const char *, count + 1);
	taken[0] = server->root_device;
	for (size_t i = 0; i < count; i++)
		taken[i + 1] = disks[i]->device;
	device_name_free(taken, count + 1, name);
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

static Attachment *attachment_make(Work *work, const AttachWish *wish, const Server *server,
				   const Volume *volume)
{
	Attachment *attachment = ARENA_NEW(work->arena, Attachment);

	*attachment = (Attachment){
		.id = new_uuid(work->arena),
		.volume_id = volume->id,
		.project_id = volume->project_id,
		.server_id = server->id,
		.mapping_id = new_uuid(work->arena),
		.status = ATTACHMENT_ATTACHING,
		.mode = ATTACH_MODE_NULL,
		.tag = wish->tag,
		.delete_on_termination = wish->delete_on_termination,
		.boot_index = -1,
		.created_us = work->now_us,
		.updated_us = work->now_us,
	};
	return attachment;
}

static int write_attachment(Work *work, const Attachment *attachment, Fault *f)
{
	int r = attachment_insert(work->tx, attachment, f);

	if (r != RECORD_EXISTS)
		return fault_unexpected(f, r);
	work->refused = (RefusalData){.id = attachment->volume_id};
	return REFUSAL_VOLUME_ATTACHED_HERE;
}

static int begin(Work *work, const Server *server, const Attachment *attachment, Fault *f)
{
	Operation operation = operation_for(work, server->id);
	int r;

	operation.server_id = server->id;
	operation.volume_id = attachment->volume_id;
	operation.attachment_id = attachment->id;
	r = action_begin(work, server, server_action_name(SERVER_ATTACH_VOLUME),
			 "compute_attach_volume", &operation.action_id, f);
	if (r)
		return r;
	return operation_begin(work->tx, work->arena, service_operation("attach-volume"),
			       &operation, f);
}

int service_attach_volume(Work *work, const AttachWish *wish, Attachment **ret, Fault *f)
{
	const char *device;
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
	if (!r)
		r = attach_choose_device(work, server, &device, f);
	if (r)
		return r;
	if (volume->multiattach && !wish->allow_multiattach) {
		work->refused = (RefusalData){.id = volume->id};
		return REFUSAL_VOLUME_MULTIATTACH;
	}
	r = attach_reserve(work, volume, f);
	if (r)
		return r;
	*ret = attachment_make(work, wish, server, volume);
	r = attach_fill(work, volume, server, device, *ret, f);
	if (!r)
		r = write_attachment(work, *ret, f);
	return r ? r : begin(work, server, *ret, f);
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
