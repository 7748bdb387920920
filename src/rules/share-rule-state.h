/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * The states of an access rule, and what they make of its share's rules as a whole.
 *
 * A rule waits in a queue until the backend was told; what was told is settled afterwards. In
 * between the rule may have been queued for something else, which then stands.
 */
#pragma once

#include "model/share.h"

typedef enum ShareRuleEvent {
	SHARE_RULE_EVENT_ALLOW,   /* it is wanted after all, or once more */
	SHARE_RULE_EVENT_CHANGE,  /* it has another level */
	SHARE_RULE_EVENT_DENY,    /* it is to go */
	SHARE_RULE_EVENT_APPLIED, /* the backend lets its user in */
	SHARE_RULE_EVENT_REFUSED, /* the backend cannot do such a thing */
	SHARE_RULE_EVENT_FAILED,  /* the backend could not be told */
	_SHARE_RULE_EVENT_MAX,
} ShareRuleEvent;

/* The state after an event. False: the event means nothing in this state. */
bool share_rule_state_move(ShareRuleState now, ShareRuleEvent event, ShareRuleState *ret);

/* Whether the backend is to let its user in. One in error is in effect no more. */
bool share_rule_lets_in(ShareRuleState state);
/* Whether it goes as soon as the backend was told. */
bool share_rule_is_going(ShareRuleState state);
/* Whether its end is still open. */
bool share_rule_is_passing(ShareRuleState state);

ShareRulesStatus share_rules_status_of(const ShareRule *const *rules, size_t count);
