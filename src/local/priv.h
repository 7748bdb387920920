/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * What the files of this room share. Locks are taken in this order: volume, target.
 */
#pragma once

#include "local/local.h"

struct Local {
	char *state_dir;
	char *link_dir;
	char *mount_dir;
	char *boot_id;
	const Host *host;
	const ConnectorDriver *const *drivers;
	int records; /* directories */
	int locks;
	int targets;
};

/* --- record.c --- */

/* Write a record, durably. Where it is only about last_error, nobody waits for the result. */
int record_save(const Local *local, const LocalRecord *record, Fault *f);
/* Likewise, in another state. */
int record_move(const Local *local, LocalRecord *record, LocalState state, Fault *f);
_must_use_ int record_remove(const Local *local, const char *id, Fault *f);
_must_use_ int record_list(const Local *local, Arena *arena, LocalRecord ***ret, size_t *ret_count,
			   Fault *f);
/* Write a new record. LOCAL_WORKING. */
_must_use_ int record_add(const Local *local, LocalRecord *record, int64_t deadline_ms, Fault *f);
/* Remove what a crash left of records that were never whole. */
_must_use_ int record_sweep(const Local *local, Fault *f);

/* --- lock.c --- */

typedef enum LockKind {
	LOCK_VOLUME,
	LOCK_TARGET_ALONE,
	LOCK_TARGET_JOIN, /* together, and alone among those who take it: the gate is kept */
	LOCK_TARGET_TOGETHER,
} LockKind;

typedef struct Lock {
	int fd;
	int gate; /* or -1 */
} Lock;

/* LOCAL_WORKING. */
_must_use_ int lock_take(const Local *local, LockKind kind, const char *name, int64_t deadline_ms,
			 Lock *ret, Fault *f);
/* From JOIN to TOGETHER. */
void lock_open_gate(const Local *local, const char *name, Lock *lock);
void lock_drop(const Local *local, LockKind kind, const char *name, Lock *lock);

/* --- info.c --- */

/*
 * The flat form of a connection_info, and the same without secrets. False when it is no
 * connection_info at all.
 */
_must_use_ bool info_flatten(Arena *arena, const char *info, const char **ret_type,
			     const char **ret_flat, const char **ret_stored);

/* --- flow.c: what all calls round a connector need --- */

typedef struct Flow {
	LocalWork *work;
	LocalRecord *record;
	const ConnectorDriver *driver;
	ConnectorCall call;
	void *info;
	const char **others; /* identities of other records of the target */
	bool keep;           /* other records use the target */
	bool doubled;        /* another record has the same volume */
} Flow;

/* By the record's own info. LOCAL_BAD_INFO, LOCAL_NO_TRANSPORT. */
_must_use_ int flow_begin(Flow *flow, LocalWork *work, LocalRecord *record, Fault *f);
/* Take the lock of the target, and see who else uses it. LOCAL_WORKING. */
_must_use_ int flow_lock(Flow *flow, LockKind kind, Lock *ret, Fault *f);
void flow_unlock(const Flow *flow, LockKind kind, Lock *lock);
/* The outcome of a connector as one of ours, with its reason. */
_must_use_ int flow_outcome(const Flow *flow, int r);

/* Whether what is shared was made by us, in this boot; kept beside the records. */
_must_use_ int flow_made(const Flow *flow, bool *ret, Fault *f);
_must_use_ int flow_set_made(const Flow *flow, bool made, Fault *f);

/* Take it away from this host and say so in the record; the mount and the link are gone. */
_must_use_ int flow_leave(Flow *flow, bool force, Fault *f);

/* --- publish.c --- */

_must_use_ int publish(const Local *local, const LocalRecord *record, const char *path, Fault *f);
_must_use_ int unpublish(const Local *local, const LocalRecord *record, Fault *f);

/* --- mount.c --- */

/* Unmount it where the record says. LOCAL_BUSY. */
int mount_undo(LocalWork *work, LocalRecord *record, bool force, Fault *f);
