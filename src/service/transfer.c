/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * See transfer.h. Of the key only a hash is kept. While it is offered, the volume's status keeps
 * everything else away from it.
 */
#include "service/transfer.h"

#include "base/secret.h"
#include "base/str.h"
#include "base/uuid.h"
#include "rules/volume-status.h"
#include "service/priv.h"
#include "service/volume-quota.h"
#include "service/volume.h"

/* As clients know them; hex, because a key that begins with a hyphen is an option to commands. */
enum { KEY_BYTES = 8, KEY_TEXT = 2 * KEY_BYTES + 1 };

/* Snapshots that go along must not be in the middle of something. */
static int check_snapshots(Work *work, const char *volume_id, Fault *f)
{
	Snapshot **snapshots;
	size_t count;
	int r = snapshots_of_volume(work->tx, work->arena, volume_id, &snapshots, &count, f);

	if (r)
		return fault_unexpected(f, r);
	for (size_t i = 0; i < count; i++)
		if (snapshots[i]->status != SNAPSHOT_AVAILABLE)
			return work_refuse(work, REFUSAL_BAD_INPUT,
					   "Invalid snapshot: snapshot: %s status must be "
					   "available",
					   snapshots[i]->id);
	return 0;
}

static int move_volume(Work *work, Volume *volume, VolumeEvent event, Fault *f)
{
	VolumeStatus status;
	int r = volume_status_move(volume, event, &status);

	if (r)
		return r;
	volume->status = (int)status;
	volume->updated_us = work->now_us;
	return fault_unexpected(f, volume_update(work->tx, volume, f));
}

int service_offer_volume(Work *work, const TransferWish *wish, Transfer **ret, const char **ret_key,
			 Fault *f)
{
	Transfer *transfer = ARENA_NEW(work->arena, Transfer);
	char key[KEY_TEXT], hash[SECRET_HASH_TEXT];
	uint8_t bytes[KEY_BYTES];
	Volume *volume;
	int r = service_find_volume(work, wish->volume_id, &volume, f);

	if (r == 0 && !wish->no_snapshots)
		r = check_snapshots(work, volume->id, f);
	if (r)
		return r;
	r = move_volume(work, volume, VOLUME_EVENT_OFFER, f);
	if (r == REFUSAL_VOLUME_STATE)
		return work_refuse(work, REFUSAL_BAD_INPUT,
				   "Invalid volume: status must be available");
	if (r)
		return r;
	random_bytes(bytes, sizeof(bytes));
	str_hex(bytes, sizeof(bytes), key);
	secret_hash(key, hash);
	*transfer = (Transfer){
		.id = new_uuid(work->arena),
		.volume_id = volume->id,
		.project_id = volume->project_id,
		.name = wish->name,
		.key_hash = arena_strdup(work->arena, hash),
		.no_snapshots = wish->no_snapshots,
		.created_us = work->now_us,
	};
	*ret = transfer;
	*ret_key = arena_strdup(work->arena, key);
	return fault_unexpected(f, transfer_insert(work->tx, transfer, f));
}

/* Whoever it is of: to take it, one needs the key and no more. */
static int find_any(Work *work, const char *id, Transfer **ret, Fault *f)
{
	char canonical[UUID_TEXT];
	int r = RECORD_NOT_FOUND;

	if (uuid_canonical(id, canonical))
		r = transfer_get(work->tx, work->arena, canonical, ret, f);
	if (r != RECORD_NOT_FOUND)
		return fault_unexpected(f, r);
	work->refused = (RefusalData){.id = id};
	return REFUSAL_NO_TRANSFER;
}

int service_find_transfer(Work *work, const char *id, Transfer **ret, Fault *f)
{
	int r = find_any(work, id, ret, f);

	if (r || work_sees(work, (*ret)->project_id))
		return r;
	work->refused = (RefusalData){.id = id};
	return REFUSAL_NO_TRANSFER;
}

int service_withdraw_transfer(Work *work, const char *id, Fault *f)
{
	Transfer *transfer;
	Volume *volume;
	int r = service_find_transfer(work, id, &transfer, f);

	if (r)
		return r;
	r = transfer_delete(work->tx, transfer->id, f);
	if (r == 0)
		r = volume_get(work->tx, work->arena, transfer->volume_id, &volume, f);
	if (r == RECORD_NOT_FOUND)
		return 0; /* an admin has deleted the volume by force */
	if (r)
		return fault_unexpected(f, r);
	r = move_volume(work, volume, VOLUME_EVENT_OFFER_END, f);
	return r == REFUSAL_VOLUME_STATE ? 0 : r; /* an admin has given it another status */
}

int transfers_forget(Tx *tx, const char *volume_id, Fault *f)
{
	RecordQuery query = {0};

	record_where_text(&query, "volume_id", RECORD_EQ, volume_id);
	return fault_unexpected(f, record_delete_where(tx, &transfer_table, &query, f));
}

/* The snapshot becomes the project's that now has the volume, and counts there. */
static int move_snapshot(Work *work, const Volume *from, const Volume *to, Snapshot *snapshot,
			 Fault *f)
{
	int r = snapshot_quota_give(work->tx, work->arena, from, snapshot, f);

	snapshot->project_id = to->project_id;
	snapshot->user_id = to->user_id;
	snapshot->updated_us = work->now_us;
	if (r == 0)
		r = snapshot_quota_take(work, to, snapshot, f);
	return r ? r : fault_unexpected(f, snapshot_update(work->tx, snapshot, f));
}

static int move_snapshots(Work *work, const Volume *from, const Volume *to, Fault *f)
{
	Snapshot **snapshots;
	size_t count;
	int r = snapshots_of_volume(work->tx, work->arena, to->id, &snapshots, &count, f);

	if (r)
		return fault_unexpected(f, r);
	for (size_t i = 0; r == 0 && i < count; i++)
		r = move_snapshot(work, from, to, snapshots[i], f);
	return r;
}

/* Give before taking, so that a project may take back what it offers itself. */
static int move_ownership(Work *work, const Transfer *transfer, Volume *volume, Fault *f)
{
	const Volume from = *volume;
	int r = volume_quota_give(work->tx, work->arena, &from, f);

	volume->project_id = work->caller->project_id;
	volume->user_id = work->caller->user_id;
	if (r == 0)
		r = volume_quota_take(work, volume, f);
	if (r == 0 && !transfer->no_snapshots)
		r = move_snapshots(work, &from, volume, f);
	return r ? r : move_volume(work, volume, VOLUME_EVENT_OFFER_END, f);
}

static int refuse_state(Work *work, const Transfer *transfer, const Volume *volume)
{
	if (volume && volume->status == VOLUME_MAINTENANCE)
		return work_refuse(work, REFUSAL_BAD_INPUT,
				   "Invalid volume: The volume cannot accept transfer in "
				   "maintenance mode.");
	return work_refuse(work, REFUSAL_BAD_INPUT,
			   "Invalid volume: Transfer %s: Volume id %s expected in "
			   "awaiting-transfer state.",
			   transfer->id, transfer->volume_id);
}

int service_take_transfer(Work *work, const char *id, const char *key, Transfer **ret, Fault *f)
{
	char hash[SECRET_HASH_TEXT];
	Volume *volume = NULL;
	int r = find_any(work, id, ret, f);

	if (r)
		return r;
	secret_hash(key, hash);
	if (!secret_equal(hash, (*ret)->key_hash))
		return work_refuse(
			work, REFUSAL_BAD_INPUT,
			"Invalid auth key: Attempt to transfer %s with invalid auth key.",
			(*ret)->id);
	r = volume_get(work->tx, work->arena, (*ret)->volume_id, &volume, f);
	if (r && r != RECORD_NOT_FOUND)
		return fault_unexpected(f, r);
	if (!volume || volume->status != VOLUME_AWAITING_TRANSFER)
		return refuse_state(work, *ret, volume);
	r = move_ownership(work, *ret, volume, f);
	return r ? r : fault_unexpected(f, transfer_delete(work->tx, (*ret)->id, f));
}
