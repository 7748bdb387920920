/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * `cleatd --dev`: what a private endpoint has from the start, and how its users are told apart.
 */
#pragma once

#include "daemon/wire.h"

/* Users, projects, flavors, volume types, an image: whatever is not there yet. */
_must_use_ int dev_furnish(Daemon *daemon, const Config *config, Fault *f);

/* DIR/openrc-* and DIR/clouds.yaml, for the address that is served now. */
_must_use_ int dev_write_access(Daemon *daemon, const Config *config, Fault *f);
