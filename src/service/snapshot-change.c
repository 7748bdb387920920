/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * What may be changed of a snapshot: its name, its description, its metadata; and its status, by
 * admins and by compute services that make snapshots themselves.
 */
#include "base/limits.h"
#include "base/str.h"
#include "rules/snapshot-status.h"
#include "service/priv.h"
#include "service/snapshot.h"
#include "service/text-map.h"
#include "json/out.h"

static int write_snapshot(Work *work, Snapshot *snapshot, Fault *f)
{
	int r;

	snapshot->updated_us = work->now_us;
	r = snapshot_update(work->tx, snapshot, f);
	return r ? fault_unexpected(f, r)
		 : announce_snapshot(work, "update-snapshot", snapshot->id, f);
}

int service_change_snapshot(Work *work, const char *id, const SnapshotChange *change,
			    Snapshot **ret, Fault *f)
{
	int r = service_find_snapshot(work, id, ret, f);

	if (r)
		return r;
	if (change->has_name)
		(*ret)->name = change->name;
	if (change->has_description)
		(*ret)->description = change->description;
	return write_snapshot(work, *ret, f);
}

static int change_metadata(Work *work, Snapshot *snapshot, const char *json, const char **ret,
			   Fault *f)
{
	JsonTextMap map = json_text_map(work->arena, json);

	if (map.count > LIMIT_METADATA_ITEMS) {
		work->refused = (RefusalData){
			.resource = "metadata_items",
			.requested = (int64_t)map.count,
			.limit = LIMIT_METADATA_ITEMS,
		};
		return REFUSAL_QUOTA;
	}
	snapshot->metadata = json;
	*ret = json;
	return write_snapshot(work, snapshot, f);
}

int service_merge_snapshot_metadata(Work *work, const char *id, const JsonTextMap *set,
				    const char **ret, Fault *f)
{
	Snapshot *snapshot;
	int r = service_find_snapshot(work, id, &snapshot, f);

	return r ? r
		 : change_metadata(work, snapshot,
				   text_map_merge(work->arena, snapshot->metadata, set), ret, f);
}

int service_replace_snapshot_metadata(Work *work, const char *id, const JsonTextMap *all,
				      const char **ret, Fault *f)
{
	Snapshot *snapshot;
	int r = service_find_snapshot(work, id, &snapshot, f);

	return r ? r
		 : change_metadata(work, snapshot, json_print_text_map(work->arena, all), ret, f);
}

int service_delete_snapshot_metadata(Work *work, const char *id, const char *key, Fault *f)
{
	const char *left, *ignored;
	Snapshot *snapshot;
	int r = service_find_snapshot(work, id, &snapshot, f);

	if (r)
		return r;
	left = text_map_without(work->arena, snapshot->metadata, key);
	if (!left) {
		work->refused =
			(RefusalData){.id = snapshot->id, .other = key, .attribute = "snapshot"};
		return REFUSAL_NO_METADATA_KEY;
	}
	return change_metadata(work, snapshot, left, &ignored, f);
}

int service_reset_snapshot_status(Work *work, const char *id, SnapshotStatus status, Fault *f)
{
	Snapshot *snapshot;
	int r = service_find_snapshot(work, id, &snapshot, f);

	if (r)
		return r;
	snapshot->status = (int)status;
	return write_snapshot(work, snapshot, f);
}

int service_report_snapshot_status(Work *work, const char *id, SnapshotStatus status,
				   const char *progress, Fault *f)
{
	Snapshot *snapshot;
	int r = service_find_snapshot(work, id, &snapshot, f);
	const char *now, *next;

	if (r)
		return r;
	now = enum_name(&snapshot_status_names, snapshot->status);
	next = enum_name(&snapshot_status_names, (int)status);
	if (!snapshot_may_report_from((SnapshotStatus)snapshot->status))
		return work_refuse(work, REFUSAL_BAD_INPUT,
				   "Snapshot status %s not allowed for update_snapshot_status",
				   now);
	if (!snapshot_may_report((SnapshotStatus)snapshot->status, status))
		return work_refuse(work, REFUSAL_BAD_INPUT,
				   "Provided snapshot status %s not allowed for snapshot with "
				   "status %s.",
				   next, now);
	snapshot->status = (int)status;
	if (progress)
		snapshot->progress = progress;
	return write_snapshot(work, snapshot, f);
}
