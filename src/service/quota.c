/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * See quota.h. A limit below what is used would be kept by nobody, so it is refused.
 */
#include "service/quota.h"

#include <inttypes.h>

#include "records/tables.h"

static int refuse_limit(Work *work, const char *sentence)
{
	work->refused = (RefusalData){.value = sentence};
	return REFUSAL_BAD_INPUT;
}

int service_limit_quota(Work *work, const char *project_id, const char *resource, int64_t limit,
			Fault *f)
{
	QuotaUsage usage;
	int r;

	if (limit < -1)
		return refuse_limit(work,
				    arena_printf(work->arena,
						 "Invalid input received: Quota %s limit must "
						 "be -1 or greater.",
						 resource));
	r = quota_get(work->tx, project_id, resource, &usage, f);
	if (r)
		return r;
	if (limit >= 0 && limit < usage.used)
		return refuse_limit(
			work, arena_printf(work->arena,
					   "Quota %s limit must be equal or greater than existing "
					   "resources. Current usage is %" PRId64
					   " and the requested limit is %" PRId64 ".",
					   resource, usage.used, limit));
	return quota_set(work->tx, project_id, resource, limit, f);
}
