/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * What the files about access rules share.
 */
#pragma once

#include "records/tables.h"
#include "rules/share-rule-state.h"
#include "service/share-access.h"

/* share-rules.c */

/* The rule of a share that names the same; NULL: there is none. */
_must_use_ int share_rule_like(Tx *tx, Arena *arena, const char *share_id, ShareAccessType type,
			       const char *to, ShareRule **ret, Fault *f);
/* Whether a mapping needs it, other than `except_id` (or NULL) and those that are detaching. */
_must_use_ int share_rule_is_used(Tx *tx, const char *rule_id, const char *except_id, bool *ret,
				  Fault *f);
/* Write a new rule, queued; `rule` says what it is to be, and has its id afterwards. */
_must_use_ int share_rule_add(Work *work, ShareRule *rule, Fault *f);
/* Lock it against being seen; against deletion, it and its share. */
_must_use_ int share_rule_hide(Work *work, const ShareRule *rule, const char *context,
			       const char *reason, Fault *f);
/* `share_reason` NULL: the share's lock names the rule's. */
_must_use_ int share_rule_keep(Work *work, const ShareRule *rule, const char *context,
			       const char *reason, const char *share_reason, Fault *f);
/* Likewise against deletion of its share alone. */
_must_use_ int share_rule_keep_share(Work *work, const ShareRule *rule, const char *context,
				     const char *reason, Fault *f);
/* Move its state and write it, and what its share says of all. An event that means nothing: 0. */
_must_use_ int share_rule_move(Tx *tx, Arena *arena, ShareRule *rule, ShareRuleEvent event,
			       Fault *f);
