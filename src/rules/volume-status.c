/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * See volume-status.h. What is neither in `from` nor in `stays` of a row is refused.
 */
#include "rules/volume-status.h"

typedef unsigned StatusSet;
static_assert(_VOLUME_STATUS_MAX <= 32, "a bit for each");

#define IN(status) (1u << (status))
#define ALL ((1u << _VOLUME_STATUS_MAX) - 1)

/* The statuses that speak of attachments; others belong to whoever set them. */
#define IN_USE_SOMEHOW                                                                             \
	(IN(VOLUME_RESERVED) | IN(VOLUME_ATTACHING) | IN(VOLUME_IN_USE) | IN(VOLUME_DETACHING))
#define FOLLOWS_ATTACHMENTS (IN(VOLUME_AVAILABLE) | IN_USE_SOMEHOW)

/* Something else is done to the volume, or was set by an admin, and attachments move below it. */
#define ASIDE                                                                                      \
	(IN(VOLUME_EXTENDING) | IN(VOLUME_ERROR_EXTENDING) | IN(VOLUME_UPLOADING) |                \
	 IN(VOLUME_RETYPING) | IN(VOLUME_MAINTENANCE) | IN(VOLUME_ERROR) | IN(VOLUME_BACKING_UP) | \
	 IN(VOLUME_ERROR_BACKING_UP))

typedef struct VolumeEventRow {
	StatusSet from;
	StatusSet from_multiattach; /* also from these when the volume may have several */
	StatusSet stays;            /* nothing is said, nothing changes */
	VolumeStatus to;
	bool takes;   /* somebody begins to have it */
	bool settles; /* `to` is what it is without attachments */
	Refusal refusal;
} VolumeEventRow;

static const VolumeEventRow events[] = {
	[VOLUME_EVENT_MADE] =
		{
			.from = IN(VOLUME_CREATING) | IN(VOLUME_DOWNLOADING),
			.to = VOLUME_AVAILABLE,
			.settles = true,
			.refusal = REFUSAL_VOLUME_STATE,
		},
	[VOLUME_EVENT_MAKE_FAILED] =
		{
			.from = IN(VOLUME_CREATING) | IN(VOLUME_DOWNLOADING),
			.to = VOLUME_ERROR,
			.refusal = REFUSAL_VOLUME_STATE,
		},
	[VOLUME_EVENT_RESERVE] =
		{
			.from = IN(VOLUME_AVAILABLE) | IN(VOLUME_DOWNLOADING),
			.from_multiattach = IN_USE_SOMEHOW,
			.to = VOLUME_RESERVED,
			.takes = true,
			.refusal = REFUSAL_VOLUME_STATE,
		},
	/* in-use: a server's second attachment, while it moves to another host */
	[VOLUME_EVENT_CONNECT] =
		{
			.from = IN(VOLUME_RESERVED) | IN(VOLUME_ATTACHING) | IN(VOLUME_IN_USE),
			.from_multiattach = IN_USE_SOMEHOW,
			.stays = ASIDE,
			.to = VOLUME_ATTACHING,
			.refusal = REFUSAL_VOLUME_STATE,
		},
	/* What happened has happened: whoever has the volume is not refused. */
	[VOLUME_EVENT_COMPLETE] =
		{
			.from = FOLLOWS_ATTACHMENTS,
			.stays = ASIDE,
			.to = VOLUME_IN_USE,
			.refusal = REFUSAL_VOLUME_STATE,
		},
	[VOLUME_EVENT_BEGIN_DETACHING] =
		{
			.from = IN(VOLUME_IN_USE),
			.from_multiattach = IN_USE_SOMEHOW,
			.to = VOLUME_DETACHING,
			.refusal = REFUSAL_VOLUME_NOT_DETACHABLE,
		},
	[VOLUME_EVENT_ROLL_DETACHING] =
		{
			.from = IN(VOLUME_DETACHING),
			.stays = ALL & ~IN(VOLUME_DETACHING),
			.to = VOLUME_AVAILABLE,
			.settles = true,
		},
	[VOLUME_EVENT_DELETE] =
		{
			.from = IN(VOLUME_AVAILABLE) | IN(VOLUME_ERROR) |
				IN(VOLUME_ERROR_DELETING) | IN(VOLUME_ERROR_EXTENDING) |
				IN(VOLUME_ERROR_RESTORING) | IN(VOLUME_ERROR_MANAGING),
			.to = VOLUME_DELETING,
			.refusal = REFUSAL_VOLUME_STATE,
		},
	[VOLUME_EVENT_FORCE_DELETE] =
		{
			.from = ALL & ~IN(VOLUME_DELETING),
			.stays = IN(VOLUME_DELETING),
			.to = VOLUME_DELETING,
		},
	[VOLUME_EVENT_DELETE_FAILED] =
		{
			.from = IN(VOLUME_DELETING),
			.stays = IN(VOLUME_ERROR_DELETING),
			.to = VOLUME_ERROR_DELETING,
			.refusal = REFUSAL_VOLUME_STATE,
		},
	[VOLUME_EVENT_HOLD] =
		{
			.from = IN(VOLUME_AVAILABLE),
			.from_multiattach = IN_USE_SOMEHOW,
			.to = VOLUME_ATTACHING,
			.takes = true,
			.refusal = REFUSAL_VOLUME_STATE,
		},
	[VOLUME_EVENT_UNHOLD] =
		{
			.from = IN(VOLUME_ATTACHING),
			.stays = ALL & ~IN(VOLUME_ATTACHING),
			.to = VOLUME_AVAILABLE,
			.settles = true,
		},
	[VOLUME_EVENT_ATTACH] =
		{
			.from = IN(VOLUME_AVAILABLE) | IN(VOLUME_ATTACHING) | IN(VOLUME_IN_USE),
			.from_multiattach = IN_USE_SOMEHOW,
			.to = VOLUME_IN_USE,
			.takes = true,
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
			.settles = true,
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
			.settles = true,
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
			.settles = true,
			.refusal = REFUSAL_VOLUME_STATE,
		},
	[VOLUME_EVENT_REIMAGE] =
		{
			.from = IN(VOLUME_IN_USE),
			.to = VOLUME_MAINTENANCE,
			.refusal = REFUSAL_VOLUME_STATE,
		},
	[VOLUME_EVENT_REIMAGED] =
		{
			.from = IN(VOLUME_MAINTENANCE),
			.to = VOLUME_AVAILABLE,
			.settles = true,
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
			.settles = true,
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
			.settles = true,
			.refusal = REFUSAL_VOLUME_STATE,
		},
};
static_assert(ARRAY_SIZE(events) == _VOLUME_EVENT_MAX, "a row for each");

static const char *const event_names[] = {
	[VOLUME_EVENT_MADE] = "made",
	[VOLUME_EVENT_MAKE_FAILED] = "make-failed",
	[VOLUME_EVENT_RESERVE] = "reserve",
	[VOLUME_EVENT_CONNECT] = "connect",
	[VOLUME_EVENT_COMPLETE] = "complete",
	[VOLUME_EVENT_BEGIN_DETACHING] = "begin-detaching",
	[VOLUME_EVENT_ROLL_DETACHING] = "roll-detaching",
	[VOLUME_EVENT_DELETE] = "delete",
	[VOLUME_EVENT_FORCE_DELETE] = "force-delete",
	[VOLUME_EVENT_DELETE_FAILED] = "delete-failed",
	[VOLUME_EVENT_HOLD] = "hold",
	[VOLUME_EVENT_UNHOLD] = "unhold",
	[VOLUME_EVENT_ATTACH] = "attach",
	[VOLUME_EVENT_EXTEND] = "extend",
	[VOLUME_EVENT_EXTEND_LIVE] = "extend-live",
	[VOLUME_EVENT_EXTENDED] = "extended",
	[VOLUME_EVENT_EXTEND_FAILED] = "extend-failed",
	[VOLUME_EVENT_UPLOAD] = "upload",
	[VOLUME_EVENT_UPLOADED] = "uploaded",
	[VOLUME_EVENT_RETYPE] = "retype",
	[VOLUME_EVENT_RETYPED] = "retyped",
	[VOLUME_EVENT_REIMAGE] = "reimage",
	[VOLUME_EVENT_REIMAGED] = "reimaged",
	[VOLUME_EVENT_REVERT] = "revert",
	[VOLUME_EVENT_REVERTED] = "reverted",
	[VOLUME_EVENT_REVERT_FAILED] = "revert-failed",
	[VOLUME_EVENT_OFFER] = "offer",
	[VOLUME_EVENT_OFFER_END] = "offer-end",
};
static_assert(ARRAY_SIZE(event_names) == _VOLUME_EVENT_MAX, "a row for each");
const EnumNames volume_event_names = ENUM_NAMES(event_names);

int volume_status_move(const Volume *volume, VolumeEvent event, VolumeStatus *ret_status)
{
	const VolumeEventRow *row = &events[event];
	StatusSet from = row->from | (volume->multiattach ? row->from_multiattach : 0);
	StatusSet now = IN(volume->status);

	if (!((from | row->stays) & now))
		return (int)row->refusal;
	*ret_status = from & now ? row->to : (VolumeStatus)volume->status;
	return 0;
}

bool volume_event_takes(VolumeEvent event)
{
	return events[event].takes;
}

bool volume_event_settles(VolumeEvent event)
{
	return events[event].settles;
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

VolumeStatus volume_status_of(VolumeStatus now, const AttachStatus *attachments, size_t count)
{
	VolumeStatus status = VOLUME_AVAILABLE;
	int best = 0;

	if (!(FOLLOWS_ATTACHMENTS & IN(now)))
		return now;
	for (size_t i = 0; i < count; i++) {
		if (ranks[attachments[i]].rank <= best)
			continue;
		best = ranks[attachments[i]].rank;
		status = ranks[attachments[i]].status;
	}
	return status;
}
