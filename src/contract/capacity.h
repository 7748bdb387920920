/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * How much room there is where asking may take long, or for ever: a thread asks, callers get what
 * it saw last. For the wrappers of backends of volumes and of shares.
 */
#pragma once

#include "base/fault.h"

typedef struct CapacitySampler CapacitySampler;

/* The slot of a driver that tells its room. */
typedef int (*CapacityAsk)(void *self, int64_t *ret_total_bytes, int64_t *ret_free_bytes, Fault *f);

/* Takes the first look, in the caller's thread. */
CapacitySampler *capacity_sampler_new(CapacityAsk ask, void *self);
/* Takes NULL, returns NULL. */
CapacitySampler *capacity_sampler_free(CapacitySampler *sampler);
/* Whether the last look was a fault. */
_must_use_ int capacity_sampler_check(CapacitySampler *sampler, Fault *f);
/* Something was made or removed; NULL is fine. */
void capacity_sampler_changed(CapacitySampler *sampler);
_must_use_ int capacity_sampler_get(CapacitySampler *sampler, int64_t *ret_total_bytes,
				    int64_t *ret_free_bytes, Fault *f);
