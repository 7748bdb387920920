/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Snapshots: create, list, show, update, delete.
 *
 * From 3.66 on a volume in use needs no force, and to forbid what is always allowed is refused.
 */
#include "api/volume/filters.h"
#include "service/snapshot.h"

/* --- replies --- */

static void print_true(JsonOut *out, const char *key, const void *object _unused_,
		       const void *context _unused_)
{
	json_out_bool(out, key, true);
}

static const JsonOutField reply[] = {
	{.name = "id", .type = JSON_OUT_TEXT, .offset = offsetof(Snapshot, id)},
	{.name = "created_at", .type = JSON_OUT_MICROS, .offset = offsetof(Snapshot, created_us)},
	{.name = "updated_at", .type = JSON_OUT_MICROS, .offset = offsetof(Snapshot, updated_us)},
	{.name = "name", .type = JSON_OUT_TEXT, .offset = offsetof(Snapshot, name)},
	{.name = "description", .type = JSON_OUT_TEXT, .offset = offsetof(Snapshot, description)},
	{.name = "volume_id", .type = JSON_OUT_TEXT, .offset = offsetof(Snapshot, volume_id)},
	{.name = "status",
	 .type = JSON_OUT_ENUM,
	 .offset = offsetof(Snapshot, status),
	 .names = &snapshot_status_names},
	{.name = "size", .type = JSON_OUT_INT, .offset = offsetof(Snapshot, size_gib)},
	{.name = "metadata", .type = JSON_OUT_MAP, .offset = offsetof(Snapshot, metadata)},
};

/* Not in the short list. */
static const JsonOutField more_reply[] = {
	{.name = "group_snapshot_id", .type = JSON_OUT_NULL, .since = V(14)},
	{.name = "user_id",
	 .type = JSON_OUT_TEXT,
	 .since = V(41),
	 .offset = offsetof(Snapshot, user_id)},
	{.name = "consumes_quota", .type = JSON_OUT_CALL, .since = V(65), .print = print_true},
};

/* The extension members, of show and detail. */
static const JsonOutField full_reply[] = {
	{.name = "os-extended-snapshot-attributes:project_id",
	 .type = JSON_OUT_TEXT,
	 .offset = offsetof(Snapshot, project_id)},
	{.name = "os-extended-snapshot-attributes:progress",
	 .type = JSON_OUT_TEXT,
	 .offset = offsetof(Snapshot, progress)},
};

typedef enum Detail { DETAIL_SHORT, DETAIL_MORE, DETAIL_FULL } Detail;

static void snapshot_out(ApiRequest *r, const char *key, const Snapshot *snapshot, Detail detail)
{
	JsonOutView view = {.version = r->version, .audience = api_audience(r)};

	json_out_begin(&r->out, key);
	json_out_fields(&r->out, reply, ARRAY_SIZE(reply), snapshot, &view);
	if (detail >= DETAIL_MORE)
		json_out_fields(&r->out, more_reply, ARRAY_SIZE(more_reply), snapshot, &view);
	if (detail == DETAIL_FULL)
		json_out_fields(&r->out, full_reply, ARRAY_SIZE(full_reply), snapshot, &view);
	json_out_end(&r->out);
}

static int reply_snapshot(ApiRequest *r, unsigned status, const Snapshot *snapshot, Detail detail)
{
	json_out_begin(&r->out, NULL);
	snapshot_out(r, "snapshot", snapshot, detail);
	json_out_end(&r->out);
	api_reply(r, status);
	return 0;
}

/* --- lists --- */

/* Snapshots are where their volumes are, and there is one place. */
static bool add_zone(ApiRequest *r, RecordQuery *query, const char *value)
{
	if (!str_eq(value, r->work.settings->availability_zone))
		volume_filter_nothing(query);
	return true;
}

static const VolumeFilter filters[] = {
	{.name = "name", .column = "name"},
	{.name = "status", .column = "status"},
	{.name = "volume_id", .column = "volume_id"},
	{.name = "metadata", .column = "metadata", .kind = VOLUME_FILTER_MAP, .since = V(22)},
	{.name = "availability_zone", .kind = VOLUME_FILTER_CALL, .add = add_zone},
	{.name = "consumes_quota",
	 .kind = VOLUME_FILTER_CALL,
	 .since = V(65),
	 .add = volume_filter_consumes_quota},
	{0},
};

static const VolumeSortKey sort_keys[] = {
	{"created_at", "created_us"},
	{"updated_at", "updated_us"},
	{"id", "id"},
	{"name", "name"},
	{"display_name", "name"},
	{"status", "status"},
	{"volume_id", "volume_id"},
	{"volume_size", "size_gib"},
	{"user_id", "user_id"},
	{"project_id", "project_id"},
	{0},
};

const VolumeListing snapshot_listing = {
	.resource = "snapshot",
	.links = "snapshots_links",
	.table = &snapshot_table,
	.filters = filters,
	.sort_keys = sort_keys,
	.no_marker = REFUSAL_NO_SNAPSHOT,
};

static int print_short(ApiRequest *r, const void *row, _unused_ Fault *f)
{
	snapshot_out(r, NULL, row, DETAIL_SHORT);
	return 0;
}

static int print_full(ApiRequest *r, const void *row, _unused_ Fault *f)
{
	snapshot_out(r, NULL, row, DETAIL_FULL);
	return 0;
}

static int list_snapshots(ApiRequest *r, VolumeRowPrint *print, Fault *f)
{
	VolumeList list = {.listing = &snapshot_listing};

	return volume_list_read(r, &list) ? volume_list_reply(r, &list, "snapshots", print, f) : 0;
}

static int snapshots_list(ApiRequest *r, Fault *f)
{
	return list_snapshots(r, print_short, f);
}

static int snapshots_detail(ApiRequest *r, Fault *f)
{
	return list_snapshots(r, print_full, f);
}

/* --- one --- */

static int snapshot_show(ApiRequest *r, Fault *f)
{
	Snapshot *snapshot;
	int k = service_find_snapshot(&r->work, api_param(r, "snapshot_id"), &snapshot, f);

	return k ? k : reply_snapshot(r, 200, snapshot, DETAIL_FULL);
}

typedef struct CreateSnapshot {
	const char *volume_id;
	const char *name;
	const char *display_name;
	const char *description;
	const char *display_description;
	JsonTextMap metadata;
	bool force;
	bool has_force;
} CreateSnapshot;

typedef struct CreateBody {
	const CreateSnapshot *snapshot;
} CreateBody;

#define NULLABLE_TEXT(Type, member)                                                                \
	{                                                                                          \
		.name = #member, .type = JSON_TEXT, .flags = JSON_NULLABLE,                        \
		.max = LIMIT_NAME_CHARS, .offset = offsetof(Type, member)                          \
	}

static const JsonField create_rows[] = {
	{.name = "volume_id",
	 .type = JSON_TEXT,
	 .format = JSON_FORMAT_UUID,
	 .flags = JSON_REQUIRED,
	 .offset = offsetof(CreateSnapshot, volume_id)},
	NULLABLE_TEXT(CreateSnapshot, name),
	NULLABLE_TEXT(CreateSnapshot, display_name),
	NULLABLE_TEXT(CreateSnapshot, description),
	NULLABLE_TEXT(CreateSnapshot, display_description),
	{.name = "force",
	 .type = JSON_BOOL_LOOSE,
	 .flags = JSON_NULLABLE | JSON_LETTERS,
	 .offset = offsetof(CreateSnapshot, force),
	 .present = JSON_PRESENT(CreateSnapshot, has_force)},
	{.name = "metadata",
	 .type = JSON_TEXT_MAP,
	 .format = JSON_FORMAT_METADATA_PATH,
	 .flags = JSON_NULLABLE,
	 .value_max = LIMIT_NAME_CHARS,
	 .max = LIMIT_METADATA_ITEMS,
	 .offset = offsetof(CreateSnapshot, metadata)},
};
/* Old clients send members of a volume along. */
static const JsonFields create_fields = {
	.rows = create_rows,
	.count = ARRAY_SIZE(create_rows),
	.size = sizeof(CreateSnapshot),
	.open = true,
};

static const JsonField create_body_rows[] = {
	{.name = "snapshot",
	 .type = JSON_OBJECT,
	 .flags = JSON_REQUIRED,
	 .fields = &create_fields,
	 .offset = offsetof(CreateBody, snapshot)},
};
static const JsonFields create_body_fields = JSON_FIELDS(create_body_rows, CreateBody);

static int snapshot_create(ApiRequest *r, Fault *f)
{
	const CreateSnapshot *in = ((const CreateBody *)r->body)->snapshot;
	const char *text = in->description ? in->description : in->display_description;
	SnapshotWish wish = {
		.volume_id = in->volume_id,
		.name = arena_stripped(r->arena, in->name ? in->name : in->display_name),
		.description = arena_stripped(r->arena, text),
		.metadata = &in->metadata,
		.force = in->force || r->version >= V(66),
	};
	Snapshot *snapshot;
	int k;

	if (r->version >= V(66) && in->has_force && !in->force)
		return api_refuse(r, 400,
				  "Invalid value 'False' for 'force': since microversion 3.66 a "
				  "volume may always be in use.");
	k = service_create_snapshot(&r->work, &wish, &snapshot, f);
	return k ? k : reply_snapshot(r, 202, snapshot, DETAIL_MORE);
}

typedef struct UpdateSnapshot {
	const char *name;
	const char *display_name;
	const char *description;
	const char *display_description;
	bool has_name;
	bool has_display_name;
	bool has_description;
	bool has_display_description;
} UpdateSnapshot;

typedef struct UpdateBody {
	const UpdateSnapshot *snapshot;
} UpdateBody;

#define CHANGED_TEXT(member)                                                                       \
	{                                                                                          \
		.name = #member, .type = JSON_TEXT, .flags = JSON_NULLABLE,                        \
		.max = LIMIT_NAME_CHARS, .offset = offsetof(UpdateSnapshot, member),               \
		.present = JSON_PRESENT(UpdateSnapshot, has_##member)                              \
	}

static const JsonField update_rows[] = {
	CHANGED_TEXT(name),
	CHANGED_TEXT(display_name),
	CHANGED_TEXT(description),
	CHANGED_TEXT(display_description),
};
static const JsonFields update_fields = JSON_FIELDS(update_rows, UpdateSnapshot);

static const JsonField update_body_rows[] = {
	{.name = "snapshot",
	 .type = JSON_OBJECT,
	 .flags = JSON_REQUIRED,
	 .fields = &update_fields,
	 .offset = offsetof(UpdateBody, snapshot)},
};
static const JsonFields update_body_fields = JSON_FIELDS(update_body_rows, UpdateBody);

static int snapshot_update_handler(ApiRequest *r, Fault *f)
{
	const UpdateSnapshot *in = ((const UpdateBody *)r->body)->snapshot;
	SnapshotChange change = {
		.name = arena_stripped(r->arena, in->has_name ? in->name : in->display_name),
		.description = arena_stripped(
			r->arena, in->has_description ? in->description : in->display_description),
		.has_name = in->has_name || in->has_display_name,
		.has_description = in->has_description || in->has_display_description,
	};
	Snapshot *snapshot;
	int k;

	if (!change.has_name && !change.has_description)
		return api_refuse(r, 400,
				  "Invalid input for field/attribute snapshot. Value: {}. {} does "
				  "not have enough properties");
	k = service_change_snapshot(&r->work, api_param(r, "snapshot_id"), &change, &snapshot, f);
	return k ? k : reply_snapshot(r, 200, snapshot, DETAIL_MORE);
}

static int snapshot_remove_handler(ApiRequest *r, Fault *f)
{
	int k = service_delete_snapshot(&r->work, api_param(r, "snapshot_id"), false, f);

	if (k)
		return k;
	api_reply(r, 202);
	return 0;
}

static const ApiRoute routes[] = {
	{.method = "GET",
	 .pattern = "/snapshots",
	 .policy = "volume:get_all_snapshots",
	 .rule = API_RULE_READER,
	 .mode = API_READ,
	 .handle = snapshots_list},
	{.method = "GET",
	 .pattern = "/snapshots/detail",
	 .policy = "volume:get_all_snapshots",
	 .rule = API_RULE_READER,
	 .mode = API_READ,
	 .handle = snapshots_detail},
	{.method = "POST",
	 .pattern = "/snapshots",
	 .policy = "volume:create_snapshot",
	 .rule = API_RULE_MEMBER,
	 .mode = API_WRITE,
	 .body = &create_body_fields,
	 .handle = snapshot_create},
	{.method = "GET",
	 .pattern = "/snapshots/{snapshot_id}",
	 .policy = "volume:get_snapshot",
	 .rule = API_RULE_READER,
	 .mode = API_READ,
	 .handle = snapshot_show},
	{.method = "PUT",
	 .pattern = "/snapshots/{snapshot_id}",
	 .policy = "volume:update_snapshot",
	 .rule = API_RULE_MEMBER,
	 .mode = API_WRITE,
	 .body = &update_body_fields,
	 .handle = snapshot_update_handler},
	{.method = "DELETE",
	 .pattern = "/snapshots/{snapshot_id}",
	 .policy = "volume:delete_snapshot",
	 .rule = API_RULE_MEMBER,
	 .mode = API_WRITE,
	 .handle = snapshot_remove_handler},
};
const ApiRoutes volume_snapshot_routes = API_ROUTES(routes);
