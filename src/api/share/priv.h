/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * What the files of the shared file systems dialect share.
 */
#pragma once

#include "api/common/api.h"
#include "api/share/share.h"
#include "base/limits.h"
#include "base/str.h"
#include "records/tables.h"

#define V(minor) API_VERSION(2, minor)

/* The last version that has "os-" before the names of some resources, and the first without. */
enum { SHARE_PREFIXED = V(6), SHARE_PLAIN = V(7) };

extern const ApiRoutes share_absent_routes;
extern const ApiRoutes share_small_routes;

/* ApiDialect.refusal. */
unsigned share_refusal_words(ApiRequest *r, Refusal refusal, const char **ret_message);
