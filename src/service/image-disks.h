/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * The disks that an image brings along for servers that are made of it: its property
 * "block_device_mapping".
 */
#pragma once

#include "model/image.h"
#include "rules/server-disks.h"
#include "service/service.h"

enum { IMAGE_DISKS_MAX = 64 };

/* *ret_count is 0 for usual images. 0 or REFUSAL_IMAGE_UNUSABLE. */
_must_use_ int image_disks_read(Work *work, const Image *image, const DiskWish **ret,
				size_t *ret_count);
