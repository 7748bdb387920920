/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Messages: what went wrong with something a user asked for, after the request was answered. They
 * say what failed and never why the backend failed: that is in the operation, for operators.
 * A message is kept for thirty days.
 */
#pragma once

#include "model/operation.h"
#include "model/volume.h"
#include "records/record.h"
#include "service/service.h"

/* What failed. Volume events are about operation->volume_id, the others likewise. */
typedef enum MessageEvent {
	MESSAGE_PLACE_VOLUME, /* no backend may take it */
	MESSAGE_CREATE_VOLUME,
	MESSAGE_COPY_IMAGE,  /* into a volume */
	MESSAGE_COPY_SOURCE, /* of a snapshot or another volume, into a volume */
	MESSAGE_DELETE_VOLUME,
	MESSAGE_KEEP_VOLUME, /* that was to be deleted with its server */
	MESSAGE_EXTEND_VOLUME,
	MESSAGE_RETYPE_VOLUME,
	MESSAGE_UPLOAD_VOLUME, /* into an image */
	MESSAGE_REVERT_VOLUME,
	MESSAGE_ATTACH_VOLUME,
	MESSAGE_DETACH_VOLUME,
	MESSAGE_SWAP_VOLUME, /* the one that was to take the place */
	MESSAGE_CREATE_SNAPSHOT,
	MESSAGE_DELETE_SNAPSHOT,
	MESSAGE_PLACE_SHARE, /* the backend has no room */
	MESSAGE_CREATE_SHARE,
	MESSAGE_MANAGE_SHARE,
	MESSAGE_DELETE_SHARE,
	MESSAGE_EXTEND_SHARE,
	MESSAGE_SHRINK_SHARE,
	MESSAGE_KEEP_SHARE_SIZE, /* it holds more than it was to become */
	MESSAGE_REVERT_SHARE,
	MESSAGE_LET_IN_TO_SHARE, /* whom an access rule names */
	MESSAGE_KEEP_OUT_OF_SHARE,
	MESSAGE_CREATE_SHARE_SNAPSHOT,
	MESSAGE_DELETE_SHARE_SNAPSHOT,
	_MESSAGE_EVENT_MAX,
} MessageEvent;

/* For the `failed` ends of operations: tell the project that asked for it. */
_must_use_ int message_write(Tx *tx, Arena *arena, const Operation *operation, MessageEvent event,
			     Fault *f);

/* Delete those whose time is over; for store_write(). `ctx` is not used. */
_must_use_ int message_prune(Tx *tx, void *ctx, Fault *f);

/* Each service shows what is its own. */
typedef enum MessageService {
	MESSAGES_OF_VOLUMES,
	MESSAGES_OF_SHARES,
	_MESSAGE_SERVICE_MAX,
} MessageService;

/* Of a query on messages, leave those of that service that have not expired. */
void service_where_messages(const Work *work, RecordQuery *query, MessageService service);

/* A message of that service and of the caller's project (any for admins). REFUSAL_NO_MESSAGE. */
_must_use_ int service_find_message(Work *work, MessageService service, const char *id,
				    Message **ret, Fault *f);
_must_use_ int service_delete_message(Work *work, MessageService service, const char *id, Fault *f);
