/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Every event in every status of an attachment.
 */
#include "rules/attachment-status.h"

#include "tests/lib/test.h"

/* A letter for what an event makes of each status, in the order of the enumerators; - is refused.
 */
static const char letters[_ATTACH_STATUS_MAX + 1] = "rgAdxy";
static const char *const outcomes[] = {
	/*                                    rgAdxy */
	[ATTACHMENT_EVENT_CONNECT] = "gg--g-",
	[ATTACHMENT_EVENT_GIVE_BACK] = "rr--r-",
	[ATTACHMENT_EVENT_CONNECT_FAILED] = "xx--x-",
	[ATTACHMENT_EVENT_COMPLETE] = "-AA---",
	[ATTACHMENT_EVENT_BEGIN_DETACHING] = "--d---",
	[ATTACHMENT_EVENT_ROLL_DETACHING] = "rgAAxy",
	[ATTACHMENT_EVENT_SHELVE] = "rrrdrr",
	[ATTACHMENT_EVENT_DISCONNECT] = "dddddd",
	[ATTACHMENT_EVENT_DISCONNECT_FAILED] = "yyyyyy",
};
static_assert(ARRAY_SIZE(outcomes) == _ATTACHMENT_EVENT_MAX, "a row for each");

TEST(every_event_in_every_status)
{
	for (AttachmentEvent event = 0; event < _ATTACHMENT_EVENT_MAX; event++)
		for (AttachStatus from = 0; from < _ATTACH_STATUS_MAX; from++) {
			AttachStatus to = _ATTACH_STATUS_MAX;
			int r = attachment_status_move(from, event, &to);

			assert_int_equal(letters[to] ? letters[to] : '-', outcomes[event][from]);
			if (to != _ATTACH_STATUS_MAX)
				assert_int_equal(r, 0);
			else
				assert_int_equal(r, event == ATTACHMENT_EVENT_BEGIN_DETACHING
							    ? REFUSAL_VOLUME_NOT_DETACHABLE
							    : REFUSAL_VOLUME_CONFLICT);
		}
}

/* But for begin-detaching: there, the second one has to learn that it came too late. */
TEST(an_event_that_comes_twice_changes_nothing)
{
	for (AttachmentEvent event = 0; event < _ATTACHMENT_EVENT_MAX; event++)
		for (AttachStatus from = 0; from < _ATTACH_STATUS_MAX; from++) {
			AttachStatus once, twice;

			if (event == ATTACHMENT_EVENT_BEGIN_DETACHING ||
			    attachment_status_move(from, event, &once))
				continue;
			assert_int_equal(attachment_status_move(once, event, &twice), 0);
			assert_int_equal(twice, once);
		}
}

TEST(events_have_names)
{
	assert_true(enum_names_complete(&attachment_event_names));
}
