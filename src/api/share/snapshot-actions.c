/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * POST /snapshots/{id}/action, and the metadata of snapshots; and what those have that can be
 * mounted, which these cannot: places to mount them from, and rules who may.
 */
#include "api/share/priv.h"
#include "service/share-snapshot.h"

static const char *snapshot_id(const ApiRequest *r)
{
	return api_param(r, "share_snapshot_id");
}

static int snapshot_reset(ApiRequest *r, Fault *f)
{
	int status;

	if (!share_read_reset(r, &share_snapshot_status_names, &status))
		return 0;
	return share_reply_accepted(r,
				    service_reset_share_snapshot(&r->work, snapshot_id(r),
								 (ShareSnapshotStatus)status, f));
}

static int snapshot_force_delete(ApiRequest *r, Fault *f)
{
	return share_reply_accepted(
		r, service_delete_share_snapshot(&r->work, snapshot_id(r), true, f));
}

static int metadata_show(ApiRequest *r, Fault *f)
{
	ShareSnapshot *snapshot;
	int k = service_find_share_snapshot(&r->work, snapshot_id(r), &snapshot, f);

	return k ? k : api_reply_map(r, snapshot->metadata);
}

static int metadata_merge(ApiRequest *r, Fault *f)
{
	const ShareMetadataBody *in = r->body;
	const char *json;
	int k = service_merge_share_snapshot_metadata(&r->work, snapshot_id(r), &in->metadata,
						      &json, f);

	return k ? k : api_reply_map(r, json);
}

static int metadata_replace(ApiRequest *r, Fault *f)
{
	const ShareMetadataBody *in = r->body;
	const char *json;
	int k = service_replace_share_snapshot_metadata(&r->work, snapshot_id(r), &in->metadata,
							&json, f);

	return k ? k : api_reply_map(r, json);
}

static int item_show(ApiRequest *r, Fault *f)
{
	ShareSnapshot *snapshot;
	int k = service_find_share_snapshot(&r->work, snapshot_id(r), &snapshot, f);

	return k ? k : api_reply_item(r, snapshot->metadata, api_param(r, "key"), (RefusalData){0});
}

static int item_put(ApiRequest *r, Fault *f)
{
	const JsonTextMap *item;
	const char *json;
	int k;

	if (!share_read_item(r, &item))
		return 0;
	k = service_merge_share_snapshot_metadata(&r->work, snapshot_id(r), item, &json, f);
	return k ? k : api_reply_item(r, json, api_param(r, "key"), (RefusalData){0});
}

static int item_delete(ApiRequest *r, Fault *f)
{
	int k = service_delete_share_snapshot_metadata(&r->work, snapshot_id(r),
						       api_param(r, "key"), f);

	if (k)
		return k;
	api_reply(r, 200);
	return 0;
}

/* An empty list, of a snapshot that is there. */
static int reply_nothing(ApiRequest *r, const char *key, Fault *f)
{
	ShareSnapshot *snapshot;
	int k = service_find_share_snapshot(&r->work, snapshot_id(r), &snapshot, f);

	if (k)
		return k;
	json_out_begin(&r->out, NULL);
	json_out_list_begin(&r->out, key);
	json_out_list_end(&r->out);
	json_out_end(&r->out);
	api_reply(r, 200);
	return 0;
}

static int exports_list(ApiRequest *r, Fault *f)
{
	return reply_nothing(r, "share_snapshot_export_locations", f);
}

static int rules_list(ApiRequest *r, Fault *f)
{
	return reply_nothing(r, "snapshot_access_list", f);
}

#define ACTION(key, name, table, what)                                                             \
	.method = "POST", .pattern = "/snapshots/{share_snapshot_id}/action", .action = (key),     \
	.policy = (name), .rule = API_RULE_ADMIN, .mode = API_WRITE, .body = (table),              \
	.handle = (what)

static const ApiRoute routes[] = {
	{ACTION("reset_status", "share_snapshot:reset_status", &share_reset_body, snapshot_reset),
	 .since = SHARE_PLAIN},
	{ACTION("os-reset_status", "share_snapshot:reset_status", &share_old_reset_body,
		snapshot_reset),
	 .until = SHARE_PREFIXED},
	{ACTION("force_delete", "share_snapshot:force_delete", NULL, snapshot_force_delete),
	 .since = SHARE_PLAIN},
	{ACTION("os-force_delete", "share_snapshot:force_delete", NULL, snapshot_force_delete),
	 .until = SHARE_PREFIXED},
	{.method = "GET",
	 .pattern = "/snapshots/{share_snapshot_id}/export-locations",
	 .policy = "share_snapshot_export_location:index",
	 .rule = API_RULE_READER,
	 .mode = API_READ,
	 .since = V(32),
	 .handle = exports_list},
	{.method = "GET",
	 .pattern = "/snapshots/{share_snapshot_id}/access-list",
	 .policy = "share_snapshot:access_list",
	 .rule = API_RULE_READER,
	 .mode = API_READ,
	 .since = V(32),
	 .handle = rules_list},
	{.method = "GET",
	 .pattern = "/snapshots/{share_snapshot_id}/metadata",
	 .policy = "share_snapshot:get_metadata",
	 .rule = API_RULE_READER,
	 .mode = API_READ,
	 .since = V(73),
	 .handle = metadata_show},
	{.method = "POST",
	 .pattern = "/snapshots/{share_snapshot_id}/metadata",
	 .policy = "share_snapshot:update_metadata",
	 .rule = API_RULE_MEMBER,
	 .mode = API_WRITE,
	 .since = V(73),
	 .body = &share_metadata_fields,
	 .handle = metadata_merge},
	{.method = "PUT",
	 .pattern = "/snapshots/{share_snapshot_id}/metadata",
	 .policy = "share_snapshot:update_metadata",
	 .rule = API_RULE_MEMBER,
	 .mode = API_WRITE,
	 .since = V(73),
	 .body = &share_metadata_fields,
	 .handle = metadata_replace},
	{.method = "GET",
	 .pattern = "/snapshots/{share_snapshot_id}/metadata/{key}",
	 .policy = "share_snapshot:get_metadata",
	 .rule = API_RULE_READER,
	 .mode = API_READ,
	 .since = V(73),
	 .handle = item_show},
	{.method = "POST",
	 .pattern = "/snapshots/{share_snapshot_id}/metadata/{key}",
	 .policy = "share_snapshot:update_metadata",
	 .rule = API_RULE_MEMBER,
	 .mode = API_WRITE,
	 .since = V(73),
	 .body = &share_item_fields,
	 .handle = item_put},
	{.method = "DELETE",
	 .pattern = "/snapshots/{share_snapshot_id}/metadata/{key}",
	 .policy = "share_snapshot:delete_metadata",
	 .rule = API_RULE_MEMBER,
	 .mode = API_WRITE,
	 .since = V(73),
	 .handle = item_delete},
};
const ApiRoutes share_snapshot_action_routes = API_ROUTES(routes);
