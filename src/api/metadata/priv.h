/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Who asks.
 */
#pragma once

#include "api/metadata/metadata-api.h"

typedef struct MetadataCaller {
	const char *server_id;
	const char *project_id; /* that the proxy has named, or NULL */
} MetadataCaller;

/* Without a server_id after a refusal. */
_must_use_ int metadata_caller(ApiRequest *r, MetadataCaller *ret, Fault *f);
