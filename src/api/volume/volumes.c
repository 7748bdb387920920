/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Volumes: show, create, update, delete.
 *
 * Before 3.53 a create body may hold members that nobody knows: old clients send some that only the
 * service may set.
 */
#include "api/volume/priv.h"

typedef struct CreateVolume {
	const char *size; /* JSON of a number or of a string of digits */
	const char *name;
	const char *display_name;
	const char *description;
	const char *display_description;
	const char *type;
	const char *snapshot_id;
	const char *source_volid;
	const char *consistencygroup_id;
	const char *group_id;
	const char *backup_id;
	const char *image_ref;
	const char *image_id;
	const char *availability_zone;
	JsonTextMap metadata;
	bool multiattach;
} CreateVolume;

typedef struct CreateBody {
	const CreateVolume *volume;
	const void *hints; /* there is one place for a volume: nothing to hint at */
} CreateBody;

#define NULLABLE_TEXT(key, member)                                                                 \
	{                                                                                          \
		.name = (key), .type = JSON_TEXT, .flags = JSON_NULLABLE, .max = LIMIT_NAME_CHARS, \
		.offset = offsetof(CreateVolume, member)                                           \
	}
#define NULLABLE_UUID(key, member)                                                                 \
	{                                                                                          \
		.name = (key), .type = JSON_TEXT, .format = JSON_FORMAT_UUID,                      \
		.flags = JSON_NULLABLE, .offset = offsetof(CreateVolume, member)                   \
	}

static const JsonField create_rows[] = {
	{.name = "size", .type = JSON_ANY, .offset = offsetof(CreateVolume, size)},
	NULLABLE_TEXT("name", name),
	NULLABLE_TEXT("display_name", display_name),
	NULLABLE_TEXT("description", description),
	NULLABLE_TEXT("display_description", display_description),
	NULLABLE_TEXT("volume_type", type),
	NULLABLE_UUID("snapshot_id", snapshot_id),
	NULLABLE_UUID("source_volid", source_volid),
	NULLABLE_UUID("consistencygroup_id", consistencygroup_id),
	{.name = "group_id",
	 .type = JSON_TEXT,
	 .format = JSON_FORMAT_UUID,
	 .flags = JSON_NULLABLE,
	 .since = V(13),
	 .offset = offsetof(CreateVolume, group_id)},
	{.name = "backup_id",
	 .type = JSON_TEXT,
	 .format = JSON_FORMAT_UUID,
	 .flags = JSON_NULLABLE,
	 .since = V(47),
	 .offset = offsetof(CreateVolume, backup_id)},
	NULLABLE_TEXT("imageRef", image_ref),
	NULLABLE_TEXT("image_id", image_id),
	NULLABLE_TEXT("availability_zone", availability_zone),
	{.name = "metadata",
	 .type = JSON_TEXT_MAP,
	 .format = JSON_FORMAT_METADATA_PATH,
	 .flags = JSON_NULLABLE,
	 .value_max = LIMIT_NAME_CHARS,
	 .max = LIMIT_METADATA_ITEMS,
	 .offset = offsetof(CreateVolume, metadata)},
	{.name = "multiattach",
	 .type = JSON_BOOL_LOOSE,
	 .flags = JSON_NULLABLE | JSON_LETTERS,
	 .offset = offsetof(CreateVolume, multiattach)},
};
static const JsonFields create_fields = {
	.rows = create_rows,
	.count = ARRAY_SIZE(create_rows),
	.size = sizeof(CreateVolume),
	.open = true,
	.open_until = V(52),
};

static const JsonField create_body_rows[] = {
	{.name = "volume",
	 .type = JSON_OBJECT,
	 .flags = JSON_REQUIRED,
	 .fields = &create_fields,
	 .offset = offsetof(CreateBody, volume)},
	{.name = "OS-SCH-HNT:scheduler_hints",
	 .type = JSON_OBJECT,
	 .flags = JSON_NULLABLE,
	 .fields = &api_any_object,
	 .offset = offsetof(CreateBody, hints)},
};
static const JsonFields create_body_fields = JSON_FIELDS(create_body_rows, CreateBody);

typedef struct UpdateVolume {
	const char *name;
	const char *display_name;
	const char *description;
	const char *display_description;
	JsonTextMap metadata;
	bool has_name;
	bool has_display_name;
	bool has_description;
	bool has_display_description;
	bool has_metadata;
} UpdateVolume;

typedef struct UpdateBody {
	const UpdateVolume *volume;
} UpdateBody;

#define CHANGED_TEXT(member)                                                                       \
	{                                                                                          \
		.name = #member, .type = JSON_TEXT, .flags = JSON_NULLABLE,                        \
		.max = LIMIT_NAME_CHARS, .offset = offsetof(UpdateVolume, member),                 \
		.present = JSON_PRESENT(UpdateVolume, has_##member)                                \
	}

static const JsonField update_rows[] = {
	CHANGED_TEXT(name),
	CHANGED_TEXT(display_name),
	CHANGED_TEXT(description),
	CHANGED_TEXT(display_description),
	{.name = "metadata",
	 .type = JSON_TEXT_MAP,
	 .format = JSON_FORMAT_METADATA_PATH,
	 .flags = JSON_NULLABLE,
	 .value_max = LIMIT_NAME_CHARS,
	 .max = LIMIT_METADATA_ITEMS,
	 .offset = offsetof(UpdateVolume, metadata),
	 .present = JSON_PRESENT(UpdateVolume, has_metadata)},
};
static const JsonFields update_fields = JSON_FIELDS(update_rows, UpdateVolume);

static const JsonField update_body_rows[] = {
	{.name = "volume",
	 .type = JSON_OBJECT,
	 .flags = JSON_REQUIRED,
	 .fields = &update_fields,
	 .offset = offsetof(UpdateBody, volume)},
};
static const JsonFields update_body_fields = JSON_FIELDS(update_body_rows, UpdateBody);

static int reply_volume(ApiRequest *r, unsigned status, const Volume *volume, bool full, Fault *f)
{
	int k;

	json_out_begin(&r->out, NULL);
	k = volume_out(r, "volume", volume, full, f);
	if (k)
		return k;
	json_out_end(&r->out);
	api_reply(r, status);
	return 0;
}

static int volume_show(ApiRequest *r, Fault *f)
{
	Volume *volume;
	int k = service_find_volume(&r->work, api_param(r, "volume_id"), &volume, f);

	return k ? k : reply_volume(r, 200, volume, true, f);
}

/* A JSON string without its quotes; anything else as it is. */
static const char *unquoted(Arena *arena, const char *json)
{
	size_t length = strlen(json);

	return *json == '"' ? arena_strndup(arena, json + 1, length - 2) : json;
}

/*
 * The size of a volume: a number or a string of digits; 0 when none is given, which a snapshot or
 * another volume makes good. False after a 400.
 */
static bool read_size(ApiRequest *r, const CreateVolume *wish, int64_t *ret)
{
	const char *text;

	if (!wish->size || str_eq(wish->size, "null")) {
		*ret = 0;
		if (!wish->snapshot_id && !wish->source_volid)
			(void)api_complain(r, API_BAD_REQUEST, NULL, NULL, NULL); /* 0 */
		return wish->snapshot_id || wish->source_volid;
	}
	text = unquoted(r->arena, wish->size);
	if (str_parse_i64(text, ret) && *ret >= 1 && *ret <= INT32_MAX)
		return true;
	(void)api_refuse(r, 400,
			 "Invalid input received: Invalid volume size provided for create request: "
			 "%s (size argument must be an integer (or string representation of an "
			 "integer) and greater than zero).",
			 text); /* 0 */
	return false;
}

/* There are no groups and no backups: none can be found. False after a 404. */
static bool check_absent(ApiRequest *r, const CreateVolume *wish)
{
	if (wish->consistencygroup_id)
		(void)api_refuse(r, 404, "ConsistencyGroup %s could not be found.",
				 wish->consistencygroup_id); /* 0 */
	else if (wish->group_id)
		(void)api_refuse(r, 404, "Group %s could not be found.", wish->group_id); /* 0 */
	else if (wish->backup_id)
		(void)api_refuse(r, 404, "Backup %s could not be found.", wish->backup_id); /* 0 */
	else
		return true;
	return false;
}

static int volume_create(ApiRequest *r, Fault *f)
{
	const CreateVolume *in = ((const CreateBody *)r->body)->volume;
	const char *name = in->name ? in->name : in->display_name;
	const char *text = in->description ? in->description : in->display_description;
	const char *image = str_empty(in->image_ref) ? in->image_id : in->image_ref;
	VolumeWish wish = {
		.name = arena_stripped(r->arena, name),
		.description = arena_stripped(r->arena, text),
		.type = str_empty(in->type) ? NULL : in->type,
		.snapshot_id = in->snapshot_id,
		.source_id = in->source_volid,
		.image_ref = str_empty(image) ? NULL : image,
		.availability_zone = in->availability_zone,
		.metadata = &in->metadata,
	};
	Volume *volume;
	int k;

	if (in->multiattach)
		return api_refuse(
			r, 400,
			"multiattach parameter has been removed. The default behavior is to use "
			"multiattach enabled volume types. Contact your administrator to create a "
			"multiattach enabled volume type and use it to create multiattach "
			"volumes.");
	if (!check_absent(r, in) || !read_size(r, in, &wish.size_gib))
		return 0;
	k = service_create_volume(&r->work, &wish, &volume, f);
	return k ? k : reply_volume(r, 202, volume, false, f);
}

static int volume_update_handler(ApiRequest *r, Fault *f)
{
	const UpdateVolume *in = ((const UpdateBody *)r->body)->volume;
	VolumeChange change = {
		.name = arena_stripped(r->arena, in->has_name ? in->name : in->display_name),
		.description = arena_stripped(
			r->arena, in->has_description ? in->description : in->display_description),
		.has_name = in->has_name || in->has_display_name,
		.has_description = in->has_description || in->has_display_description,
		.metadata = in->has_metadata ? &in->metadata : NULL,
	};
	Volume *volume;
	int k;

	if (r->version >= V(53) && !change.has_name && !change.has_description && !change.metadata)
		return api_refuse(r, 400,
				  "Invalid input for field/attribute volume. Value: {}. {} is not "
				  "valid under any of the given schemas");
	k = service_change_volume(&r->work, api_param(r, "volume_id"), &change, &volume, f);
	return k ? k : reply_volume(r, 200, volume, false, f);
}

/* Only admins may use force, and only from 3.23 on; before, nobody knows the word. */
static int volume_remove(ApiRequest *r, Fault *f)
{
	bool cascade, force = false;
	unsigned how;
	int k;

	if (!volume_query_bool(r, "cascade", false, &cascade))
		return 0;
	if (r->version >= V(23) && !volume_query_bool(r, "force", false, &force))
		return 0;
	if (force && !api_allows(r, API_RULE_ADMIN))
		return api_complain(r, API_DENIED, "volume:force_delete", NULL, NULL);
	how = (cascade ? VOLUME_DELETE_CASCADE : 0) | (force ? VOLUME_DELETE_FORCE : 0);
	k = service_delete_volume(&r->work, api_param(r, "volume_id"), how, f);
	if (k)
		return k;
	api_reply(r, 202);
	return 0;
}

static const ApiRoute routes[] = {
	{.method = "GET",
	 .pattern = "/volumes/{volume_id}",
	 .policy = "volume:get",
	 .rule = API_RULE_READER,
	 .mode = API_READ,
	 .handle = volume_show},
	{.method = "POST",
	 .pattern = "/volumes",
	 .policy = "volume:create",
	 .rule = API_RULE_MEMBER,
	 .mode = API_WRITE,
	 .body = &create_body_fields,
	 .handle = volume_create},
	{.method = "PUT",
	 .pattern = "/volumes/{volume_id}",
	 .policy = "volume:update",
	 .rule = API_RULE_MEMBER,
	 .mode = API_WRITE,
	 .body = &update_body_fields,
	 .handle = volume_update_handler},
	{.method = "DELETE",
	 .pattern = "/volumes/{volume_id}",
	 .policy = "volume:delete",
	 .rule = API_RULE_MEMBER,
	 .mode = API_WRITE,
	 .handle = volume_remove},
};
const ApiRoutes volume_volume_routes = API_ROUTES(routes);
