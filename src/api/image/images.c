/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Images: show, create, delete, and what one looks like. Members that the service does not know
 * are the image's own properties, and always texts.
 */
#include "api/image/priv.h"

typedef struct CreateBody {
	const char *id;
	const char *name;
	const char *visibility;
	const char *disk_format;
	const char *container_format;
	int64_t min_disk;
	int64_t min_ram;
	bool is_protected;
	bool hidden;
	JsonList tags;
} CreateBody;

static const char *const visibilities[] = {"public", "private", "shared", "community", NULL};
static const char *const disk_formats[] = {"raw", "qcow2", "aki", "ari", NULL};
static const char *const container_formats[] = {"bare", "aki", "ari", NULL};

static const JsonField create_rows[] = {
	{.name = "id",
	 .type = JSON_TEXT,
	 .format = JSON_FORMAT_UUID,
	 .offset = offsetof(CreateBody, id)},
	{.name = "name",
	 .type = JSON_TEXT,
	 .flags = JSON_NULLABLE,
	 .max = LIMIT_NAME_CHARS,
	 .offset = offsetof(CreateBody, name)},
	{.name = "visibility",
	 .type = JSON_TEXT,
	 .choices = visibilities,
	 .offset = offsetof(CreateBody, visibility)},
	{.name = "disk_format",
	 .type = JSON_TEXT,
	 .flags = JSON_REQUIRED,
	 .choices = disk_formats,
	 .offset = offsetof(CreateBody, disk_format)},
	{.name = "container_format",
	 .type = JSON_TEXT,
	 .flags = JSON_REQUIRED,
	 .choices = container_formats,
	 .offset = offsetof(CreateBody, container_format)},
	{.name = "min_disk",
	 .type = JSON_INT,
	 .max = INT32_MAX,
	 .offset = offsetof(CreateBody, min_disk)},
	{.name = "min_ram",
	 .type = JSON_INT,
	 .max = INT32_MAX,
	 .offset = offsetof(CreateBody, min_ram)},
	{.name = "protected", .type = JSON_BOOL, .offset = offsetof(CreateBody, is_protected)},
	{.name = "os_hidden", .type = JSON_BOOL, .offset = offsetof(CreateBody, hidden)},
	{.name = "tags",
	 .type = JSON_LIST,
	 .item = JSON_TEXT,
	 .max = LIMIT_METADATA_ITEMS,
	 .value_max = LIMIT_NAME_CHARS,
	 .offset = offsetof(CreateBody, tags)},
};
static const JsonFields create_fields = {
	.rows = create_rows,
	.count = ARRAY_SIZE(create_rows),
	.size = sizeof(CreateBody),
	.open = true, /* the rest are properties: read_properties() */
};

/* What the service says of an image; a client may not set it. */
static const char *const read_only[] = {
	"status",        "size",       "virtual_size", "checksum",  "os_hash_algo",
	"os_hash_value", "created_at", "updated_at",   "self",      "file",
	"schema",        "owner",      "location",     "locations", "direct_url",
};

static void print_hash_algo(JsonOut *out, const char *key, const void *object,
			    const void *context _unused_)
{
	const Image *image = object;

	json_out_text(out, key, image->hash ? "sha512" : NULL);
}

static void print_size(JsonOut *out, const char *key, const void *object,
		       const void *context _unused_)
{
	const Image *image = object;

	if (image->size_bytes < 0)
		json_out_null(out, key);
	else
		json_out_int(out, key, image->size_bytes);
}

static void print_virtual_size(JsonOut *out, const char *key, const void *object,
			       const void *context _unused_)
{
	const Image *image = object;

	if (image->virtual_size_bytes < 0)
		json_out_null(out, key);
	else
		json_out_int(out, key, image->virtual_size_bytes);
}

static void print_properties(JsonOut *out, const char *key _unused_, const void *object,
			     const void *context)
{
	const Image *image = object;
	const ApiRequest *r = context;
	JsonTextMap properties = json_text_map(r->arena, image->properties);

	for (size_t i = 0; i < properties.count; i++)
		json_out_text(out, properties.pairs[i].key, properties.pairs[i].value);
}

static void print_addresses(JsonOut *out, const char *key _unused_, const void *object,
			    const void *context _unused_)
{
	const Image *image = object;

	json_out_printf(out, "self", "/v2/images/%s", image->id);
	json_out_printf(out, "file", "/v2/images/%s/file", image->id);
	json_out_text(out, "schema", "/v2/schemas/image");
}

static const JsonOutField image_reply[] = {
	{.name = "id", .type = JSON_OUT_TEXT, .offset = offsetof(Image, id)},
	{.name = "name", .type = JSON_OUT_TEXT, .offset = offsetof(Image, name)},
	{.name = "status",
	 .type = JSON_OUT_ENUM,
	 .names = &image_status_names,
	 .offset = offsetof(Image, status)},
	{.name = "visibility",
	 .type = JSON_OUT_ENUM,
	 .names = &image_visibility_names,
	 .offset = offsetof(Image, visibility)},
	{.name = "owner", .type = JSON_OUT_TEXT, .offset = offsetof(Image, owner)},
	{.name = "disk_format",
	 .type = JSON_OUT_ENUM,
	 .names = &disk_format_names,
	 .offset = offsetof(Image, disk_format)},
	{.name = "container_format",
	 .type = JSON_OUT_TEXT,
	 .offset = offsetof(Image, container_format)},
	{.name = "size", .type = JSON_OUT_CALL, .print = print_size},
	{.name = "virtual_size", .type = JSON_OUT_CALL, .print = print_virtual_size},
	{.name = "checksum", .type = JSON_OUT_TEXT, .offset = offsetof(Image, checksum)},
	{.name = "os_hash_algo", .type = JSON_OUT_CALL, .print = print_hash_algo},
	{.name = "os_hash_value", .type = JSON_OUT_TEXT, .offset = offsetof(Image, hash)},
	{.name = "min_disk", .type = JSON_OUT_INT, .offset = offsetof(Image, min_disk_gib)},
	{.name = "min_ram", .type = JSON_OUT_INT, .offset = offsetof(Image, min_ram_mib)},
	{.name = "protected", .type = JSON_OUT_BOOL, .offset = offsetof(Image, is_protected)},
	{.name = "os_hidden", .type = JSON_OUT_BOOL, .offset = offsetof(Image, hidden)},
	{.name = "tags", .type = JSON_OUT_LIST, .offset = offsetof(Image, tags)},
	{.name = "created_at", .type = JSON_OUT_SECONDS_Z, .offset = offsetof(Image, created_us)},
	{.name = "updated_at", .type = JSON_OUT_SECONDS_Z, .offset = offsetof(Image, updated_us)},
	{.name = "self", .type = JSON_OUT_CALL, .print = print_addresses},
	{.name = "properties", .type = JSON_OUT_CALL, .print = print_properties},
};

void image_out(ApiRequest *r, const char *key, const Image *image)
{
	JsonOutView view = {.context = r};

	json_out_begin(&r->out, key);
	json_out_fields(&r->out, image_reply, ARRAY_SIZE(image_reply), image, &view);
	json_out_end(&r->out);
}

static bool is_known(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(create_rows); i++)
		if (str_eq(create_rows[i].name, name))
			return true;
	return false;
}

static bool is_read_only(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(read_only); i++)
		if (str_eq(read_only[i], name))
			return true;
	return false;
}

/* Everything in the body that is not a member of the service's. False after a refusal. */
static bool read_properties(ApiRequest *r, JsonTextMap *ret)
{
	size_t count = json_member_count(r->doc);

	ret->pairs = ARENA_ARRAY(r->arena, JsonPair, count);
	for (size_t i = 0; i < count; i++) {
		const char *name = json_member_name(r->arena, r->doc, i), *value;

		if (is_known(name))
			continue;
		if (is_read_only(name)) {
			(void)api_refuse(r, 403, "Attribute '%s' is read-only.",
					 name); /* always 0 */
			return false;
		}
		value = json_member_text(r->arena, r->doc, i);
		if (!value || !*name || str_utf8_length(name) > LIMIT_NAME_CHARS ||
		    ret->count == LIMIT_METADATA_ITEMS) {
			(void)api_refuse(
				r, 400,
				"Property '%s' is refused: properties are at most %d texts "
				"with names of at most %d characters",
				name, LIMIT_METADATA_ITEMS, LIMIT_NAME_CHARS); /* always 0 */
			return false;
		}
		ret->pairs[ret->count++] = (JsonPair){.key = name, .value = value};
	}
	return true;
}

static int create(ApiRequest *r, Fault *f)
{
	const CreateBody *body = r->body;
	ImageWish wish = {
		.id = body->id,
		.name = body->name,
		.visibility = body->visibility ? (ImageVisibility)enum_value(
							 &image_visibility_names, body->visibility)
					       : IMAGE_SHARED,
		.disk_format = (DiskFormat)enum_value(&disk_format_names, body->disk_format),
		.container_format = body->container_format,
		.min_disk_gib = body->min_disk,
		.min_ram_mib = body->min_ram,
		.is_protected = body->is_protected,
		.hidden = body->hidden,
		.tags = body->tags.items,
		.tag_count = body->tags.count,
	};
	Image *image;
	int k;

	if (!read_properties(r, &wish.properties))
		return 0;
	k = service_create_image(&r->work, &wish, &image, f);
	if (k)
		return k;
	image_out(r, NULL, image);
	api_reply_header(r, "Location",
			 arena_printf(r->arena, "%s/images/%s", api_prefix_url(r), image->id));
	api_reply(r, 201);
	return 0;
}

static int show(ApiRequest *r, Fault *f)
{
	Image *image;
	int k;

	k = service_find_image(&r->work, api_param(r, "image_id"), &image, f);
	if (k)
		return k;
	image_out(r, NULL, image);
	api_reply(r, 200);
	return 0;
}

static int delete (ApiRequest *r, Fault *f)
{
	int k = service_delete_image(&r->work, api_param(r, "image_id"), f);

	if (k)
		return k;
	api_reply(r, 204);
	return 0;
}

static const ApiRoute routes[] = {
	{.method = "POST",
	 .pattern = "/images",
	 .policy = "add_image",
	 .rule = API_RULE_MEMBER,
	 .mode = API_WRITE,
	 .body = &create_fields,
	 .handle = create},
	{.method = "GET",
	 .pattern = "/images/{image_id}",
	 .policy = "get_image",
	 .rule = API_RULE_READER,
	 .mode = API_READ,
	 .handle = show},
	{.method = "DELETE",
	 .pattern = "/images/{image_id}",
	 .policy = "delete_image",
	 .rule = API_RULE_MEMBER,
	 .mode = API_WRITE,
	 .handle = delete},
};
const ApiRoutes image_routes = API_ROUTES(routes);
