/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Shared insides of the use cases of shares and of their snapshots.
 */
#pragma once

#include "rules/share-status.h"
#include "service/priv.h"

/* share-find.c */

/* Move a share's status and write it. 0, or REFUSAL_SHARE_FORBIDDEN without words. */
_must_use_ int share_move(Tx *tx, Share *share, ShareEvent event, Fault *f);
/* The share of an operation that is over; NULL when it is gone. */
_must_use_ int share_of_operation(Tx *tx, Arena *arena, const Operation *operation, Share **ret,
				  Fault *f);
/* The end of an operation; a share that is gone, or has another status meanwhile, is fine. */
_must_use_ int share_settle(Tx *tx, Arena *arena, const Operation *operation, ShareEvent event,
			    Fault *f);
/* "available, error": the statuses that allow an event. */
const char *share_statuses_of(Arena *arena, ShareEvent event);

/* An operation about a share, in its lane; add what else it is about, then operation_begin(). */
Operation share_operation(const Work *work, const Share *share);

/* share-create.c */

/* REFUSAL_BAD_INPUT. */
_must_use_ int share_choose_protocol(Work *work, const char *wish, int *ret);
/* A type by id or name, NULL for the default one, that shares may be made of. */
_must_use_ int share_choose_type(Work *work, const char *wish, ShareType **ret, Fault *f);
/* Whether the type lets a share have that size. REFUSAL_BAD_INPUT. */
_must_use_ int share_check_type_size(Work *work, const ShareType *type, int64_t size_gib);
/* Write where it can be mounted from, as a step found out. */
_must_use_ int share_write_exports(Tx *tx, Arena *arena, const Operation *operation, Fault *f);

/* share-delete.c */

/* How many snapshots it has. */
_must_use_ int share_count_snapshots(Work *work, const Share *share, size_t *ret, Fault *f);
/* Away with the row and all that belongs to it, and its quota back. */
_must_use_ int share_remove(Tx *tx, Arena *arena, const Share *share, Fault *f);

/* share-snapshot.c: every status of a snapshot changes here. */
_must_use_ int share_snapshot_settle(Tx *tx, Arena *arena, const Operation *operation,
				     ShareSnapshotEvent event, Fault *f);
