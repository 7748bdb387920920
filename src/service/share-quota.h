/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * What shares and their snapshots count for in the quotas of their project. Taken in the
 * transaction that writes the row, given back in the one that deletes it. Taking returns 0, a
 * fault, or REFUSAL_QUOTA with the resource that is short and `action`; giving never refuses.
 */
#pragma once

#include "model/share.h"
#include "service/service.h"

_must_use_ int share_quota_take(Work *work, const Share *share, Fault *f);
_must_use_ int share_quota_give(Tx *tx, const Share *share, Fault *f);

/* For a share that is to grow by so much; share->size_gib is the old size. */
_must_use_ int share_quota_take_growth(Work *work, const Share *share, int64_t more_gib, Fault *f);
_must_use_ int share_quota_give_growth(Tx *tx, const Share *share, int64_t more_gib, Fault *f);

_must_use_ int share_snapshot_quota_take(Work *work, const ShareSnapshot *snapshot, Fault *f);
_must_use_ int share_snapshot_quota_give(Tx *tx, const ShareSnapshot *snapshot, Fault *f);
