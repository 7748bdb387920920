/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Share instances: what admins see of where a share is. A share has one, which has the share's own
 * id; so what is done to an instance is done to the share.
 */
#include "api/share/list.h"
#include "service/share.h"

static const ShareFilter filters[] = {SHARE_EXPORT_FILTERS, {0}};

static const ApiSortKey sort_keys[] = {
	{"created_at", "created_us"},
	{"updated_at", "updated_us"},
	{"id", "id"},
	{"status", "status"},
	{"host", "host"},
	{0},
};

static const ShareListing listing = {
	.links = "share_instances_links",
	.table = &share_table,
	.filters = filters,
	.sort_keys = sort_keys,
	.count_since = API_VERSION(3, 0), /* never */
};

static int out_instances(ApiRequest *r, Share *const *shares, size_t count, Fault *f)
{
	ShareView view;
	int k = share_view_open(r, &view, f);

	json_out_list_begin(&r->out, "share_instances");
	for (size_t i = 0; !k && i < count; i++)
		k = share_view_out_instance(&view, NULL, shares[i], f);
	json_out_list_end(&r->out);
	return k;
}

static int instances_list(ApiRequest *r, Fault *f)
{
	ShareList list = {.listing = &listing};
	int k;

	if (!share_list_read(r, &list, &k, f))
		return k;
	k = share_list_find(r, &list, f);
	if (k)
		return k;
	json_out_begin(&r->out, NULL);
	k = out_instances(r, (Share *const *)list.rows.records, list.rows.count, f);
	if (!k)
		k = share_list_end(r, &list, f);
	json_out_end(&r->out);
	if (!k)
		api_reply(r, 200);
	return k;
}

static int instances_of_share(ApiRequest *r, Fault *f)
{
	Share *share;
	int k = service_find_share(&r->work, api_param(r, "share_id"), &share, f);

	if (k)
		return k;
	json_out_begin(&r->out, NULL);
	k = out_instances(r, &share, 1, f);
	json_out_end(&r->out);
	if (!k)
		api_reply(r, 200);
	return k;
}

static int instance_show(ApiRequest *r, Fault *f)
{
	ShareView view;
	Share *share;
	int k = service_find_share(&r->work, api_param(r, "share_id"), &share, f);

	if (!k)
		k = share_view_open(r, &view, f);
	if (k)
		return k;
	json_out_begin(&r->out, NULL);
	k = share_view_out_instance(&view, "share_instance", share, f);
	json_out_end(&r->out);
	if (!k)
		api_reply(r, 200);
	return k;
}

#define ROUTE(path, name, first, what)                                                             \
	{                                                                                          \
		.method = "GET", .pattern = (path), .policy = (name), .rule = API_RULE_ADMIN,      \
		.mode = API_READ, .since = (first), .handle = (what)                               \
	}

#define ACTION(key, name, table, what)                                                             \
	.method = "POST", .pattern = "/share_instances/{share_id}/action", .action = (key),        \
	.policy = (name), .rule = API_RULE_ADMIN, .mode = API_WRITE, .body = (table),              \
	.handle = (what)

static const ApiRoute routes[] = {
	ROUTE("/share_instances", "share_instance:index", V(3), instances_list),
	ROUTE("/share_instances/{share_id}", "share_instance:show", V(3), instance_show),
	ROUTE("/share_instances/{share_id}/export_locations",
	      "share_instance_export_location:index", V(9), share_exports_list),
	ROUTE("/share_instances/{share_id}/export_locations/{export_id}",
	      "share_instance_export_location:show", V(9), share_export_show),
	ROUTE("/shares/{share_id}/instances", "share_instance:index", V(3), instances_of_share),
	{ACTION("reset_status", "share_instance:reset_status", &share_reset_body, share_reset),
	 .since = SHARE_PLAIN},
	{ACTION("os-reset_status", "share_instance:reset_status", &share_old_reset_body,
		share_reset),
	 .since = V(3), .until = SHARE_PREFIXED},
	{ACTION("force_delete", "share_instance:force_delete", NULL, share_force_delete),
	 .since = SHARE_PLAIN},
	{ACTION("os-force_delete", "share_instance:force_delete", NULL, share_force_delete),
	 .since = V(3), .until = SHARE_PREFIXED},
};
const ApiRoutes share_instance_routes = API_ROUTES(routes);
