/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * What the files of the image dialect share.
 */
#pragma once

#include "api/common/api.h"
#include "api/image/image.h"
#include "base/limits.h"
#include "base/str.h"
#include "base/uuid.h"
#include "records/tables.h"
#include "service/image.h"

extern const ApiRoutes image_routes;
extern const ApiRoutes image_list_routes;
extern const ApiRoutes image_upload_routes;
extern const ApiRoutes image_schema_routes;

/* Print an image: without an envelope when the key is NULL. */
void image_out(ApiRequest *r, const char *key, const Image *image);
