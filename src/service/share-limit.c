/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * See share-limit.h.
 */
#include "service/share-limit.h"

#include <inttypes.h>

#include "records/tables.h"
#include "service/priv.h"

int service_limit_share_quota(Work *work, const char *project_id, const ShareLimit *limit,
			      bool force, Fault *f)
{
	QuotaUsage usage;
	int r = quota_get(work->tx, project_id, limit->resource, &usage, f);

	if (r)
		return r;
	if (!force && limit->limit >= 0 && limit->limit < usage.used)
		return work_refuse(work, REFUSAL_BAD_INPUT,
				   "Quota value %" PRId64 " for %s is less than what is already "
				   "used: %" PRId64 ".",
				   limit->limit, limit->name, usage.used);
	return quota_set(work->tx, project_id, limit->resource, limit->limit, f);
}
