/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * The image that a private endpoint has from the start: the tiny guest where it was built, or an
 * empty disk for the fake hypervisor.
 */
#pragma once

#include "daemon/wire.h"

/* Does nothing when there is an image of that name. */
_must_use_ int guest_image_register(Daemon *daemon, const Config *config, const Caller *caller,
				    Fault *f);
