/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * What the volume backend has promised: a counter in the store, changed in the transaction that
 * writes or deletes the volume or snapshot, so that a promise that cannot be kept is not made.
 */
#pragma once

#include "rules/capacity.h"
#include "service/service.h"

/* Of the backend that new volumes go to. */
_must_use_ int capacity_get(Tx *tx, const ServiceSettings *settings, PoolCapacity *ret, Fault *f);

/* Promise so much more. REFUSAL_NO_ROOM (.requested, .limit: what is left). */
_must_use_ int capacity_take(Work *work, const char *backend, int64_t gib, Fault *f);
/* A promise is over. */
_must_use_ int capacity_give(Tx *tx, const char *backend, int64_t gib, Fault *f);
