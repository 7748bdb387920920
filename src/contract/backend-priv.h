/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * What the wrappers of a backend share: backend.c and export.c.
 */
#pragma once

#include "contract/backend.h"
#include "contract/capacity.h"

struct Backend {
	const BackendDriver *driver;
	void *self;
	char *name;
	BackendTraits traits;
	CapacitySampler *sampler; /* where traits.capacity_waits */
	Target *target;           /* what exports, or NULL: the driver does, or nothing */
};

/* Sets of outcomes that a slot may answer. */
enum {
	MAY_BE_FULL = 1 << 0,
	MAY_LACK_VOLUME = 1 << 1,
	MAY_LACK_SNAPSHOT = 1 << 2,
};

/* What every call about a volume may rely on. */
void backend_check_volume(const Backend *backend, const Volume *volume);

/* Log the answer of a slot; anything but 0, a fault or an allowed outcome is a fault. */
int backend_call_done(const Backend *backend, const char *call, const Volume *volume, int r,
		      unsigned allowed, Fault *f);

/* Let those to whom the volume is exported see its new size. */
_must_use_ int backend_resize_export(Backend *backend, const Volume *volume, int64_t size_gib,
				     Fault *f);
