/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Access rules: who may mount a share. A request queues what it wants of a rule; an operation tells
 * the backend of all rules at once; its end settles those that the backend was told of.
 *
 * Servers that have a share get in by a rule for this host. One that fits is used with them all; it
 * and the share are locked while a server needs it. A rule that Cleat made for that (own) goes with
 * the last of them, one of somebody else's making stays.
 */
#pragma once

#include "model/operation.h"
#include "model/share.h"
#include "records/record.h"
#include "service/service.h"
#include "json/json.h"

/* Of one share: its backend is told of all of them at once. */
enum { SHARE_RULES_MAX = 1000 };

typedef struct ShareAccessWish {
	ShareAccessType type;
	const char *to;
	ShareAccessLevel level;
	bool ipv4_only;              /* the caller knows no other addresses */
	const JsonTextMap *metadata; /* or NULL */
	bool lock_visibility;
	bool lock_deletion;
	const char *lock_reason; /* or NULL */
} ShareAccessWish;

/*
 * REFUSAL_NO_SHARE, REFUSAL_DENIED, REFUSAL_SHARE_FORBIDDEN (soft-deleted), REFUSAL_BAD_INPUT (the
 * share's status, whom the rule names, a rule that is there, a reason without a lock).
 */
_must_use_ int service_allow_share_access(Work *work, const char *share_id,
					  const ShareAccessWish *wish, ShareRule **ret, Fault *f);
/*
 * `unrestrict`: past the locks that the caller may pass. REFUSAL_NO_SHARE, REFUSAL_DENIED,
 * REFUSAL_NOT_THERE (no such rule of the share), REFUSAL_SHARE_FORBIDDEN (locked, or servers need
 * it).
 */
_must_use_ int service_deny_share_access(Work *work, const char *share_id, const char *rule_id,
					 bool unrestrict, Fault *f);
/*
 * REFUSAL_NO_SHARE_RULE, REFUSAL_DENIED, REFUSAL_BAD_INPUT (its state), REFUSAL_SHARE_CONFLICT
 * (servers need it as it is).
 */
_must_use_ int service_change_share_rule(Work *work, const char *rule_id, ShareAccessLevel level,
					 ShareRule **ret, Fault *f);

/* A rule of a share that the caller may change. REFUSAL_NO_SHARE_RULE. */
_must_use_ int service_find_share_rule(Work *work, const char *rule_id, ShareRule **ret, Fault *f);
/* Whether the caller must not see whom a rule names, and with which key. */
_must_use_ int service_share_rule_is_hidden(Work *work, const ShareRule *rule, bool *ret, Fault *f);

/* *ret is the whole map as JSON. REFUSAL_NO_SHARE_RULE, REFUSAL_BAD_INPUT. */
_must_use_ int service_merge_share_rule_metadata(Work *work, const char *rule_id,
						 const JsonTextMap *set, const char **ret,
						 Fault *f);
/* Also REFUSAL_NO_METADATA_KEY. */
_must_use_ int service_delete_share_rule_metadata(Work *work, const char *rule_id, const char *key,
						  Fault *f);

/* --- for other use cases --- */

/*
 * Let this host in for a mapping that is being made, which has its id, its share's id, and says
 * whether it only reads: fills in its rule_id, and locks the rule. *ret_ready: the rule is in
 * effect; else the operation of the mapping has STEP_SHARE_RULES and share_id, and ends with
 * share_rules_settle(). REFUSAL_SHARE_CONFLICT: a rule is there that lets this host in otherwise,
 * or is about to go.
 */
_must_use_ int share_access_for_host(Work *work, Share *share, ShareMapping *mapping,
				     bool *ret_ready, Fault *f);
/*
 * A mapping does not need its rule any more; those that are detaching do not count. *ret_changed:
 * the rule is to go, with its locks: by STEP_SHARE_RULES in the mapping's own operation, or by
 * share_rules_begin(). The share's own lock goes at once. May be repeated.
 */
_must_use_ int share_access_release(Tx *tx, Arena *arena, const ShareMapping *mapping,
				    bool *ret_changed, Fault *f);
/*
 * The backend was not told of the rule of a mapping: it is in error if its end was open and no
 * other mapping waits for it. One that is gone is fine.
 */
_must_use_ int share_access_fail(Tx *tx, Arena *arena, const ShareMapping *mapping, Fault *f);
/* Whether a server holds a lock. */
_must_use_ int share_lock_is_held(Tx *tx, const ResourceLock *lock, bool *ret, Fault *f);

/*
 * Begin an operation that tells the backend of the share's rules, in the name of a request or of
 * another operation; rule_id is the one that it is for, and that is in error when it fails.
 */
_must_use_ int share_rules_begin(Tx *tx, Arena *arena, const Operation *by, const char *share_id,
				 const char *rule_id, Fault *f);
/*
 * What STEP_SHARE_RULES of an operation found out becomes true of the rules: active, in error, or
 * gone with their locks. For the `done` of every operation that has that step, and also for its
 * `failed`: when the step was not done, nothing is to settle.
 */
_must_use_ int share_rules_settle(Tx *tx, Arena *arena, const Operation *operation, Fault *f);
