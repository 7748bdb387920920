/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * See capacity.h. Two bounds hold at once: all promises against the size of the pool, and the new
 * one against what is free now, because a pool may also fill up with what nobody promised.
 */
#include "rules/capacity.h"

#define GIB ((int64_t)1 << 30)

/* A whole number of GiB for `bytes`, as often as the pool may be promised. */
static int64_t promisable_gib(const PoolCapacity *pool, int64_t bytes)
{
	int64_t hundredths = pool->thin ? MAX(pool->oversubscription, 100) : 100;

	/* In MiB, so that neither a small pool rounds to nothing nor a large one overflows. */
	return MAX(bytes, 0) / (1 << 20) * hundredths / 100 / 1024;
}

int64_t capacity_left_gib(const PoolCapacity *pool)
{
	int64_t kept = pool->total_bytes / 100 * pool->reserved_percent;
	int64_t whole = promisable_gib(pool, pool->total_bytes - kept) - pool->promised_gib;
	int64_t now = promisable_gib(pool, pool->free_bytes - kept);

	return MAX(MIN(whole, now), 0);
}
