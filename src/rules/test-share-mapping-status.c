/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Every event in every status of a share that a server has, and what holds of all histories.
 */
#include "rules/share-mapping-status.h"

#include "tests/lib/test.h"

/* A letter for what an event makes of each status, in the order of the enumerators. */
static const char letters[_SHARE_MAPPING_STATUS_MAX + 1] = "tiade";
static const char *const outcomes[] = {
	/*                                      tiade */
	[SHARE_MAPPING_EVENT_ALLOWED] = "iiade",       [SHARE_MAPPING_EVENT_ALLOW_FAILED] = "eiade",
	[SHARE_MAPPING_EVENT_CONNECTED] = "taada",     [SHARE_MAPPING_EVENT_DISCONNECTED] = "tiidi",
	[SHARE_MAPPING_EVENT_SEEN_ON] = "taade",       [SHARE_MAPPING_EVENT_SEEN_OFF] = "tiide",
	[SHARE_MAPPING_EVENT_FAILED] = "eeeee",        [SHARE_MAPPING_EVENT_DETACH] = "ddddd",
	[SHARE_MAPPING_EVENT_DETACH_FAILED] = "tiaee",
};
static_assert(ARRAY_SIZE(outcomes) == _SHARE_MAPPING_EVENT_MAX, "a row for each");

TEST(every_event_in_every_status)
{
	for (ShareMappingEvent event = 0; event < _SHARE_MAPPING_EVENT_MAX; event++)
		for (ShareMappingStatus from = 0; from < _SHARE_MAPPING_STATUS_MAX; from++)
			assert_int_equal(letters[share_mapping_status_move(from, event)],
					 outcomes[event][from]);
}

TEST(an_event_that_comes_twice_changes_nothing)
{
	for (ShareMappingEvent event = 0; event < _SHARE_MAPPING_EVENT_MAX; event++)
		for (ShareMappingStatus from = 0; from < _SHARE_MAPPING_STATUS_MAX; from++) {
			ShareMappingStatus once = share_mapping_status_move(from, event);

			assert_int_equal(share_mapping_status_move(once, event), once);
		}
}

/* Whatever happened before, a mapping can be detached, and what passes can end in two ways. */
TEST(nothing_is_stuck)
{
	for (ShareMappingStatus from = 0; from < _SHARE_MAPPING_STATUS_MAX; from++) {
		ShareMappingStatus going =
			share_mapping_status_move(from, SHARE_MAPPING_EVENT_DETACH);

		assert_int_equal(going, SHARE_MAPPING_DETACHING);
		assert_false(share_mapping_is_changing(
			share_mapping_status_move(going, SHARE_MAPPING_EVENT_DETACH_FAILED)));
	}
	assert_int_equal(
		share_mapping_status_move(SHARE_MAPPING_ATTACHING, SHARE_MAPPING_EVENT_ALLOWED),
		SHARE_MAPPING_INACTIVE);
}

/* No guest comes or goes meanwhile, but if one does, the operation has the last word. */
TEST(power_leaves_what_is_changing_alone)
{
	static const ShareMappingEvent power[] = {
		SHARE_MAPPING_EVENT_CONNECTED, SHARE_MAPPING_EVENT_DISCONNECTED,
		SHARE_MAPPING_EVENT_SEEN_ON, SHARE_MAPPING_EVENT_SEEN_OFF};

	for (ShareMappingStatus from = 0; from < _SHARE_MAPPING_STATUS_MAX; from++)
		for (size_t i = 0; i < ARRAY_SIZE(power); i++)
			if (share_mapping_is_changing(from))
				assert_int_equal(share_mapping_status_move(from, power[i]), from);
}

/* Of a guest that has it, only the guest's end or a failure says that it does not. */
TEST(only_power_and_failures_end_active)
{
	for (ShareMappingEvent event = 0; event < _SHARE_MAPPING_EVENT_MAX; event++) {
		bool leaves = share_mapping_status_move(SHARE_MAPPING_ACTIVE, event) !=
			      SHARE_MAPPING_ACTIVE;

		assert_int_equal(leaves, event == SHARE_MAPPING_EVENT_DISCONNECTED ||
						 event == SHARE_MAPPING_EVENT_SEEN_OFF ||
						 event == SHARE_MAPPING_EVENT_FAILED ||
						 event == SHARE_MAPPING_EVENT_DETACH);
	}
}

TEST(events_have_names)
{
	assert_true(enum_names_complete(&share_mapping_event_names));
}
