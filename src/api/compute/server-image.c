/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * POST /servers/{id}/action: createImage.
 */
#include "api/compute/priv.h"
#include "service/server.h"

typedef struct ImageFields {
	const char *name;
	JsonTextMap metadata;
} ImageFields;

typedef struct ImageBody {
	const ImageFields *image;
} ImageBody;

static const JsonField image_rows[] = {
	{.name = "name",
	 .type = JSON_TEXT,
	 .format = JSON_FORMAT_NAME,
	 .flags = JSON_REQUIRED,
	 .min = 1,
	 .max = LIMIT_NAME_CHARS,
	 .offset = offsetof(ImageFields, name)},
	{.name = "metadata",
	 .type = JSON_TEXT_MAP,
	 .format = JSON_FORMAT_METADATA_KEY,
	 .value_max = LIMIT_NAME_CHARS,
	 .offset = offsetof(ImageFields, metadata)},
};
static const JsonFields image_fields = JSON_FIELDS(image_rows, ImageFields);

static const JsonField image_body_rows[] = {
	{.name = "createImage",
	 .type = JSON_OBJECT,
	 .flags = JSON_REQUIRED,
	 .fields = &image_fields,
	 .offset = offsetof(ImageBody, image)},
};
static const JsonFields image_body_fields = JSON_FIELDS(image_body_rows, ImageBody);

static int create_image(ApiRequest *r, Fault *f)
{
	const ImageFields *fields = ((const ImageBody *)r->body)->image;
	const char *id;
	int k;

	k = service_create_server_image(&r->work, api_param(r, "server_id"), fields->name,
					&fields->metadata, &id, f);
	if (k)
		return k;
	if (r->version < V(45)) {
		api_reply_header(
			r, "Location",
			arena_printf(r->arena, "%s/image/v2/images/%s", api_base_url(r), id));
	} else {
		json_out_begin(&r->out, NULL);
		json_out_text(&r->out, "image_id", id);
		json_out_end(&r->out);
	}
	api_reply(r, 202);
	return 0;
}

static const ApiRoute routes[] = {
	{.method = "POST",
	 .pattern = "/servers/{server_id}/action",
	 .action = "createImage",
	 .policy = "os_compute_api:servers:create_image",
	 .rule = API_RULE_MEMBER,
	 .mode = API_WRITE,
	 .body = &image_body_fields,
	 .handle = create_image},
};
const ApiRoutes compute_server_image_routes = API_ROUTES(routes);
