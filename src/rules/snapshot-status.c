/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * See snapshot-status.h.
 */
#include "rules/snapshot-status.h"

typedef unsigned StatusSet;

#define IN(status) (1u << (status))
#define ANY (IN(_SNAPSHOT_STATUS_MAX) - 1)

static const struct {
	StatusSet from;
	SnapshotStatus to;
} events[] = {
	[SNAPSHOT_EVENT_MADE] = {.from = IN(SNAPSHOT_CREATING), .to = SNAPSHOT_AVAILABLE},
	[SNAPSHOT_EVENT_MAKE_FAILED] = {.from = IN(SNAPSHOT_CREATING), .to = SNAPSHOT_ERROR},
	[SNAPSHOT_EVENT_DELETE] =
		{
			.from = IN(SNAPSHOT_AVAILABLE) | IN(SNAPSHOT_ERROR),
			.to = SNAPSHOT_DELETING,
		},
	[SNAPSHOT_EVENT_FORCE_DELETE] = {.from = ANY, .to = SNAPSHOT_DELETING},
	[SNAPSHOT_EVENT_DELETE_FAILED] =
		{
			.from = IN(SNAPSHOT_DELETING),
			.to = SNAPSHOT_ERROR_DELETING,
		},
	[SNAPSHOT_EVENT_REVERT] = {.from = IN(SNAPSHOT_AVAILABLE), .to = SNAPSHOT_RESTORING},
	[SNAPSHOT_EVENT_REVERTED] = {.from = IN(SNAPSHOT_RESTORING), .to = SNAPSHOT_AVAILABLE},
};
static_assert(ARRAY_SIZE(events) == _SNAPSHOT_EVENT_MAX, "a row for each");

bool snapshot_status_move(SnapshotStatus now, SnapshotEvent event, SnapshotStatus *ret)
{
	if (!(events[event].from & IN(now)))
		return false;
	*ret = events[event].to;
	return true;
}

bool snapshot_may_cascade(SnapshotStatus now)
{
	return (events[SNAPSHOT_EVENT_DELETE].from | IN(SNAPSHOT_DELETING)) & IN(now);
}

static StatusSet reports_from(SnapshotStatus now)
{
	if (now == SNAPSHOT_CREATING)
		return IN(SNAPSHOT_CREATING) | IN(SNAPSHOT_AVAILABLE) | IN(SNAPSHOT_ERROR);
	if (now == SNAPSHOT_DELETING)
		return IN(SNAPSHOT_DELETING) | IN(SNAPSHOT_ERROR_DELETING);
	return 0;
}

bool snapshot_may_report_from(SnapshotStatus now)
{
	return reports_from(now) != 0;
}

bool snapshot_may_report(SnapshotStatus now, SnapshotStatus next)
{
	return reports_from(now) & IN(next);
}
