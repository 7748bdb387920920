/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * The status of one attachment: every event in every status is decided by one table, as with
 * volume-status.h. Each event may come twice and then changes nothing: clients repeat themselves.
 * docs/volume-states.md is the table, printed.
 *
 *     -- reserved --> reserved --connect--> attaching --complete--> attached
 *                        ^                   |     |                 |    ^
 *                        +---- give-back ----+     |  begin-detaching|    | roll-detaching
 *                                                  |                 v    |
 *                        error_attaching <--connect-failed           detaching --> gone
 *                                                                        |
 *                        error_detaching <------- disconnect-failed -----+
 *
 * A server that is shelved makes its attachments reserved again, by shelve.
 *
 * An attachment that goes is a row that goes, from whatever status. The two errors mean that it may
 * still be mapped: it keeps its volume in use until it is disconnected.
 */
#pragma once

#include "base/macros.h"
#include "model/volume.h"
#include "rules/refusal.h"

typedef enum AttachmentEvent {
	ATTACHMENT_EVENT_CONNECT,         /* it learned its host, and is mapped for it */
	ATTACHMENT_EVENT_GIVE_BACK,       /* that did not work, and nothing is mapped */
	ATTACHMENT_EVENT_CONNECT_FAILED,  /* that did not work, and something may be mapped */
	ATTACHMENT_EVENT_COMPLETE,        /* the guest or host has it */
	ATTACHMENT_EVENT_BEGIN_DETACHING, /* it is being taken from a guest, who may keep it */
	ATTACHMENT_EVENT_ROLL_DETACHING,  /* the guest kept it */
	ATTACHMENT_EVENT_SHELVE,          /* its server left this host, and will want it again */
	ATTACHMENT_EVENT_DISCONNECT,      /* it goes, for good */
	ATTACHMENT_EVENT_DISCONNECT_FAILED,
	_ATTACHMENT_EVENT_MAX,
} AttachmentEvent;

extern const EnumNames attachment_event_names;

/*
 * What the attachment's status becomes. 0, or REFUSAL_VOLUME_NOT_DETACHABLE for begin-detaching,
 * else REFUSAL_VOLUME_CONFLICT, for which the caller has the words.
 */
_must_use_ int attachment_status_move(AttachStatus now, AttachmentEvent event,
				      AttachStatus *ret_status);
