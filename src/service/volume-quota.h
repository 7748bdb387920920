/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Quotas of volumes and snapshots: see volume-quota.c. Taking returns 0, a fault, or REFUSAL_QUOTA
 * with the resource that is short; giving back never refuses.
 */
#pragma once

#include "records/tables.h"
#include "service/service.h"

/* Whether one volume may be that large at all ("per_volume_gigabytes"). */
_must_use_ int volume_quota_check_size(Work *work, const char *project_id, int64_t size_gib,
				       Fault *f);

_must_use_ int volume_quota_take(Work *work, const Volume *volume, Fault *f);
_must_use_ int volume_quota_give(Tx *tx, Arena *arena, const Volume *volume, Fault *f);

/* For a volume that is to grow by so much; volume->size_gib is the old size. */
_must_use_ int volume_quota_take_growth(Work *work, const Volume *volume, int64_t more_gib,
					Fault *f);
_must_use_ int volume_quota_give_growth(Tx *tx, Arena *arena, const Volume *volume,
					int64_t more_gib, Fault *f);

/* A snapshot counts for its project, and for the type of its volume. */
_must_use_ int snapshot_quota_take(Work *work, const Volume *volume, const Snapshot *snapshot,
				   Fault *f);
_must_use_ int snapshot_quota_give(Tx *tx, Arena *arena, const Volume *volume,
				   const Snapshot *snapshot, Fault *f);
