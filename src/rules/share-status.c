/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * See share-status.h. What is neither in `from` nor in `stays` of a row is not allowed.
 */
#include "rules/share-status.h"

typedef uint64_t StatusSet;
static_assert(_SHARE_STATUS_MAX <= 64, "a bit for each");

#define IN(status) (UINT64_C(1) << (status))
#define ALL (IN(_SHARE_STATUS_MAX) - 1)
#define BEING_MADE (IN(SHARE_CREATING) | IN(SHARE_CREATING_FROM_SNAPSHOT))
#define AT_REST (IN(SHARE_AVAILABLE) | IN(SHARE_ERROR) | IN(SHARE_INACTIVE))

/* Clients know this set by its effects: hardly anything can be done to a share that is in it. */
static const StatusSet passing =
	BEING_MADE | IN(SHARE_DELETING) | IN(SHARE_MANAGE_STARTING) | IN(SHARE_UNMANAGE_STARTING) |
	IN(SHARE_EXTENDING) | IN(SHARE_SHRINKING) | IN(SHARE_MIGRATING) | IN(SHARE_MIGRATING_TO) |
	IN(SHARE_RESTORING) | IN(SHARE_REVERTING) | IN(SHARE_SERVER_MIGRATING) |
	IN(SHARE_SERVER_MIGRATING_TO) | IN(SHARE_BACKUP_RESTORING) | IN(SHARE_BACKUP_CREATING) |
	IN(SHARE_ENSURING);

static const struct {
	StatusSet from;
	StatusSet stays; /* allowed, and nothing changes */
	ShareStatus to;
} events[] = {
	[SHARE_EVENT_MADE] = {.from = BEING_MADE, .to = SHARE_AVAILABLE},
	[SHARE_EVENT_MAKE_FAILED] = {.from = BEING_MADE, .to = SHARE_ERROR},
	[SHARE_EVENT_DELETE] = {.from = AT_REST, .to = SHARE_DELETING},
	[SHARE_EVENT_FORCE_DELETE] = {.from = ALL, .to = SHARE_DELETING},
	[SHARE_EVENT_DELETE_FAILED] =
		{
			.from = IN(SHARE_DELETING),
			.stays = IN(SHARE_ERROR_DELETING),
			.to = SHARE_ERROR_DELETING,
		},
	[SHARE_EVENT_PUT_AWAY] = {.stays = AT_REST},
	[SHARE_EVENT_EXTEND] = {.from = IN(SHARE_AVAILABLE), .to = SHARE_EXTENDING},
	[SHARE_EVENT_EXTENDED] = {.from = IN(SHARE_EXTENDING), .to = SHARE_AVAILABLE},
	[SHARE_EVENT_EXTEND_FAILED] = {.from = IN(SHARE_EXTENDING), .to = SHARE_EXTENDING_ERROR},
	[SHARE_EVENT_SHRINK] =
		{
			.from = IN(SHARE_AVAILABLE) | IN(SHARE_SHRINKING_POSSIBLE_DATA_LOSS),
			.to = SHARE_SHRINKING,
		},
	[SHARE_EVENT_SHRUNK] = {.from = IN(SHARE_SHRINKING), .to = SHARE_AVAILABLE},
	[SHARE_EVENT_SHRINK_REFUSED] = {.from = IN(SHARE_SHRINKING), .to = SHARE_AVAILABLE},
	[SHARE_EVENT_SHRINK_FAILED] = {.from = IN(SHARE_SHRINKING), .to = SHARE_SHRINKING_ERROR},
	[SHARE_EVENT_REVERT] = {.from = IN(SHARE_AVAILABLE), .to = SHARE_REVERTING},
	[SHARE_EVENT_REVERTED] = {.from = IN(SHARE_REVERTING), .to = SHARE_AVAILABLE},
	[SHARE_EVENT_REVERT_FAILED] = {.from = IN(SHARE_REVERTING), .to = SHARE_REVERTING_ERROR},
	[SHARE_EVENT_MANAGED] = {.from = IN(SHARE_MANAGE_STARTING), .to = SHARE_AVAILABLE},
	[SHARE_EVENT_MANAGE_FAILED] = {.from = IN(SHARE_MANAGE_STARTING), .to = SHARE_MANAGE_ERROR},
	[SHARE_EVENT_UNMANAGE] = {.from = ALL & ~passing, .to = SHARE_UNMANAGE_STARTING},
};
static_assert(ARRAY_SIZE(events) == _SHARE_EVENT_MAX, "a row for each");

static const char *const event_names[] = {
	[SHARE_EVENT_MADE] = "made",
	[SHARE_EVENT_MAKE_FAILED] = "make-failed",
	[SHARE_EVENT_DELETE] = "delete",
	[SHARE_EVENT_FORCE_DELETE] = "force-delete",
	[SHARE_EVENT_DELETE_FAILED] = "delete-failed",
	[SHARE_EVENT_PUT_AWAY] = "put-away",
	[SHARE_EVENT_EXTEND] = "extend",
	[SHARE_EVENT_EXTENDED] = "extended",
	[SHARE_EVENT_EXTEND_FAILED] = "extend-failed",
	[SHARE_EVENT_SHRINK] = "shrink",
	[SHARE_EVENT_SHRUNK] = "shrunk",
	[SHARE_EVENT_SHRINK_REFUSED] = "shrink-refused",
	[SHARE_EVENT_SHRINK_FAILED] = "shrink-failed",
	[SHARE_EVENT_REVERT] = "revert",
	[SHARE_EVENT_REVERTED] = "reverted",
	[SHARE_EVENT_REVERT_FAILED] = "revert-failed",
	[SHARE_EVENT_MANAGED] = "managed",
	[SHARE_EVENT_MANAGE_FAILED] = "manage-failed",
	[SHARE_EVENT_UNMANAGE] = "unmanage",
};
static_assert(ARRAY_SIZE(event_names) == _SHARE_EVENT_MAX, "a row for each");
const EnumNames share_event_names = ENUM_NAMES(event_names);

bool share_status_move(ShareStatus now, ShareEvent event, ShareStatus *ret)
{
	if (!((events[event].from | events[event].stays) & IN(now)))
		return false;
	*ret = events[event].from & IN(now) ? events[event].to : now;
	return true;
}

uint64_t share_event_from(ShareEvent event)
{
	return events[event].from | events[event].stays;
}

bool share_status_passes(ShareStatus now)
{
	return passing & IN(now);
}

/* --- snapshots --- */

static const struct {
	StatusSet from;
	StatusSet stays;
	ShareSnapshotStatus to;
} snapshot_events[] = {
	[SHARE_SNAPSHOT_EVENT_MADE] =
		{
			.from = IN(SHARE_SNAPSHOT_CREATING),
			.to = SHARE_SNAPSHOT_AVAILABLE,
		},
	[SHARE_SNAPSHOT_EVENT_MAKE_FAILED] =
		{
			.from = IN(SHARE_SNAPSHOT_CREATING),
			.to = SHARE_SNAPSHOT_ERROR,
		},
	[SHARE_SNAPSHOT_EVENT_DELETE] =
		{
			.from = IN(SHARE_SNAPSHOT_AVAILABLE) | IN(SHARE_SNAPSHOT_ERROR),
			.to = SHARE_SNAPSHOT_DELETING,
		},
	[SHARE_SNAPSHOT_EVENT_FORCE_DELETE] =
		{
			.from = IN(_SHARE_SNAPSHOT_STATUS_MAX) - 1,
			.to = SHARE_SNAPSHOT_DELETING,
		},
	[SHARE_SNAPSHOT_EVENT_DELETE_FAILED] =
		{
			.from = IN(SHARE_SNAPSHOT_DELETING),
			.stays = IN(SHARE_SNAPSHOT_ERROR_DELETING),
			.to = SHARE_SNAPSHOT_ERROR_DELETING,
		},
	[SHARE_SNAPSHOT_EVENT_REVERT] =
		{
			.from = IN(SHARE_SNAPSHOT_AVAILABLE),
			.to = SHARE_SNAPSHOT_RESTORING,
		},
	[SHARE_SNAPSHOT_EVENT_REVERTED] =
		{
			.from = IN(SHARE_SNAPSHOT_RESTORING),
			.to = SHARE_SNAPSHOT_AVAILABLE,
		},
};
static_assert(ARRAY_SIZE(snapshot_events) == _SHARE_SNAPSHOT_EVENT_MAX, "a row for each");

static const char *const snapshot_event_names[] = {
	[SHARE_SNAPSHOT_EVENT_MADE] = "made",
	[SHARE_SNAPSHOT_EVENT_MAKE_FAILED] = "make-failed",
	[SHARE_SNAPSHOT_EVENT_DELETE] = "delete",
	[SHARE_SNAPSHOT_EVENT_FORCE_DELETE] = "force-delete",
	[SHARE_SNAPSHOT_EVENT_DELETE_FAILED] = "delete-failed",
	[SHARE_SNAPSHOT_EVENT_REVERT] = "revert",
	[SHARE_SNAPSHOT_EVENT_REVERTED] = "reverted",
};
static_assert(ARRAY_SIZE(snapshot_event_names) == _SHARE_SNAPSHOT_EVENT_MAX, "a row for each");
const EnumNames share_snapshot_event_names = ENUM_NAMES(snapshot_event_names);

bool share_snapshot_status_move(ShareSnapshotStatus now, ShareSnapshotEvent event,
				ShareSnapshotStatus *ret)
{
	if (!((snapshot_events[event].from | snapshot_events[event].stays) & IN(now)))
		return false;
	*ret = snapshot_events[event].from & IN(now) ? snapshot_events[event].to : now;
	return true;
}
