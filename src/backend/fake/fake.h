/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Backends for tests, of volumes with exports and of shares: see README.md.
 */
#pragma once

#include "contract/backend.h"
#include "contract/share-backend.h"

extern const BackendDriver backend_fake;
extern const ShareBackendDriver share_fake;
