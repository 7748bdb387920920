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

static const ApiVersionPage page = {
	.id = "v2.0",
	.updated = "2015-08-27T11:33:21Z",
	.described = "http://docs.openstack.org/",
	.type = "application/vnd.openstack.share+json;version=1",
};

/* One a line. */
/* clang-format off */
static const ApiRoutes *const routes[] = {
	&api_version_routes,
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
	.root = &api_version_root,
	.page = &page,
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
