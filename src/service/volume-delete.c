/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * A volume goes: deleting and the intent in one transaction; once the backend has let go of it (and
 * before of its snapshots, when they go along), the rows and their quota go together. There is no
 * way back: what fails is tried again, and shows as error_deleting meanwhile.
 */
#include "base/clock.h"
#include "rules/snapshot-status.h"
#include "service/capacity.h"
#include "service/message.h"
#include "service/priv.h"
#include "service/transfer.h"
#include "service/volume-quota.h"
#include "service/volume.h"

static int refuse_state(Work *work, const Volume *volume)
{
	work->refused = (RefusalData){
		.id = volume->id,
		.action = "delete",
		.value = enum_name(&volume_status_names, volume->status),
	};
	return REFUSAL_VOLUME_STATE;
}

/*
 * Reservations go along by force; whatever may be connected has to be detached first, and what is
 * reserved for a server here is that server's.
 */
static int drop_reservations(Work *work, const Volume *volume, bool force, Fault *f)
{
	Attachment **attachments;
	size_t count;
	int r;

	r = attachments_of_volume(work->tx, work->arena, volume->id, &attachments, &count, f);
	for (size_t i = 0; !r && i < count; i++) {
		if (!force || attachments[i]->status != ATTACHMENT_RESERVED ||
		    attachments[i]->exported || attachments[i]->mapping_id)
			return refuse_state(work, volume);
		r = attachment_delete(work->tx, attachments[i]->id, f);
	}
	return fault_unexpected(f, r);
}

/* Every snapshot goes along, or none may be there. *ret_any: there are some. */
static int take_snapshots(Work *work, const Volume *volume, bool cascade, bool *ret_any, Fault *f)
{
	Snapshot **snapshots;
	size_t count;
	int r;

	r = snapshots_of_volume(work->tx, work->arena, volume->id, &snapshots, &count, f);
	for (size_t i = 0; !r && i < count; i++) {
		if (!cascade || !snapshot_may_cascade((SnapshotStatus)snapshots[i]->status))
			return refuse_state(work, volume);
		snapshots[i]->status = SNAPSHOT_DELETING;
		snapshots[i]->updated_us = work->now_us;
		r = snapshot_update(work->tx, snapshots[i], f);
	}
	*ret_any = !r && count > 0;
	return fault_unexpected(f, r);
}

/*
 * Usually its own. A volume that was never made may still be in the making, in the lane of what it
 * is a copy of; one that is deleted by force may be in the middle of anything.
 */
static int deletion_lane(Work *work, const Volume *volume, bool force, const char **ret, Fault *f)
{
	int r = RECORD_NOT_FOUND;

	if (force || volume->launched_us == 0)
		r = operation_lane_of(work->tx, work->arena, "volume_id", volume->id, ret, f);
	if (r != RECORD_NOT_FOUND)
		return r;
	*ret = volume->id;
	return 0;
}

int service_delete_volume(Work *work, const char *id, unsigned how, Fault *f)
{
	bool force = how & VOLUME_DELETE_FORCE, with_snapshots = false;
	Operation operation = operation_for(work, NULL);
	Volume *volume, was;
	int r;

	r = service_find_volume(work, id, &volume, f);
	if (!r)
		r = drop_reservations(work, volume, force, f);
	if (!r)
		r = take_snapshots(work, volume, how & VOLUME_DELETE_CASCADE, &with_snapshots, f);
	if (r)
		return r;
	was = *volume;
	r = volume_move_from(work->tx, work->arena, &was, volume,
			     force ? VOLUME_EVENT_FORCE_DELETE : VOLUME_EVENT_DELETE, f);
	if (r)
		return r < 0 ? r : refuse_state(work, volume);
	operation.volume_id = volume->id;
	r = deletion_lane(work, volume, force, &operation.lane, f);
	if (r)
		return r;
	return operation_begin(
		work->tx, work->arena,
		service_operation(with_snapshots ? "delete-volume-cascade" : "delete-volume"),
		&operation, f);
}

/* Whether nothing but the volume itself would go. */
static int is_alone(Tx *tx, Arena *arena, const Volume *volume, bool *ret, Fault *f)
{
	Attachment **attachments;
	Snapshot **snapshots;
	size_t users, copies = 0;
	int r;

	r = attachments_of_volume(tx, arena, volume->id, &attachments, &users, f);
	if (!r && users == 0)
		r = snapshots_of_volume(tx, arena, volume->id, &snapshots, &copies, f);
	*ret = users == 0 && copies == 0;
	return fault_unexpected(f, r);
}

static bool is_being_made(const Volume *volume)
{
	return volume->status == VOLUME_CREATING || volume->status == VOLUME_DOWNLOADING;
}

/* One that is still being made for the server goes when it is there: see deletion_lane(). */
static int delete_along_lane(Tx *tx, Arena *arena, const Volume *volume, const char **ret, Fault *f)
{
	int r = RECORD_NOT_FOUND;

	if (is_being_made(volume))
		r = operation_lane_of(tx, arena, "volume_id", volume->id, ret, f);
	if (r != RECORD_NOT_FOUND)
		return r;
	*ret = volume->id;
	return 0;
}

int volume_delete_along(Tx *tx, Arena *arena, const Operation *by, const char *volume_id, Fault *f)
{
	Operation operation = {
		.volume_id = volume_id,
		.user_id = by->user_id,
		.by_admin = by->by_admin,
		.request_id = by->request_id,
	};
	bool alone = false;
	VolumeEvent event;
	Volume *volume;
	int r;

	r = volume_get(tx, arena, volume_id, &volume, f);
	if (r == RECORD_NOT_FOUND)
		return 0;
	if (!r)
		r = is_alone(tx, arena, volume, &alone, f);
	if (r)
		return fault_unexpected(f, r);
	operation.project_id = volume->project_id;
	r = delete_along_lane(tx, arena, volume, &operation.lane, f);
	if (r)
		return r;
	event = is_being_made(volume) ? VOLUME_EVENT_FORCE_DELETE : VOLUME_EVENT_DELETE;
	r = alone ? volume_move(tx, arena, volume, event, f) : REFUSAL_VOLUME_STATE;
	if (r > 0)
		return message_write(tx, arena, &operation, MESSAGE_KEEP_VOLUME, f);
	return r ? r
		 : operation_begin(tx, arena, service_operation("delete-volume"), &operation, f);
}

static int remove_snapshots(Tx *tx, Arena *arena, const Volume *volume, Fault *f)
{
	Snapshot **snapshots;
	size_t count;
	int r = snapshots_of_volume(tx, arena, volume->id, &snapshots, &count, f);

	for (size_t i = 0; !r && i < count; i++)
		r = snapshot_remove(tx, arena, volume, snapshots[i], f);
	return fault_unexpected(f, r);
}

int delete_volume_done(Tx *tx, Arena *arena, const Operation *operation, Fault *f)
{
	Volume *volume;
	int r;

	r = volume_get(tx, arena, operation->volume_id, &volume, f);
	if (r == RECORD_NOT_FOUND)
		return 0;
	if (!r)
		r = remove_snapshots(tx, arena, volume, f);
	if (!r)
		r = volume_quota_give(tx, arena, volume, f);
	if (!r)
		r = capacity_give(tx, volume->backend, volume->size_gib, f);
	if (!r)
		r = transfers_forget(tx, volume->id, f);
	if (!r)
		r = volume_delete(tx, volume->id, f);
	return fault_unexpected(f, r);
}

int delete_volume_failed(Tx *tx, Arena *arena, const Operation *operation, const char *reason,
			 Fault *f)
{
	VolumeStatus status;
	Volume *volume;
	int r;

	(void)reason; /* the operation keeps it, for operators */
	r = volume_get(tx, arena, operation->volume_id, &volume, f);
	if (r == RECORD_NOT_FOUND)
		return 0;
	if (r)
		return fault_unexpected(f, r);
	if (volume_status_move(volume, VOLUME_EVENT_DELETE_FAILED, &status))
		return 0; /* it says so already, and the deletion still goes on */
	volume->status = (int)status;
	volume->updated_us = clock_now_us();
	r = volume_update(tx, volume, f);
	if (r)
		return fault_unexpected(f, r);
	return message_write(tx, arena, operation, MESSAGE_DELETE_VOLUME, f);
}
