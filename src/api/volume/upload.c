/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * POST /volumes/{id}/action: os-volume_upload_image, which makes an image of a volume.
 *
 * Before 3.1 the body says nothing of visibility and protection; then an image is shared, as the
 * image service makes them, later it is private.
 */
#include "api/volume/priv.h"

typedef struct UploadFields {
	const char *image_name;
	const char *disk_format;
	const char *container_format;
	const char *visibility;
	bool force;
	bool is_protected;
} UploadFields;

typedef struct UploadBody {
	const UploadFields *upload;
} UploadBody;

static const char *const disk_formats[] = {"raw", "qcow2", NULL};
static const char *const container_formats[] = {"bare", NULL};
static const char *const visibilities[] = {"community", "public", "private", "shared", NULL};

static const JsonField upload_rows[] = {
	{.name = "image_name",
	 .type = JSON_TEXT,
	 .flags = JSON_REQUIRED,
	 .min = 1,
	 .max = LIMIT_NAME_CHARS,
	 .offset = offsetof(UploadFields, image_name)},
	{.name = "force",
	 .type = JSON_BOOL_LOOSE,
	 .flags = JSON_NULLABLE | JSON_LETTERS,
	 .offset = offsetof(UploadFields, force)},
	{.name = "disk_format",
	 .type = JSON_TEXT,
	 .flags = JSON_NULLABLE,
	 .choices = disk_formats,
	 .offset = offsetof(UploadFields, disk_format)},
	{.name = "container_format",
	 .type = JSON_TEXT,
	 .flags = JSON_NULLABLE,
	 .choices = container_formats,
	 .offset = offsetof(UploadFields, container_format)},
	{.name = "visibility",
	 .type = JSON_TEXT,
	 .flags = JSON_NULLABLE,
	 .choices = visibilities,
	 .since = V(1),
	 .offset = offsetof(UploadFields, visibility)},
	{.name = "protected",
	 .type = JSON_BOOL_LOOSE,
	 .flags = JSON_NULLABLE | JSON_LETTERS,
	 .since = V(1),
	 .offset = offsetof(UploadFields, is_protected)},
};
static const JsonFields upload_fields = JSON_FIELDS(upload_rows, UploadFields);

static const JsonField upload_body_rows[] = {
	{.name = "os-volume_upload_image",
	 .type = JSON_OBJECT,
	 .flags = JSON_REQUIRED,
	 .fields = &upload_fields,
	 .offset = offsetof(UploadBody, upload)},
};
static const JsonFields upload_body_fields = JSON_FIELDS(upload_body_rows, UploadBody);

static const JsonOutField volume_reply[] = {
	{.name = "id", .type = JSON_OUT_TEXT, .offset = offsetof(Volume, id)},
	{.name = "updated_at", .type = JSON_OUT_MICROS, .offset = offsetof(Volume, updated_us)},
	{.name = "status",
	 .type = JSON_OUT_ENUM,
	 .offset = offsetof(Volume, status),
	 .names = &volume_status_names},
	{.name = "display_description",
	 .type = JSON_OUT_TEXT,
	 .offset = offsetof(Volume, description)},
	{.name = "size", .type = JSON_OUT_INT, .offset = offsetof(Volume, size_gib)},
};

static const JsonOutField image_reply[] = {
	{.name = "image_id", .type = JSON_OUT_TEXT, .offset = offsetof(Image, id)},
	{.name = "image_name", .type = JSON_OUT_TEXT, .offset = offsetof(Image, name)},
	{.name = "container_format",
	 .type = JSON_OUT_TEXT,
	 .offset = offsetof(Image, container_format)},
	{.name = "disk_format",
	 .type = JSON_OUT_ENUM,
	 .offset = offsetof(Image, disk_format),
	 .names = &disk_format_names},
	{.name = "visibility",
	 .type = JSON_OUT_ENUM,
	 .since = V(1),
	 .offset = offsetof(Image, visibility),
	 .names = &image_visibility_names},
	{.name = "protected",
	 .type = JSON_OUT_BOOL,
	 .since = V(1),
	 .offset = offsetof(Image, is_protected)},
};

static int reply_upload(ApiRequest *r, const Volume *volume, const Image *image)
{
	JsonOutView view = {.version = r->version};

	json_out_begin(&r->out, NULL);
	json_out_begin(&r->out, "os-volume_upload_image");
	json_out_fields(&r->out, volume_reply, ARRAY_SIZE(volume_reply), volume, &view);
	json_out_begin(&r->out, "volume_type"); /* the whole of it: clients look for its name */
	json_out_text(&r->out, "id", volume->type_id);
	json_out_text(&r->out, "name", volume->type_name);
	json_out_end(&r->out);
	json_out_fields(&r->out, image_reply, ARRAY_SIZE(image_reply), image, &view);
	json_out_end(&r->out);
	json_out_end(&r->out);
	api_reply(r, 202);
	return 0;
}

static ImageVisibility visibility_of(const ApiRequest *r, const UploadFields *in)
{
	if (in->visibility)
		return (ImageVisibility)enum_value(&image_visibility_names, in->visibility);
	return r->version >= V(1) ? IMAGE_PRIVATE : IMAGE_SHARED;
}

static int upload(ApiRequest *r, Fault *f)
{
	const UploadFields *in = ((const UploadBody *)r->body)->upload;
	UploadWish wish = {
		.image_name = in->image_name,
		.container_format = in->container_format ? in->container_format : "bare",
		.disk_format = (DiskFormat)enum_value(&disk_format_names,
						      in->disk_format ? in->disk_format : "raw"),
		.visibility = visibility_of(r, in),
		.is_protected = in->is_protected,
		.force = in->force,
	};
	Volume *volume;
	Image *image;
	int k;

	if (wish.visibility == IMAGE_PUBLIC && !api_allows(r, API_RULE_ADMIN))
		return api_complain(r, API_DENIED, "volume_extension:volume_actions:upload_public",
				    NULL, NULL);
	k = service_upload_volume(&r->work, api_param(r, "volume_id"), &wish, &volume, &image, f);
	return k ? k : reply_upload(r, volume, image);
}

static const ApiRoute routes[] = {
	{.method = "POST",
	 .pattern = "/volumes/{volume_id}/action",
	 .action = "os-volume_upload_image",
	 .policy = "volume_extension:volume_actions:upload_image",
	 .rule = API_RULE_MEMBER,
	 .mode = API_WRITE,
	 .body = &upload_body_fields,
	 .handle = upload},
};
const ApiRoutes volume_upload_routes = API_ROUTES(routes);
