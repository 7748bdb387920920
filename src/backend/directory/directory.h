/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * The driver of this room: each share is DIRECTORY/shares/<share id>. Guests get it through
 * virtiofs, so access rules (of type ip) are kept and have nothing to do.
 */
#pragma once

#include "contract/share-backend.h"

extern const ShareBackendDriver share_directory;
