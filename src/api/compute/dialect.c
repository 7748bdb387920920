/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * The compute dialect: which routes there are, the form of an error, and the words for every
 * refusal.
 */
#include <inttypes.h>

#include "api/compute/priv.h"

static void error_body(JsonOut *out, unsigned status, const char *message)
{
	static const struct {
		unsigned status;
		const char *key;
	} keys[] = {
		{400, "badRequest"},     {401, "unauthorized"},       {403, "forbidden"},
		{404, "itemNotFound"},   {405, "badMethod"},          {409, "conflictingRequest"},
		{413, "overLimit"},      {415, "badMediaType"},       {429, "overLimit"},
		{501, "notImplemented"}, {503, "serviceUnavailable"},
	};
	const char *key = "computeFault";

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (keys[i].status == status)
			key = keys[i].key;
	json_out_begin(out, NULL);
	json_out_begin(out, key);
	json_out_int(out, "code", status);
	json_out_text(out, "message", message);
	json_out_end(out);
	json_out_end(out);
}

static const ApiWord words[] = {
	{.what = API_WRONG_PROJECT,
	 .status = 400,
	 .text = "Malformed request URL: URL's project_id '{1}' doesn't match Context's "
		 "project_id '{2}'"},
	{0},
};

static const char *quota_text(ApiRequest *r, const RefusalData *d)
{
	if (str_eq(d->resource, "metadata_items"))
		return arena_printf(r->arena, "Maximum number of metadata items exceeds %" PRId64,
				    d->limit);
	if (str_eq(d->resource, "injected_files"))
		return "Personality file limit exceeded";
	if (str_eq(d->resource, "injected_file_content_bytes"))
		return arena_printf(r->arena, "Personality file content exceeds maximum %" PRId64,
				    d->limit);
	if (str_eq(d->resource, "injected_file_path_bytes"))
		return arena_printf(r->arena, "Personality file path exceeds maximum %" PRId64,
				    d->limit);
	if (str_eq(d->resource, "server_groups"))
		return "Quota exceeded, too many server groups.";
	if (str_eq(d->resource, "server_group_members"))
		return "Quota exceeded, too many servers in group";
	return arena_printf(r->arena,
			    "Quota exceeded for %s: Requested %" PRId64
			    ", but already used %" PRId64 " of %" PRId64 " %s",
			    d->resource, d->requested, d->used, d->limit, d->resource);
}

static const char *not_found_text(ApiRequest *r, Refusal refusal, const RefusalData *d)
{
	Arena *a = r->arena;

	if (refusal == REFUSAL_NO_SERVER)
		return arena_printf(a, "Instance %s could not be found.", d->id);
	if (refusal == REFUSAL_NO_FLAVOR)
		return arena_printf(a, "Flavor %s could not be found.", d->id);
	if (refusal == REFUSAL_NO_SERVER_GROUP)
		return arena_printf(a, "Instance group %s could not be found.", d->id);
	if (refusal == REFUSAL_NO_ATTACHMENT)
		return arena_printf(a, "Instance %s is not attached to volume %s", d->id, d->other);
	if (refusal == REFUSAL_NO_KEYPAIR)
		return arena_printf(a, "Keypair %s not found for user %s", d->id, d->other);
	if (refusal == REFUSAL_NO_METADATA_KEY)
		return "Metadata item was not found";
	if (refusal == REFUSAL_NO_VOLUME)
		return arena_printf(a, "Volume %s could not be found.", d->id);
	if (refusal == REFUSAL_NO_IMAGE)
		return arena_printf(a, "Image %s could not be found.", d->id);
	return "The resource could not be found.";
}

/* Why a volume cannot be attached or detached, as the block storage service would word it. */
static const char *volume_text(ApiRequest *r, Refusal refusal, const RefusalData *d)
{
	Arena *a = r->arena;

	if (refusal == REFUSAL_VOLUME_ATTACHED)
		return arena_printf(
			a, "Invalid volume: volume %s is already attached to instances: %s", d->id,
			d->other);
	if (refusal == REFUSAL_VOLUME_ATTACHED_HERE)
		return arena_printf(a, "Invalid volume: volume %s already attached", d->id);
	if (refusal == REFUSAL_VOLUME_MULTIATTACH)
		return "Multiattach volumes are only supported starting with compute API version "
		       "2.60.";
	if (refusal == REFUSAL_VOLUME_NOT_DETACHABLE)
		return "Invalid volume: Invalid input received: Invalid volume: Unable to detach "
		       "volume. Volume status must be 'in-use' and attach_status must be "
		       "'attached' to detach.";
	return arena_printf(a,
			    "Invalid input received: Invalid volume: Volume %s status must be "
			    "available or downloading to reserve, but the current status is %s.",
			    d->id, d->value);
}

static unsigned refusal_words(ApiRequest *r, Refusal refusal, const char **ret_message)
{
	const RefusalData *d = &r->work.refused;
	Arena *a = r->arena;

	switch (refusal) {
	case REFUSAL_NO_SERVER:
	case REFUSAL_NO_VOLUME:
	case REFUSAL_NO_VOLUME_TYPE:
	case REFUSAL_NO_IMAGE:
	case REFUSAL_NO_FLAVOR:
	case REFUSAL_NO_SERVER_GROUP:
	case REFUSAL_NO_ATTACHMENT:
	case REFUSAL_NO_OPERATION:
	case REFUSAL_NO_KEYPAIR:
	case REFUSAL_NO_METADATA_KEY:
		*ret_message = not_found_text(r, refusal, d);
		return 404;
	case REFUSAL_NOT_THERE:
		*ret_message = d->value;
		return 404;
	case REFUSAL_SERVER_STATE:
		*ret_message = arena_printf(a, "Cannot '%s' instance %s while it is in %s %s",
					    d->action, d->id, d->attribute, d->value);
		return 409;
	case REFUSAL_SERVER_LOCKED:
		*ret_message = arena_printf(a, "Instance %s is locked", d->id);
		return 409;
	case REFUSAL_SERVER_ADOPTED:
		*ret_message = arena_printf(a,
					    "Cannot '%s' instance %s: it is an adopted domain; see "
					    "'cleat server release'",
					    d->action, d->id);
		return 409;
	case REFUSAL_DENIED:
		*ret_message =
			arena_printf(a, "Policy doesn't allow %s to be performed.", d->value);
		return 403;
	case REFUSAL_SERVER_NOT_READY:
		*ret_message = arena_printf(a, "Instance %s is not ready", d->id);
		return 409;
	case REFUSAL_VOLUME_STATE:
	case REFUSAL_VOLUME_ATTACHED:
	case REFUSAL_VOLUME_ATTACHED_HERE:
	case REFUSAL_VOLUME_MULTIATTACH:
	case REFUSAL_VOLUME_NOT_DETACHABLE:
		*ret_message = volume_text(r, refusal, d);
		return 400;
	case REFUSAL_SWAP_BY_SERVICES:
		*ret_message = arena_printf(
			a, "volume %s is not migrating; this API should only be called by Cinder",
			d->id);
		return 409;
	case REFUSAL_ROOT_DEVICE:
		*ret_message = "Cannot detach a root device volume";
		return 400;
	case REFUSAL_SERVER_CONFLICT:
	case REFUSAL_FLAVOR_EXISTS:
	case REFUSAL_NAME_EXISTS:
		*ret_message = d->value;
		return 409;
	case REFUSAL_QUOTA:
		*ret_message = quota_text(r, d);
		return 403;
	case REFUSAL_TOO_MANY_DISKS:
		*ret_message = arena_printf(a,
					    "The maximum allowed number of disk devices (%" PRId64
					    ") to attach to a single instance has been exceeded.",
					    d->limit);
		return 403;
	case REFUSAL_NONE:
	case REFUSAL_IMAGE_FOREIGN:
	case REFUSAL_IMAGE_PUBLISH:
	case REFUSAL_IMAGE_IN_USE:
	case REFUSAL_IMAGE_PROTECTED:
	case REFUSAL_IMAGE_STATE:
	case REFUSAL_IMAGE_UNUSABLE:
	case REFUSAL_FLAVOR_TOO_SMALL:
	case REFUSAL_BAD_INPUT:
	CASE_BLOCK_STORAGE_REFUSALS:
	CASE_SHARE_REFUSALS:
	case _REFUSAL_MAX:
		break;
	}
	*ret_message = d->value ? d->value : "The request cannot be fulfilled.";
	return 400;
}

static void out_media_types(JsonOut *out)
{
	json_out_raw(out, "media-types",
		     "[{\"base\":\"application/json\",\"type\":"
		     "\"application/vnd.openstack.compute+json;version=2.1\"}]");
}

/* One entry of the version documents; the long form is that of the version's own page. */
static void out_version(ApiRequest *r, const char *key, bool whole)
{
	JsonOut *out = &r->out;

	json_out_begin(out, key);
	json_out_text(out, "id", "v2.1");
	json_out_text(out, "status", "CURRENT");
	json_out_printf(out, "version", "2.%d", compute_dialect.version_max % 1000);
	json_out_text(out, "min_version", "2.1");
	json_out_text(out, "updated", "2013-07-23T11:33:21Z");
	json_out_list_begin(out, "links");
	json_out_begin(out, NULL);
	json_out_text(out, "rel", "self");
	json_out_printf(out, "href", "%s/", api_prefix_url(r));
	json_out_end(out);
	if (whole)
		json_out_raw(out, NULL,
			     "{\"rel\":\"describedby\",\"type\":\"text/html\","
			     "\"href\":\"https://docs.openstack.org/\"}");
	json_out_list_end(out);
	if (whole)
		out_media_types(out);
	json_out_end(out);
}

static int list_versions(ApiRequest *r, Fault *f _unused_)
{
	json_out_begin(&r->out, NULL);
	json_out_list_begin(&r->out, "versions");
	out_version(r, NULL, false);
	json_out_list_end(&r->out);
	json_out_end(&r->out);
	api_reply(r, 200);
	return 0;
}

/* A path that names no version: the same path below the one that there is. */
static int list_choices(ApiRequest *r, Fault *f _unused_)
{
	JsonOut *out = &r->out;

	json_out_begin(out, NULL);
	json_out_list_begin(out, "choices");
	json_out_begin(out, NULL);
	json_out_text(out, "id", "v2.1");
	json_out_text(out, "status", "CURRENT");
	json_out_list_begin(out, "links");
	json_out_begin(out, NULL);
	json_out_text(out, "rel", "self");
	json_out_printf(out, "href", "%s%s", api_prefix_url(r),
			str_after(http_path(r->http), r->dialect->service));
	json_out_end(out);
	json_out_list_end(out);
	out_media_types(out);
	json_out_end(out);
	json_out_list_end(out);
	json_out_end(out);
	api_reply(r, 300);
	return 0;
}

static int show_version(ApiRequest *r, Fault *f _unused_)
{
	json_out_begin(&r->out, NULL);
	out_version(r, "version", true);
	json_out_end(&r->out);
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
	.pattern = "/",
	.rule = API_RULE_OPEN,
	.mode = API_PLAIN,
	.handle = list_choices,
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
	&version_routes,
	&compute_flavor_routes,
	&compute_flavor_spec_routes,
	&compute_flavor_access_routes,
	&compute_server_list_routes,
	&compute_server_create_routes,
	&compute_server_routes,
	&compute_server_action_routes,
	&compute_server_power_routes,
	&compute_server_shelve_routes,
	&compute_server_admin_routes,
	&compute_server_image_routes,
	&compute_server_rebuild_routes,
	&compute_server_rescue_routes,
	&compute_server_resize_routes,
	&compute_server_share_routes,
	&compute_server_metadata_routes,
	&compute_server_tag_routes,
	&compute_attachment_routes,
	&compute_attachment_update_routes,
	&compute_swap_routes,
	&compute_instance_action_routes,
	&compute_server_group_routes,
	&compute_quota_routes,
	&compute_hypervisor_routes,
	&compute_host_routes,
	&compute_external_event_routes,
	&compute_keypair_routes,
	&compute_usage_routes,
	&compute_console_routes,
	&compute_small_routes,
	&compute_address_routes,
	&compute_topology_routes,
	NULL,
};

const ApiDialect compute_dialect = {
	.name = "compute",
	.service = "/compute",
	.prefix = "/compute/v2.1",
	.root = &root,
	.beside = &beside,
	.version_word = "compute",
	.version_header = "X-OpenStack-Nova-API-Version",
	.version_min = V(1),
	.version_max = V(104),
	.strict_params_since = V(102),
	.media_type = "application/vnd.openstack.compute+json",
	.echo_request_id = true,
	.project_segment = true,
	.routes = routes,
	.words = words,
	.error_type = "application/json; charset=UTF-8",
	.error_body = error_body,
	.refusal = refusal_words,
};
