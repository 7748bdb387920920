/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * A snapshot of a share comes to be and goes: the row and the intent in one transaction; the
 * operation acts on the backend, and its end says what became of the snapshot.
 */
#include "service/share-snapshot.h"

#include "base/clock.h"
#include "base/str.h"
#include "base/uuid.h"
#include "service/message.h"
#include "service/share-priv.h"
#include "service/share-quota.h"
#include "service/share-type.h"
#include "service/share.h"
#include "json/out.h"

int service_find_share_snapshot(Work *work, const char *id, ShareSnapshot **ret, Fault *f)
{
	char canonical[UUID_TEXT];
	ShareSnapshot *snapshot;
	int r = RECORD_NOT_FOUND;

	if (uuid_canonical(id, canonical))
		r = share_snapshot_get(work->tx, work->arena, canonical, &snapshot, f);
	if (r < 0)
		return r;
	if (r || !work_sees(work, snapshot->project_id)) {
		work->refused = (RefusalData){.id = id};
		return REFUSAL_NO_SHARE_SNAPSHOT;
	}
	*ret = snapshot;
	return 0;
}

/* Whether the share's type promises something. */
static int type_can(Work *work, const Share *share, const char *spec, bool *ret, Fault *f)
{
	ShareType *type;
	int r = share_type_get(work->tx, work->arena, share->type_id, &type, f);

	*ret = r == 0 && share_type_can(work->arena, type, spec);
	return r == RECORD_NOT_FOUND ? 0 : fault_unexpected(f, r);
}

static Operation snapshot_operation(const Work *work, const ShareSnapshot *snapshot)
{
	Operation operation = operation_for(work, snapshot->share_id);

	operation.share_id = snapshot->share_id;
	operation.snapshot_id = snapshot->id;
	return operation;
}

/* --- making --- */

static int find_parent(Work *work, const ShareSnapshotWish *wish, Share **ret, Fault *f)
{
	bool can = false;
	int r = service_find_live_share(work, wish->share_id, "create snapshot for", ret, f);

	if (!r)
		r = type_can(work, *ret, SHARE_TYPE_SNAPSHOTS, &can, f);
	if (r)
		return r;
	if (!can || !share_backend_traits(work->settings->share_backend)->snapshots)
		return work_refuse(work, REFUSAL_BAD_INPUT,
				   "Snapshots cannot be created for share '%s' since it does not "
				   "have that capability.",
				   (*ret)->id);
	if ((*ret)->status != SHARE_AVAILABLE)
		return work_refuse(work, REFUSAL_SHARE_FORBIDDEN,
				   "Invalid share: Source share status must be 'available'.");
	return 0;
}

int service_create_share_snapshot(Work *work, const ShareSnapshotWish *wish, ShareSnapshot **ret,
				  Fault *f)
{
	static const JsonTextMap nothing = {0};
	const JsonTextMap *metadata = wish->metadata ? wish->metadata : &nothing;
	ShareSnapshot *snapshot = ARENA_NEW(work->arena, ShareSnapshot);
	Share *share = NULL;
	Operation operation;
	int r = share_check_metadata(work, metadata);

	if (!r)
		r = find_parent(work, wish, &share, f);
	if (r)
		return r;
	*snapshot = (ShareSnapshot){
		.id = new_uuid(work->arena),
		.project_id = work->caller->project_id,
		.user_id = work->caller->user_id,
		.share_id = share->id,
		.name = wish->name,
		.description = wish->description,
		.status = SHARE_SNAPSHOT_CREATING,
		.size_gib = share->size_gib,
		.metadata = json_print_text_map(work->arena, metadata),
		.created_us = work->now_us,
	};
	r = share_snapshot_quota_take(work, snapshot, f);
	if (!r)
		r = fault_unexpected(f, share_snapshot_insert(work->tx, snapshot, f));
	if (r)
		return r;
	*ret = snapshot;
	operation = snapshot_operation(work, snapshot);
	return operation_begin(work->tx, work->arena, service_operation("create-share-snapshot"),
			       &operation, f);
}

int share_snapshot_settle(Tx *tx, Arena *arena, const Operation *operation,
			  ShareSnapshotEvent event, Fault *f)
{
	ShareSnapshotStatus status;
	ShareSnapshot *snapshot;
	int r = share_snapshot_get(tx, arena, operation->snapshot_id, &snapshot, f);

	if (r == RECORD_NOT_FOUND)
		return 0;
	if (r)
		return fault_unexpected(f, r);
	if (!share_snapshot_status_move((ShareSnapshotStatus)snapshot->status, event, &status))
		return 0; /* an admin has said otherwise meanwhile */
	snapshot->status = (int)status;
	snapshot->updated_us = clock_now_us();
	return fault_unexpected(f, share_snapshot_update(tx, snapshot, f));
}

int create_share_snapshot_done(Tx *tx, Arena *arena, const Operation *operation, Fault *f)
{
	return share_snapshot_settle(tx, arena, operation, SHARE_SNAPSHOT_EVENT_MADE, f);
}

int create_share_snapshot_failed(Tx *tx, Arena *arena, const Operation *operation,
				 const char *reason, Fault *f)
{
	int r = share_snapshot_settle(tx, arena, operation, SHARE_SNAPSHOT_EVENT_MAKE_FAILED, f);

	(void)reason; /* the operation keeps it, for operators */
	return r ? r : message_write(tx, arena, operation, MESSAGE_CREATE_SHARE_SNAPSHOT, f);
}

/* --- deleting --- */

/* Whether a share is being made from it at the moment. */
static int check_copies(Work *work, const ShareSnapshot *snapshot, Fault *f)
{
	RecordQuery query = {.limit = 1};
	Share **copies;
	size_t count;
	int r;

	record_where_text(&query, "snapshot_id", RECORD_EQ, snapshot->id);
	record_where_text(&query, "status", RECORD_EQ,
			  enum_name(&share_status_names, SHARE_CREATING_FROM_SNAPSHOT));
	r = share_find(work->tx, work->arena, &query, &copies, &count, f);
	if (r)
		return fault_unexpected(f, r);
	if (count == 0)
		return 0;
	return work_refuse(work, REFUSAL_SHARE_CONFLICT,
			   "Share snapshot %s is being copied into share %s.", snapshot->id,
			   copies[0]->id);
}

int service_delete_share_snapshot(Work *work, const char *id, bool force, Fault *f)
{
	ShareSnapshotStatus status;
	ShareSnapshot *snapshot;
	Operation operation;
	int r = service_find_share_snapshot(work, id, &snapshot, f);

	if (!r)
		r = check_copies(work, snapshot, f);
	if (r)
		return r;
	if (!share_snapshot_status_move((ShareSnapshotStatus)snapshot->status,
					force ? SHARE_SNAPSHOT_EVENT_FORCE_DELETE
					      : SHARE_SNAPSHOT_EVENT_DELETE,
					&status))
		return work_refuse(work, REFUSAL_SHARE_FORBIDDEN,
				   "Invalid share snapshot: Share Snapshot status must be one of "
				   "('available', 'error').");
	snapshot->status = (int)status;
	snapshot->updated_us = work->now_us;
	r = share_snapshot_update(work->tx, snapshot, f);
	if (r)
		return fault_unexpected(f, r);
	operation = snapshot_operation(work, snapshot);
	return operation_begin(work->tx, work->arena, service_operation("delete-share-snapshot"),
			       &operation, f);
}

int delete_share_snapshot_done(Tx *tx, Arena *arena, const Operation *operation, Fault *f)
{
	ShareSnapshot *snapshot;
	int r = share_snapshot_get(tx, arena, operation->snapshot_id, &snapshot, f);

	if (r == RECORD_NOT_FOUND)
		return 0;
	if (!r)
		r = share_snapshot_quota_give(tx, snapshot, f);
	if (!r)
		r = share_snapshot_delete(tx, snapshot->id, f);
	return fault_unexpected(f, r);
}

int delete_share_snapshot_failed(Tx *tx, Arena *arena, const Operation *operation,
				 const char *reason, Fault *f)
{
	int r = share_snapshot_settle(tx, arena, operation, SHARE_SNAPSHOT_EVENT_DELETE_FAILED, f);

	(void)reason; /* the operation keeps it, for operators */
	return r ? r : message_write(tx, arena, operation, MESSAGE_DELETE_SHARE_SNAPSHOT, f);
}

/* --- going back --- */

static int find_newest(Work *work, const Share *share, const char *snapshot_id, ShareSnapshot **ret,
		       Fault *f)
{
	ShareSnapshot **snapshots;
	bool can = false;
	size_t count;
	int r = type_can(work, share, SHARE_TYPE_REVERT, &can, f);

	if (!r && !can)
		return work_refuse(work, REFUSAL_BAD_INPUT,
				   "Share %s does not support reverting to a snapshot.", share->id);
	if (!r)
		r = service_find_share_snapshot(work, snapshot_id, ret, f);
	if (r)
		return r;
	if (!str_eq((*ret)->share_id, share->id))
		return work_refuse(work, REFUSAL_BAD_INPUT,
				   "Snapshot %s is not associated with share %s.", (*ret)->id,
				   share->id);
	r = share_snapshots_of(work->tx, work->arena, share->id, &snapshots, &count, f);
	if (r)
		return fault_unexpected(f, r);
	if (!str_eq(snapshots[count - 1]->id, (*ret)->id))
		return work_refuse(work, REFUSAL_SHARE_CONFLICT,
				   "Specified snapshot %s is not the latest one of share %s (%s).",
				   (*ret)->id, share->id, snapshots[count - 1]->id);
	return 0;
}

static int move_both(Work *work, Share *share, ShareSnapshot *snapshot, Fault *f)
{
	const char *now = enum_name(&share_status_names, share->status);
	ShareSnapshotStatus status;
	int r;

	if (share->rules_status != SHARE_RULES_ACTIVE)
		return work_refuse(work, REFUSAL_SHARE_CONFLICT,
				   "Share %s access rules status must be 'active' to revert, but "
				   "it is '%s'.",
				   share->id,
				   enum_name(&share_rules_status_names, share->rules_status));
	r = share_move(work->tx, share, SHARE_EVENT_REVERT, f);
	if (r > 0)
		return work_refuse(work, REFUSAL_SHARE_CONFLICT,
				   "Share %s is in '%s' state, but it must be in 'available' state "
				   "to be reverted to a snapshot.",
				   share->id, now);
	if (r)
		return r;
	if (!share_snapshot_status_move((ShareSnapshotStatus)snapshot->status,
					SHARE_SNAPSHOT_EVENT_REVERT, &status))
		return work_refuse(work, REFUSAL_SHARE_CONFLICT,
				   "Snapshot %s is in '%s' state, but it must be in 'available' "
				   "state to be restored.",
				   snapshot->id,
				   enum_name(&share_snapshot_status_names, snapshot->status));
	snapshot->status = (int)status;
	snapshot->updated_us = work->now_us;
	return fault_unexpected(f, share_snapshot_update(work->tx, snapshot, f));
}

int service_revert_share(Work *work, const char *id, const char *snapshot_id, Fault *f)
{
	ShareSnapshot *snapshot = NULL;
	Operation operation;
	Share *share;
	int r = service_find_live_share(work, id, "revert", &share, f);

	if (!r)
		r = share_check_free(work, share, SHARE_ACT_REVERT, f);
	if (!r)
		r = find_newest(work, share, snapshot_id, &snapshot, f);
	if (!r)
		r = move_both(work, share, snapshot, f);
	if (r)
		return r;
	operation = snapshot_operation(work, snapshot);
	return operation_begin(work->tx, work->arena, service_operation("revert-share"), &operation,
			       f);
}

static int revert_settle(Tx *tx, Arena *arena, const Operation *operation, ShareEvent event,
			 Fault *f)
{
	int r = share_settle(tx, arena, operation, event, f);

	return r ? r
		 : share_snapshot_settle(tx, arena, operation, SHARE_SNAPSHOT_EVENT_REVERTED, f);
}

int revert_share_done(Tx *tx, Arena *arena, const Operation *operation, Fault *f)
{
	return revert_settle(tx, arena, operation, SHARE_EVENT_REVERTED, f);
}

int revert_share_failed(Tx *tx, Arena *arena, const Operation *operation, const char *reason,
			Fault *f)
{
	bool unsure = str_after(reason, OPERATION_UNSURE) != NULL;
	int r = revert_settle(tx, arena, operation,
			      unsure ? SHARE_EVENT_REVERT_FAILED : SHARE_EVENT_REVERTED, f);

	return r ? r : message_write(tx, arena, operation, MESSAGE_REVERT_SHARE, f);
}
