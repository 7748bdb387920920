/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Settling: a volume's status is made from its attachments, in one transaction and only after the
 * world has let go; and moving it, which is what every use case does to a status.
 */
#include "base/clock.h"
#include "service/priv.h"
#include "service/text-map.h"

/* How it was attached the old way is forgotten with the last attachment. */
static void forget_mode(Arena *arena, Volume *volume)
{
	const char *left = text_map_without(arena, volume->admin_metadata, "attached_mode");

	if (left)
		volume->admin_metadata = left;
}

/* What the attachments make of a volume, into the struct. */
static int settle(Tx *tx, Arena *arena, Volume *volume, Fault *f)
{
	Attachment **left;
	AttachStatus *statuses;
	size_t count;
	int r;

	r = attachments_of_volume(tx, arena, volume->id, &left, &count, f);
	if (r)
		return fault_unexpected(f, r);
	statuses = ARENA_ARRAY(arena, AttachStatus, count);
	for (size_t i = 0; i < count; i++)
		statuses[i] = (AttachStatus)left[i]->status;
	volume->status = (int)volume_status_of((VolumeStatus)volume->status, statuses, count);
	volume->held_us = 0;
	if (count == 0)
		forget_mode(arena, volume);
	return 0;
}

/* Over what the row is, or over whatever it is (NULL). */
static int write_volume(Tx *tx, const Volume *was, Volume *volume, Fault *f)
{
	volume->updated_us = clock_now_us();
	return fault_unexpected(f, was ? volume_update_from(tx, was, volume, f)
				       : volume_update(tx, volume, f));
}

int volume_settle(Tx *tx, Arena *arena, const char *volume_id, Fault *f)
{
	Volume *volume, was;
	int r;

	r = volume_get(tx, arena, volume_id, &volume, f);
	if (r == RECORD_NOT_FOUND)
		return 0;
	if (r)
		return fault_unexpected(f, r);
	was = *volume;
	r = settle(tx, arena, volume, f);
	return r ? r : write_volume(tx, &was, volume, f);
}

/* Whether another attachment is to take the place of this one. */
static int is_replaced(Tx *tx, Arena *arena, const Attachment *attachment, bool *ret, Fault *f)
{
	RecordQuery query = {.limit = 1};
	Attachment **by;
	size_t count;
	int r;

	*ret = false;
	if (!attachment->server_id)
		return 0;
	record_where_text(&query, "server_id", RECORD_EQ, attachment->server_id);
	record_where_text(&query, "replaces", RECORD_EQ, attachment->id);
	r = attachment_find(tx, arena, &query, &by, &count, f);
	*ret = !r && count > 0;
	return fault_unexpected(f, r);
}

int volume_check_swap(Tx *tx, Arena *arena, const Volume *volume, Fault *f)
{
	Attachment **all;
	size_t count;
	int r;

	r = attachments_of_volume(tx, arena, volume->id, &all, &count, f);
	if (r)
		return fault_unexpected(f, r);
	for (size_t i = 0; i < count; i++) {
		bool replaced;

		if (all[i]->replaces)
			return REFUSAL_VOLUME_STATE;
		r = is_replaced(tx, arena, all[i], &replaced, f);
		if (r || replaced)
			return r ? r : REFUSAL_VOLUME_STATE;
	}
	return 0;
}

/* The event, into the struct. 0 or a Refusal. */
static int change(Tx *tx, Arena *arena, Volume *volume, VolumeEvent event, Fault *f)
{
	VolumeStatus status;
	int r = volume_status_move(volume, event, &status);

	if (!r && volume_event_takes(event))
		r = volume_check_swap(tx, arena, volume, f);
	if (r)
		return r;
	if (status == (VolumeStatus)volume->status)
		return 0; /* a hold goes on */
	volume->status = (int)status;
	volume->held_us = 0;
	return volume_event_settles(event) ? settle(tx, arena, volume, f) : 0;
}

int volume_move(Tx *tx, Arena *arena, Volume *volume, VolumeEvent event, Fault *f)
{
	return volume_move_from(tx, arena, NULL, volume, event, f);
}

int volume_move_from(Tx *tx, Arena *arena, const Volume *was, Volume *volume, VolumeEvent event,
		     Fault *f)
{
	int r = change(tx, arena, volume, event, f);

	return r ? r : write_volume(tx, was, volume, f);
}

int volume_hold(Tx *tx, Arena *arena, Volume *volume, VolumeEvent event, Fault *f)
{
	int r = change(tx, arena, volume, event, f);

	if (r)
		return r;
	volume->held_us = clock_steady_us();
	return write_volume(tx, NULL, volume, f);
}

int attachment_move(Tx *tx, Attachment *attachment, AttachmentEvent event, Fault *f)
{
	return attachment_move_from(tx, NULL, attachment, event, f);
}

int attachment_move_from(Tx *tx, const Attachment *was, Attachment *attachment,
			 AttachmentEvent event, Fault *f)
{
	AttachStatus status;
	int r = attachment_status_move((AttachStatus)attachment->status, event, &status);

	if (r)
		return r;
	attachment->status = (int)status;
	attachment->updated_us = clock_now_us();
	return fault_unexpected(f, was ? attachment_update_from(tx, was, attachment, f)
				       : attachment_update(tx, attachment, f));
}

int attachment_remove(Tx *tx, Arena *arena, const Attachment *attachment, Fault *f)
{
	int r = attachment_delete(tx, attachment->id, f);

	if (r && r != RECORD_NOT_FOUND)
		return fault_unexpected(f, r);
	return volume_settle(tx, arena, attachment->volume_id, f);
}
