/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * A volume goes: deleting and the intent in one transaction; once the backend has let go of it,
 * the row and its quota go together. There is no way back: what fails is tried again, and shows
 * as error_deleting meanwhile.
 */
#include "base/clock.h"
#include "rules/volume-status.h"
#include "service/message.h"
#include "service/priv.h"
#include "service/volume-quota.h"
#include "service/volume.h"

int service_delete_volume(Work *work, const char *id, Fault *f)
{
	Attachment **attachments;
	Operation operation;
	Volume *volume;
	size_t count;
	int r;

	r = service_find_volume(work, id, &volume, f);
	if (r)
		return r;
	r = attachments_of_volume(work->tx, work->arena, volume->id, &attachments, &count, f);
	if (r)
		return fault_unexpected(f, r);
	r = volume_may_delete(volume, count);
	if (r) {
		work->refused = (RefusalData){
			.id = volume->id,
			.action = "delete",
			.value = enum_name(&volume_status_names, volume->status),
		};
		return r;
	}
	volume->status = VOLUME_DELETING;
	volume->updated_us = work->now_us;
	r = volume_update(work->tx, volume, f);
	if (r)
		return fault_unexpected(f, r);
	operation = operation_for(work, volume->id);
	operation.volume_id = volume->id;
	return operation_begin(work->tx, work->arena, service_operation("delete-volume"),
			       &operation, f);
}

int delete_volume_done(Tx *tx, Arena *arena, const Operation *operation, Fault *f)
{
	Volume *volume;
	int r;

	r = volume_get(tx, arena, operation->volume_id, &volume, f);
	if (r == RECORD_NOT_FOUND)
		return 0;
	if (!r)
		r = volume_quota_give(tx, arena, volume, f);
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
