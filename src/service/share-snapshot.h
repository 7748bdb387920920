/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Snapshots of shares: finding, making, changing, deleting, and going back to one.
 */
#pragma once

#include "model/share.h"
#include "service/service.h"
#include "json/json.h"

/* A snapshot of the caller's project (any for admins). REFUSAL_NO_SHARE_SNAPSHOT. */
_must_use_ int service_find_share_snapshot(Work *work, const char *id, ShareSnapshot **ret,
					   Fault *f);

typedef struct ShareSnapshotWish {
	const char *share_id;
	const char *name;
	const char *description;
	const JsonTextMap *metadata;
} ShareSnapshotWish;

/*
 * Write the snapshot in creating, take its quota, and write the operation that makes it.
 * REFUSAL_NO_SHARE, REFUSAL_DENIED, REFUSAL_SHARE_FORBIDDEN, REFUSAL_BAD_INPUT (the share's status
 * or type), REFUSAL_QUOTA ("share_snapshots", "share_snapshot_gigabytes").
 */
_must_use_ int service_create_share_snapshot(Work *work, const ShareSnapshotWish *wish,
					     ShareSnapshot **ret, Fault *f);

/* What to change; the rest stays. */
typedef struct ShareSnapshotChange {
	const char *name;
	const char *description;
	bool has_name;
	bool has_description;
} ShareSnapshotChange;

_must_use_ int service_change_share_snapshot(Work *work, const char *id,
					     const ShareSnapshotChange *change, ShareSnapshot **ret,
					     Fault *f);

/* `force`: in whatever status. REFUSAL_SHARE_FORBIDDEN (its status), REFUSAL_SHARE_CONFLICT. */
_must_use_ int service_delete_share_snapshot(Work *work, const char *id, bool force, Fault *f);

/* By an admin, whatever it is in. */
_must_use_ int service_reset_share_snapshot(Work *work, const char *id, ShareSnapshotStatus status,
					    Fault *f);

/* *ret is the whole map as JSON. REFUSAL_BAD_INPUT. */
_must_use_ int service_merge_share_snapshot_metadata(Work *work, const char *id,
						     const JsonTextMap *set, const char **ret,
						     Fault *f);
_must_use_ int service_replace_share_snapshot_metadata(Work *work, const char *id,
						       const JsonTextMap *all, const char **ret,
						       Fault *f);
/* Also REFUSAL_NO_METADATA_KEY. */
_must_use_ int service_delete_share_snapshot_metadata(Work *work, const char *id, const char *key,
						      Fault *f);

/*
 * Give a share, which no server has, back what the newest of its snapshots holds.
 * REFUSAL_BAD_INPUT (the type; a snapshot of another share), REFUSAL_SHARE_CONFLICT (statuses; not
 * the newest one), REFUSAL_SHARE_ATTACHED.
 */
_must_use_ int service_revert_share(Work *work, const char *id, const char *snapshot_id, Fault *f);
