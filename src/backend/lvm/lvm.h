/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Volumes in a volume group of LVM, reached as block devices of this host. Two drivers, as they
 * differ in what they promise: thick ones have their space from the beginning and are snapshotted
 * by a full copy; thin ones share a pool, promise more than it has, and are snapshotted at once.
 */
#pragma once

#include "contract/backend.h"

/* Both are called "lvm". BackendConfig.volume_group, and for thin ones .thin_pool. */
extern const BackendDriver backend_lvm_thick;
extern const BackendDriver backend_lvm_thin;
