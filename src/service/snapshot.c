/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * A snapshot comes to be and goes: the row in creating (or deleting) and the intent in one
 * transaction; the operation acts on the backend, and its end says what became of the snapshot.
 */
#include "service/snapshot.h"

#include "base/clock.h"
#include "base/str.h"
#include "base/uuid.h"
#include "rules/snapshot-status.h"
#include "service/capacity.h"
#include "service/message.h"
#include "service/priv.h"
#include "service/volume-copy.h"
#include "service/volume-quota.h"
#include "service/volume.h"
#include "json/out.h"

int service_find_snapshot(Work *work, const char *id, Snapshot **ret, Fault *f)
{
	char canonical[UUID_TEXT];
	Snapshot *snapshot;
	int r = RECORD_NOT_FOUND;

	if (uuid_canonical(id, canonical))
		r = snapshot_get(work->tx, work->arena, canonical, &snapshot, f);
	if (r < 0)
		return r;
	if (r || (!caller_is_admin(work->caller) &&
		  !str_eq(snapshot->project_id, work->caller->project_id))) {
		work->refused = (RefusalData){.id = id};
		return REFUSAL_NO_SNAPSHOT;
	}
	*ret = snapshot;
	return 0;
}

/* --- making --- */

static int check_volume(Work *work, const Volume *volume, bool force)
{
	if (volume->status == VOLUME_AVAILABLE || (force && volume->status == VOLUME_IN_USE))
		return 0;
	if (volume->status == VOLUME_MAINTENANCE)
		return work_refuse(work, REFUSAL_BAD_INPUT,
				   "Invalid volume: The snapshot cannot be created when the "
				   "volume is in maintenance mode.");
	return work_refuse(
		work, REFUSAL_BAD_INPUT,
		"Invalid volume: Volume %s status must be %s, but current status is: %s.",
		volume->id, force ? "available or in-use" : "available",
		enum_name(&volume_status_names, volume->status));
}

static Snapshot *snapshot_make(Work *work, const SnapshotWish *wish, const Volume *volume)
{
	static const JsonTextMap nothing = {0};
	Snapshot *snapshot = ARENA_NEW(work->arena, Snapshot);

	*snapshot = (Snapshot){
		.id = new_uuid(work->arena),
		.project_id = volume->project_id,
		.user_id = work->caller->user_id,
		.volume_id = volume->id,
		.name = wish->name,
		.description = wish->description,
		.status = SNAPSHOT_CREATING,
		.progress = "0%",
		.size_gib = volume->size_gib,
		.metadata = json_print_text_map(work->arena,
						wish->metadata ? wish->metadata : &nothing),
		.format = volume->format,
		.created_us = work->now_us,
	};
	return snapshot;
}

int service_create_snapshot(Work *work, const SnapshotWish *wish, Snapshot **ret, Fault *f)
{
	Operation operation = operation_for(work, NULL);
	Snapshot *snapshot;
	Volume *volume;
	bool used;
	int r;

	r = service_find_volume(work, wish->volume_id, &volume, f);
	if (!r)
		r = check_volume(work, volume, wish->force);
	if (r)
		return r;
	snapshot = snapshot_make(work, wish, volume);
	operation.volume_id = volume->id;
	operation.snapshot_id = snapshot->id;
	r = volume_copy_begin(work, volume, &operation, &used, f);
	if (!r)
		r = snapshot_quota_take(work, volume, snapshot, f);
	if (!r)
		r = capacity_take(work, volume->backend, snapshot->size_gib, f);
	if (r)
		return r;
	r = snapshot_insert(work->tx, snapshot, f);
	if (!r)
		r = operation_begin(work->tx, work->arena, service_operation("create-snapshot"),
				    &operation, f);
	if (r)
		return fault_unexpected(f, r);
	*ret = snapshot;
	return 0;
}

/* The end of an operation. A snapshot that is gone, or has another status meanwhile, is fine. */
static int snapshot_settle(Tx *tx, Arena *arena, const Operation *operation, SnapshotEvent event,
			   Fault *f)
{
	SnapshotStatus status;
	Snapshot *snapshot;
	int r;

	r = snapshot_get(tx, arena, operation->snapshot_id, &snapshot, f);
	if (r == RECORD_NOT_FOUND)
		return 0;
	if (r)
		return fault_unexpected(f, r);
	if (!snapshot_status_move((SnapshotStatus)snapshot->status, event, &status))
		return 0;
	snapshot->status = (int)status;
	if (status == SNAPSHOT_AVAILABLE)
		snapshot->progress = "100%";
	snapshot->updated_us = clock_now_us();
	return fault_unexpected(f, snapshot_update(tx, snapshot, f));
}

int create_snapshot_done(Tx *tx, Arena *arena, const Operation *operation, Fault *f)
{
	int r = snapshot_settle(tx, arena, operation, SNAPSHOT_EVENT_MADE, f);

	return r ? r : volume_copy_end(tx, arena, operation->volume_id, f);
}

int create_snapshot_failed(Tx *tx, Arena *arena, const Operation *operation, const char *reason,
			   Fault *f)
{
	int r = snapshot_settle(tx, arena, operation, SNAPSHOT_EVENT_MAKE_FAILED, f);

	(void)reason; /* the operation keeps it, for operators */
	if (!r)
		r = volume_copy_end(tx, arena, operation->volume_id, f);
	return r ? r : message_write(tx, arena, operation, MESSAGE_CREATE_SNAPSHOT, f);
}

/* --- deleting --- */

/*
 * Usually the volume's lane, in which volumes are made from its snapshots too. One that is still
 * being made, and is deleted by force, goes after that.
 */
static int deletion_lane(Work *work, const Snapshot *snapshot, const char **ret, Fault *f)
{
	int r = operation_lane_of(work->tx, work->arena, "snapshot_id", snapshot->id, ret, f);

	if (r != RECORD_NOT_FOUND)
		return r;
	*ret = snapshot->volume_id;
	return 0;
}

int service_delete_snapshot(Work *work, const char *id, bool force, Fault *f)
{
	Operation operation = operation_for(work, NULL);
	SnapshotStatus status;
	Snapshot *snapshot;
	int r;

	r = service_find_snapshot(work, id, &snapshot, f);
	if (r)
		return r;
	if (!snapshot_status_move((SnapshotStatus)snapshot->status,
				  force ? SNAPSHOT_EVENT_FORCE_DELETE : SNAPSHOT_EVENT_DELETE,
				  &status))
		return work_refuse(work, REFUSAL_BAD_INPUT,
				   "Invalid snapshot: Snapshot status must be available or error "
				   "and must not be part of a group.");
	snapshot->status = (int)status;
	snapshot->updated_us = work->now_us;
	operation.lane = snapshot->volume_id;
	operation.volume_id = snapshot->volume_id;
	operation.snapshot_id = snapshot->id;
	r = force ? deletion_lane(work, snapshot, &operation.lane, f) : 0;
	if (!r)
		r = snapshot_update(work->tx, snapshot, f);
	if (!r)
		r = operation_begin(work->tx, work->arena, service_operation("delete-snapshot"),
				    &operation, f);
	return fault_unexpected(f, r);
}

int snapshot_remove(Tx *tx, Arena *arena, const Volume *volume, const Snapshot *snapshot, Fault *f)
{
	int r = volume ? snapshot_quota_give(tx, arena, volume, snapshot, f) : 0;

	if (!r && volume)
		r = capacity_give(tx, volume->backend, snapshot->size_gib, f);
	return r ? r : fault_unexpected(f, snapshot_delete(tx, snapshot->id, f));
}

int delete_snapshot_done(Tx *tx, Arena *arena, const Operation *operation, Fault *f)
{
	Volume *volume = NULL;
	Snapshot *snapshot;
	int r;

	r = snapshot_get(tx, arena, operation->snapshot_id, &snapshot, f);
	if (r == RECORD_NOT_FOUND)
		return 0;
	if (!r)
		r = volume_get(tx, arena, snapshot->volume_id, &volume, f);
	if (r && r != RECORD_NOT_FOUND)
		return fault_unexpected(f, r);
	return snapshot_remove(tx, arena, volume, snapshot, f);
}

int delete_snapshot_failed(Tx *tx, Arena *arena, const Operation *operation, const char *reason,
			   Fault *f)
{
	int r = snapshot_settle(tx, arena, operation, SNAPSHOT_EVENT_DELETE_FAILED, f);

	(void)reason; /* the operation keeps it, for operators */
	return r ? r : message_write(tx, arena, operation, MESSAGE_DELETE_SNAPSHOT, f);
}
