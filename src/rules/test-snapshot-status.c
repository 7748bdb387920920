/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Every pair of status and event is decided, and every one that is allowed stands here.
 */
#include "rules/snapshot-status.h"
#include "tests/lib/test.h"

typedef struct Move {
	SnapshotStatus from;
	SnapshotEvent event;
	SnapshotStatus to;
} Move;

static const Move moves[] = {
	{SNAPSHOT_CREATING, SNAPSHOT_EVENT_MADE, SNAPSHOT_AVAILABLE},
	{SNAPSHOT_CREATING, SNAPSHOT_EVENT_MAKE_FAILED, SNAPSHOT_ERROR},
	{SNAPSHOT_AVAILABLE, SNAPSHOT_EVENT_DELETE, SNAPSHOT_DELETING},
	{SNAPSHOT_ERROR, SNAPSHOT_EVENT_DELETE, SNAPSHOT_DELETING},
	{SNAPSHOT_DELETING, SNAPSHOT_EVENT_DELETE_FAILED, SNAPSHOT_ERROR_DELETING},
	{SNAPSHOT_AVAILABLE, SNAPSHOT_EVENT_REVERT, SNAPSHOT_RESTORING},
	{SNAPSHOT_RESTORING, SNAPSHOT_EVENT_REVERTED, SNAPSHOT_AVAILABLE},
};

static const Move *expected(SnapshotStatus from, SnapshotEvent event)
{
	for (size_t i = 0; i < ARRAY_SIZE(moves); i++)
		if (moves[i].from == from && moves[i].event == event)
			return &moves[i];
	return NULL;
}

TEST(each_status_answers_each_event)
{
	for (SnapshotStatus from = 0; from < _SNAPSHOT_STATUS_MAX; from++) {
		for (SnapshotEvent event = 0; event < _SNAPSHOT_EVENT_MAX; event++) {
			const Move *move = expected(from, event);
			SnapshotStatus to = _SNAPSHOT_STATUS_MAX;
			bool allowed = snapshot_status_move(from, event, &to);

			if (event == SNAPSHOT_EVENT_FORCE_DELETE) {
				assert_true(allowed);
				assert_int_equal(to, SNAPSHOT_DELETING);
				continue;
			}
			assert_int_equal(allowed, move != NULL);
			assert_int_equal(to, move ? move->to : _SNAPSHOT_STATUS_MAX);
		}
	}
}

TEST(what_a_volume_takes_along)
{
	for (SnapshotStatus status = 0; status < _SNAPSHOT_STATUS_MAX; status++)
		assert_int_equal(snapshot_may_cascade(status), status == SNAPSHOT_AVAILABLE ||
								       status == SNAPSHOT_ERROR ||
								       status == SNAPSHOT_DELETING);
}

TEST(what_others_may_report)
{
	assert_true(snapshot_may_report(SNAPSHOT_CREATING, SNAPSHOT_AVAILABLE));
	assert_true(snapshot_may_report(SNAPSHOT_CREATING, SNAPSHOT_ERROR));
	assert_true(snapshot_may_report(SNAPSHOT_DELETING, SNAPSHOT_ERROR_DELETING));
	assert_false(snapshot_may_report(SNAPSHOT_CREATING, SNAPSHOT_DELETING));
	assert_false(snapshot_may_report_from(SNAPSHOT_AVAILABLE));
	assert_false(snapshot_may_report(SNAPSHOT_AVAILABLE, SNAPSHOT_ERROR));
}
