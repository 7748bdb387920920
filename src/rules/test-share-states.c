/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * docs/share-states.md shows the tables of share-status.c, share-rule-state.c and
 * share-mapping-status.c as they are. REGEN=1 writes that part of it anew.
 */
#include "rules/share-mapping-status.h"
#include "rules/share-rule-state.h"
#include "rules/share-status.h"
#include "tests/lib/machine.h"
#include "tests/lib/page.h"
#include "tests/lib/test.h"

#define MARK "<!-- From here on it is written by test-rules-share-states. -->\n"

static int move_share(int status, int event, bool beside _unused_)
{
	ShareStatus to;

	return share_status_move((ShareStatus)status, (ShareEvent)event, &to) ? (int)to : -1;
}

static int move_snapshot(int status, int event, bool beside _unused_)
{
	ShareSnapshotStatus to;

	return share_snapshot_status_move((ShareSnapshotStatus)status, (ShareSnapshotEvent)event,
					  &to)
		       ? (int)to
		       : -1;
}

static int move_rule(int state, int event, bool beside _unused_)
{
	ShareRuleState to;

	return share_rule_state_move((ShareRuleState)state, (ShareRuleEvent)event, &to) ? (int)to
											: -1;
}

static int move_mapping(int status, int event, bool beside _unused_)
{
	return (int)share_mapping_status_move((ShareMappingStatus)status, (ShareMappingEvent)event);
}

static const char *const rule_event_words[] = {
	[SHARE_RULE_EVENT_ALLOW] = "allow",     [SHARE_RULE_EVENT_CHANGE] = "change",
	[SHARE_RULE_EVENT_DENY] = "deny",       [SHARE_RULE_EVENT_APPLIED] = "applied",
	[SHARE_RULE_EVENT_REFUSED] = "refused", [SHARE_RULE_EVENT_FAILED] = "failed",
};
static_assert(ARRAY_SIZE(rule_event_words) == _SHARE_RULE_EVENT_MAX, "a word for each");
static const EnumNames rule_event_names = ENUM_NAMES(rule_event_words);

static const Machine machines[] = {
	{
		.title = "Shares",
		.statuses = &share_status_names,
		.events = &share_event_names,
		.status_count = SHARE_INACTIVE, /* the rest is only set by admins */
		.move = move_share,
		.everywhere = SHARE_EVENT_FORCE_DELETE,
	},
	{
		.title = "Snapshots of shares",
		.statuses = &share_snapshot_status_names,
		.events = &share_snapshot_event_names,
		.move = move_snapshot,
		.everywhere = SHARE_SNAPSHOT_EVENT_FORCE_DELETE,
	},
	{
		.title = "Access rules",
		.statuses = &share_rule_state_names,
		.events = &rule_event_names,
		.move = move_rule,
		.everywhere = -1,
	},
	{
		.title = "Shares of servers",
		.statuses = &share_mapping_status_names,
		.events = &share_mapping_event_names,
		.move = move_mapping,
		.everywhere = SHARE_MAPPING_EVENT_FAILED,
	},
};

TEST(the_page_shows_the_tables)
{
	_cleanup_(buf_done) Buf text = {0};

	for (size_t i = 0; i < ARRAY_SIZE(machines); i++)
		machine_print(&text, &machines[i]);
	page_check("share-states.md", MARK, buf_text(&text), "test-rules-share-states");
}
