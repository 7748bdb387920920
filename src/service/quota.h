/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * What an admin may do with a project's quotas.
 */
#pragma once

#include "service/service.h"

/*
 * Limit a resource of a project; -1 for no limit. REFUSAL_BAD_INPUT: less than is used, or a
 * number that is no limit.
 */
_must_use_ int service_limit_quota(Work *work, const char *project_id, const char *resource,
				   int64_t limit, Fault *f);
