/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Resource locks: what keeps others from deleting a share or an access rule, or from seeing whom a
 * rule names.
 *
 * A lock's context says who may change it, or act as if it was not there: what a user made, he
 * himself, services and admins; what a service made, services and admins; what an admin made,
 * admins. What servers that have a share hold, nobody: it goes when the last of them lets go.
 */
#pragma once

#include "model/share.h"
#include "records/record.h"
#include "service/service.h"

#define LOCK_SHARE "share"
#define LOCK_RULE "access_rule"
#define LOCK_DELETE "delete"
#define LOCK_SHOW "show"
#define LOCK_BY_USER "user"
#define LOCK_BY_ADMIN "admin"
#define LOCK_BY_SERVICE "service"

/* On one resource. */
enum { RESOURCE_LOCKS_MAX = 100 };

typedef struct LockWish {
	const char *resource_id;
	const char *resource_type;
	const char *action;
	const char *reason; /* or NULL */
} LockWish;

/*
 * REFUSAL_BAD_INPUT: no such resource, or not with that action. REFUSAL_SHARE_CONFLICT: not as it
 * is now, or hidden already.
 */
_must_use_ int service_create_resource_lock(Work *work, const LockWish *wish, ResourceLock **ret,
					    Fault *f);
/* Of the caller's project, or any for admins and services. REFUSAL_NO_RESOURCE_LOCK. */
_must_use_ int service_find_resource_lock(Work *work, const char *id, ResourceLock **ret, Fault *f);
/* Of a query on locks, leave what the caller may see; `all`: of all projects, if he may. */
void service_where_locks_visible(const Work *work, RecordQuery *query, bool all);

/* What to change; the rest stays. */
typedef struct LockChange {
	const char *action;
	const char *reason;
	bool has_reason;
} LockChange;

/* REFUSAL_NO_RESOURCE_LOCK, REFUSAL_SHARE_FORBIDDEN, REFUSAL_BAD_INPUT. */
_must_use_ int service_change_resource_lock(Work *work, const char *id, const LockChange *change,
					    ResourceLock **ret, Fault *f);
_must_use_ int service_delete_resource_lock(Work *work, const char *id, Fault *f);

/* --- for other use cases --- */

/* What a lock that the caller makes has as its context. */
const char *resource_lock_context(const Caller *caller);
/* Whether he may change a lock or act as if it was not there; servers that hold it are no matter.
 */
bool resource_lock_may_pass(const Caller *caller, const ResourceLock *lock);
/* The locks on a share or an access rule that forbid an action, the oldest first. */
_must_use_ int resource_locks_against(Tx *tx, Arena *arena, const char *resource_id,
				      const char *action, ResourceLock ***ret, size_t *ret_count,
				      Fault *f);
/* Write a lock; `lock` says all but id, whose it is, and when it was made. The new id is in it. */
_must_use_ int resource_lock_add(Work *work, ResourceLock *lock, Fault *f);
/* Away with all that came with an access rule, on it and on its share. */
_must_use_ int resource_locks_forget(Tx *tx, const char *rule_id, Fault *f);
