/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * The drivers of this room.
 *
 * backend_file keeps each volume in DIRECTORY/<volume id>.raw or .qcow2; backend_nfs likewise, in
 * an NFS export that is mounted below DIRECTORY. depot_file keeps image bytes in
 * DIRECTORY/images/<image id> and root disks in DIRECTORY/disks/<server id>.raw or .qcow2.
 */
#pragma once

#include "contract/backend.h"
#include "contract/depot.h"

extern const BackendDriver backend_file;
extern const BackendDriver backend_nfs;
extern const DepotDriver depot_file;
