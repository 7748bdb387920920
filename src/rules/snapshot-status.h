/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * The status of a snapshot: which event may follow, and what it leads to.
 *
 *     -- created --> creating --made--> available --revert--> restoring --reverted--> available
 *                       |                   |
 *                  make-failed            delete            (an error may be deleted, too)
 *                       v                   v
 *                     error             deleting --delete-failed--> error_deleting
 */
#pragma once

#include "base/macros.h"
#include "model/volume.h"

typedef enum SnapshotEvent {
	SNAPSHOT_EVENT_MADE,
	SNAPSHOT_EVENT_MAKE_FAILED,
	SNAPSHOT_EVENT_DELETE,
	SNAPSHOT_EVENT_FORCE_DELETE, /* by an admin, whatever it is in */
	SNAPSHOT_EVENT_DELETE_FAILED,
	SNAPSHOT_EVENT_REVERT, /* its volume goes back to it */
	SNAPSHOT_EVENT_REVERTED,
	_SNAPSHOT_EVENT_MAX,
} SnapshotEvent;

/* What the status becomes; false when it does not allow the event. */
_must_use_ bool snapshot_status_move(SnapshotStatus now, SnapshotEvent event, SnapshotStatus *ret);

/* Whether a volume that is deleted with its snapshots may take this one along. */
bool snapshot_may_cascade(SnapshotStatus now);

/*
 * Whether a compute service that makes snapshots by itself may say that one is now in `next`: on
 * the way through creating and deleting. Nobody may in any other status.
 */
bool snapshot_may_report_from(SnapshotStatus now);
bool snapshot_may_report(SnapshotStatus now, SnapshotStatus next);
