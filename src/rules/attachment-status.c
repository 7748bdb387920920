/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * See attachment-status.h. What is neither in `from` nor in `stays` of a row is refused.
 */
#include "rules/attachment-status.h"

typedef unsigned StatusSet;

#define IN(status) (1u << (status))
#define ALL ((1u << _ATTACH_STATUS_MAX) - 1)

typedef struct AttachmentEventRow {
	StatusSet from;
	StatusSet stays; /* nothing is said, nothing changes */
	AttachStatus to;
	Refusal refusal;
} AttachmentEventRow;

static const AttachmentEventRow events[] = {
	/* What is attached already is another host's to connect, with an attachment of its own. */
	[ATTACHMENT_EVENT_CONNECT] =
		{
			.from = IN(ATTACHMENT_RESERVED) | IN(ATTACHMENT_ERROR_ATTACHING),
			.stays = IN(ATTACHMENT_ATTACHING),
			.to = ATTACHMENT_ATTACHING,
			.refusal = REFUSAL_VOLUME_CONFLICT,
		},
	[ATTACHMENT_EVENT_GIVE_BACK] =
		{
			.from = IN(ATTACHMENT_ATTACHING) | IN(ATTACHMENT_ERROR_ATTACHING),
			.stays = IN(ATTACHMENT_RESERVED),
			.to = ATTACHMENT_RESERVED,
			.refusal = REFUSAL_VOLUME_CONFLICT,
		},
	[ATTACHMENT_EVENT_CONNECT_FAILED] =
		{
			.from = IN(ATTACHMENT_RESERVED) | IN(ATTACHMENT_ATTACHING),
			.stays = IN(ATTACHMENT_ERROR_ATTACHING),
			.to = ATTACHMENT_ERROR_ATTACHING,
			.refusal = REFUSAL_VOLUME_CONFLICT,
		},
	/* Nobody can have what was never connected. */
	[ATTACHMENT_EVENT_COMPLETE] =
		{
			.from = IN(ATTACHMENT_ATTACHING),
			.stays = IN(ATTACHMENT_ATTACHED),
			.to = ATTACHMENT_ATTACHED,
			.refusal = REFUSAL_VOLUME_CONFLICT,
		},
	[ATTACHMENT_EVENT_BEGIN_DETACHING] =
		{
			.from = IN(ATTACHMENT_ATTACHED),
			.to = ATTACHMENT_DETACHING,
			.refusal = REFUSAL_VOLUME_NOT_DETACHABLE,
		},
	[ATTACHMENT_EVENT_ROLL_DETACHING] =
		{
			.from = IN(ATTACHMENT_DETACHING),
			.stays = ALL & ~IN(ATTACHMENT_DETACHING),
			.to = ATTACHMENT_ATTACHED,
		},
	[ATTACHMENT_EVENT_SHELVE] =
		{
			.from = ALL & ~(IN(ATTACHMENT_RESERVED) | IN(ATTACHMENT_DETACHING)),
			.stays = IN(ATTACHMENT_RESERVED) | IN(ATTACHMENT_DETACHING),
			.to = ATTACHMENT_RESERVED,
		},
	[ATTACHMENT_EVENT_DISCONNECT] =
		{
			.from = ALL & ~IN(ATTACHMENT_DETACHING),
			.stays = IN(ATTACHMENT_DETACHING),
			.to = ATTACHMENT_DETACHING,
		},
	[ATTACHMENT_EVENT_DISCONNECT_FAILED] =
		{
			.from = ALL & ~IN(ATTACHMENT_ERROR_DETACHING),
			.stays = IN(ATTACHMENT_ERROR_DETACHING),
			.to = ATTACHMENT_ERROR_DETACHING,
		},
};
static_assert(ARRAY_SIZE(events) == _ATTACHMENT_EVENT_MAX, "a row for each");

static const char *const event_names[] = {
	[ATTACHMENT_EVENT_CONNECT] = "connect",
	[ATTACHMENT_EVENT_GIVE_BACK] = "give-back",
	[ATTACHMENT_EVENT_CONNECT_FAILED] = "connect-failed",
	[ATTACHMENT_EVENT_COMPLETE] = "complete",
	[ATTACHMENT_EVENT_BEGIN_DETACHING] = "begin-detaching",
	[ATTACHMENT_EVENT_ROLL_DETACHING] = "roll-detaching",
	[ATTACHMENT_EVENT_SHELVE] = "shelve",
	[ATTACHMENT_EVENT_DISCONNECT] = "disconnect",
	[ATTACHMENT_EVENT_DISCONNECT_FAILED] = "disconnect-failed",
};
static_assert(ARRAY_SIZE(event_names) == _ATTACHMENT_EVENT_MAX, "a row for each");
const EnumNames attachment_event_names = ENUM_NAMES(event_names);

int attachment_status_move(AttachStatus now, AttachmentEvent event, AttachStatus *ret_status)
{
	const AttachmentEventRow *row = &events[event];

	if (!((row->from | row->stays) & IN(now)))
		return (int)row->refusal;
	*ret_status = row->from & IN(now) ? row->to : now;
	return 0;
}
