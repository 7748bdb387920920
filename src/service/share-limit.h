/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * The limits of what a project may have of shares, as admins set them. What is used is counted with
 * the shares: see share-quota.c.
 */
#pragma once

#include "service/service.h"

/* One limit, by the name that clients know it by and the one it is stored under. */
typedef struct ShareLimit {
	const char *name;
	const char *resource;
	int64_t limit; /* -1: none */
} ShareLimit;

/* REFUSAL_BAD_INPUT: less than is used, unless `force`. */
_must_use_ int service_limit_share_quota(Work *work, const char *project_id,
					 const ShareLimit *limit, bool force, Fault *f);
