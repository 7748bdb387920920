/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * The image dialect: its routes, the form of its errors, its words, and discovery.
 */
#include "api/image/priv.h"

static void error_body(JsonOut *out, unsigned status, const char *message)
{
	json_out_begin(out, NULL);
	json_out_begin(out, "error");
	json_out_int(out, "code", status);
	json_out_text(out, "message", message);
	json_out_end(out);
	json_out_end(out);
}

static unsigned refusal_words(ApiRequest *r, Refusal refusal, const char **ret_message)
{
	const RefusalData *d = &r->work.refused;
	Arena *a = r->arena;

	switch (refusal) {
	case REFUSAL_NO_IMAGE:
		*ret_message = arena_printf(a, "No image found with ID %s", d->id);
		return 404;
	case REFUSAL_IMAGE_FOREIGN:
		*ret_message = "You are not permitted to change this image.";
		return 403;
	case REFUSAL_IMAGE_PUBLISH:
		*ret_message = "You are not authorized to make an image public.";
		return 403;
	case REFUSAL_IMAGE_PROTECTED:
		*ret_message =
			arena_printf(a, "Image %s is protected and cannot be deleted.", d->id);
		return 403;
	case REFUSAL_IMAGE_IN_USE:
		*ret_message = arena_printf(a,
					    "Image %s could not be deleted because it is in use: a "
					    "server boots from it.",
					    d->id);
		return 409;
	case REFUSAL_IMAGE_STATE:
		*ret_message = arena_printf(a, "Image %s is in status %s.", d->id, d->value);
		return 409;
	case REFUSAL_NAME_EXISTS:
		*ret_message = d->value;
		return 409;
	case REFUSAL_NONE:
	case REFUSAL_NO_SERVER:
	case REFUSAL_NO_VOLUME:
	case REFUSAL_NO_VOLUME_TYPE:
	case REFUSAL_NO_FLAVOR:
	case REFUSAL_NO_SERVER_GROUP:
	case REFUSAL_NO_ATTACHMENT:
	case REFUSAL_NO_OPERATION:
	case REFUSAL_NO_KEYPAIR:
	case REFUSAL_NO_METADATA_KEY:
	case REFUSAL_NOT_THERE:
	CASE_SERVER_REFUSALS:
	case REFUSAL_DENIED:
	case REFUSAL_VOLUME_STATE:
	case REFUSAL_VOLUME_ATTACHED:
	case REFUSAL_VOLUME_ATTACHED_HERE:
	case REFUSAL_VOLUME_MULTIATTACH:
	case REFUSAL_VOLUME_NOT_DETACHABLE:
	case REFUSAL_IMAGE_UNUSABLE:
	case REFUSAL_FLAVOR_EXISTS:
	case REFUSAL_FLAVOR_TOO_SMALL:
	case REFUSAL_QUOTA:
	case REFUSAL_BAD_INPUT:
	CASE_BLOCK_STORAGE_REFUSALS:
	CASE_SHARE_REFUSALS:
	case _REFUSAL_MAX:
		break;
	}
	*ret_message = d->value ? d->value : "The request cannot be fulfilled.";
	return 400;
}

static void out_version(ApiRequest *r, const char *id, const char *status)
{
	json_out_begin(&r->out, NULL);
	json_out_text(&r->out, "id", id);
	json_out_text(&r->out, "status", status);
	json_out_list_begin(&r->out, "links");
	json_out_begin(&r->out, NULL);
	json_out_text(&r->out, "rel", "self");
	json_out_printf(&r->out, "href", "%s/", api_prefix_url(r));
	json_out_end(&r->out);
	json_out_list_end(&r->out);
	json_out_end(&r->out);
}

/* v2.7 is the newest whose members (hidden images, hash values) are all here. */
static int out_versions(ApiRequest *r, unsigned status)
{
	json_out_begin(&r->out, NULL);
	json_out_list_begin(&r->out, "versions");
	out_version(r, "v2.7", "CURRENT");
	out_version(r, "v2.0", "SUPPORTED");
	json_out_list_end(&r->out);
	json_out_end(&r->out);
	api_reply(r, status);
	return 0;
}

static int list_versions(ApiRequest *r, Fault *f _unused_)
{
	return out_versions(r, 300);
}

/* The same list under a name of its own, where it is no choice but a page. */
static int show_beside(ApiRequest *r, Fault *f _unused_)
{
	if (!str_eq(http_path(r->http), "/image/versions"))
		return api_complain(r, API_NO_ROUTE, NULL, NULL, NULL);
	return out_versions(r, 200);
}

static int show_schema(ApiRequest *r, Fault *f _unused_)
{
	json_out_raw(&r->out, NULL,
		     "{\"name\":\"image\",\"additionalProperties\":{\"type\":\"string\"},"
		     "\"properties\":{\"id\":{\"type\":\"string\"},"
		     "\"name\":{\"type\":[\"null\",\"string\"]},"
		     "\"status\":{\"type\":\"string\",\"readOnly\":true},"
		     "\"visibility\":{\"type\":\"string\"},"
		     "\"disk_format\":{\"type\":\"string\"},"
		     "\"container_format\":{\"type\":\"string\"},"
		     "\"min_disk\":{\"type\":\"integer\"},\"min_ram\":{\"type\":\"integer\"},"
		     "\"protected\":{\"type\":\"boolean\"},\"os_hidden\":{\"type\":\"boolean\"},"
		     "\"tags\":{\"type\":\"array\",\"items\":{\"type\":\"string\"}}}}");
	api_reply(r, 200);
	return 0;
}

static int show_list_schema(ApiRequest *r, Fault *f _unused_)
{
	json_out_raw(&r->out, NULL,
		     "{\"name\":\"images\",\"properties\":{\"images\":{\"type\":\"array\","
		     "\"items\":{\"type\":\"object\"}},\"next\":{\"type\":\"string\"},"
		     "\"first\":{\"type\":\"string\"},\"schema\":{\"type\":\"string\"}}}");
	api_reply(r, 200);
	return 0;
}

static const ApiRoute root = {
	.method = "GET",
	.pattern = "/",
	.rule = API_RULE_OPEN,
	.mode = API_PLAIN,
	.handle = list_versions,
};

static const ApiRoute beside = {
	.method = "GET",
	.pattern = "/versions",
	.rule = API_RULE_OPEN,
	.mode = API_PLAIN,
	.handle = show_beside,
};

static const ApiRoute schema_rows[] = {
	{.method = "GET",
	 .pattern = "/",
	 .rule = API_RULE_OPEN,
	 .mode = API_PLAIN,
	 .handle = list_versions},
	{.method = "GET",
	 .pattern = "/schemas/image",
	 .rule = API_RULE_ANY,
	 .mode = API_PLAIN,
	 .handle = show_schema},
	{.method = "GET",
	 .pattern = "/schemas/images",
	 .rule = API_RULE_ANY,
	 .mode = API_PLAIN,
	 .handle = show_list_schema},
};
const ApiRoutes image_schema_routes = API_ROUTES(schema_rows);

static const ApiRoutes *const routes[] = {
	&image_schema_routes, &image_list_routes, &image_upload_routes, &image_routes, NULL,
};

const ApiDialect image_dialect = {
	.name = "image",
	.service = "/image",
	.prefix = "/image/v2",
	.root = &root,
	.beside = &beside,
	.routes = routes,
	.error_body = error_body,
	.refusal = refusal_words,
};
