/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Every pair of state and event is decided, and every one that is allowed stands here; and every
 * state that is passing ends, whatever the backend says.
 */
#include "rules/share-rule-state.h"
#include "tests/lib/test.h"

typedef struct Move {
	ShareRuleState from;
	ShareRuleEvent event;
	ShareRuleState to;
} Move;

#define MOVES_OF_COMING(state)                                                                     \
	{state, SHARE_RULE_EVENT_DENY, SHARE_RULE_QUEUED_TO_DENY},                                 \
		{state, SHARE_RULE_EVENT_APPLIED, SHARE_RULE_ACTIVE},                              \
		{state, SHARE_RULE_EVENT_REFUSED, SHARE_RULE_ERROR},                               \
	{                                                                                          \
		state, SHARE_RULE_EVENT_FAILED, SHARE_RULE_ERROR                                   \
	}

static const Move moves[] = {
	MOVES_OF_COMING(SHARE_RULE_QUEUED_TO_APPLY),
	MOVES_OF_COMING(SHARE_RULE_APPLYING),
	MOVES_OF_COMING(SHARE_RULE_QUEUED_TO_UPDATE),
	MOVES_OF_COMING(SHARE_RULE_UPDATING),
	{SHARE_RULE_ACTIVE, SHARE_RULE_EVENT_DENY, SHARE_RULE_QUEUED_TO_DENY},
	{SHARE_RULE_ACTIVE, SHARE_RULE_EVENT_CHANGE, SHARE_RULE_QUEUED_TO_UPDATE},
	{SHARE_RULE_ERROR, SHARE_RULE_EVENT_ALLOW, SHARE_RULE_QUEUED_TO_APPLY},
	{SHARE_RULE_ERROR, SHARE_RULE_EVENT_DENY, SHARE_RULE_QUEUED_TO_DENY},
	{SHARE_RULE_ERROR, SHARE_RULE_EVENT_CHANGE, SHARE_RULE_QUEUED_TO_UPDATE},
	{SHARE_RULE_QUEUED_TO_DENY, SHARE_RULE_EVENT_ALLOW, SHARE_RULE_QUEUED_TO_APPLY},
	{SHARE_RULE_QUEUED_TO_DENY, SHARE_RULE_EVENT_FAILED, SHARE_RULE_ERROR},
	{SHARE_RULE_DENYING, SHARE_RULE_EVENT_ALLOW, SHARE_RULE_QUEUED_TO_APPLY},
	{SHARE_RULE_DENYING, SHARE_RULE_EVENT_FAILED, SHARE_RULE_ERROR},
};

static const Move *expected(ShareRuleState from, ShareRuleEvent event)
{
	for (size_t i = 0; i < ARRAY_SIZE(moves); i++)
		if (moves[i].from == from && moves[i].event == event)
			return &moves[i];
	return NULL;
}

TEST(each_state_answers_each_event)
{
	for (ShareRuleState from = 0; from < _SHARE_RULE_STATE_MAX; from++) {
		for (ShareRuleEvent event = 0; event < _SHARE_RULE_EVENT_MAX; event++) {
			const Move *move = expected(from, event);
			ShareRuleState to = _SHARE_RULE_STATE_MAX;

			assert_int_equal(share_rule_state_move(from, event, &to), move != NULL);
			assert_int_equal(to, move ? move->to : _SHARE_RULE_STATE_MAX);
		}
	}
}

TEST(what_passes_ends)
{
	for (ShareRuleState state = 0; state < _SHARE_RULE_STATE_MAX; state++) {
		ShareRuleState to;

		assert_int_equal(share_rule_state_move(state, SHARE_RULE_EVENT_FAILED, &to),
				 share_rule_is_passing(state));
		if (share_rule_is_passing(state))
			assert_int_not_equal(share_rule_is_going(state), share_rule_lets_in(state));
		else
			assert_false(share_rule_is_going(state));
	}
	assert_true(share_rule_lets_in(SHARE_RULE_ACTIVE));
	assert_false(share_rule_lets_in(SHARE_RULE_ERROR));
}

static ShareRulesStatus status_of(ShareRuleState a, ShareRuleState b)
{
	const ShareRule first = {.state = (int)a}, second = {.state = (int)b};
	const ShareRule *rules[] = {&first, &second};

	return share_rules_status_of(rules, ARRAY_SIZE(rules));
}

TEST(a_share_says_how_its_rules_are)
{
	assert_int_equal(share_rules_status_of(NULL, 0), SHARE_RULES_ACTIVE);
	assert_int_equal(status_of(SHARE_RULE_ACTIVE, SHARE_RULE_ACTIVE), SHARE_RULES_ACTIVE);
	assert_int_equal(status_of(SHARE_RULE_ERROR, SHARE_RULE_ACTIVE), SHARE_RULES_ERROR);
	assert_int_equal(status_of(SHARE_RULE_ACTIVE, SHARE_RULE_ERROR), SHARE_RULES_ERROR);
	assert_int_equal(status_of(SHARE_RULE_ERROR, SHARE_RULE_DENYING), SHARE_RULES_SYNCING);
	assert_int_equal(status_of(SHARE_RULE_QUEUED_TO_APPLY, SHARE_RULE_ERROR),
			 SHARE_RULES_SYNCING);
}
