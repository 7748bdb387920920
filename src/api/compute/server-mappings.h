/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Block device mappings in the body of a create request.
 */
#pragma once

#include "api/compute/priv.h"
#include "rules/server-disks.h"

/* Items of block_device_mapping_v2, and of the older block_device_mapping. */
extern const JsonFields compute_mapping_fields;
extern const JsonFields compute_mapping_legacy_fields;

/* Lists that were read by those. Returns what is wrong with them together, or NULL. */
const char *compute_read_mappings(ApiRequest *r, const JsonList *mappings, const JsonList *legacy,
				  DiskWishes *ret);
