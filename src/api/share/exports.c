/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Export locations: where a share can be mounted from. A share has one instance, which has the
 * share's own id.
 */
#include "service/share-export.h"

#include "api/share/priv.h"
#include "service/text-map.h"

static const JsonOutField reply[] = {
	{.name = "id", .type = JSON_OUT_TEXT, .offset = offsetof(ShareExport, id)},
	{.name = "path", .type = JSON_OUT_TEXT, .offset = offsetof(ShareExport, path)},
	{.name = "preferred",
	 .type = JSON_OUT_BOOL,
	 .since = V(14),
	 .offset = offsetof(ShareExport, preferred)},
	{.name = "metadata",
	 .type = JSON_OUT_MAP,
	 .since = V(87),
	 .offset = offsetof(ShareExport, metadata)},
	{.name = "share_instance_id",
	 .type = JSON_OUT_TEXT,
	 .audience = API_AUDIENCE_ADMIN,
	 .offset = offsetof(ShareExport, share_id)},
	{.name = "is_admin_only",
	 .type = JSON_OUT_BOOL,
	 .audience = API_AUDIENCE_ADMIN,
	 .offset = offsetof(ShareExport, admin_only)},
	{.name = "created_at",
	 .type = JSON_OUT_MICROS,
	 .audience = API_AUDIENCE_DETAIL,
	 .offset = offsetof(ShareExport, created_us)},
	{.name = "updated_at",
	 .type = JSON_OUT_MICROS,
	 .audience = API_AUDIENCE_DETAIL,
	 .offset = offsetof(ShareExport, updated_us)},
};

static void out_export(ApiRequest *r, const char *key, const ShareExport *place, unsigned how)
{
	const JsonOutView view = {.version = r->version, .audience = api_audience(r) | how};

	json_out_begin(&r->out, key);
	json_out_fields(&r->out, reply, ARRAY_SIZE(reply), place, &view);
	json_out_end(&r->out);
}

int share_exports_list(ApiRequest *r, Fault *f)
{
	ShareExport **places;
	size_t count;
	int k = service_list_share_exports(&r->work, api_param(r, "share_id"), &places, &count, f);

	if (k)
		return k;
	json_out_begin(&r->out, NULL);
	json_out_list_begin(&r->out, "export_locations");
	for (size_t i = 0; i < count; i++)
		out_export(r, NULL, places[i], 0);
	json_out_list_end(&r->out);
	json_out_end(&r->out);
	api_reply(r, 200);
	return 0;
}

static int find_export(ApiRequest *r, ShareExport **ret, Fault *f)
{
	return service_find_share_export(&r->work, api_param(r, "share_id"),
					 api_param(r, "export_id"), ret, f);
}

int share_export_show(ApiRequest *r, Fault *f)
{
	ShareExport *place;
	int k = find_export(r, &place, f);

	if (k)
		return k;
	json_out_begin(&r->out, NULL);
	out_export(r, "export_location", place, API_AUDIENCE_DETAIL);
	json_out_end(&r->out);
	api_reply(r, 200);
	return 0;
}

static int metadata_show(ApiRequest *r, Fault *f)
{
	ShareExport *place;
	int k = find_export(r, &place, f);

	return k ? k : api_reply_map(r, place->metadata);
}

static int metadata_merge(ApiRequest *r, Fault *f)
{
	const ShareMetadataBody *body = r->body;
	ShareExport *place;
	const char *json;
	int k = find_export(r, &place, f);

	if (!k)
		k = service_merge_export_metadata(&r->work, place, &body->metadata, &json, f);
	return k ? k : api_reply_map(r, json);
}

static int metadata_replace(ApiRequest *r, Fault *f)
{
	const ShareMetadataBody *body = r->body;
	ShareExport *place;
	const char *json;
	int k = find_export(r, &place, f);

	if (!k)
		k = service_replace_export_metadata(&r->work, place, &body->metadata, &json, f);
	return k ? k : api_reply_map(r, json);
}

static int item_show(ApiRequest *r, Fault *f)
{
	ShareExport *place;
	int k = find_export(r, &place, f);

	return k ? k : api_reply_item(r, place->metadata, api_param(r, "key"), (RefusalData){0});
}

static int item_delete(ApiRequest *r, Fault *f)
{
	ShareExport *place;
	int k = find_export(r, &place, f);

	if (!k)
		k = service_delete_export_metadata(&r->work, place, api_param(r, "key"), f);
	if (k)
		return k;
	api_reply(r, 200);
	return 0;
}

static const ApiRoute routes[] = {
	{.method = "GET",
	 .pattern = "/shares/{share_id}/export_locations",
	 .policy = "share_export_location:index",
	 .rule = API_RULE_READER,
	 .mode = API_READ,
	 .since = V(9),
	 .handle = share_exports_list},
	{.method = "GET",
	 .pattern = "/shares/{share_id}/export_locations/{export_id}",
	 .policy = "share_export_location:show",
	 .rule = API_RULE_READER,
	 .mode = API_READ,
	 .since = V(9),
	 .handle = share_export_show},
	{.method = "GET",
	 .pattern = "/shares/{share_id}/export_locations/{export_id}/metadata",
	 .policy = "share_export_location:get_metadata",
	 .rule = API_RULE_ADMIN,
	 .mode = API_READ,
	 .since = V(87),
	 .handle = metadata_show},
	{.method = "POST",
	 .pattern = "/shares/{share_id}/export_locations/{export_id}/metadata",
	 .policy = "share_export_location:update_metadata",
	 .rule = API_RULE_ADMIN,
	 .mode = API_WRITE,
	 .since = V(87),
	 .body = &share_metadata_fields,
	 .handle = metadata_merge},
	{.method = "PUT",
	 .pattern = "/shares/{share_id}/export_locations/{export_id}/metadata",
	 .policy = "share_export_location:update_metadata",
	 .rule = API_RULE_ADMIN,
	 .mode = API_WRITE,
	 .since = V(87),
	 .body = &share_metadata_fields,
	 .handle = metadata_replace},
	{.method = "GET",
	 .pattern = "/shares/{share_id}/export_locations/{export_id}/metadata/{key}",
	 .policy = "share_export_location:get_metadata",
	 .rule = API_RULE_ADMIN,
	 .mode = API_READ,
	 .since = V(87),
	 .handle = item_show},
	{.method = "DELETE",
	 .pattern = "/shares/{share_id}/export_locations/{export_id}/metadata/{key}",
	 .policy = "share_export_location:delete_metadata",
	 .rule = API_RULE_ADMIN,
	 .mode = API_WRITE,
	 .since = V(87),
	 .handle = item_delete},
};
const ApiRoutes share_export_routes = API_ROUTES(routes);
