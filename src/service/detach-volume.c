/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * A volume leaves a server: the volume is detaching from the moment of the request; the operation
 * asks the guest, and its end removes the attachment, or makes the volume in-use again.
 */
#include "service/attach.h"

#include "service/message.h"
#include "service/priv.h"
#include "service/server.h"
#include "service/volume.h"

static int find_mapping(Work *work, const Server *server, const DetachWish *wish,
			const Volume *volume, Attachment **ret, Fault *f)
{
	int r = attachment_of(work->tx, work->arena, server->id, volume->id, ret, f);

	if (r < 0)
		return r;
	work->refused = (RefusalData){.id = server->id, .other = wish->volume_id};
	if (r == RECORD_NOT_FOUND || !(*ret)->mapping_id)
		return REFUSAL_NO_ATTACHMENT;
	return (*ret)->boot_index == 0 ? REFUSAL_ROOT_DEVICE : 0;
}

/* Both statuses have to allow it, and say so from now on. */
static int begin_detaching(Work *work, Volume *volume, Attachment *attachment, Fault *f)
{
	int r = attachment_move(work->tx, attachment, ATTACHMENT_EVENT_BEGIN_DETACHING, f);

	if (!r)
		r = volume_move(work->tx, work->arena, volume, VOLUME_EVENT_BEGIN_DETACHING, f);
	if (r > 0)
		work->refused = (RefusalData){
			.id = volume->id,
			.value = enum_name(&volume_status_names, volume->status),
		};
	return r;
}

static int begin(Work *work, const Server *server, const Attachment *attachment,
		 const char **ret_operation, Fault *f)
{
	Operation operation = operation_for(work, server->id);
	int r;

	operation.server_id = server->id;
	operation.volume_id = attachment->volume_id;
	operation.attachment_id = attachment->id;
	r = action_begin(work, server, server_action_name(SERVER_DETACH_VOLUME),
			 "compute_detach_volume", &operation.action_id, f);
	if (r)
		return r;
	r = operation_begin(work->tx, work->arena, service_operation("detach-volume"), &operation,
			    f);
	*ret_operation = operation.id;
	return r;
}

int detach_begin(Work *work, const Server *server, Volume *volume, Attachment *attachment,
		 const char **ret_operation, Fault *f)
{
	int r = begin_detaching(work, volume, attachment, f);

	return r ? r : begin(work, server, attachment, ret_operation, f);
}

/*
 * From a server that is nowhere: no guest has to be asked, and no status of the volume says no.
 * Only here the volume may go along, as the mapping says: otherwise it does with its server alone.
 */
static int forget_mapping(Work *work, const Server *server, const Attachment *attachment, Fault *f)
{
	Operation by = operation_for(work, attachment->volume_id);
	const char *action_id;
	int r;

	r = action_begin(work, server, server_action_name(SERVER_DETACH_VOLUME),
			 "api_detach_volume", &action_id, f);
	if (!r)
		r = attachment_remove(work->tx, work->arena, attachment, f);
	if (!r && attachment->delete_on_termination)
		r = volume_delete_along(work->tx, work->arena, &by, attachment->volume_id, f);
	return r ? r : action_finish(work->tx, work->arena, action_id, NULL, f);
}

int service_detach_volume(Work *work, const DetachWish *wish, Fault *f)
{
	Attachment *attachment;
	const char *operation; /* nobody waits for it here */
	Server *server;
	Volume *volume;
	int r;

	r = service_find_server(work, wish->server_id, &server, f);
	if (r)
		return r;
	if (server_is_shelved(server) && !wish->allow_shelved)
		return server_refuse_vm_state(server, SERVER_DETACH_VOLUME, &work->refused);
	r = service_find_volume(work, wish->volume_id, &volume, f);
	if (!r)
		r = find_mapping(work, server, wish, volume, &attachment, f);
	if (!r)
		r = server_may(server, SERVER_DETACH_VOLUME, caller_is_admin(work->caller),
			       &work->refused);
	if (r)
		return r;
	if (server->vm_state == VM_SHELVED_OFFLOADED)
		return forget_mapping(work, server, attachment, f);
	return detach_begin(work, server, volume, attachment, &operation, f);
}

int detach_volume_done(Tx *tx, Arena *arena, const Operation *operation, Fault *f)
{
	Attachment *attachment;
	int r;

	r = attachment_get(tx, arena, operation->attachment_id, &attachment, f);
	if (!r)
		r = attachment_remove(tx, arena, attachment, f);
	if (r && r != RECORD_NOT_FOUND)
		return fault_unexpected(f, r);
	return action_finish(tx, arena, operation->action_id, NULL, f);
}

int detach_volume_failed(Tx *tx, Arena *arena, const Operation *operation, const char *reason,
			 Fault *f)
{
	Attachment *attachment;
	int r;

	r = attachment_get(tx, arena, operation->attachment_id, &attachment, f);
	if (!r)
		r = attachment_move(tx, attachment, ATTACHMENT_EVENT_ROLL_DETACHING, f);
	if (!r)
		r = volume_settle(tx, arena, operation->volume_id, f);
	if (!r)
		r = message_write(tx, arena, operation, MESSAGE_DETACH_VOLUME, f);
	if (r && r != RECORD_NOT_FOUND)
		return fault_unexpected(f, r);
	return action_finish(tx, arena, operation->action_id, reason, f);
}
