/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Volumes as images of a Ceph pool. Only built where librbd is: the daemon asks CLEAT_RBD.
 */
#pragma once

#include "contract/backend.h"

/* BackendConfig.pool and what follows it. */
extern const BackendDriver backend_rbd;
