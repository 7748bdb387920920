/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * See volume-status.h. `in-use` allows complete and connect so that both may be repeated, and so
 * that the second attachment of one server (a migration) can be connected.
 */
#include "rules/volume-status.h"

typedef unsigned StatusSet;

#define IN(status) (1u << (status))

typedef struct VolumeEventRow {
	StatusSet from;
	StatusSet from_multiattach; /* also from these when the volume may have several */
	VolumeStatus to;
	Refusal refusal;
} VolumeEventRow;

static const VolumeEventRow events[] = {
	[VOLUME_EVENT_MADE] =
		{
			.from = IN(VOLUME_CREATING),
			.to = VOLUME_AVAILABLE,
			.refusal = REFUSAL_VOLUME_STATE,
		},
	[VOLUME_EVENT_MAKE_FAILED] =
		{
			.from = IN(VOLUME_CREATING),
			.to = VOLUME_ERROR,
			.refusal = REFUSAL_VOLUME_STATE,
		},
	[VOLUME_EVENT_RESERVE] =
		{
			.from = IN(VOLUME_AVAILABLE) | IN(VOLUME_DOWNLOADING),
			.from_multiattach = IN(VOLUME_IN_USE),
			.to = VOLUME_RESERVED,
			.refusal = REFUSAL_VOLUME_STATE,
		},
	[VOLUME_EVENT_CONNECT] =
		{
			.from = IN(VOLUME_RESERVED) | IN(VOLUME_ATTACHING) | IN(VOLUME_IN_USE),
			.to = VOLUME_ATTACHING,
			.refusal = REFUSAL_VOLUME_STATE,
		},
	[VOLUME_EVENT_COMPLETE] =
		{
			.from = IN(VOLUME_ATTACHING) | IN(VOLUME_IN_USE),
			.to = VOLUME_IN_USE,
			.refusal = REFUSAL_VOLUME_STATE,
		},
	[VOLUME_EVENT_BEGIN_DETACHING] =
		{
			.from = IN(VOLUME_IN_USE),
			.to = VOLUME_DETACHING,
			.refusal = REFUSAL_VOLUME_NOT_DETACHABLE,
		},
	[VOLUME_EVENT_ROLL_DETACHING] =
		{
			.from = IN(VOLUME_DETACHING),
			.to = VOLUME_IN_USE,
			.refusal = REFUSAL_VOLUME_STATE,
		},
	[VOLUME_EVENT_DELETE] =
		{
			.from = IN(VOLUME_AVAILABLE) | IN(VOLUME_ERROR) |
				IN(VOLUME_ERROR_DELETING) | IN(VOLUME_ERROR_EXTENDING) |
				IN(VOLUME_ERROR_RESTORING) | IN(VOLUME_ERROR_MANAGING),
			.to = VOLUME_DELETING,
			.refusal = REFUSAL_VOLUME_STATE,
		},
	[VOLUME_EVENT_DELETE_FAILED] =
		{
			.from = IN(VOLUME_DELETING),
			.to = VOLUME_ERROR_DELETING,
			.refusal = REFUSAL_VOLUME_STATE,
		},
	[VOLUME_EVENT_HOLD] =
		{
			.from = IN(VOLUME_AVAILABLE),
			.from_multiattach = IN(VOLUME_IN_USE),
			.to = VOLUME_ATTACHING,
			.refusal = REFUSAL_VOLUME_STATE,
		},
	[VOLUME_EVENT_UNHOLD] =
		{
			.from = IN(VOLUME_ATTACHING),
			.to = VOLUME_AVAILABLE,
			.refusal = REFUSAL_VOLUME_STATE,
		},
	[VOLUME_EVENT_ATTACH] =
		{
			.from = IN(VOLUME_AVAILABLE) | IN(VOLUME_ATTACHING) | IN(VOLUME_IN_USE),
			.to = VOLUME_IN_USE,
			.refusal = REFUSAL_VOLUME_STATE,
		},
	[VOLUME_EVENT_EXTEND] =
		{
			.from = IN(VOLUME_AVAILABLE),
			.to = VOLUME_EXTENDING,
			.refusal = REFUSAL_VOLUME_STATE,
		},
	[VOLUME_EVENT_EXTEND_LIVE] =
		{
			.from = IN(VOLUME_AVAILABLE) | IN(VOLUME_IN_USE),
			.to = VOLUME_EXTENDING,
			.refusal = REFUSAL_VOLUME_STATE,
		},
	[VOLUME_EVENT_EXTENDED] =
		{
			.from = IN(VOLUME_EXTENDING),
			.to = VOLUME_AVAILABLE,
			.refusal = REFUSAL_VOLUME_STATE,
		},
	[VOLUME_EVENT_EXTEND_FAILED] =
		{
			.from = IN(VOLUME_EXTENDING),
			.to = VOLUME_ERROR_EXTENDING,
			.refusal = REFUSAL_VOLUME_STATE,
		},
	[VOLUME_EVENT_UPLOAD] =
		{
			.from = IN(VOLUME_AVAILABLE) | IN(VOLUME_IN_USE),
			.to = VOLUME_UPLOADING,
			.refusal = REFUSAL_VOLUME_STATE,
		},
	[VOLUME_EVENT_UPLOADED] =
		{
			.from = IN(VOLUME_UPLOADING),
			.to = VOLUME_AVAILABLE,
			.refusal = REFUSAL_VOLUME_STATE,
		},
	[VOLUME_EVENT_RETYPE] =
		{
			.from = IN(VOLUME_AVAILABLE) | IN(VOLUME_IN_USE),
			.to = VOLUME_RETYPING,
			.refusal = REFUSAL_VOLUME_STATE,
		},
	[VOLUME_EVENT_RETYPED] =
		{
			.from = IN(VOLUME_RETYPING),
			.to = VOLUME_AVAILABLE,
			.refusal = REFUSAL_VOLUME_STATE,
		},
	[VOLUME_EVENT_REVERT] =
		{
			.from = IN(VOLUME_AVAILABLE),
			.to = VOLUME_REVERTING,
			.refusal = REFUSAL_VOLUME_STATE,
		},
	[VOLUME_EVENT_REVERTED] =
		{
			.from = IN(VOLUME_REVERTING),
			.to = VOLUME_AVAILABLE,
			.refusal = REFUSAL_VOLUME_STATE,
		},
	[VOLUME_EVENT_REVERT_FAILED] =
		{
			.from = IN(VOLUME_REVERTING),
			.to = VOLUME_ERROR,
			.refusal = REFUSAL_VOLUME_STATE,
		},
	[VOLUME_EVENT_OFFER] =
		{
			.from = IN(VOLUME_AVAILABLE),
			.to = VOLUME_AWAITING_TRANSFER,
			.refusal = REFUSAL_VOLUME_STATE,
		},
	[VOLUME_EVENT_OFFER_END] =
		{
			.from = IN(VOLUME_AWAITING_TRANSFER),
			.to = VOLUME_AVAILABLE,
			.refusal = REFUSAL_VOLUME_STATE,
		},
};
static_assert(ARRAY_SIZE(events) == _VOLUME_EVENT_MAX, "a row for each");

int volume_status_move(const Volume *volume, VolumeEvent event, VolumeStatus *ret_status)
{
	const VolumeEventRow *row = &events[event];
	StatusSet from = row->from | (volume->multiattach ? row->from_multiattach : 0);

	if (!(from & IN(volume->status)))
		return (int)row->refusal;
	*ret_status = row->to;
	return 0;
}

/* How far an attachment is, and what the furthest one makes of the volume. */
static const struct {
	int rank;
	VolumeStatus status;
} ranks[] = {
	[ATTACHMENT_ATTACHED] = {.rank = 5, .status = VOLUME_IN_USE},
	[ATTACHMENT_ATTACHING] = {.rank = 4, .status = VOLUME_ATTACHING},
	[ATTACHMENT_DETACHING] = {.rank = 3, .status = VOLUME_DETACHING},
	[ATTACHMENT_RESERVED] = {.rank = 2, .status = VOLUME_RESERVED},
	[ATTACHMENT_ERROR_ATTACHING] = {.rank = 1, .status = VOLUME_IN_USE},
	[ATTACHMENT_ERROR_DETACHING] = {.rank = 1, .status = VOLUME_IN_USE},
};
static_assert(ARRAY_SIZE(ranks) == _ATTACH_STATUS_MAX, "a row for each");

/* The statuses that speak of attachments; others belong to whoever set them. */
static const StatusSet follows_attachments = IN(VOLUME_AVAILABLE) | IN(VOLUME_RESERVED) |
					     IN(VOLUME_ATTACHING) | IN(VOLUME_IN_USE) |
					     IN(VOLUME_DETACHING);

VolumeStatus volume_status_of(VolumeStatus now, const AttachStatus *attachments, size_t count)
{
	VolumeStatus status = VOLUME_AVAILABLE;
	int best = 0;

	if (!(follows_attachments & IN(now)))
		return now;
	for (size_t i = 0; i < count; i++) {
		if (ranks[attachments[i]].rank <= best)
			continue;
		best = ranks[attachments[i]].rank;
		status = ranks[attachments[i]].status;
	}
	return status;
}

int volume_may_delete(const Volume *volume, size_t attachments)
{
	VolumeStatus ignored;

	if (attachments > 0)
		return REFUSAL_VOLUME_STATE;
	return volume_status_move(volume, VOLUME_EVENT_DELETE, &ignored);
}
