/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * The metadata of a snapshot, as a whole and key by key.
 */
#include "api/volume/priv.h"
#include "service/snapshot.h"

static int metadata_show(ApiRequest *r, Fault *f)
{
	Snapshot *snapshot;
	int k = service_find_snapshot(&r->work, api_param(r, "snapshot_id"), &snapshot, f);

	return k ? k : api_reply_map(r, snapshot->metadata);
}

static int metadata_merge(ApiRequest *r, Fault *f)
{
	const VolumeMetadataBody *body = r->body;
	const char *json;
	int k = service_merge_snapshot_metadata(&r->work, api_param(r, "snapshot_id"),
						&body->metadata, &json, f);

	return k ? k : api_reply_map(r, json);
}

static int metadata_replace(ApiRequest *r, Fault *f)
{
	const VolumeMetadataBody *body = r->body;
	const char *json;
	int k = service_replace_snapshot_metadata(&r->work, api_param(r, "snapshot_id"),
						  &body->metadata, &json, f);

	return k ? k : api_reply_map(r, json);
}

static int item_show(ApiRequest *r, Fault *f)
{
	Snapshot *snapshot;
	int k = service_find_snapshot(&r->work, api_param(r, "snapshot_id"), &snapshot, f);

	return k ? k
		 : api_reply_item(r, snapshot->metadata, api_param(r, "key"),
				  (RefusalData){.id = snapshot->id, .attribute = "snapshot"});
}

static int item_set(ApiRequest *r, Fault *f)
{
	const JsonTextMap *meta = &((const VolumeItemBody *)r->body)->meta;
	const char *key = api_param(r, "key"), *json;
	int k;

	if (meta->count != 1 || !str_eq(meta->pairs[0].key, key))
		return api_refuse(r, 400, "Request body and URI mismatch");
	k = service_merge_snapshot_metadata(&r->work, api_param(r, "snapshot_id"), meta, &json, f);
	return k ? k : api_reply_item(r, json, key, (RefusalData){0});
}

static int item_delete(ApiRequest *r, Fault *f)
{
	int k = service_delete_snapshot_metadata(&r->work, api_param(r, "snapshot_id"),
						 api_param(r, "key"), f);

	if (k)
		return k;
	api_reply(r, 200);
	return 0;
}

static const ApiRoute routes[] = {
	{.method = "GET",
	 .pattern = "/snapshots/{snapshot_id}/metadata",
	 .policy = "volume:get_snapshot_metadata",
	 .rule = API_RULE_READER,
	 .mode = API_READ,
	 .handle = metadata_show},
	{.method = "POST",
	 .pattern = "/snapshots/{snapshot_id}/metadata",
	 .policy = "volume:update_snapshot_metadata",
	 .rule = API_RULE_MEMBER,
	 .mode = API_WRITE,
	 .body = &volume_metadata_fields,
	 .handle = metadata_merge},
	{.method = "PUT",
	 .pattern = "/snapshots/{snapshot_id}/metadata",
	 .policy = "volume:update_snapshot_metadata",
	 .rule = API_RULE_MEMBER,
	 .mode = API_WRITE,
	 .body = &volume_metadata_fields,
	 .handle = metadata_replace},
	{.method = "GET",
	 .pattern = "/snapshots/{snapshot_id}/metadata/{key}",
	 .policy = "volume:get_snapshot_metadata",
	 .rule = API_RULE_READER,
	 .mode = API_READ,
	 .handle = item_show},
	{.method = "PUT",
	 .pattern = "/snapshots/{snapshot_id}/metadata/{key}",
	 .policy = "volume:update_snapshot_metadata",
	 .rule = API_RULE_MEMBER,
	 .mode = API_WRITE,
	 .body = &volume_item_fields,
	 .handle = item_set},
	{.method = "DELETE",
	 .pattern = "/snapshots/{snapshot_id}/metadata/{key}",
	 .policy = "volume:delete_snapshot_metadata",
	 .rule = API_RULE_MEMBER,
	 .mode = API_WRITE,
	 .handle = item_delete},
};
const ApiRoutes volume_snapshot_metadata_routes = API_ROUTES(routes);
