/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * The status of a share, and of a snapshot of one: which event may follow, and what it leads to.
 *
 *     -- created --> creating --made--> available --extend--> extending --extended--> available
 *                       |                  |  |  |
 *                  make-failed             |  |  +--shrink--> shrinking --shrunk--> available
 *                       v                  |  +--revert--> reverting --reverted--> available
 *                     error --delete--> deleting --delete-failed--> error_deleting
 *
 * Invariants, which the test keeps through thousands of random histories:
 *
 *  1. Every passing status that something here leads to has an event that ends it well and one
 *     that ends it badly.
 *  2. Whatever a share is in, force-delete leads to deleting, and only its end leaves that.
 *  3. No change begins in a passing status: one thing at a time is done to a share.
 *  4. An end that comes late, after an admin has said otherwise, changes nothing.
 */
#pragma once

#include "base/macros.h"
#include "model/share.h"

typedef enum ShareEvent {
	SHARE_EVENT_MADE,
	SHARE_EVENT_MAKE_FAILED,
	SHARE_EVENT_DELETE,
	SHARE_EVENT_FORCE_DELETE, /* an admin's, whatever it is in */
	SHARE_EVENT_DELETE_FAILED,
	SHARE_EVENT_PUT_AWAY, /* to be deleted later; the status stays */
	SHARE_EVENT_EXTEND,
	SHARE_EVENT_EXTENDED,
	SHARE_EVENT_EXTEND_FAILED,
	SHARE_EVENT_SHRINK,
	SHARE_EVENT_SHRUNK,
	SHARE_EVENT_SHRINK_REFUSED, /* it holds more than that */
	SHARE_EVENT_SHRINK_FAILED,
	SHARE_EVENT_REVERT, /* to a snapshot */
	SHARE_EVENT_REVERTED,
	SHARE_EVENT_REVERT_FAILED,
	SHARE_EVENT_MANAGED, /* what is there already was found */
	SHARE_EVENT_MANAGE_FAILED,
	SHARE_EVENT_UNMANAGE,
	_SHARE_EVENT_MAX,
} ShareEvent;

extern const EnumNames share_event_names;

/* What the status becomes; false when it does not allow the event. */
_must_use_ bool share_status_move(ShareStatus now, ShareEvent event, ShareStatus *ret);

/* The statuses that allow an event, as a set of 1 << ShareStatus. */
uint64_t share_event_from(ShareEvent event);

/* Whether something is being done to a share that is in that status. */
bool share_status_passes(ShareStatus now);

typedef enum ShareSnapshotEvent {
	SHARE_SNAPSHOT_EVENT_MADE,
	SHARE_SNAPSHOT_EVENT_MAKE_FAILED,
	SHARE_SNAPSHOT_EVENT_DELETE,
	SHARE_SNAPSHOT_EVENT_FORCE_DELETE,
	SHARE_SNAPSHOT_EVENT_DELETE_FAILED,
	SHARE_SNAPSHOT_EVENT_REVERT, /* its share goes back to it */
	SHARE_SNAPSHOT_EVENT_REVERTED,
	_SHARE_SNAPSHOT_EVENT_MAX,
} ShareSnapshotEvent;

extern const EnumNames share_snapshot_event_names;

_must_use_ bool share_snapshot_status_move(ShareSnapshotStatus now, ShareSnapshotEvent event,
					   ShareSnapshotStatus *ret);
