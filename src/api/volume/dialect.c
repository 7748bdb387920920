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

static const ApiVersionPage page = {
	.id = "v3.0",
	.updated = "2023-08-31T00:00:00Z",
	.described = "https://docs.openstack.org/",
	.type = "application/vnd.openstack.volume+json;version=3",
};

/* clang-format off: one a line */
static const ApiRoutes *const routes[] = {
	&api_version_routes,
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
	.root = &api_version_root,
	.page = &page,
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
