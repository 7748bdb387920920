/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * See share-mapping-status.h. What is not in `from` of a row stays as it is.
 */
#include "rules/share-mapping-status.h"

typedef unsigned StatusSet;

#define IN(status) (1u << (status))
#define ALL ((1u << _SHARE_MAPPING_STATUS_MAX) - 1)

#define CHANGING (IN(SHARE_MAPPING_ATTACHING) | IN(SHARE_MAPPING_DETACHING))
#define SETTLED (ALL & ~CHANGING)

typedef struct MappingEventRow {
	StatusSet from;
	ShareMappingStatus to;
} MappingEventRow;

static const MappingEventRow events[] = {
	/* An attach that was asked to be a detach meanwhile is one. */
	[SHARE_MAPPING_EVENT_ALLOWED] = {.from = IN(SHARE_MAPPING_ATTACHING),
					 .to = SHARE_MAPPING_INACTIVE},
	[SHARE_MAPPING_EVENT_ALLOW_FAILED] = {.from = IN(SHARE_MAPPING_ATTACHING),
					      .to = SHARE_MAPPING_ERROR},
	[SHARE_MAPPING_EVENT_CONNECTED] = {.from = SETTLED, .to = SHARE_MAPPING_ACTIVE},
	[SHARE_MAPPING_EVENT_DISCONNECTED] = {.from = SETTLED, .to = SHARE_MAPPING_INACTIVE},
	[SHARE_MAPPING_EVENT_SEEN_ON] = {.from = IN(SHARE_MAPPING_INACTIVE),
					 .to = SHARE_MAPPING_ACTIVE},
	[SHARE_MAPPING_EVENT_SEEN_OFF] = {.from = IN(SHARE_MAPPING_ACTIVE),
					  .to = SHARE_MAPPING_INACTIVE},
	[SHARE_MAPPING_EVENT_FAILED] = {.from = ALL, .to = SHARE_MAPPING_ERROR},
	[SHARE_MAPPING_EVENT_DETACH] = {.from = ALL, .to = SHARE_MAPPING_DETACHING},
	[SHARE_MAPPING_EVENT_DETACH_FAILED] = {.from = IN(SHARE_MAPPING_DETACHING),
					       .to = SHARE_MAPPING_ERROR},
};
static_assert(ARRAY_SIZE(events) == _SHARE_MAPPING_EVENT_MAX, "a row for each");

static const char *const event_names[] = {
	[SHARE_MAPPING_EVENT_ALLOWED] = "allowed",
	[SHARE_MAPPING_EVENT_ALLOW_FAILED] = "allow-failed",
	[SHARE_MAPPING_EVENT_CONNECTED] = "connected",
	[SHARE_MAPPING_EVENT_DISCONNECTED] = "disconnected",
	[SHARE_MAPPING_EVENT_SEEN_ON] = "seen-on",
	[SHARE_MAPPING_EVENT_SEEN_OFF] = "seen-off",
	[SHARE_MAPPING_EVENT_FAILED] = "failed",
	[SHARE_MAPPING_EVENT_DETACH] = "detach",
	[SHARE_MAPPING_EVENT_DETACH_FAILED] = "detach-failed",
};
static_assert(ARRAY_SIZE(event_names) == _SHARE_MAPPING_EVENT_MAX, "a row for each");
const EnumNames share_mapping_event_names = ENUM_NAMES(event_names);

ShareMappingStatus share_mapping_status_move(ShareMappingStatus now, ShareMappingEvent event)
{
	return events[event].from & IN(now) ? events[event].to : now;
}

bool share_mapping_is_changing(ShareMappingStatus status)
{
	return CHANGING & IN(status);
}
