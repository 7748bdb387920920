/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Servers that were deleted long ago are forgotten, with what was done to them: a batch at a time,
 * so that the writer is never held up.
 */
#include "service/priv.h"
#include "service/server.h"

#define OLD_SERVERS                                                                                \
	"SELECT id FROM servers WHERE vm_state = 'deleted' AND terminated_us < ? "                 \
	"ORDER BY terminated_us LIMIT ?"

int server_prune(Tx *tx, void *ctx, Fault *f)
{
	ServerPrune *old = ctx;
	const StoreValues values =
		STORE_VALUES(STORE_VALUE_INT(old->before_us), STORE_VALUE_INT(SERVER_PRUNE_BATCH));
	int r;

	r = store_query(tx,
			"DELETE FROM action_events WHERE action_id IN (SELECT id FROM "
			"instance_actions WHERE server_id IN (" OLD_SERVERS "))",
			values, NULL, NULL, f);
	if (!r)
		r = store_query(tx,
				"DELETE FROM instance_actions WHERE server_id IN (" OLD_SERVERS ")",
				values, NULL, NULL, f);
	if (!r)
		r = store_query(tx, "DELETE FROM servers WHERE id IN (" OLD_SERVERS ")", values,
				NULL, NULL, f);
	old->more = !r && store_changes(tx) == SERVER_PRUNE_BATCH;
	return fault_unexpected(f, r);
}
