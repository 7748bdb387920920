/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * The driver of this room: each share is DIRECTORY/shares/<share id>, exported to those whom its
 * rules (of type ip) name.
 */
#pragma once

#include "contract/share-backend.h"

extern const ShareBackendDriver share_nfs;
