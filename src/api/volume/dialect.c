/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * The block storage dialect: which routes there are, its versions, and the form of an error.
 */
#include "api/volume/priv.h"

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

/* clang-format off: one a line */
static const ApiRoutes *const routes[] = {
	&version_routes,
	&volume_list_routes,
	&volume_summary_routes,
	&volume_volume_routes,
	&volume_metadata_routes,
	&volume_extend_routes,
	&volume_retype_routes,
	&volume_pool_routes,
	&volume_action_routes,
	&volume_connection_routes,
	&volume_attachment_list_routes,
	&volume_attachment_routes,
	&volume_snapshot_routes,
	&volume_snapshot_metadata_routes,
	&volume_snapshot_action_routes,
	&volume_upload_routes,
	&volume_type_routes,
	&volume_type_spec_routes,
	&volume_type_access_routes,
	&volume_type_encryption_routes,
	&volume_default_type_routes,
	&volume_qos_routes,
	&volume_quota_routes,
	&volume_limit_routes,
	&volume_message_routes,
	&volume_manageable_routes,
	&volume_absent_routes,
	&volume_transfer_routes,
	&volume_encryption_routes,
	&volume_host_routes,
	&volume_resource_filter_routes,
	&volume_service_routes,
	&volume_small_routes,
	NULL,
};
/* clang-format on */

const ApiDialect volume_dialect = {
	.name = "volume",
	.service = "/volume",
	.prefix = "/volume/v3",
	.root = &root,
	.version_word = "volume",
	.version_first = true,
	.version_min = V(0),
	.version_max = V(71),
	.media_type = "application/vnd.openstack.volume+json",
	.echo_request_id = true,
	.project_segment = true,
	.routes = routes,
	.words = words,
	.error_body = api_error_by_name,
	.refusal = volume_refusal_words,
};
