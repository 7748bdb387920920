/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * A share goes: deleting and the intent in one transaction; once the backend has let go of it, its
 * row goes with its exports, rules and locks, and its quota comes back. There is no way back: what
 * fails is tried again, and shows as error_deleting meanwhile.
 *
 * One that is put away (soft-deleted) stays what it is, out of sight, until its time is over.
 */
#include <errno.h>

#include "base/log.h"
#include "base/str.h"
#include "service/message.h"
#include "service/share-priv.h"
#include "service/share-quota.h"
#include "service/share.h"

enum { PURGE_MAX = 100 }; /* in one transaction */

int share_count_snapshots(Work *work, const Share *share, size_t *ret, Fault *f)
{
	ShareSnapshot **snapshots;

	return fault_unexpected(
		f, share_snapshots_of(work->tx, work->arena, share->id, &snapshots, ret, f));
}

static int check_snapshots(Work *work, const Share *share, Fault *f)
{
	size_t count = 0;
	int r = share_count_snapshots(work, share, &count, f);

	if (r || count == 0)
		return r;
	return work_refuse(work, REFUSAL_SHARE_FORBIDDEN,
			   "Share still has %zu dependent snapshots.", count);
}

static int refuse_status(Work *work, ShareEvent event)
{
	return work_refuse(work, REFUSAL_SHARE_FORBIDDEN,
			   "Invalid share: Share status must be one of (%s).",
			   share_statuses_of(work->arena, event));
}

int service_delete_share(Work *work, const char *id, bool force, Fault *f)
{
	ShareEvent event = force ? SHARE_EVENT_FORCE_DELETE : SHARE_EVENT_DELETE;
	Operation operation;
	Share *share;
	int r;

	r = service_find_own_share(work, id, &share, f);
	if (!r)
		r = share_check_free(work, share, force ? SHARE_ACT_FORCE_DELETE : SHARE_ACT_DELETE,
				     f);
	if (r)
		return r;
	r = share_move(work->tx, share, event, f);
	if (r > 0)
		return refuse_status(work, event);
	if (!r)
		r = check_snapshots(work, share, f);
	if (r)
		return r;
	operation = share_operation(work, share);
	return operation_begin(work->tx, work->arena, service_operation("delete-share"), &operation,
			       f);
}

/* Every row of a table that names the share. */
static int remove_all(Tx *tx, const RecordTable *table, const char *column, const char *id,
		      Fault *f)
{
	RecordQuery query = {0};

	record_where_text(&query, column, RECORD_EQ, id);
	return fault_unexpected(f, record_delete_where(tx, table, &query, f));
}

static int remove_rules(Tx *tx, Arena *arena, const Share *share, Fault *f)
{
	ShareRule **rules;
	size_t count;
	int r = share_rules_of(tx, arena, share->id, &rules, &count, f);

	for (size_t i = 0; !r && i < count; i++)
		r = remove_all(tx, &resource_lock_table, "resource_id", rules[i]->id, f);
	return r ? fault_unexpected(f, r)
		 : remove_all(tx, &share_rule_table, "share_id", share->id, f);
}

int share_remove(Tx *tx, Arena *arena, const Share *share, Fault *f)
{
	int r = remove_rules(tx, arena, share, f);

	if (!r)
		r = remove_all(tx, &resource_lock_table, "resource_id", share->id, f);
	if (!r)
		r = remove_all(tx, &share_export_table, "share_id", share->id, f);
	if (!r)
		r = share_quota_give(tx, share, f);
	return r ? r : fault_unexpected(f, share_delete(tx, share->id, f));
}

int delete_share_done(Tx *tx, Arena *arena, const Operation *operation, Fault *f)
{
	Share *share;
	int r = share_of_operation(tx, arena, operation, &share, f);

	return r || !share ? r : share_remove(tx, arena, share, f);
}

int delete_share_failed(Tx *tx, Arena *arena, const Operation *operation, const char *reason,
			Fault *f)
{
	int r = share_settle(tx, arena, operation, SHARE_EVENT_DELETE_FAILED, f);

	(void)reason; /* the operation keeps it, for operators */
	return r ? r : message_write(tx, arena, operation, MESSAGE_DELETE_SHARE, f);
}

/* --- put away, and taken back --- */

int service_soft_delete_share(Work *work, const char *id, Fault *f)
{
	ShareStatus same;
	Share *share;
	int r = service_find_live_share(work, id, "soft delete", &share, f);

	if (!r)
		r = share_check_free(work, share, SHARE_ACT_SOFT_DELETE, f);
	if (r)
		return r;
	if (!share_status_move((ShareStatus)share->status, SHARE_EVENT_PUT_AWAY, &same))
		return refuse_status(work, SHARE_EVENT_PUT_AWAY);
	r = check_snapshots(work, share, f);
	if (r)
		return r;
	share->scheduled_us = work->now_us + work->settings->share_restore_s * 1000000;
	share->updated_us = work->now_us;
	return fault_unexpected(f, share_update(work->tx, share, f));
}

int service_restore_share(Work *work, const char *id, bool *ret_was, Fault *f)
{
	Share *share;
	int r = service_find_own_share(work, id, &share, f);

	if (r)
		return r;
	*ret_was = share->scheduled_us > 0;
	if (!*ret_was)
		return 0;
	if (share->scheduled_us <= work->now_us)
		return work_refuse(work, REFUSAL_SHARE_FORBIDDEN,
				   "Share %s has expired and can't be restored.", share->id);
	share->scheduled_us = 0;
	share->updated_us = work->now_us;
	return fault_unexpected(f, share_update(work->tx, share, f));
}

static int purge_one(Tx *tx, Arena *arena, Share *share, Fault *f)
{
	Operation operation = {
		.lane = share->id,
		.share_id = share->id,
		.project_id = share->project_id,
		.user_id = share->user_id,
	};
	int r = share_move(tx, share, SHARE_EVENT_DELETE, f);

	if (r)
		return r < 0 ? r : fault(f, -EPROTO, "share %s does not rest", share->id);
	log_info("share=%s is deleted: it was put away long enough", share->id);
	return operation_begin(tx, arena, service_operation("delete-share"), &operation, f);
}

int service_purge_shares(Tx *tx, void *ctx, Fault *f)
{
	static const char *const at_rest[] = {"available", "error", "inactive"};
	SharePurge *purge = ctx;
	RecordQuery query = {.limit = PURGE_MAX};
	Share **shares;
	size_t count;
	int r;

	purge->more = false;
	record_where_int(&query, "scheduled_us", RECORD_GT, 0);
	record_where_int(&query, "scheduled_us", RECORD_LE, purge->now_us);
	record_where_texts(&query, "status", RECORD_IN, at_rest, ARRAY_SIZE(at_rest));
	r = share_find(tx, purge->arena, &query, &shares, &count, f);
	if (r)
		return fault_unexpected(f, r);
	for (size_t i = 0; !r && i < count; i++)
		r = purge_one(tx, purge->arena, shares[i], f);
	purge->more = count == PURGE_MAX;
	return r;
}
