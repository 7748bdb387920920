/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * A volume after one of its attachments went: the row is removed and the status is made from
 * what is left, in one transaction and only after the world has let go.
 */
#include "base/clock.h"
#include "rules/volume-status.h"
#include "service/priv.h"

int volume_settle(Tx *tx, Arena *arena, const char *volume_id, Fault *f)
{
	Volume *volume;
	Attachment **left;
	AttachStatus *statuses;
	size_t count;
	int r;

	r = volume_get(tx, arena, volume_id, &volume, f);
	if (r == RECORD_NOT_FOUND)
		return 0;
	if (!r)
		r = attachments_of_volume(tx, arena, volume_id, &left, &count, f);
	if (r)
		return fault_unexpected(f, r);
	statuses = ARENA_ARRAY(arena, AttachStatus, count);
	for (size_t i = 0; i < count; i++)
		statuses[i] = (AttachStatus)left[i]->status;
	volume->status = (int)volume_status_of((VolumeStatus)volume->status, statuses, count);
	volume->updated_us = clock_now_us();
	return fault_unexpected(f, volume_update(tx, volume, f));
}

int attachment_remove(Tx *tx, Arena *arena, const Attachment *attachment, Fault *f)
{
	int r = attachment_delete(tx, attachment->id, f);

	if (r && r != RECORD_NOT_FOUND)
		return fault_unexpected(f, r);
	return volume_settle(tx, arena, attachment->volume_id, f);
}
