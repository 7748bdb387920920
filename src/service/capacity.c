/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * See capacity.h. The counter is a row beside those of the projects' quotas, under a name that no
 * project can have: "@" and the backend's.
 */
#include "service/capacity.h"

#include "base/str.h"
#include "records/tables.h"

#define PROMISED "promised_gib"

enum { OWNER_TEXT = 64 };

static const char *owner_name(const char *backend, char out[static OWNER_TEXT])
{
	(void)snprintf(out, OWNER_TEXT, "@%s", backend); /* fits: names of drivers */
	return out;
}

int capacity_get(Tx *tx, const ServiceSettings *settings, PoolCapacity *ret, Fault *f)
{
	PoolCapacity pool = {
		.oversubscription = settings->oversubscription,
		.reserved_percent = settings->reserved_percent,
		.thin = backend_traits(settings->backend)->thin,
	};
	char owner[OWNER_TEXT];
	QuotaUsage promised;
	int r;

	r = quota_get(tx, owner_name(settings->backend_name, owner), PROMISED, &promised, f);
	if (!r)
		r = backend_capacity(settings->backend, &pool.total_bytes, &pool.free_bytes, f);
	if (r)
		return fault_unexpected(f, r);
	pool.promised_gib = promised.used;
	*ret = pool;
	return 0;
}

int capacity_take(Work *work, const char *backend, int64_t gib, Fault *f)
{
	char owner[OWNER_TEXT];
	PoolCapacity pool;
	int64_t left;
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
	return quota_take(work->tx, owner_name(backend, owner), PROMISED, gib, f);
}

int capacity_give(Tx *tx, const char *backend, int64_t gib, Fault *f)
{
	char owner[OWNER_TEXT];

	return quota_give(tx, owner_name(backend, owner), PROMISED, gib, f);
}
