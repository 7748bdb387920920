/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Snapshots: finding, making, changing, deleting, and going back to one.
 */
#pragma once

#include "model/volume.h"
#include "service/service.h"
#include "json/json.h"

/* A snapshot of the caller's project (any for admins). REFUSAL_NO_SNAPSHOT. */
_must_use_ int service_find_snapshot(Work *work, const char *id, Snapshot **ret, Fault *f);

typedef struct SnapshotWish {
	const char *volume_id;
	const char *name;
	const char *description;
	const JsonTextMap *metadata;
	bool force; /* of a volume in use, too */
} SnapshotWish;

/*
 * Write the snapshot in creating, take its quota, and write the operation that makes it.
 * REFUSAL_NO_VOLUME, REFUSAL_QUOTA, REFUSAL_BAD_INPUT (the volume's state; several hosts have it).
 */
_must_use_ int service_create_snapshot(Work *work, const SnapshotWish *wish, Snapshot **ret,
				       Fault *f);

/* What to change; the rest stays. */
typedef struct SnapshotChange {
	const char *name;
	const char *description;
	bool has_name;
	bool has_description;
} SnapshotChange;

_must_use_ int service_change_snapshot(Work *work, const char *id, const SnapshotChange *change,
				       Snapshot **ret, Fault *f);

/* `force`: in whatever status. REFUSAL_NO_SNAPSHOT, REFUSAL_BAD_INPUT (its state). */
_must_use_ int service_delete_snapshot(Work *work, const char *id, bool force, Fault *f);

/* *ret is the whole map as JSON. REFUSAL_NO_SNAPSHOT, REFUSAL_QUOTA ("metadata_items"). */
_must_use_ int service_merge_snapshot_metadata(Work *work, const char *id, const JsonTextMap *set,
					       const char **ret, Fault *f);
_must_use_ int service_replace_snapshot_metadata(Work *work, const char *id, const JsonTextMap *all,
						 const char **ret, Fault *f);
/* Also REFUSAL_BAD_INPUT: no such key. */
_must_use_ int service_delete_snapshot_metadata(Work *work, const char *id, const char *key,
						Fault *f);

/* By an admin: whatever it was in. */
_must_use_ int service_reset_snapshot_status(Work *work, const char *id, SnapshotStatus status,
					     Fault *f);
/* By a compute service that makes snapshots itself; progress ("73%") may be NULL. */
_must_use_ int service_report_snapshot_status(Work *work, const char *id, SnapshotStatus status,
					      const char *progress, Fault *f);

/*
 * Give a volume back what the newest of its snapshots holds. REFUSAL_NO_VOLUME, REFUSAL_BAD_INPUT
 * (another snapshot, or a state).
 */
_must_use_ int service_revert_volume(Work *work, const char *volume_id, const char *snapshot_id,
				     Fault *f);
