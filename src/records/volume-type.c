/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * The volumes of a type: how many a project has, whether there are any, and their type's name.
 * Counting is done only where a limit asks for it, and the limit bounds how much there is to count.
 */
#include "records/tables.h"

static int volumes_row(const StoreRow *row, void *ctx, Fault *f _unused_)
{
	TypeUsage *usage = ctx;

	usage->volumes = store_row_int(row, 0);
	usage->gigabytes += store_row_int(row, 1);
	return 0;
}

static int snapshots_row(const StoreRow *row, void *ctx, Fault *f _unused_)
{
	TypeUsage *usage = ctx;

	usage->snapshots = store_row_int(row, 0);
	usage->gigabytes += store_row_int(row, 1);
	return 0;
}

/*
 * A snapshot counts for its own project, which may have given the volume away. The join is crossed
 * so that the database begins with the snapshots, of which a project has few.
 */
int volume_type_count(Tx *tx, const char *project_id, const char *type_id, const char *except_id,
		      TypeUsage *ret, Fault *f)
{
	const StoreValues values =
		STORE_VALUES(STORE_VALUE_TEXT(type_id), STORE_VALUE_TEXT(project_id),
			     STORE_VALUE_TEXT(except_id ? except_id : ""));
	TypeUsage usage = {0};
	int r;

	r = store_query(tx,
			"SELECT COUNT(*), CAST(SUM(size_gib) AS BIGINT) FROM volumes "
			"WHERE type_id = ? AND project_id = ? AND id <> ?",
			values, volumes_row, &usage, f);
	if (!r)
		r = store_query(tx,
				"SELECT COUNT(*), CAST(SUM(s.size_gib) AS BIGINT) "
				"FROM snapshots AS s CROSS JOIN volumes AS v WHERE "
				"v.id = s.volume_id AND "
				"v.type_id = ? AND s.project_id = ? AND s.id <> ?",
				values, snapshots_row, &usage, f);
	if (r)
		return fault_unexpected(f, r);
	*ret = usage;
	return 0;
}

static int found_row(const StoreRow *row _unused_, void *ctx, Fault *f _unused_)
{
	*(bool *)ctx = true;
	return 0;
}

int volume_type_is_used(Tx *tx, const char *type_id, bool *ret, Fault *f)
{
	bool found = false;
	int r = store_query(tx, "SELECT 1 FROM volumes WHERE type_id = ? LIMIT 1",
			    STORE_VALUES(STORE_VALUE_TEXT(type_id)), found_row, &found, f);

	if (r)
		return fault_unexpected(f, r);
	*ret = found;
	return 0;
}

int volume_type_renamed(Tx *tx, const VolumeType *type, Fault *f)
{
	return fault_unexpected(
		f,
		store_query(tx, "UPDATE volumes SET type_name = ? WHERE type_id = ?",
			    STORE_VALUES(STORE_VALUE_TEXT(type->name), STORE_VALUE_TEXT(type->id)),
			    NULL, NULL, f));
}
