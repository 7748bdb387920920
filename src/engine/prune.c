/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Retention: operations that are over are kept for a while, for people, and then forgotten a few
 * at a time, so that the writer is never held up.
 */
#include "engine/priv.h"

enum { PRUNE_BATCH = 100 };

#define OLD_OPERATIONS                                                                             \
	"SELECT id FROM operations WHERE state IN ('done', 'failed') AND created_us < ? "          \
	"ORDER BY created_us LIMIT ?"

typedef struct Prune {
	int64_t before_us;
	int64_t gone;
} Prune;

static int prune_work(Tx *tx, void *ctx, Fault *f)
{
	Prune *work = ctx;
	const StoreValues values =
		STORE_VALUES(STORE_VALUE_INT(work->before_us), STORE_VALUE_INT(PRUNE_BATCH));
	int r;

	r = store_query(tx, "DELETE FROM steps WHERE operation_id IN (" OLD_OPERATIONS ")", values,
			NULL, NULL, f);
	if (!r)
		r = store_query(tx, "DELETE FROM operations WHERE id IN (" OLD_OPERATIONS ")",
				values, NULL, NULL, f);
	work->gone = r ? 0 : store_changes(tx);
	return fault_unexpected(f, r);
}

int prune(Store *store, int64_t before_us, bool *ret_more, Fault *f)
{
	Prune work = {.before_us = before_us};
	int r = store_write(store, prune_work, &work, f);

	*ret_more = work.gone == PRUNE_BATCH;
	return r;
}
