/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * The block storage dialect: which routes there are, the form of an error, and the words for every
 * refusal.
 */
#include <inttypes.h>

#include "api/volume/priv.h"

static void error_body(JsonOut *out, unsigned status, const char *message)
{
	static const struct {
		unsigned status;
		const char *key;
	} keys[] = {
		{400, "badRequest"},         {401, "unauthorized"}, {403, "forbidden"},
		{404, "itemNotFound"},       {405, "badMethod"},    {409, "conflictingRequest"},
		{413, "overLimit"},          {415, "badMediaType"}, {501, "notImplemented"},
		{503, "serviceUnavailable"},
	};
	const char *key = "computeFault";

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (keys[i].status == status)
			key = keys[i].key;
	json_out_begin(out, NULL);
	json_out_begin(out, key);
	json_out_int(out, "code", status);
	json_out_text(out, "message", message);
	if (status == 413)
		json_out_text(out, "retryAfter", "0");
	json_out_end(out);
	json_out_end(out);
}

static const ApiWord words[] = {
	{.what = API_NO_ACTION,
	 .status = 400,
	 .text = "There is no such action: {1}. Verify the request body and Content-Type header "
		 "and "
		 "try again."},
	{.what = API_BAD_INTEGER, .status = 400, .text = "{1} param must be an integer"},
	{.what = API_NEGATIVE_INTEGER, .status = 400, .text = "{1} param must be positive"},
	{0},
};

static const char *quota_text(Arena *a, const RefusalData *d)
{
	if (str_eq(d->resource, "gigabytes"))
		return arena_printf(a,
				    "VolumeSizeExceedsAvailableQuota: Requested volume or snapshot "
				    "exceeds allowed gigabytes quota. Requested %" PRId64
				    "G, quota is %" PRId64 "G and %" PRId64 "G has been consumed.",
				    d->requested, d->limit, d->used);
	if (str_eq(d->resource, "per_volume_gigabytes"))
		return arena_printf(a,
				    "VolumeSizeExceedsLimit: Requested volume size %" PRId64
				    "G is larger than maximum allowed limit %" PRId64 "G.",
				    d->requested, d->limit);
	if (str_eq(d->resource, "volumes"))
		return arena_printf(a,
				    "VolumeLimitExceeded: Maximum number of volumes allowed "
				    "(%" PRId64 ") exceeded for quota 'volumes'.",
				    d->limit);
	return arena_printf(a,
			    "MetadataLimitExceeded: Maximum number of metadata items exceeds "
			    "%" PRId64 ".",
			    d->limit);
}

static const char *state_text(Arena *a, const RefusalData *d)
{
	if (str_eq(d->action, "delete"))
		return "Invalid volume: Volume status must be available or error or "
		       "error_restoring or error_extending or error_managing and must not be "
		       "migrating, attached, belong to a group, have snapshots, awaiting a "
		       "transfer, or be disassociated from snapshots after volume transfer.";
	if (str_eq(d->action, "update"))
		return "Invalid volume: The volume cannot be updated during maintenance.";
	if (str_eq(d->action, "set metadata"))
		return arena_printf(a,
				    "Invalid volume: Updating volume metadata is not allowed for "
				    "volumes in %s status.",
				    d->value);
	return arena_printf(a,
			    "Invalid volume: Deleting volume metadata is not allowed for volumes "
			    "in %s status.",
			    d->value);
}

static const char *type_text(Arena *a, const RefusalData *d)
{
	if (d->id)
		return arena_printf(a, "Volume type %s could not be found.", d->id);
	return arena_printf(a, "Volume type with name %s could not be found.", d->value);
}

static unsigned refusal_words(ApiRequest *r, Refusal refusal, const char **ret_message)
{
	const RefusalData *d = &r->work.refused;
	Arena *a = r->arena;

	switch (refusal) {
	case REFUSAL_NO_VOLUME:
		*ret_message = arena_printf(a, "Volume %s could not be found.", d->id);
		return 404;
	case REFUSAL_NO_VOLUME_TYPE:
		*ret_message = type_text(a, d);
		return 404;
	case REFUSAL_NO_METADATA_KEY:
		*ret_message =
			arena_printf(a, "Volume %s has no metadata with key %s.", d->id, d->other);
		return 404;
	case REFUSAL_VOLUME_STATE:
		*ret_message = state_text(a, d);
		return 400;
	case REFUSAL_QUOTA:
		*ret_message = quota_text(a, d);
		return 413;
	case REFUSAL_BAD_INPUT:
		*ret_message = d->value;
		return 400;
	/* No use case behind this dialect says any of these. */
	case REFUSAL_NONE:
	case REFUSAL_NO_SERVER:
	case REFUSAL_NO_IMAGE:
	case REFUSAL_NO_FLAVOR:
	case REFUSAL_NO_ATTACHMENT:
	case REFUSAL_NO_OPERATION:
	case REFUSAL_SERVER_STATE:
	case REFUSAL_SERVER_NOT_READY:
	case REFUSAL_SERVER_LOCKED:
	case REFUSAL_VOLUME_ATTACHED:
	case REFUSAL_VOLUME_ATTACHED_HERE:
	case REFUSAL_VOLUME_MULTIATTACH:
	case REFUSAL_VOLUME_NOT_DETACHABLE:
	case REFUSAL_ROOT_DEVICE:
	case REFUSAL_IMAGE_FOREIGN:
	case REFUSAL_IMAGE_PUBLISH:
	case REFUSAL_IMAGE_IN_USE:
	case REFUSAL_IMAGE_PROTECTED:
	case REFUSAL_IMAGE_STATE:
	case REFUSAL_IMAGE_UNUSABLE:
	case REFUSAL_FLAVOR_EXISTS:
	case REFUSAL_FLAVOR_TOO_SMALL:
	case REFUSAL_NAME_EXISTS:
	case REFUSAL_TOO_MANY_DISKS:
	case _REFUSAL_MAX:
		break;
	}
	*ret_message = d->value ? d->value : "The request cannot be fulfilled.";
	return 400;
}

/* The one document of versions, at the service's root and at the version's own page. */
static int show_versions(ApiRequest *r, unsigned status)
{
	JsonOut *out = &r->out;

	json_out_begin(out, NULL);
	json_out_list_begin(out, "versions");
	json_out_begin(out, NULL);
	json_out_text(out, "id", "v3.0");
	json_out_text(out, "status", "CURRENT");
	json_out_printf(out, "version", "3.%d", volume_dialect.version_max % 1000);
	json_out_printf(out, "min_version", "3.%d", volume_dialect.version_min % 1000);
	json_out_text(out, "updated", "2023-08-31T00:00:00Z");
	json_out_list_begin(out, "links");
	json_out_raw(out, NULL,
		     "{\"rel\":\"describedby\",\"type\":\"text/html\","
		     "\"href\":\"https://docs.openstack.org/\"}");
	json_out_begin(out, NULL);
	json_out_text(out, "rel", "self");
	json_out_printf(out, "href", "%s/", api_prefix_url(r));
	json_out_end(out);
	json_out_list_end(out);
	json_out_raw(out, "media-types",
		     "[{\"base\":\"application/json\",\"type\":"
		     "\"application/vnd.openstack.volume+json;version=3\"}]");
	json_out_end(out);
	json_out_list_end(out);
	json_out_end(out);
	api_reply(r, status);
	return 0;
}

static int show_root(ApiRequest *r, Fault *f _unused_)
{
	return show_versions(r, 300);
}

static int show_version(ApiRequest *r, Fault *f _unused_)
{
	return show_versions(r, 200);
}

static const ApiRoute root = {
	.method = "GET",
	.pattern = "/",
	.rule = API_RULE_OPEN,
	.mode = API_PLAIN,
	.handle = show_root,
};

static const ApiRoute version_rows[] = {
	{.method = "GET",
	 .pattern = "/",
	 .rule = API_RULE_OPEN,
	 .mode = API_PLAIN,
	 .handle = show_version},
};
static const ApiRoutes version_routes = API_ROUTES(version_rows);

static const ApiRoutes *const routes[] = {
	&version_routes,     &volume_list_routes,  &volume_volume_routes, &volume_metadata_routes,
	&volume_type_routes, &volume_quota_routes, &volume_small_routes,  NULL,
};

const ApiDialect volume_dialect = {
	.name = "volume",
	.service = "/volume",
	.prefix = "/volume/v3",
	.root = &root,
	.version_word = "volume",
	.version_first = true,
	.version_min = V(0),
	.version_max = V(0),
	.media_type = "application/vnd.openstack.volume+json",
	.echo_request_id = true,
	.project_segment = true,
	.routes = routes,
	.words = words,
	.error_body = error_body,
	.refusal = refusal_words,
};
