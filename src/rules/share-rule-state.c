/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * See share-rule-state.h.
 */
#include "rules/share-rule-state.h"

typedef unsigned StateSet;

#define IN(state) (1u << (state))
#define COMING (IN(SHARE_RULE_QUEUED_TO_APPLY) | IN(SHARE_RULE_APPLYING))
#define CHANGING (IN(SHARE_RULE_QUEUED_TO_UPDATE) | IN(SHARE_RULE_UPDATING))
#define GOING (IN(SHARE_RULE_QUEUED_TO_DENY) | IN(SHARE_RULE_DENYING))

static const struct {
	StateSet from;
	ShareRuleState to;
} events[] = {
	[SHARE_RULE_EVENT_ALLOW] =
		{
			.from = GOING | IN(SHARE_RULE_ERROR),
			.to = SHARE_RULE_QUEUED_TO_APPLY,
		},
	[SHARE_RULE_EVENT_CHANGE] =
		{
			.from = IN(SHARE_RULE_ACTIVE) | IN(SHARE_RULE_ERROR),
			.to = SHARE_RULE_QUEUED_TO_UPDATE,
		},
	[SHARE_RULE_EVENT_DENY] =
		{
			.from = COMING | CHANGING | IN(SHARE_RULE_ACTIVE) | IN(SHARE_RULE_ERROR),
			.to = SHARE_RULE_QUEUED_TO_DENY,
		},
	[SHARE_RULE_EVENT_APPLIED] = {.from = COMING | CHANGING, .to = SHARE_RULE_ACTIVE},
	[SHARE_RULE_EVENT_REFUSED] = {.from = COMING | CHANGING, .to = SHARE_RULE_ERROR},
	[SHARE_RULE_EVENT_FAILED] = {.from = COMING | CHANGING | GOING, .to = SHARE_RULE_ERROR},
};
static_assert(ARRAY_SIZE(events) == _SHARE_RULE_EVENT_MAX, "a row for each");

bool share_rule_state_move(ShareRuleState now, ShareRuleEvent event, ShareRuleState *ret)
{
	if (!(events[event].from & IN(now)))
		return false;
	*ret = events[event].to;
	return true;
}

bool share_rule_lets_in(ShareRuleState state)
{
	return (COMING | CHANGING | IN(SHARE_RULE_ACTIVE)) & IN(state);
}

bool share_rule_is_going(ShareRuleState state)
{
	return GOING & IN(state);
}

bool share_rule_is_passing(ShareRuleState state)
{
	return (COMING | CHANGING | GOING) & IN(state);
}

ShareRulesStatus share_rules_status_of(const ShareRule *const *rules, size_t count)
{
	ShareRulesStatus status = SHARE_RULES_ACTIVE;

	for (size_t i = 0; i < count; i++) {
		if (share_rule_is_passing((ShareRuleState)rules[i]->state))
			return SHARE_RULES_SYNCING;
		if (rules[i]->state == SHARE_RULE_ERROR)
			status = SHARE_RULES_ERROR;
	}
	return status;
}
