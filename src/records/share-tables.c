/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * The tables of shares and of what belongs to them: see tables.c.
 */
#include "records/priv.h"
#include "records/tables.h"

static const Column share_type_columns[] = {
	TEXT_COLUMN(ShareType, id),          TEXT_COLUMN(ShareType, name),
	TEXT_COLUMN(ShareType, description), TEXT_COLUMN(ShareType, extra_specs),
	BOOL_COLUMN(ShareType, is_public),   INT_COLUMN(ShareType, created_us),
	INT_COLUMN(ShareType, updated_us),
};
const RecordTable share_type_table = TABLE(ShareType, share_type_columns, .name = "share_types");

static const Column share_columns[] = {
	TEXT_COLUMN(Share, id),
	FIXED_TEXT_COLUMN(Share, project_id),
	TEXT_COLUMN(Share, user_id),
	TEXT_COLUMN(Share, name),
	TEXT_COLUMN(Share, description),
	INT_COLUMN(Share, size_gib),
	ENUM_COLUMN(Share, status, share_status_names),
	ENUM_COLUMN(Share, protocol, share_protocol_names),
	ENUM_COLUMN(Share, rules_status, share_rules_status_names),
	TEXT_COLUMN(Share, type_id),
	TEXT_COLUMN(Share, snapshot_id),
	TEXT_COLUMN(Share, availability_zone),
	TEXT_COLUMN(Share, metadata),
	TEXT_COLUMN(Share, backend),
	TEXT_COLUMN(Share, host),
	TEXT_COLUMN(Share, mount_point_name),
	BOOL_COLUMN(Share, is_public),
	INT_COLUMN(Share, scheduled_us),
	INT_COLUMN(Share, created_us),
	INT_COLUMN(Share, updated_us),
};
const RecordTable share_table = TABLE(Share, share_columns, .name = "shares");

static const Column share_export_columns[] = {
	TEXT_COLUMN(ShareExport, id),         FIXED_TEXT_COLUMN(ShareExport, share_id),
	TEXT_COLUMN(ShareExport, path),       BOOL_COLUMN(ShareExport, preferred),
	BOOL_COLUMN(ShareExport, admin_only), TEXT_COLUMN(ShareExport, metadata),
	INT_COLUMN(ShareExport, created_us),  INT_COLUMN(ShareExport, updated_us),
};
const RecordTable share_export_table =
	TABLE(ShareExport, share_export_columns, .name = "share_exports");

static const Column share_rule_columns[] = {
	TEXT_COLUMN(ShareRule, id),
	FIXED_TEXT_COLUMN(ShareRule, share_id),
	ENUM_COLUMN(ShareRule, type, share_access_type_names),
	TEXT_COLUMN(ShareRule, access_to),
	ENUM_COLUMN(ShareRule, level, share_access_level_names),
	ENUM_COLUMN(ShareRule, state, share_rule_state_names),
	TEXT_COLUMN(ShareRule, access_key),
	TEXT_COLUMN(ShareRule, metadata),
	BOOL_COLUMN(ShareRule, own),
	INT_COLUMN(ShareRule, created_us),
	INT_COLUMN(ShareRule, updated_us),
};
const RecordTable share_rule_table = TABLE(ShareRule, share_rule_columns, .name = "share_rules");

static const Column resource_lock_columns[] = {
	TEXT_COLUMN(ResourceLock, id),
	FIXED_TEXT_COLUMN(ResourceLock, project_id),
	FIXED_TEXT_COLUMN(ResourceLock, user_id),
	TEXT_COLUMN(ResourceLock, resource_type),
	TEXT_COLUMN(ResourceLock, resource_id),
	TEXT_COLUMN(ResourceLock, action),
	TEXT_COLUMN(ResourceLock, context),
	TEXT_COLUMN(ResourceLock, reason),
	TEXT_COLUMN(ResourceLock, rule_id),
	INT_COLUMN(ResourceLock, created_us),
	INT_COLUMN(ResourceLock, updated_us),
};
const RecordTable resource_lock_table =
	TABLE(ResourceLock, resource_lock_columns, .name = "resource_locks");

static const Column share_snapshot_columns[] = {
	TEXT_COLUMN(ShareSnapshot, id),
	FIXED_TEXT_COLUMN(ShareSnapshot, project_id),
	TEXT_COLUMN(ShareSnapshot, user_id),
	FIXED_TEXT_COLUMN(ShareSnapshot, share_id),
	TEXT_COLUMN(ShareSnapshot, name),
	TEXT_COLUMN(ShareSnapshot, description),
	ENUM_COLUMN(ShareSnapshot, status, share_snapshot_status_names),
	INT_COLUMN(ShareSnapshot, size_gib),
	TEXT_COLUMN(ShareSnapshot, metadata),
	INT_COLUMN(ShareSnapshot, created_us),
	INT_COLUMN(ShareSnapshot, updated_us),
};
const RecordTable share_snapshot_table =
	TABLE(ShareSnapshot, share_snapshot_columns, .name = "share_snapshots");

static const Column share_mapping_columns[] = {
	TEXT_COLUMN(ShareMapping, id),
	FIXED_TEXT_COLUMN(ShareMapping, server_id),
	FIXED_TEXT_COLUMN(ShareMapping, share_id),
	TEXT_COLUMN(ShareMapping, project_id),
	TEXT_COLUMN(ShareMapping, user_id),
	ENUM_COLUMN(ShareMapping, status, share_mapping_status_names),
	TEXT_COLUMN(ShareMapping, tag),
	TEXT_COLUMN(ShareMapping, export_path),
	TEXT_COLUMN(ShareMapping, rule_id),
	TEXT_COLUMN(ShareMapping, mount_point),
	TEXT_COLUMN(ShareMapping, mount_options),
	BOOL_COLUMN(ShareMapping, readonly),
	BOOL_COLUMN(ShareMapping, connected),
	INT_COLUMN(ShareMapping, created_us),
	INT_COLUMN(ShareMapping, updated_us),
};
const RecordTable share_mapping_table =
	TABLE(ShareMapping, share_mapping_columns, .name = "share_mappings");

static const Column share_type_access_columns[] = {
	TEXT_COLUMN(TypeAccess, id),
	FIXED_TEXT_COLUMN(TypeAccess, type_id),
	FIXED_TEXT_COLUMN(TypeAccess, project_id),
};
const RecordTable share_type_access_table =
	TABLE(TypeAccess, share_type_access_columns, .name = "share_type_accesses");

/* What is found by one column, oldest first. */
static void oldest_of(RecordQuery *query, const char *column, const char *id)
{
	record_where_text(query, column, RECORD_EQ, id);
	record_sort(query, "created_us", false);
}

int share_exports_of(Tx *tx, Arena *arena, const char *share_id, ShareExport ***ret,
		     size_t *ret_count, Fault *f)
{
	RecordQuery query = {0};

	oldest_of(&query, "share_id", share_id);
	return share_export_find(tx, arena, &query, ret, ret_count, f);
}

int share_rules_of(Tx *tx, Arena *arena, const char *share_id, ShareRule ***ret, size_t *ret_count,
		   Fault *f)
{
	RecordQuery query = {0};

	oldest_of(&query, "share_id", share_id);
	return share_rule_find(tx, arena, &query, ret, ret_count, f);
}

int resource_locks_on(Tx *tx, Arena *arena, const char *resource_id, ResourceLock ***ret,
		      size_t *ret_count, Fault *f)
{
	RecordQuery query = {0};

	oldest_of(&query, "resource_id", resource_id);
	return resource_lock_find(tx, arena, &query, ret, ret_count, f);
}

int share_snapshots_of(Tx *tx, Arena *arena, const char *share_id, ShareSnapshot ***ret,
		       size_t *ret_count, Fault *f)
{
	RecordQuery query = {0};

	oldest_of(&query, "share_id", share_id);
	return share_snapshot_find(tx, arena, &query, ret, ret_count, f);
}

int share_mappings_of_server(Tx *tx, Arena *arena, const char *server_id, ShareMapping ***ret,
			     size_t *ret_count, Fault *f)
{
	RecordQuery query = {0};

	oldest_of(&query, "server_id", server_id);
	return share_mapping_find(tx, arena, &query, ret, ret_count, f);
}

int share_mappings_of_share(Tx *tx, Arena *arena, const char *share_id, ShareMapping ***ret,
			    size_t *ret_count, Fault *f)
{
	RecordQuery query = {0};

	oldest_of(&query, "share_id", share_id);
	return share_mapping_find(tx, arena, &query, ret, ret_count, f);
}
