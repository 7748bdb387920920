/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * See capacity.h. The counter is a row beside those of the projects' quotas, under a name that no
 * project can have: "@" and the backend's.
 */
#include "service/capacity.h"

#include "base/str.h"
#include "records/tables.h"

static int promised(Tx *tx, const char *backend, int64_t more_gib, int64_t *ret, Fault *f)
{
	char owner[64];
	QuotaUsage usage = {0};
	int r;

	(void)snprintf(owner, sizeof(owner), "@%s", backend); /* fits: names of drivers */
	if (more_gib)
		r = quota_add(tx, owner, "promised_gib", more_gib, &usage, f);
	else
		r = quota_get(tx, owner, "promised_gib", &usage, f);
	if (r)
		return fault_unexpected(f, r);
	*ret = usage.used;
	return 0;
}

int capacity_get(Tx *tx, const ServiceSettings *settings, PoolCapacity *ret, Fault *f)
{
	PoolCapacity pool = {
		.oversubscription = settings->oversubscription,
		.reserved_percent = settings->reserved_percent,
		.thin = backend_traits(settings->backend)->thin,
	};
	int r;

	r = promised(tx, settings->backend_name, 0, &pool.promised_gib, f);
	if (!r)
		r = backend_capacity(settings->backend, &pool.total_bytes, &pool.free_bytes, f);
	if (r)
		return fault_unexpected(f, r);
	*ret = pool;
	return 0;
}

int capacity_take(Work *work, const char *backend, int64_t gib, Fault *f)
{
	PoolCapacity pool;
	int64_t left, ignored;
	int r;

	/* What an earlier configuration kept elsewhere is none of this backend's promises. */
	if (str_eq(backend, work->settings->backend_name)) {
		r = capacity_get(work->tx, work->settings, &pool, f);
		if (r)
			return r;
		left = capacity_left_gib(&pool);
		if (gib > left) {
			work->refused = (RefusalData){.requested = gib, .limit = left};
			return REFUSAL_NO_ROOM;
		}
	}
	return promised(work->tx, backend, gib, &ignored, f);
}

int capacity_give(Tx *tx, const char *backend, int64_t gib, Fault *f)
{
	int64_t ignored;

	return promised(tx, backend, -gib, &ignored, f);
}
