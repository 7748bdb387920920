/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * A volume goes back to the newest of its snapshots: reverting, restoring and the intent in one
 * transaction; when the operation ends both are available, or the volume is in error, when
 * nobody knows what it holds.
 */
#include "base/clock.h"
#include "base/str.h"
#include "rules/snapshot-status.h"
#include "rules/volume-status.h"
#include "service/message.h"
#include "service/priv.h"
#include "service/snapshot.h"
#include "service/volume.h"

/* The newest snapshot of a volume, which is the only one that can be gone back to. */
static int find_newest(Work *work, const Volume *volume, const char *snapshot_id, Snapshot **ret,
		       Fault *f)
{
	Snapshot **snapshots;
	size_t count;
	int r;

	r = snapshots_of_volume(work->tx, work->arena, volume->id, &snapshots, &count, f);
	if (r)
		return fault_unexpected(f, r);
	if (count == 0)
		return work_refuse(work, REFUSAL_BAD_INPUT, "Volume %s has no snapshots.",
				   volume->id);
	*ret = snapshots[count - 1];
	if (!str_eq((*ret)->id, snapshot_id))
		return work_refuse(work, REFUSAL_BAD_INPUT,
				   "Specified snapshot %s is None or not the latest one of volume "
				   "%s.",
				   snapshot_id, volume->id);
	return 0;
}

static int move_both(Work *work, Volume *volume, Snapshot *snapshot, Fault *f)
{
	SnapshotStatus status;
	int r = volume_move(work->tx, work->arena, volume, VOLUME_EVENT_REVERT, f);

	if (r < 0)
		return r;
	if (r)
		return work_refuse(work, REFUSAL_BAD_INPUT,
				   "Invalid volume: Can't revert volume %s to its latest snapshot "
				   "%s. Volume's status must be 'available'.",
				   volume->id, snapshot->id);
	if (!snapshot_status_move((SnapshotStatus)snapshot->status, SNAPSHOT_EVENT_REVERT, &status))
		return work_refuse(work, REFUSAL_BAD_INPUT,
				   "Invalid snapshot: Can't revert volume %s to its latest "
				   "snapshot %s. Snapshot's status must be 'available'.",
				   volume->id, snapshot->id);
	snapshot->status = (int)status;
	snapshot->updated_us = work->now_us;
	return fault_unexpected(f, snapshot_update(work->tx, snapshot, f));
}

int service_revert_volume(Work *work, const char *volume_id, const char *snapshot_id, Fault *f)
{
	Operation operation;
	Snapshot *snapshot = NULL;
	Volume *volume;
	int r;

	r = service_find_volume(work, volume_id, &volume, f);
	if (!r)
		r = find_newest(work, volume, snapshot_id, &snapshot, f);
	if (!r)
		r = move_both(work, volume, snapshot, f);
	if (r)
		return r;
	operation = operation_for(work, volume->id);
	operation.volume_id = volume->id;
	operation.snapshot_id = snapshot->id;
	return operation_begin(work->tx, work->arena, service_operation("revert-volume"),
			       &operation, f);
}

static int release_snapshot(Tx *tx, Arena *arena, const char *id, Fault *f)
{
	SnapshotStatus status;
	Snapshot *snapshot;
	int r = snapshot_get(tx, arena, id, &snapshot, f);

	if (r == RECORD_NOT_FOUND)
		return 0;
	if (r)
		return fault_unexpected(f, r);
	if (!snapshot_status_move((SnapshotStatus)snapshot->status, SNAPSHOT_EVENT_REVERTED,
				  &status))
		return 0;
	snapshot->status = (int)status;
	snapshot->updated_us = clock_now_us();
	return fault_unexpected(f, snapshot_update(tx, snapshot, f));
}

/* Either end; whoever has another status meanwhile keeps it. */
static int settle(Tx *tx, Arena *arena, const Operation *operation, VolumeEvent event, Fault *f)
{
	Volume *volume;
	int r = volume_get(tx, arena, operation->volume_id, &volume, f);

	if (!r)
		r = volume_move(tx, arena, volume, event, f);
	if (r < 0)
		return r;
	return release_snapshot(tx, arena, operation->snapshot_id, f);
}

int revert_volume_done(Tx *tx, Arena *arena, const Operation *operation, Fault *f)
{
	return settle(tx, arena, operation, VOLUME_EVENT_REVERTED, f);
}

int revert_volume_failed(Tx *tx, Arena *arena, const Operation *operation, const char *reason,
			 Fault *f)
{
	bool unsure = str_after(reason, OPERATION_UNSURE) != NULL;
	int r = settle(tx, arena, operation,
		       unsure ? VOLUME_EVENT_REVERT_FAILED : VOLUME_EVENT_REVERTED, f);

	return r ? r : message_write(tx, arena, operation, MESSAGE_REVERT_VOLUME, f);
}
