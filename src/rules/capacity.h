/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * How much more a pool may promise. A pool of thin volumes promises more than it has, within a
 * bound; one of thick volumes does not. A part of every pool is kept back.
 */
#pragma once

#include "base/macros.h"

typedef struct PoolCapacity {
	int64_t total_bytes;
	int64_t free_bytes;
	int64_t promised_gib;     /* the sizes of all volumes and snapshots */
	int64_t oversubscription; /* how often a thin pool may be promised, in hundredths */
	int64_t reserved_percent; /* of the whole, kept back */
	bool thin;
} PoolCapacity;

/* GiB of a new volume that still fits; 0 when none does. */
int64_t capacity_left_gib(const PoolCapacity *pool);
