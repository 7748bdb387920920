/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Quotas: one row a project and resource, with the limit somebody set (NULL: the default) and
 * what is used. Usage is added first and then looked at, in one transaction, so that two adders
 * on a database with many writers wait for each other's row instead of racing.
 *
 * A limit is the project's own, else that of the class of all projects, else the built-in one.
 */
#include "base/str.h"
#include "records/tables.h"

typedef struct QuotaDefault {
	const char *resource;
	int64_t limit;
} QuotaDefault;

/* Resources that are not here, such as "volumes_<type>", have no limit. */
static const QuotaDefault defaults[] = {
	{.resource = "volumes", .limit = 10},
	{.resource = "gigabytes", .limit = 1000},
	{.resource = "per_volume_gigabytes", .limit = -1},
	{.resource = "snapshots", .limit = 10},
	{.resource = "backups", .limit = 10},
	{.resource = "backup_gigabytes", .limit = 1000},
	{.resource = "groups", .limit = 10},
	{.resource = "instances", .limit = 10},
	{.resource = "cores", .limit = 20},
	{.resource = "ram", .limit = 51200},
	{.resource = "metadata_items", .limit = 128},
	{.resource = "key_pairs", .limit = 100},
	{.resource = "server_groups", .limit = 10},
	{.resource = "server_group_members", .limit = 10},
	{.resource = "injected_files", .limit = 5},
	{.resource = "injected_file_content_bytes", .limit = 10240},
	{.resource = "injected_file_path_bytes", .limit = 255},
	{.resource = "shares", .limit = 50},
	{.resource = "share_gigabytes", .limit = 1000},
	{.resource = "share_snapshots", .limit = 50},
	{.resource = "share_snapshot_gigabytes", .limit = 1000},
	{.resource = "share_per_gigabytes", .limit = -1},
	{.resource = "share_networks", .limit = 10},
	{.resource = "share_groups", .limit = 50},
	{.resource = "share_group_snapshots", .limit = 50},
	{.resource = "share_replicas", .limit = 100},
	{.resource = "share_replica_gigabytes", .limit = 1000},
	{.resource = "share_backups", .limit = 10},
	{.resource = "share_backup_gigabytes", .limit = 1000},
};

int64_t quota_default(const char *resource)
{
	for (size_t i = 0; i < ARRAY_SIZE(defaults); i++)
		if (str_eq(defaults[i].resource, resource))
			return defaults[i].limit;
	return -1;
}

typedef struct Lookup {
	const char *const *resources;
	size_t count;
	QuotaUsage *usages;
	bool own[QUOTAS_MAX]; /* the limit is the project's own */
} Lookup;

static int usage_row(const StoreRow *row, void *ctx, Fault *f _unused_)
{
	Lookup *lookup = ctx;
	const char *resource = store_row_text(row, 0);
	bool own = store_row_int(row, 3);

	for (size_t i = 0; i < lookup->count; i++) {
		if (!str_eq(lookup->resources[i], resource))
			continue;
		if (own)
			lookup->usages[i].used = store_row_int(row, 2);
		if (!store_row_text(row, 1) || (lookup->own[i] && !own))
			continue;
		lookup->usages[i].limit = store_row_int(row, 1);
		lookup->own[i] = own;
	}
	return 0;
}

int quotas_get(Tx *tx, const char *project_id, const char *const *resources, size_t count,
	       QuotaUsage *ret, Fault *f)
{
	/* A project has few rows: to go through all is faster than to look for each of some. */
	static const char sql[] =
		"SELECT resource, hard_limit, used, 1 FROM quotas WHERE project_id = ? UNION ALL "
		"SELECT resource, hard_limit, 0, 0 FROM quota_classes WHERE class = ?";
	const StoreValues values =
		STORE_VALUES(STORE_VALUE_TEXT(project_id), STORE_VALUE_TEXT(QUOTA_CLASS_DEFAULT));
	Lookup lookup = {.resources = resources, .count = count, .usages = ret};

	assert(count > 0 && count <= QUOTAS_MAX);
	for (size_t i = 0; i < count; i++)
		ret[i] = (QuotaUsage){.limit = quota_default(resources[i])};
	return fault_unexpected(f, store_query(tx, sql, values, usage_row, &lookup, f));
}

int quota_get(Tx *tx, const char *project_id, const char *resource, QuotaUsage *ret, Fault *f)
{
	const StoreValues values =
		STORE_VALUES(STORE_VALUE_TEXT(project_id), STORE_VALUE_TEXT(resource),
			     STORE_VALUE_TEXT(QUOTA_CLASS_DEFAULT), STORE_VALUE_TEXT(resource));
	QuotaUsage usage = {.limit = quota_default(resource)};
	Lookup lookup = {.resources = &resource, .count = 1, .usages = &usage};
	int r;

	r = store_query(tx,
			"SELECT resource, hard_limit, used, 1 FROM quotas "
			"WHERE project_id = ? AND resource = ? UNION ALL "
			"SELECT resource, hard_limit, 0, 0 FROM quota_classes "
			"WHERE class = ? AND resource = ?",
			values, usage_row, &lookup, f);
	if (r)
		return fault_unexpected(f, r);
	*ret = usage;
	return 0;
}

static int limit_row(const StoreRow *row, void *ctx, Fault *f _unused_)
{
	*(int64_t *)ctx = store_row_int(row, 0);
	return 0;
}

int quota_class_get(Tx *tx, const char *name, const char *resource, int64_t *ret, Fault *f)
{
	static const char sql[] =
		"SELECT hard_limit FROM quota_classes WHERE class = ? AND resource = ?";
	int64_t limit = quota_default(resource);
	int r;

	r = store_query(
		tx, sql,
		STORE_VALUES(STORE_VALUE_TEXT(QUOTA_CLASS_DEFAULT), STORE_VALUE_TEXT(resource)),
		limit_row, &limit, f);
	if (!r && !str_eq(name, QUOTA_CLASS_DEFAULT))
		r = store_query(tx, sql,
				STORE_VALUES(STORE_VALUE_TEXT(name), STORE_VALUE_TEXT(resource)),
				limit_row, &limit, f);
	if (r)
		return fault_unexpected(f, r);
	*ret = limit;
	return 0;
}

int quota_class_set(Tx *tx, const char *name, const char *resource, int64_t limit, Fault *f)
{
	const StoreValues values = STORE_VALUES(STORE_VALUE_TEXT(name), STORE_VALUE_TEXT(resource),
						STORE_VALUE_INT(limit), STORE_VALUE_INT(limit));

	return fault_unexpected(
		f, store_query(tx,
			       "INSERT INTO quota_classes (class, resource, hard_limit) "
			       "VALUES (?, ?, ?) "
			       "ON CONFLICT (class, resource) DO UPDATE SET hard_limit = ?",
			       values, NULL, NULL, f));
}

int quota_take(Tx *tx, const char *project_id, const char *resource, int64_t amount, Fault *f)
{
	const StoreValues values =
		STORE_VALUES(STORE_VALUE_TEXT(project_id), STORE_VALUE_TEXT(resource),
			     STORE_VALUE_INT(amount), STORE_VALUE_INT(amount));

	assert(amount >= 0);
	return fault_unexpected(
		f, store_query(tx,
			       "INSERT INTO quotas (project_id, resource, used) VALUES (?, ?, ?) "
			       "ON CONFLICT (project_id, resource) DO UPDATE SET "
			       "used = quotas.used + ?",
			       values, NULL, NULL, f));
}

int quota_give(Tx *tx, const char *project_id, const char *resource, int64_t amount, Fault *f)
{
	const StoreValues values =
		STORE_VALUES(STORE_VALUE_INT(amount), STORE_VALUE_INT(amount),
			     STORE_VALUE_TEXT(project_id), STORE_VALUE_TEXT(resource));

	assert(amount >= 0);
	return fault_unexpected(f, store_query(tx,
					       "UPDATE quotas SET used = CASE WHEN used < ? THEN 0 "
					       "ELSE used - ? END "
					       "WHERE project_id = ? AND resource = ?",
					       values, NULL, NULL, f));
}

int quota_add(Tx *tx, const char *project_id, const char *resource, int64_t amount, QuotaUsage *ret,
	      Fault *f)
{
	QuotaUsage usage = {0};
	int r;

	r = amount >= 0 ? quota_take(tx, project_id, resource, amount, f)
			: quota_give(tx, project_id, resource, -amount, f);
	if (!r)
		r = quota_get(tx, project_id, resource, &usage, f);
	if (r)
		return r;
	if (amount <= 0 || usage.limit < 0 || usage.used <= usage.limit) {
		*ret = usage;
		return 0;
	}
	usage.used -= amount;
	*ret = usage;
	r = quota_give(tx, project_id, resource, amount, f);
	return r ? r : QUOTA_EXCEEDED;
}

int quota_set(Tx *tx, const char *project_id, const char *resource, int64_t limit, Fault *f)
{
	const StoreValues values =
		STORE_VALUES(STORE_VALUE_TEXT(project_id), STORE_VALUE_TEXT(resource),
			     STORE_VALUE_INT(limit), STORE_VALUE_INT(limit));

	return fault_unexpected(
		f, store_query(tx,
			       "INSERT INTO quotas (project_id, resource, used, hard_limit) "
			       "VALUES (?, ?, 0, ?) "
			       "ON CONFLICT (project_id, resource) DO UPDATE SET hard_limit = ?",
			       values, NULL, NULL, f));
}

int quota_reset(Tx *tx, const char *project_id, const char *resource, Fault *f)
{
	return fault_unexpected(
		f,
		store_query(tx,
			    "UPDATE quotas SET hard_limit = NULL WHERE project_id = ? AND "
			    "resource = ?",
			    STORE_VALUES(STORE_VALUE_TEXT(project_id), STORE_VALUE_TEXT(resource)),
			    NULL, NULL, f));
}

int quota_forget(Tx *tx, const char *resource, Fault *f)
{
	const StoreValues values = STORE_VALUES(STORE_VALUE_TEXT(resource));
	int r = store_query(tx, "DELETE FROM quotas WHERE resource = ?", values, NULL, NULL, f);

	if (!r)
		r = store_query(tx, "DELETE FROM quota_classes WHERE resource = ?", values, NULL,
				NULL, f);
	return fault_unexpected(f, r);
}
