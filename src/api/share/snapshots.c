/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Snapshots of shares: lists, show, create, update, delete, metadata, and what admins overrule.
 */
#include "api/share/list.h"
#include "service/share-snapshot.h"
#include "service/share.h"

typedef struct CreateSnapshot {
	const char *share_id;
	const char *name;
	const char *display_name;
	const char *description;
	const char *display_description;
	const char *force; /* JSON of a boolean; it allows nothing more */
	JsonTextMap metadata;
} CreateSnapshot;

#define NULLABLE_TEXT(Type, member)                                                                \
	{                                                                                          \
		.name = #member, .type = JSON_TEXT, .flags = JSON_NULLABLE,                        \
		.max = LIMIT_NAME_CHARS, .offset = offsetof(Type, member)                          \
	}

static const JsonField create_rows[] = {
	{.name = "share_id",
	 .type = JSON_TEXT,
	 .flags = JSON_REQUIRED,
	 .max = LIMIT_NAME_CHARS,
	 .offset = offsetof(CreateSnapshot, share_id)},
	NULLABLE_TEXT(CreateSnapshot, name),
	NULLABLE_TEXT(CreateSnapshot, display_name),
	NULLABLE_TEXT(CreateSnapshot, description),
	NULLABLE_TEXT(CreateSnapshot, display_description),
	{.name = "force",
	 .type = JSON_ANY,
	 .flags = JSON_NULLABLE,
	 .offset = offsetof(CreateSnapshot, force)},
	{.name = "metadata",
	 .type = JSON_TEXT_MAP,
	 .flags = JSON_NULLABLE,
	 .since = V(73),
	 .offset = offsetof(CreateSnapshot, metadata)},
};
static const JsonFields create_fields = {
	.rows = create_rows,
	.count = ARRAY_SIZE(create_rows),
	.size = sizeof(CreateSnapshot),
	.open = true,
};

typedef struct UpdateSnapshot {
	const char *display_name;
	const char *display_description;
	bool has_display_name;
	bool has_display_description;
} UpdateSnapshot;

#define CHANGED_TEXT(member)                                                                       \
	{                                                                                          \
		.name = #member, .type = JSON_TEXT, .flags = JSON_NULLABLE,                        \
		.max = LIMIT_NAME_CHARS, .offset = offsetof(UpdateSnapshot, member),               \
		.present = JSON_PRESENT(UpdateSnapshot, has_##member)                              \
	}

static const JsonField update_rows[] = {
	CHANGED_TEXT(display_name),
	CHANGED_TEXT(display_description),
};
static const JsonFields update_fields = {
	.rows = update_rows,
	.count = ARRAY_SIZE(update_rows),
	.size = sizeof(UpdateSnapshot),
	.open = true,
};

static const ShareFilter filters[] = {
	{.name = "name", .column = "name"},
	{.name = "display_name", .column = "name"},
	{.name = "status", .column = "status"},
	{.name = "share_id", .column = "share_id"},
	{.name = "description", .column = "description", .since = V(36)},
	{.name = "name~", .column = "name", .kind = SHARE_FILTER_PART, .since = V(36)},
	{.name = "description~",
	 .column = "description",
	 .kind = SHARE_FILTER_PART,
	 .since = V(36)},
	{.name = "metadata", .column = "metadata", .kind = SHARE_FILTER_MAP, .since = V(73)},
	{.name = "project_id", .column = "project_id", .admin = true},
	{0},
};

static const ApiSortKey sort_keys[] = {
	{"created_at", "created_us"},
	{"updated_at", "updated_us"},
	{"id", "id"},
	{"name", "name"},
	{"display_name", "name"},
	{"status", "status"},
	{"size", "size_gib"},
	{"share_id", "share_id"},
	{"user_id", "user_id"},
	{"project_id", "project_id"},
	{0},
};

static const ShareListing listing = {
	.links = "share_snapshots_links", /* clients look for it under this name */
	.table = &share_snapshot_table,
	.filters = filters,
	.sort_keys = sort_keys,
	.count_since = V(79),
};

/* Before the row's own members there are those of its share. */
static const JsonOutField reply[] = {
	{.name = "id", .type = JSON_OUT_TEXT, .offset = offsetof(ShareSnapshot, id)},
	{.name = "share_id", .type = JSON_OUT_TEXT, .offset = offsetof(ShareSnapshot, share_id)},
	{.name = "share_size", .type = JSON_OUT_INT, .offset = offsetof(ShareSnapshot, size_gib)},
	{.name = "created_at",
	 .type = JSON_OUT_MICROS,
	 .offset = offsetof(ShareSnapshot, created_us)},
	{.name = "status",
	 .type = JSON_OUT_ENUM,
	 .names = &share_snapshot_status_names,
	 .offset = offsetof(ShareSnapshot, status)},
	{.name = "name", .type = JSON_OUT_TEXT, .offset = offsetof(ShareSnapshot, name)},
	{.name = "description",
	 .type = JSON_OUT_TEXT,
	 .offset = offsetof(ShareSnapshot, description)},
	{.name = "size", .type = JSON_OUT_INT, .offset = offsetof(ShareSnapshot, size_gib)},
	{.name = "provider_location",
	 .type = JSON_OUT_NULL,
	 .since = V(12),
	 .audience = API_AUDIENCE_ADMIN},
	{.name = "user_id",
	 .type = JSON_OUT_TEXT,
	 .since = V(17),
	 .offset = offsetof(ShareSnapshot, user_id)},
	{.name = "project_id",
	 .type = JSON_OUT_TEXT,
	 .since = V(17),
	 .offset = offsetof(ShareSnapshot, project_id)},
	{.name = "metadata",
	 .type = JSON_OUT_MAP,
	 .since = V(73),
	 .offset = offsetof(ShareSnapshot, metadata)},
};

static int out_snapshot(ApiRequest *r, const char *key, const ShareSnapshot *snapshot, Fault *f)
{
	const JsonOutView view = {.version = r->version, .audience = api_audience(r)};
	Share *share;
	int k = share_get(r->work.tx, r->arena, snapshot->share_id, &share, f);

	if (k) /* a share that has snapshots is not deleted */
		return fault_unexpected(f, k);
	json_out_begin(&r->out, key);
	json_out_fields(&r->out, reply, ARRAY_SIZE(reply), snapshot, &view);
	json_out_text(&r->out, "share_proto", enum_name(&share_protocol_names, share->protocol));
	api_out_links(r, &r->out, "snapshots", snapshot->id);
	json_out_end(&r->out);
	return 0;
}

static int reply_snapshot(ApiRequest *r, int k, unsigned status, const ShareSnapshot *snapshot,
			  Fault *f)
{
	if (k)
		return k;
	json_out_begin(&r->out, NULL);
	k = out_snapshot(r, "snapshot", snapshot, f);
	if (k)
		return k;
	json_out_end(&r->out);
	api_reply(r, status);
	return 0;
}

static void out_short(ApiRequest *r, const ShareSnapshot *snapshot)
{
	json_out_begin(&r->out, NULL);
	json_out_text(&r->out, "id", snapshot->id);
	json_out_text(&r->out, "name", snapshot->name);
	api_out_links(r, &r->out, "snapshots", snapshot->id);
	json_out_end(&r->out);
}

static int list_snapshots(ApiRequest *r, bool detail, Fault *f)
{
	ShareList list = {.listing = &listing};
	int k;

	if (!share_asks_for_all(r, "all_tenants"))
		record_where_text(&list.query, "project_id", RECORD_EQ, r->caller.project_id);
	if (!share_list_read(r, &list, &k, f))
		return k;
	k = share_list_find(r, &list, f);
	if (k)
		return k;
	json_out_begin(&r->out, NULL);
	json_out_list_begin(&r->out, "snapshots");
	for (size_t i = 0; !k && i < list.rows.count; i++) {
		if (detail)
			k = out_snapshot(r, NULL, list.rows.records[i], f);
		else
			out_short(r, list.rows.records[i]);
	}
	json_out_list_end(&r->out);
	if (!k)
		k = share_list_end(r, &list, f);
	if (k)
		return k;
	json_out_end(&r->out);
	api_reply(r, 200);
	return 0;
}

static int snapshots_list(ApiRequest *r, Fault *f)
{
	return list_snapshots(r, false, f);
}

static int snapshots_detail(ApiRequest *r, Fault *f)
{
	return list_snapshots(r, true, f);
}

static int snapshot_show(ApiRequest *r, Fault *f)
{
	ShareSnapshot *snapshot;
	int k = service_find_share_snapshot(&r->work, api_param(r, "share_snapshot_id"), &snapshot,
					    f);

	return reply_snapshot(r, k, 200, snapshot, f);
}

static int snapshot_create(ApiRequest *r, Fault *f)
{
	const CreateSnapshot *in;
	ShareSnapshotWish wish;
	ShareSnapshot *snapshot;
	bool force;
	void *body;
	int k;

	if (!share_read_wrapped(r, "snapshot", &create_fields, &body))
		return 0;
	in = body;
	if (in->force && !share_read_bool(r, in->force, &force))
		return 0;
	wish = (ShareSnapshotWish){
		.share_id = in->share_id,
		.name = in->name ? in->name : in->display_name,
		.description = in->description ? in->description : in->display_description,
		.metadata = &in->metadata,
	};
	k = service_create_share_snapshot(&r->work, &wish, &snapshot, f);
	return reply_snapshot(r, k, 202, snapshot, f);
}

static int snapshot_change(ApiRequest *r, Fault *f)
{
	const UpdateSnapshot *in;
	ShareSnapshotChange change;
	ShareSnapshot *snapshot;
	void *body;
	int k;

	if (!share_read_wrapped(r, "snapshot", &update_fields, &body))
		return 0;
	in = body;
	change = (ShareSnapshotChange){
		.name = in->display_name,
		.description = in->display_description,
		.has_name = in->has_display_name,
		.has_description = in->has_display_description,
	};
	k = service_change_share_snapshot(&r->work, api_param(r, "share_snapshot_id"), &change,
					  &snapshot, f);
	return reply_snapshot(r, k, 200, snapshot, f);
}

static int snapshot_remove(ApiRequest *r, Fault *f)
{
	return share_reply_accepted(
		r, service_delete_share_snapshot(&r->work, api_param(r, "share_snapshot_id"), false,
						 f));
}

static const ApiRoute routes[] = {
	{.method = "GET",
	 .pattern = "/snapshots",
	 .policy = "share_snapshot:get_all_snapshots",
	 .rule = API_RULE_READER,
	 .mode = API_READ,
	 .handle = snapshots_list},
	{.method = "GET",
	 .pattern = "/snapshots/detail",
	 .policy = "share_snapshot:get_all_snapshots",
	 .rule = API_RULE_READER,
	 .mode = API_READ,
	 .handle = snapshots_detail},
	{.method = "GET",
	 .pattern = "/snapshots/{share_snapshot_id}",
	 .policy = "share_snapshot:get_snapshot",
	 .rule = API_RULE_READER,
	 .mode = API_READ,
	 .handle = snapshot_show},
	{.method = "POST",
	 .pattern = "/snapshots",
	 .policy = "share:create_snapshot",
	 .rule = API_RULE_MEMBER,
	 .mode = API_WRITE,
	 .body = &api_any_object,
	 .handle = snapshot_create},
	{.method = "PUT",
	 .pattern = "/snapshots/{share_snapshot_id}",
	 .policy = "share:snapshot_update",
	 .rule = API_RULE_MEMBER,
	 .mode = API_WRITE,
	 .body = &api_any_object,
	 .handle = snapshot_change},
	{.method = "DELETE",
	 .pattern = "/snapshots/{share_snapshot_id}",
	 .policy = "share:delete_snapshot",
	 .rule = API_RULE_MEMBER,
	 .mode = API_WRITE,
	 .handle = snapshot_remove},
};
const ApiRoutes share_snapshot_routes = API_ROUTES(routes);
