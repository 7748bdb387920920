/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * How a share is printed: which member since when and for whom is in the table. What a share cannot
 * be here (in a group, replicated, on a server of its own) is said all the same.
 */
#include "api/share/priv.h"
#include "service/share-type.h"

static void print_status(JsonOut *out, const char *key, const void *object, const void *context)
{
	const ShareView *view = context;
	int status = ((const Share *)object)->status;

	if (status == SHARE_CREATING_FROM_SNAPSHOT && view->r->version < V(54))
		status = SHARE_CREATING;
	json_out_text(out, key, enum_name(&share_status_names, status));
}

static void print_type_id(JsonOut *out, const char *key, const void *object,
			  const void *context _unused_)
{
	json_out_text(out, key, ((const Share *)object)->type_id);
}

static void print_type_name(JsonOut *out, const char *key, const void *object _unused_,
			    const void *context)
{
	const ShareType *type = ((const ShareView *)context)->type;

	json_out_text(out, key, type ? type->name : NULL);
}

static void print_false(JsonOut *out, const char *key, const void *object _unused_,
			const void *context _unused_)
{
	json_out_bool(out, key, false);
}

static void print_capability(JsonOut *out, const char *key, const char *spec, const ShareView *view)
{
	json_out_bool(out, key, view->type && share_type_can(view->r->arena, view->type, spec));
}

static void print_snapshots(JsonOut *out, const char *key, const void *object _unused_,
			    const void *context)
{
	print_capability(out, key, SHARE_TYPE_SNAPSHOTS, context);
}

static void print_from_snapshot(JsonOut *out, const char *key, const void *object _unused_,
				const void *context)
{
	print_capability(out, key, SHARE_TYPE_FROM_SNAPSHOT, context);
}

static void print_revert(JsonOut *out, const char *key, const void *object _unused_,
			 const void *context)
{
	print_capability(out, key, SHARE_TYPE_REVERT, context);
}

static void print_mount_snapshot(JsonOut *out, const char *key, const void *object _unused_,
				 const void *context)
{
	print_capability(out, key, SHARE_TYPE_MOUNT_SNAPSHOT, context);
}

static void print_rules_status(JsonOut *out, const char *key, const void *object,
			       const void *context)
{
	const ShareView *view = context;
	int status = ((const Share *)object)->rules_status;

	if (status == SHARE_RULES_SYNCING && view->r->version < V(28))
		json_out_text(out, key, "out_of_sync");
	else
		json_out_text(out, key, enum_name(&share_rules_status_names, status));
}

static void print_progress(JsonOut *out, const char *key, const void *object,
			   const void *context _unused_)
{
	int status = ((const Share *)object)->status;
	bool begun = status == SHARE_CREATING || status == SHARE_CREATING_FROM_SNAPSHOT;

	json_out_text(out, key, begun ? "0%" : status == SHARE_ERROR ? NULL : "100%");
}

static void print_soft_deleted(JsonOut *out, const char *key, const void *object,
			       const void *context _unused_)
{
	json_out_bool(out, key, ((const Share *)object)->scheduled_us != 0);
}

static void print_export(JsonOut *out, const char *key, const void *object _unused_,
			 const void *context)
{
	const ShareView *view = context;

	json_out_text(out, key, view->export_count ? view->exports[0]->path : NULL);
}

static void print_exports(JsonOut *out, const char *key, const void *object _unused_,
			  const void *context)
{
	const ShareView *view = context;

	json_out_list_begin(out, key);
	for (size_t i = 0; i < view->export_count; i++)
		json_out_text(out, NULL, view->exports[i]->path);
	json_out_list_end(out);
}

static const JsonOutField reply[] = {
	{.name = "id", .type = JSON_OUT_TEXT, .offset = offsetof(Share, id)},
	{.name = "name", .type = JSON_OUT_TEXT, .offset = offsetof(Share, name)},
	{.name = "description", .type = JSON_OUT_TEXT, .offset = offsetof(Share, description)},
	{.name = "size", .type = JSON_OUT_INT, .offset = offsetof(Share, size_gib)},
	{.name = "status", .type = JSON_OUT_CALL, .print = print_status},
	{.name = "created_at", .type = JSON_OUT_MICROS, .offset = offsetof(Share, created_us)},
	{.name = "project_id", .type = JSON_OUT_TEXT, .offset = offsetof(Share, project_id)},
	{.name = "availability_zone",
	 .type = JSON_OUT_TEXT,
	 .offset = offsetof(Share, availability_zone)},
	{.name = "share_proto",
	 .type = JSON_OUT_ENUM,
	 .names = &share_protocol_names,
	 .offset = offsetof(Share, protocol)},
	{.name = "share_type", .type = JSON_OUT_CALL, .until = V(5), .print = print_type_name},
	{.name = "share_type", .type = JSON_OUT_CALL, .since = V(6), .print = print_type_id},
	{.name = "share_type_name", .type = JSON_OUT_CALL, .since = V(6), .print = print_type_name},
	{.name = "volume_type", .type = JSON_OUT_CALL, .print = print_type_name},
	{.name = "snapshot_id", .type = JSON_OUT_TEXT, .offset = offsetof(Share, snapshot_id)},
	{.name = "share_network_id", .type = JSON_OUT_NULL},
	{.name = "metadata", .type = JSON_OUT_MAP, .offset = offsetof(Share, metadata)},
	{.name = "is_public", .type = JSON_OUT_BOOL, .offset = offsetof(Share, is_public)},
	{.name = "export_location", .type = JSON_OUT_CALL, .until = V(8), .print = print_export},
	{.name = "export_locations", .type = JSON_OUT_CALL, .until = V(8), .print = print_exports},
	{.name = "snapshot_support",
	 .type = JSON_OUT_CALL,
	 .since = V(2),
	 .print = print_snapshots},
	{.name = "task_state", .type = JSON_OUT_NULL, .since = V(5)},
	{.name = "access_rules_status",
	 .type = JSON_OUT_CALL,
	 .since = V(10),
	 .print = print_rules_status},
	{.name = "replication_type", .type = JSON_OUT_NULL, .since = V(11)},
	{.name = "has_replicas", .type = JSON_OUT_CALL, .since = V(11), .print = print_false},
	{.name = "user_id",
	 .type = JSON_OUT_TEXT,
	 .since = V(16),
	 .offset = offsetof(Share, user_id)},
	{.name = "create_share_from_snapshot_support",
	 .type = JSON_OUT_CALL,
	 .since = V(24),
	 .print = print_from_snapshot},
	{.name = "revert_to_snapshot_support",
	 .type = JSON_OUT_CALL,
	 .since = V(27),
	 .print = print_revert},
	{.name = "share_group_id", .type = JSON_OUT_NULL, .since = V(31)},
	{.name = "source_share_group_snapshot_member_id", .type = JSON_OUT_NULL, .since = V(31)},
	{.name = "mount_snapshot_support",
	 .type = JSON_OUT_CALL,
	 .since = V(32),
	 .print = print_mount_snapshot},
	{.name = "progress", .type = JSON_OUT_CALL, .since = V(54), .print = print_progress},
	{.name = "is_soft_deleted",
	 .type = JSON_OUT_CALL,
	 .since = V(69),
	 .print = print_soft_deleted},
	{.name = "scheduled_to_be_deleted_at",
	 .type = JSON_OUT_MICROS,
	 .since = V(69),
	 .offset = offsetof(Share, scheduled_us)},
	{.name = "source_backup_id", .type = JSON_OUT_NULL, .since = V(80)},
	{.name = "share_server_id", .type = JSON_OUT_NULL, .audience = API_AUDIENCE_ADMIN},
	{.name = "host",
	 .type = JSON_OUT_TEXT,
	 .audience = API_AUDIENCE_ADMIN,
	 .offset = offsetof(Share, host)},
};

/* What admins see of where a share is. */
static const JsonOutField instance_reply[] = {
	{.name = "id", .type = JSON_OUT_TEXT, .offset = offsetof(Share, id)},
	{.name = "share_id", .type = JSON_OUT_TEXT, .offset = offsetof(Share, id)},
	{.name = "availability_zone",
	 .type = JSON_OUT_TEXT,
	 .offset = offsetof(Share, availability_zone)},
	{.name = "created_at", .type = JSON_OUT_MICROS, .offset = offsetof(Share, created_us)},
	{.name = "updated_at",
	 .type = JSON_OUT_MICROS,
	 .since = V(71),
	 .offset = offsetof(Share, updated_us)},
	{.name = "host", .type = JSON_OUT_TEXT, .offset = offsetof(Share, host)},
	{.name = "status", .type = JSON_OUT_CALL, .print = print_status},
	{.name = "share_network_id", .type = JSON_OUT_NULL},
	{.name = "share_server_id", .type = JSON_OUT_NULL},
	{.name = "export_location", .type = JSON_OUT_CALL, .until = V(8), .print = print_export},
	{.name = "export_locations", .type = JSON_OUT_CALL, .until = V(8), .print = print_exports},
	{.name = "access_rules_status",
	 .type = JSON_OUT_CALL,
	 .since = V(10),
	 .print = print_rules_status},
	{.name = "replica_state", .type = JSON_OUT_NULL, .since = V(11)},
	{.name = "share_type_id", .type = JSON_OUT_CALL, .since = V(22), .print = print_type_id},
	{.name = "cast_rules_to_readonly",
	 .type = JSON_OUT_CALL,
	 .since = V(30),
	 .print = print_false},
	{.name = "progress", .type = JSON_OUT_CALL, .since = V(54), .print = print_progress},
};

int share_view_open(ApiRequest *r, ShareView *ret, Fault *f)
{
	const RecordQuery all = {0};

	*ret = (ShareView){.r = r};
	return fault_unexpected(
		f, share_type_find(r->work.tx, r->arena, &all, &ret->types, &ret->type_count, f));
}

static const ShareType *find_type(const ShareView *view, const char *id)
{
	for (size_t i = 0; i < view->type_count; i++)
		if (str_eq(view->types[i]->id, id))
			return view->types[i];
	return NULL;
}

/* Print the members of a table; what stands around them is the caller's. */
static int out_members(ShareView *view, const JsonOutField *fields, size_t count,
		       const Share *share, Fault *f)
{
	ApiRequest *r = view->r;
	const JsonOutView how = {
		.version = r->version,
		.audience = api_audience(r),
		.context = view,
	};
	int k = 0;

	view->type = find_type(view, share->type_id);
	if (r->version <= V(8))
		k = share_exports_of(r->work.tx, r->arena, share->id, &view->exports,
				     &view->export_count, f);
	if (k)
		return fault_unexpected(f, k);
	json_out_fields(&r->out, fields, count, share, &how);
	return 0;
}

int share_view_out(ShareView *view, const char *key, const Share *share, Fault *f)
{
	JsonOut *out = &view->r->out;
	int k;

	json_out_begin(out, key);
	k = out_members(view, reply, ARRAY_SIZE(reply), share, f);
	api_out_links(view->r, out, "shares", share->id);
	json_out_end(out);
	return k;
}

int share_view_out_instance(ShareView *view, const char *key, const Share *share, Fault *f)
{
	int k;

	json_out_begin(&view->r->out, key);
	k = out_members(view, instance_reply, ARRAY_SIZE(instance_reply), share, f);
	json_out_end(&view->r->out);
	return k;
}

int share_reply_share(ApiRequest *r, int k, const Share *share, Fault *f)
{
	ShareView view;

	if (k)
		return k;
	k = share_view_open(r, &view, f);
	if (k)
		return k;
	json_out_begin(&r->out, NULL);
	k = share_view_out(&view, "share", share, f);
	if (k)
		return k;
	json_out_end(&r->out);
	api_reply(r, 200);
	return 0;
}
