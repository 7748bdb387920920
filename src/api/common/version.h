/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Microversion negotiation, pure: headers in, a version out.
 */
#pragma once

#include "api/common/api.h"

typedef enum VersionOutcome {
	VERSION_NO_ITEM = 1, /* a list without an item for this service, where that is wrong */
	VERSION_MALFORMED,   /* not MAJOR.MINOR */
	VERSION_UNSUPPORTED, /* well-formed, but outside what the dialect has */
} VersionOutcome;

typedef struct VersionWish {
	const char *text; /* what was asked for, in the arena; NULL: nothing */
	int version;      /* the version to use; for VERSION_UNSUPPORTED meaningless */
} VersionWish;

/*
 * `header` is OpenStack-API-Version, `older` the dialect's own older header; either may be NULL.
 * Returns 0 or a VersionOutcome with ret->text filled.
 */
_must_use_ int version_negotiate(const ApiDialect *dialect, Arena *arena, const char *header,
				 const char *older, VersionWish *ret);
