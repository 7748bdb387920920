/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Shares: finding, making, changing, deleting; and what must not be done to one that is locked or
 * that servers have.
 *
 * A public share of another project can be found by everybody and changed by its owners alone.
 * Whatever changes a share takes "own" ones only: REFUSAL_NO_SHARE, or REFUSAL_DENIED for a public
 * one of others.
 */
#pragma once

#include "model/share.h"
#include "records/record.h"
#include "service/service.h"
#include "json/json.h"

/* A share that the caller sees: of his project, public, or any for admins. REFUSAL_NO_SHARE. */
_must_use_ int service_find_share(Work *work, const char *id, Share **ret, Fault *f);
/* A share that he may change: of his project, or any for admins. Also REFUSAL_DENIED. */
_must_use_ int service_find_own_share(Work *work, const char *id, Share **ret, Fault *f);
/* Likewise one that is not soft-deleted: REFUSAL_SHARE_FORBIDDEN, with what he wanted to do. */
_must_use_ int service_find_live_share(Work *work, const char *id, const char *verb, Share **ret,
				       Fault *f);
/* Of a query on shares, leave what the caller sees when no admin. */
void service_where_shares_visible(const Work *work, RecordQuery *query, bool with_public);

typedef struct ShareWish {
	const char *protocol; /* "NFS", in whatever case */
	const char *name;
	const char *description;
	int64_t size_gib;
	const char *type; /* id or name; NULL: that of the snapshot's share, or the default one */
	const char *snapshot_id; /* what it is to be a copy of, or NULL */
	const char *availability_zone;
	const char *mount_point_name;
	const JsonTextMap *metadata;
	bool is_public;
} ShareWish;

/*
 * Write the share in creating, take its quota, and write the operation that makes it.
 * REFUSAL_BAD_INPUT, REFUSAL_NO_SHARE_TYPE, REFUSAL_NO_SHARE_SNAPSHOT, REFUSAL_SHARE_FORBIDDEN,
 * REFUSAL_NOT_THERE (the zone), REFUSAL_QUOTA ("shares", "share_gigabytes",
 * "share_per_gigabytes").
 */
_must_use_ int service_create_share(Work *work, const ShareWish *wish, Share **ret, Fault *f);

/* What to change; the rest stays. */
typedef struct ShareChange {
	const char *name;
	const char *description;
	bool has_name;
	bool has_description;
	bool is_public;
	bool has_is_public;
} ShareChange;

/* Also REFUSAL_SHARE_FORBIDDEN: only admins make shares public. */
_must_use_ int service_change_share(Work *work, const char *id, const ShareChange *change,
				    Share **ret, Fault *f);

/*
 * `force`: in whatever status. REFUSAL_SHARE_FORBIDDEN (its status, its snapshots),
 * REFUSAL_SHARE_LOCKED, REFUSAL_SHARE_ATTACHED; by force REFUSAL_BAD_INPUT for locks.
 */
_must_use_ int service_delete_share(Work *work, const char *id, bool force, Fault *f);

/*
 * Put a share away, to be deleted later, and take it back; *ret_was: it had been put away.
 * REFUSAL_SHARE_FORBIDDEN, REFUSAL_SHARE_LOCKED, REFUSAL_SHARE_ATTACHED.
 */
_must_use_ int service_soft_delete_share(Work *work, const char *id, Fault *f);
_must_use_ int service_restore_share(Work *work, const char *id, bool *ret_was, Fault *f);

typedef struct SharePurge {
	Arena *arena;
	int64_t now_us;
	bool more; /* as an answer: some were deleted, and there may be more */
} SharePurge;

/* Begin to delete some shares that were put away long enough; for store_write(). */
_must_use_ int service_purge_shares(Tx *tx, void *purge, Fault *f);

/* REFUSAL_BAD_INPUT, REFUSAL_SHARE_FORBIDDEN, REFUSAL_QUOTA (action "extend"). */
_must_use_ int service_extend_share(Work *work, const char *id, int64_t size_gib, Fault *f);
/* Also REFUSAL_SHARE_ATTACHED. */
_must_use_ int service_shrink_share(Work *work, const char *id, int64_t size_gib, Fault *f);

/*
 * By an admin, whatever it is in. REFUSAL_SHARE_CONFLICT: an operation is at work on it, whose end
 * would say otherwise.
 */
_must_use_ int service_reset_share(Work *work, const char *id, ShareStatus status, Fault *f);

/*
 * Forget a share whose data stays: an admin may take it back by service_manage_share().
 * REFUSAL_SHARE_FORBIDDEN (its status, its snapshots), REFUSAL_SHARE_LOCKED,
 * REFUSAL_SHARE_ATTACHED.
 */
_must_use_ int service_unmanage_share(Work *work, const char *id, Fault *f);

typedef struct ShareManageWish {
	const char *host; /* "host@backend#pool" */
	const char *export_path;
	const char *protocol;
	const char *type; /* id or name; NULL: the default one */
	const char *name;
	const char *description;
	int64_t size_gib; /* that it is to have from now on */
	bool is_public;
} ShareManageWish;

/*
 * Take what is on the backend already, as a share that was unmanaged is. It has the id that its
 * path ends in. REFUSAL_BAD_INPUT, REFUSAL_NOT_THERE (the host), REFUSAL_SHARE_CONFLICT (it is
 * managed), REFUSAL_NO_SHARE_TYPE, REFUSAL_QUOTA.
 */
_must_use_ int service_manage_share(Work *work, const ShareManageWish *wish, Share **ret, Fault *f);

/* Set some keys, or all of them. *ret is the whole map as JSON. REFUSAL_BAD_INPUT. */
_must_use_ int service_merge_share_metadata(Work *work, const char *id, const JsonTextMap *set,
					    const char **ret, Fault *f);
_must_use_ int service_replace_share_metadata(Work *work, const char *id, const JsonTextMap *all,
					      const char **ret, Fault *f);
/* Also REFUSAL_NO_METADATA_KEY. */
_must_use_ int service_delete_share_metadata(Work *work, const char *id, const char *key, Fault *f);
/* Whether keys and values are such as shares, rules and snapshots may have. REFUSAL_BAD_INPUT. */
_must_use_ int share_check_metadata(Work *work, const JsonTextMap *metadata);

/* What somebody is about to do to a share. */
typedef enum ShareAct {
	SHARE_ACT_DELETE,
	SHARE_ACT_FORCE_DELETE,
	SHARE_ACT_SOFT_DELETE,
	SHARE_ACT_UNMANAGE,
	SHARE_ACT_SHRINK,
	SHARE_ACT_REVERT,
	_SHARE_ACT_MAX,
} ShareAct;

/*
 * Whether locks and servers let him. REFUSAL_SHARE_LOCKED (by force REFUSAL_BAD_INPUT with the same
 * words), REFUSAL_SHARE_ATTACHED.
 */
_must_use_ int share_check_free(Work *work, const Share *share, ShareAct act, Fault *f);
