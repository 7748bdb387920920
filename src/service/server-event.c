/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * See server-event.h. A server that does not have the volume is told nothing, which is no error.
 */
#include "service/server-event.h"

#include "base/str.h"
#include "base/uuid.h"
#include "service/priv.h"

/* Any project's: whoever may send events is no user. */
static int find_server(Work *work, const char *id, Server **ret, ServerEventOutcome *ret_outcome,
		       Fault *f)
{
	char canonical[UUID_TEXT];
	int r = RECORD_NOT_FOUND;

	if (uuid_canonical(id, canonical))
		r = server_get(work->tx, work->arena, canonical, ret, f);
	if (r < 0)
		return r;
	*ret_outcome = SERVER_EVENT_TAKEN;
	if (r || (*ret)->vm_state == VM_DELETED)
		*ret_outcome = SERVER_EVENT_NO_SERVER;
	else if (str_empty((*ret)->host))
		*ret_outcome = SERVER_EVENT_NO_HOST;
	return 0;
}

/* To the size that the volume has when its turn comes. */
static int begin_resize(Work *work, const Server *server, const Volume *volume, Fault *f)
{
	Operation operation = operation_for(work, volume->id);
	int r;

	operation.server_id = server->id;
	operation.volume_id = volume->id;
	r = action_begin(work, server, "extend_volume", "compute_extend_volume",
			 &operation.action_id, f);
	return r ? r
		 : operation_begin(work->tx, work->arena, service_operation("resize-disk"),
				   &operation, f);
}

static int volume_extended(Work *work, const Server *server, const char *tag, Fault *f)
{
	char volume_id[UUID_TEXT];
	Attachment *attachment;
	Volume *volume;
	int r = RECORD_NOT_FOUND;

	if (uuid_canonical(tag, volume_id))
		r = attachment_of(work->tx, work->arena, server->id, volume_id, &attachment, f);
	if (!r)
		r = volume_get(work->tx, work->arena, attachment->volume_id, &volume, f);
	if (r == RECORD_NOT_FOUND)
		return 0;
	return r ? fault_unexpected(f, r) : begin_resize(work, server, volume, f);
}

int service_take_server_event(Work *work, const ServerEvent *event, ServerEventOutcome *ret,
			      Fault *f)
{
	Server *server;
	int r;

	r = find_server(work, event->server_id, &server, ret, f);
	if (r || *ret != SERVER_EVENT_TAKEN)
		return r;
	if (event->needs_tag && !event->tag) {
		*ret = SERVER_EVENT_NO_TAG;
		return 0;
	}
	return event->is_volume_extended ? volume_extended(work, server, event->tag, f) : 0;
}

int resize_disk_done(Tx *tx, Arena *arena, const Operation *operation, Fault *f)
{
	return action_finish(tx, arena, operation->action_id, NULL, f);
}

int resize_disk_failed(Tx *tx, Arena *arena, const Operation *operation, const char *reason,
		       Fault *f)
{
	return action_finish(tx, arena, operation->action_id, reason, f);
}
