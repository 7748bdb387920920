/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Every event in every status, against the contract's table; and what attachments make of a
 * volume.
 */
#include "rules/volume-status.h"

#include "tests/lib/test.h"

typedef struct Move {
	VolumeEvent event;
	VolumeStatus from;
	VolumeStatus to;
	bool multiattach_only;
} Move;

/* All that is allowed; whatever is not here has to be refused. */
static const Move moves[] = {
	{.event = VOLUME_EVENT_MADE, .from = VOLUME_CREATING, .to = VOLUME_AVAILABLE},
	{.event = VOLUME_EVENT_MAKE_FAILED, .from = VOLUME_CREATING, .to = VOLUME_ERROR},
	{.event = VOLUME_EVENT_RESERVE, .from = VOLUME_AVAILABLE, .to = VOLUME_RESERVED},
	{.event = VOLUME_EVENT_RESERVE, .from = VOLUME_DOWNLOADING, .to = VOLUME_RESERVED},
	{.event = VOLUME_EVENT_RESERVE,
	 .from = VOLUME_IN_USE,
	 .to = VOLUME_RESERVED,
	 .multiattach_only = true},
	{.event = VOLUME_EVENT_CONNECT, .from = VOLUME_RESERVED, .to = VOLUME_ATTACHING},
	{.event = VOLUME_EVENT_CONNECT, .from = VOLUME_ATTACHING, .to = VOLUME_ATTACHING},
	{.event = VOLUME_EVENT_CONNECT, .from = VOLUME_IN_USE, .to = VOLUME_ATTACHING},
	{.event = VOLUME_EVENT_COMPLETE, .from = VOLUME_ATTACHING, .to = VOLUME_IN_USE},
	{.event = VOLUME_EVENT_COMPLETE, .from = VOLUME_IN_USE, .to = VOLUME_IN_USE},
	{.event = VOLUME_EVENT_BEGIN_DETACHING, .from = VOLUME_IN_USE, .to = VOLUME_DETACHING},
	{.event = VOLUME_EVENT_ROLL_DETACHING, .from = VOLUME_DETACHING, .to = VOLUME_IN_USE},
	{.event = VOLUME_EVENT_DELETE, .from = VOLUME_AVAILABLE, .to = VOLUME_DELETING},
	{.event = VOLUME_EVENT_DELETE, .from = VOLUME_ERROR, .to = VOLUME_DELETING},
	{.event = VOLUME_EVENT_DELETE, .from = VOLUME_ERROR_DELETING, .to = VOLUME_DELETING},
	{.event = VOLUME_EVENT_DELETE, .from = VOLUME_ERROR_EXTENDING, .to = VOLUME_DELETING},
	{.event = VOLUME_EVENT_DELETE_FAILED, .from = VOLUME_DELETING, .to = VOLUME_ERROR_DELETING},
	{.event = VOLUME_EVENT_HOLD, .from = VOLUME_AVAILABLE, .to = VOLUME_ATTACHING},
	{.event = VOLUME_EVENT_UNHOLD, .from = VOLUME_ATTACHING, .to = VOLUME_AVAILABLE},
	{.event = VOLUME_EVENT_ATTACH, .from = VOLUME_AVAILABLE, .to = VOLUME_IN_USE},
	{.event = VOLUME_EVENT_ATTACH, .from = VOLUME_ATTACHING, .to = VOLUME_IN_USE},
	{.event = VOLUME_EVENT_ATTACH, .from = VOLUME_IN_USE, .to = VOLUME_IN_USE},
	{.event = VOLUME_EVENT_EXTEND, .from = VOLUME_AVAILABLE, .to = VOLUME_EXTENDING},
	{.event = VOLUME_EVENT_EXTEND_LIVE, .from = VOLUME_AVAILABLE, .to = VOLUME_EXTENDING},
	{.event = VOLUME_EVENT_EXTEND_LIVE, .from = VOLUME_IN_USE, .to = VOLUME_EXTENDING},
	{.event = VOLUME_EVENT_EXTENDED, .from = VOLUME_EXTENDING, .to = VOLUME_AVAILABLE},
	{.event = VOLUME_EVENT_EXTEND_FAILED,
	 .from = VOLUME_EXTENDING,
	 .to = VOLUME_ERROR_EXTENDING},
	{.event = VOLUME_EVENT_UPLOAD, .from = VOLUME_AVAILABLE, .to = VOLUME_UPLOADING},
	{.event = VOLUME_EVENT_UPLOAD, .from = VOLUME_IN_USE, .to = VOLUME_UPLOADING},
	{.event = VOLUME_EVENT_UPLOADED, .from = VOLUME_UPLOADING, .to = VOLUME_AVAILABLE},
	{.event = VOLUME_EVENT_RETYPE, .from = VOLUME_AVAILABLE, .to = VOLUME_RETYPING},
	{.event = VOLUME_EVENT_RETYPE, .from = VOLUME_IN_USE, .to = VOLUME_RETYPING},
	{.event = VOLUME_EVENT_RETYPED, .from = VOLUME_RETYPING, .to = VOLUME_AVAILABLE},
	{.event = VOLUME_EVENT_REVERT, .from = VOLUME_AVAILABLE, .to = VOLUME_REVERTING},
	{.event = VOLUME_EVENT_REVERTED, .from = VOLUME_REVERTING, .to = VOLUME_AVAILABLE},
	{.event = VOLUME_EVENT_REVERT_FAILED, .from = VOLUME_REVERTING, .to = VOLUME_ERROR},
	{.event = VOLUME_EVENT_OFFER, .from = VOLUME_AVAILABLE, .to = VOLUME_AWAITING_TRANSFER},
	{.event = VOLUME_EVENT_OFFER_END, .from = VOLUME_AWAITING_TRANSFER, .to = VOLUME_AVAILABLE},
	{.event = VOLUME_EVENT_DELETE, .from = VOLUME_ERROR_RESTORING, .to = VOLUME_DELETING},
	{.event = VOLUME_EVENT_DELETE, .from = VOLUME_ERROR_MANAGING, .to = VOLUME_DELETING},
	{.event = VOLUME_EVENT_HOLD,
	 .from = VOLUME_IN_USE,
	 .to = VOLUME_ATTACHING,
	 .multiattach_only = true},
};

static const Move *move_find(VolumeEvent event, VolumeStatus from, bool multiattach)
{
	for (size_t i = 0; i < ARRAY_SIZE(moves); i++)
		if (moves[i].event == event && moves[i].from == from &&
		    (multiattach || !moves[i].multiattach_only))
			return &moves[i];
	return NULL;
}

static void check_move(VolumeEvent event, VolumeStatus from, bool multiattach)
{
	Volume volume = {.status = (int)from, .multiattach = multiattach};
	const Move *move = move_find(event, from, multiattach);
	VolumeStatus to = _VOLUME_STATUS_MAX;
	int r = volume_status_move(&volume, event, &to);

	if (move) {
		assert_int_equal(r, 0);
		assert_int_equal(to, move->to);
	} else {
		assert_int_equal(r, event == VOLUME_EVENT_BEGIN_DETACHING
					    ? REFUSAL_VOLUME_NOT_DETACHABLE
					    : REFUSAL_VOLUME_STATE);
		assert_int_equal(to, _VOLUME_STATUS_MAX);
	}
}

TEST(every_event_in_every_status)
{
	for (VolumeEvent event = 0; event < _VOLUME_EVENT_MAX; event++)
		for (VolumeStatus from = 0; from < _VOLUME_STATUS_MAX; from++) {
			check_move(event, from, false);
			check_move(event, from, true);
		}
}

TEST(the_furthest_attachment_decides)
{
	static const struct {
		AttachStatus attachments[3];
		size_t count;
		VolumeStatus expected;
	} rows[] = {
		{.count = 0, .expected = VOLUME_AVAILABLE},
		{.attachments = {ATTACHMENT_RESERVED}, .count = 1, .expected = VOLUME_RESERVED},
		{.attachments = {ATTACHMENT_DETACHING}, .count = 1, .expected = VOLUME_DETACHING},
		{.attachments = {ATTACHMENT_RESERVED, ATTACHMENT_DETACHING, ATTACHMENT_ATTACHING},
		 .count = 3,
		 .expected = VOLUME_ATTACHING},
		{.attachments = {ATTACHMENT_ATTACHING, ATTACHMENT_ATTACHED, ATTACHMENT_RESERVED},
		 .count = 3,
		 .expected = VOLUME_IN_USE},
		{.attachments = {ATTACHMENT_ERROR_DETACHING, ATTACHMENT_RESERVED},
		 .count = 2,
		 .expected = VOLUME_RESERVED},
		{.attachments = {ATTACHMENT_ERROR_DETACHING},
		 .count = 1,
		 .expected = VOLUME_IN_USE},
		{.attachments = {ATTACHMENT_ERROR_ATTACHING},
		 .count = 1,
		 .expected = VOLUME_IN_USE},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		assert_int_equal(
			volume_status_of(VOLUME_DETACHING, rows[i].attachments, rows[i].count),
			rows[i].expected);
}

TEST(other_statuses_are_not_touched_by_a_detach)
{
	static const VolumeStatus statuses[] = {VOLUME_UPLOADING, VOLUME_ERROR, VOLUME_DELETING,
						VOLUME_MAINTENANCE};

	for (size_t i = 0; i < ARRAY_SIZE(statuses); i++)
		assert_int_equal(volume_status_of(statuses[i], NULL, 0), statuses[i]);
}

TEST(an_attached_volume_is_not_deleted_whatever_its_status)
{
	Volume volume = {.status = VOLUME_ERROR};

	assert_int_equal(volume_may_delete(&volume, 0), 0);
	assert_int_equal(volume_may_delete(&volume, 1), REFUSAL_VOLUME_STATE);
	volume.status = VOLUME_IN_USE;
	assert_int_equal(volume_may_delete(&volume, 0), REFUSAL_VOLUME_STATE);
}
