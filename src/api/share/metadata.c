/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * The metadata of a share, as a whole and key by key; and what bodies and replies of all metadata
 * sub-resources have in common.
 */
#include "api/share/priv.h"
#include "service/share.h"

/* What keys and values may be is the use case's matter: it has words for it. */
static const JsonField metadata_rows[] = {
	{.name = "metadata",
	 .type = JSON_TEXT_MAP,
	 .flags = JSON_REQUIRED,
	 .offset = offsetof(ShareMetadataBody, metadata)},
};
const JsonFields share_metadata_fields = JSON_FIELDS(metadata_rows, ShareMetadataBody);

typedef struct ItemBody {
	JsonTextMap meta;
	JsonTextMap metadata;
} ItemBody;

#define PAIR(member)                                                                               \
	{                                                                                          \
		.name = #member, .type = JSON_TEXT_MAP, .offset = offsetof(ItemBody, member)       \
	}

static const JsonField item_rows[] = {PAIR(meta), PAIR(metadata)};
const JsonFields share_item_fields = JSON_FIELDS(item_rows, ItemBody);

bool share_read_item(ApiRequest *r, const JsonTextMap **ret)
{
	const ItemBody *in = r->body;

	*ret = in->meta.count ? &in->meta : &in->metadata;
	if ((*ret)->count == 1 && str_eq((*ret)->pairs[0].key, api_param(r, "key")))
		return true;
	(void)api_refuse(r, 400, "Request body and URI mismatch"); /* 0 */
	return false;
}

static int metadata_show(ApiRequest *r, Fault *f)
{
	Share *share;
	int k = service_find_share(&r->work, api_param(r, "share_id"), &share, f);

	return k ? k : api_reply_map(r, share->metadata);
}

static int metadata_merge(ApiRequest *r, Fault *f)
{
	const ShareMetadataBody *body = r->body;
	const char *json;
	int k = service_merge_share_metadata(&r->work, api_param(r, "share_id"), &body->metadata,
					     &json, f);

	return k ? k : api_reply_map(r, json);
}

static int metadata_replace(ApiRequest *r, Fault *f)
{
	const ShareMetadataBody *body = r->body;
	const char *json;
	int k = service_replace_share_metadata(&r->work, api_param(r, "share_id"), &body->metadata,
					       &json, f);

	return k ? k : api_reply_map(r, json);
}

static int item_show(ApiRequest *r, Fault *f)
{
	Share *share;
	int k = service_find_share(&r->work, api_param(r, "share_id"), &share, f);

	return k ? k : api_reply_item(r, share->metadata, api_param(r, "key"), (RefusalData){0});
}

static int item_put(ApiRequest *r, Fault *f)
{
	const char *share_id = api_param(r, "share_id"), *json;
	const JsonTextMap *item;
	int k;

	if (!share_read_item(r, &item))
		return 0;
	k = service_merge_share_metadata(&r->work, share_id, item, &json, f);
	return k ? k : api_reply_item(r, json, api_param(r, "key"), (RefusalData){0});
}

static int item_delete(ApiRequest *r, Fault *f)
{
	int k = service_delete_share_metadata(&r->work, api_param(r, "share_id"),
					      api_param(r, "key"), f);

	if (k)
		return k;
	api_reply(r, 200);
	return 0;
}

static const ApiRoute routes[] = {
	{.method = "GET",
	 .pattern = "/shares/{share_id}/metadata",
	 .policy = "share:get_share_metadata",
	 .rule = API_RULE_READER,
	 .mode = API_READ,
	 .handle = metadata_show},
	{.method = "POST",
	 .pattern = "/shares/{share_id}/metadata",
	 .policy = "share:update_share_metadata",
	 .rule = API_RULE_MEMBER,
	 .mode = API_WRITE,
	 .body = &share_metadata_fields,
	 .handle = metadata_merge},
	{.method = "PUT",
	 .pattern = "/shares/{share_id}/metadata",
	 .policy = "share:update_share_metadata",
	 .rule = API_RULE_MEMBER,
	 .mode = API_WRITE,
	 .body = &share_metadata_fields,
	 .handle = metadata_replace},
	{.method = "GET",
	 .pattern = "/shares/{share_id}/metadata/{key}",
	 .policy = "share:get_share_metadata",
	 .rule = API_RULE_READER,
	 .mode = API_READ,
	 .handle = item_show},
	{.method = "POST",
	 .pattern = "/shares/{share_id}/metadata/{key}",
	 .policy = "share:update_share_metadata",
	 .rule = API_RULE_MEMBER,
	 .mode = API_WRITE,
	 .body = &share_item_fields,
	 .handle = item_put},
	{.method = "DELETE",
	 .pattern = "/shares/{share_id}/metadata/{key}",
	 .policy = "share:delete_share_metadata",
	 .rule = API_RULE_MEMBER,
	 .mode = API_WRITE,
	 .handle = item_delete},
};
const ApiRoutes share_metadata_routes = API_ROUTES(routes);
