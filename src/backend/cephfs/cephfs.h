/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * The driver of this room: each share is /cleat/shares/<share id> of a CephFS, for those cephx
 * users whom its rules name.
 */
#pragma once

#include "contract/share-backend.h"

extern const ShareBackendDriver share_cephfs;
