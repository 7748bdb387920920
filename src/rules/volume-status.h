/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * The status of a volume: every event in every status is decided by one table. An event is allowed
 * (and the status becomes what the row says), refused (with the row's refusal), or it has nothing
 * to say to the status (the status stays, and nobody is told). docs/volume-states.md is that table,
 * printed.
 *
 *     -- created --> creating --made--> available --reserve--> reserved --connect--> attaching
 *                       |                   ^                     |                      |
 *                  make-failed              |                  (detach)               complete
 *                       v                   |                     |                      v
 *                     error             (detach) <----------------+------------------- in-use
 *                                           |                                        |      ^
 *                                       detaching <-------- begin-detaching ---------+      |
 *                                           +------------------ roll-detaching -------------+
 *
 * Detaching, in whatever status, is not an event: the attachment goes away, and what is left of
 * them says what the volume is. That is volume_status_of(). The same holds for the end of whatever
 * a volume went through meanwhile (it was extended, uploaded, retyped …): such events settle.
 *
 * Invariants, which the test keeps through thousands of random histories of a volume and its
 * attachments:
 *
 *  1. available, creating, deleting, reverting, awaiting-transfer: nothing is attached.
 *  2. reserved, attaching, in-use, detaching: some attachment says so, the latest to move or the
 *     furthest one; attaching and detaching without one are a client's hold (os-reserve,
 *     os-begin_detaching). Settled, the furthest one says so.
 *  3. A volume that is not multiattach is never two servers' at once.
 *  4. Of a multiattach volume, none is refused because another is on its way: reserve, hold,
 * connect, complete and begin-detaching are allowed in each of the four statuses of rule 2.
 *  5. Each passing status has an event that ends it.
 */
#pragma once

#include "base/macros.h"
#include "model/volume.h"
#include "rules/refusal.h"

typedef enum VolumeEvent {
	VOLUME_EVENT_MADE,            /* the backend has it */
	VOLUME_EVENT_MAKE_FAILED,     /* the backend gave up */
	VOLUME_EVENT_RESERVE,         /* an attachment was made */
	VOLUME_EVENT_CONNECT,         /* the attachment learned its host and is being connected */
	VOLUME_EVENT_COMPLETE,        /* the guest or host has it */
	VOLUME_EVENT_BEGIN_DETACHING, /* somebody is going to take it from the guest */
	VOLUME_EVENT_ROLL_DETACHING,  /* that did not work: the guest keeps it */
	VOLUME_EVENT_DELETE,
	VOLUME_EVENT_FORCE_DELETE, /* an admin's, of whatever is not attached */
	VOLUME_EVENT_DELETE_FAILED,
	VOLUME_EVENT_HOLD,        /* os-reserve: somebody is going to attach it the old way */
	VOLUME_EVENT_UNHOLD,      /* os-unreserve, os-terminate_connection */
	VOLUME_EVENT_ATTACH,      /* os-attach: the host says that it has it */
	VOLUME_EVENT_EXTEND,      /* it shall be larger, and nobody has it */
	VOLUME_EVENT_EXTEND_LIVE, /* it shall be larger, whoever has it */
	VOLUME_EVENT_EXTENDED, /* as with every end: what attachments are there says what it is */
	VOLUME_EVENT_EXTEND_FAILED,
	VOLUME_EVENT_UPLOAD, /* into an image */
	VOLUME_EVENT_UPLOADED,
	VOLUME_EVENT_RETYPE,
	VOLUME_EVENT_RETYPED,
	VOLUME_EVENT_REIMAGE,  /* the server that has it is off, and it is filled anew */
	VOLUME_EVENT_REIMAGED, /* or not */
	VOLUME_EVENT_REVERT,   /* to a snapshot */
	VOLUME_EVENT_REVERTED,
	VOLUME_EVENT_REVERT_FAILED,
	VOLUME_EVENT_OFFER,     /* to another project */
	VOLUME_EVENT_OFFER_END, /* taken, or withdrawn */
	_VOLUME_EVENT_MAX,
} VolumeEvent;

extern const EnumNames volume_event_names;

/*
 * What the volume's status becomes; the one it has when the event has nothing to say to it. 0, or
 * the refusal for an event that the status does not allow: REFUSAL_VOLUME_NOT_DETACHABLE for
 * begin-detaching, else REFUSAL_VOLUME_STATE.
 */
_must_use_ int volume_status_move(const Volume *volume, VolumeEvent event,
				  VolumeStatus *ret_status);

/* Whether somebody begins to have the volume by it: not for others to do while it is swapped. */
bool volume_event_takes(VolumeEvent event);

/* Whether the attachments have the last word after this event: volume_status_of(). */
bool volume_event_settles(VolumeEvent event);

/*
 * What the attachments that are left make of a volume: the most advanced one decides, and none
 * means available. Attachments in error_attaching or error_detaching may still be mapped: with
 * nothing else there they keep the volume in-use. A volume that is uploaded, deleted or broken for
 * another reason keeps its status.
 */
VolumeStatus volume_status_of(VolumeStatus now, const AttachStatus *attachments, size_t count);
