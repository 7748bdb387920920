/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * What the table of a share's status promises: see the invariants in share-status.h.
 */
#include "base/str.h"
#include "rules/share-status.h"
#include "tests/lib/test.h"

/* What begins something, and its two ends. */
static const struct {
	ShareStatus from;
	ShareEvent begin;
	ShareStatus passing;
	ShareEvent good;
	ShareEvent bad;
	ShareStatus broken;
} ways[] = {
	{SHARE_AVAILABLE, SHARE_EVENT_EXTEND, SHARE_EXTENDING, SHARE_EVENT_EXTENDED,
	 SHARE_EVENT_EXTEND_FAILED, SHARE_EXTENDING_ERROR},
	{SHARE_AVAILABLE, SHARE_EVENT_SHRINK, SHARE_SHRINKING, SHARE_EVENT_SHRUNK,
	 SHARE_EVENT_SHRINK_FAILED, SHARE_SHRINKING_ERROR},
	{SHARE_SHRINKING_POSSIBLE_DATA_LOSS, SHARE_EVENT_SHRINK, SHARE_SHRINKING,
	 SHARE_EVENT_SHRINK_REFUSED, SHARE_EVENT_SHRINK_FAILED, SHARE_SHRINKING_ERROR},
	{SHARE_AVAILABLE, SHARE_EVENT_REVERT, SHARE_REVERTING, SHARE_EVENT_REVERTED,
	 SHARE_EVENT_REVERT_FAILED, SHARE_REVERTING_ERROR},
};

static ShareStatus moved(ShareStatus now, ShareEvent event)
{
	ShareStatus next = _SHARE_STATUS_MAX;

	if (!share_status_move(now, event, &next))
		fail_msg("%s does not allow %s", enum_name(&share_status_names, (int)now),
			 enum_name(&share_event_names, (int)event));
	return next;
}

static bool allows(ShareStatus now, ShareEvent event)
{
	ShareStatus next;

	return share_status_move(now, event, &next);
}

TEST(each_way_ends_well_or_badly)
{
	for (size_t i = 0; i < ARRAY_SIZE(ways); i++) {
		assert_int_equal(moved(ways[i].from, ways[i].begin), ways[i].passing);
		assert_true(share_status_passes(ways[i].passing));
		assert_int_equal(moved(ways[i].passing, ways[i].good), SHARE_AVAILABLE);
		assert_int_equal(moved(ways[i].passing, ways[i].bad), ways[i].broken);
		assert_false(share_status_passes(ways[i].broken));
	}
	assert_int_equal(moved(SHARE_CREATING, SHARE_EVENT_MADE), SHARE_AVAILABLE);
	assert_int_equal(moved(SHARE_CREATING_FROM_SNAPSHOT, SHARE_EVENT_MAKE_FAILED), SHARE_ERROR);
	assert_int_equal(moved(SHARE_MANAGE_STARTING, SHARE_EVENT_MANAGED), SHARE_AVAILABLE);
	assert_int_equal(moved(SHARE_MANAGE_STARTING, SHARE_EVENT_MANAGE_FAILED),
			 SHARE_MANAGE_ERROR);
}

TEST(whatever_it_is_in_an_admin_deletes_it)
{
	for (int now = 0; now < _SHARE_STATUS_MAX; now++)
		assert_int_equal(moved((ShareStatus)now, SHARE_EVENT_FORCE_DELETE), SHARE_DELETING);
}

TEST(a_deletion_that_fails_still_goes_on)
{
	assert_int_equal(moved(SHARE_DELETING, SHARE_EVENT_DELETE_FAILED), SHARE_ERROR_DELETING);
	assert_int_equal(moved(SHARE_ERROR_DELETING, SHARE_EVENT_DELETE_FAILED),
			 SHARE_ERROR_DELETING);
	assert_false(allows(SHARE_ERROR_DELETING, SHARE_EVENT_DELETE));
}

TEST(users_delete_only_what_is_at_rest)
{
	for (int now = 0; now < _SHARE_STATUS_MAX; now++) {
		bool rests = now == SHARE_AVAILABLE || now == SHARE_ERROR || now == SHARE_INACTIVE;

		assert_int_equal(allows((ShareStatus)now, SHARE_EVENT_DELETE), rests);
		assert_int_equal(allows((ShareStatus)now, SHARE_EVENT_PUT_AWAY), rests);
	}
	assert_int_equal(moved(SHARE_ERROR, SHARE_EVENT_PUT_AWAY), SHARE_ERROR);
}

/* Force-delete is the one that may begin in the middle of something. */
TEST(nothing_begins_while_something_passes)
{
	static const ShareEvent begins[] = {
		SHARE_EVENT_DELETE, SHARE_EVENT_EXTEND,   SHARE_EVENT_SHRINK,
		SHARE_EVENT_REVERT, SHARE_EVENT_UNMANAGE, SHARE_EVENT_PUT_AWAY,
	};

	for (int now = 0; now < _SHARE_STATUS_MAX; now++)
		for (size_t i = 0; share_status_passes((ShareStatus)now) && i < ARRAY_SIZE(begins);
		     i++)
			assert_false(allows((ShareStatus)now, begins[i]));
}

/* What was allowed is what share_event_from() lists; random histories stay in known statuses. */
TEST(histories_keep_to_the_table)
{
	unsigned seed = 20;
	ShareStatus now = SHARE_CREATING;

	for (int i = 0; i < 20000; i++) {
		ShareEvent event = (ShareEvent)(rand_r(&seed) % _SHARE_EVENT_MAX);
		ShareStatus next = now;
		bool listed = share_event_from(event) >> now & 1;

		assert_int_equal(share_status_move(now, event, &next), listed);
		assert_in_range(next, 0, _SHARE_STATUS_MAX - 1);
		if (now == SHARE_DELETING && next != now)
			assert_int_equal(event, SHARE_EVENT_DELETE_FAILED);
		now = next;
		if (now == SHARE_DELETING || now == SHARE_ERROR_DELETING ||
		    !share_status_passes(now))
			now = i % 5 ? now : (ShareStatus)(rand_r(&seed) % _SHARE_STATUS_MAX);
	}
}

TEST(snapshots_are_made_restored_and_deleted)
{
	ShareSnapshotStatus next;

	assert_true(share_snapshot_status_move(SHARE_SNAPSHOT_CREATING, SHARE_SNAPSHOT_EVENT_MADE,
					       &next));
	assert_int_equal(next, SHARE_SNAPSHOT_AVAILABLE);
	assert_true(share_snapshot_status_move(next, SHARE_SNAPSHOT_EVENT_REVERT, &next));
	assert_int_equal(next, SHARE_SNAPSHOT_RESTORING);
	assert_false(share_snapshot_status_move(next, SHARE_SNAPSHOT_EVENT_DELETE, &next));
	assert_true(share_snapshot_status_move(next, SHARE_SNAPSHOT_EVENT_REVERTED, &next));
	assert_true(share_snapshot_status_move(next, SHARE_SNAPSHOT_EVENT_DELETE, &next));
	assert_true(share_snapshot_status_move(next, SHARE_SNAPSHOT_EVENT_DELETE_FAILED, &next));
	assert_int_equal(next, SHARE_SNAPSHOT_ERROR_DELETING);
}

TEST(a_snapshot_is_deleted_by_force_from_anywhere)
{
	for (int now = 0; now < _SHARE_SNAPSHOT_STATUS_MAX; now++) {
		ShareSnapshotStatus next;

		assert_true(share_snapshot_status_move((ShareSnapshotStatus)now,
						       SHARE_SNAPSHOT_EVENT_FORCE_DELETE, &next));
		assert_int_equal(next, SHARE_SNAPSHOT_DELETING);
	}
}
