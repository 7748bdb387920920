/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * The shared file systems dialect: which routes there are, its versions, and its own words.
 *
 * Clients say the version in a header of this service's own, and newer ones in the common header
 * too. Where they differ the own one counts: it is the only one that the reference reads.
 */
#include "api/share/priv.h"

static const ApiWord words[] = {
	{.what = API_DENIED, .status = 403, .text = "Access was denied to this resource."},
	{.what = API_BAD_INTEGER, .status = 400, .text = "{1} param must be an integer"},
	{.what = API_NEGATIVE_INTEGER, .status = 400, .text = "{1} param must be positive"},
	{0},
};

/* The one document of versions. Clients want exactly one entry, and its status in capitals. */
static int show_versions(ApiRequest *r, unsigned status)
{
	JsonOut *out = &r->out;

	json_out_begin(out, NULL);
	json_out_list_begin(out, "versions");
	json_out_begin(out, NULL);
	json_out_text(out, "id", "v2.0");
	json_out_text(out, "status", "CURRENT");
	json_out_printf(out, "version", "2.%d", share_dialect.version_max % 1000);
	json_out_printf(out, "min_version", "2.%d", share_dialect.version_min % 1000);
	json_out_text(out, "updated", "2015-08-27T11:33:21Z");
	json_out_list_begin(out, "links");
	json_out_raw(out, NULL,
		     "{\"rel\":\"describedby\",\"type\":\"text/html\","
		     "\"href\":\"http://docs.openstack.org/\"}");
	json_out_begin(out, NULL);
	json_out_text(out, "rel", "self");
	json_out_printf(out, "href", "%s/", api_prefix_url(r));
	json_out_end(out);
	json_out_list_end(out);
	json_out_raw(out, "media-types",
		     "[{\"base\":\"application/json\",\"type\":"
		     "\"application/vnd.openstack.share+json;version=1\"}]");
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
	if (r->project_segment)
		return api_complain(r, API_NO_ROUTE, NULL, NULL, NULL);
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

/* One a line. */
/* clang-format off */
static const ApiRoutes *const routes[] = {
	&version_routes,
	&share_list_routes,
	&share_share_routes,
	&share_action_routes,
	&share_rule_routes,
	&share_lock_routes,
	&share_type_routes,
	&share_type_spec_routes,
	&share_manage_routes,
	&share_metadata_routes,
	&share_export_routes,
	&share_instance_routes,
	&share_snapshot_routes,
	&share_snapshot_action_routes,
	&share_quota_routes,
	&share_service_routes,
	&share_message_routes,
	&share_absent_routes,
	&share_small_routes,
	NULL,
};
/* clang-format on */

const ApiDialect share_dialect = {
	.name = "share",
	.service = "/share",
	.prefix = "/share/v2",
	.root = &root,
	.version_word = "shared-file-system",
	.version_header = "X-OpenStack-Manila-API-Version",
	.older_first = true,
	.version_min = V(0),
	.version_max = V(88),
	.media_type = "application/vnd.openstack.share+json",
	.echo_request_id = true,
	.project_segment = true,
	.routes = routes,
	.words = words,
	.error_body = api_error_by_name,
	.refusal = share_refusal_words,
};
