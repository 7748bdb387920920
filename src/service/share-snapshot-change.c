/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * What may be changed of a snapshot of a share: its name, its description, its metadata; and its
 * status, by admins.
 */
#include "base/log.h"
#include "service/share-priv.h"
#include "service/share-snapshot.h"
#include "service/share.h"
#include "service/text-map.h"
#include "json/out.h"

static int write_snapshot(Work *work, ShareSnapshot *snapshot, Fault *f)
{
	snapshot->updated_us = work->now_us;
	return fault_unexpected(f, share_snapshot_update(work->tx, snapshot, f));
}

int service_change_share_snapshot(Work *work, const char *id, const ShareSnapshotChange *change,
				  ShareSnapshot **ret, Fault *f)
{
	int r = service_find_share_snapshot(work, id, ret, f);

	if (r)
		return r;
	if (change->has_name)
		(*ret)->name = change->name;
	if (change->has_description)
		(*ret)->description = change->description;
	return write_snapshot(work, *ret, f);
}

int service_reset_share_snapshot(Work *work, const char *id, ShareSnapshotStatus status, Fault *f)
{
	ShareSnapshot *snapshot;
	int r = service_find_share_snapshot(work, id, &snapshot, f);

	if (r)
		return r;
	log_warning("req=%s snapshot=%s is reset by an admin: %s", work->request_id, snapshot->id,
		    enum_name(&share_snapshot_status_names, (int)status));
	snapshot->status = (int)status;
	return write_snapshot(work, snapshot, f);
}

static int set_metadata(Work *work, ShareSnapshot *snapshot, const char *json, const char **ret,
			Fault *f)
{
	JsonTextMap map = json_text_map(work->arena, json);
	int r = share_check_metadata(work, &map);

	if (r)
		return r;
	snapshot->metadata = json;
	*ret = json;
	return write_snapshot(work, snapshot, f);
}

int service_merge_share_snapshot_metadata(Work *work, const char *id, const JsonTextMap *set,
					  const char **ret, Fault *f)
{
	ShareSnapshot *snapshot;
	int r = service_find_share_snapshot(work, id, &snapshot, f);

	return r ? r
		 : set_metadata(work, snapshot,
				text_map_merge(work->arena, snapshot->metadata, set), ret, f);
}

int service_replace_share_snapshot_metadata(Work *work, const char *id, const JsonTextMap *all,
					    const char **ret, Fault *f)
{
	ShareSnapshot *snapshot;
	int r = service_find_share_snapshot(work, id, &snapshot, f);

	return r ? r : set_metadata(work, snapshot, json_print_text_map(work->arena, all), ret, f);
}

int service_delete_share_snapshot_metadata(Work *work, const char *id, const char *key, Fault *f)
{
	const char *left, *ignored;
	ShareSnapshot *snapshot;
	int r = service_find_share_snapshot(work, id, &snapshot, f);

	if (r)
		return r;
	left = text_map_without(work->arena, snapshot->metadata, key);
	if (left)
		return set_metadata(work, snapshot, left, &ignored, f);
	work->refused = (RefusalData){.id = snapshot->id, .other = key};
	return REFUSAL_NO_METADATA_KEY;
}
