/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * The metadata of a volume, as a whole and key by key. From 3.15 on the whole has a tag, and who
 * changes it may say which one he has seen.
 */
#include "api/volume/priv.h"
#include "base/secret.h"

static const JsonField metadata_rows[] = {
	{.name = "metadata",
	 .type = JSON_TEXT_MAP,
	 .format = JSON_FORMAT_METADATA_PATH,
	 .flags = JSON_REQUIRED,
	 .value_max = LIMIT_NAME_CHARS,
	 .max = LIMIT_METADATA_ITEMS,
	 .offset = offsetof(VolumeMetadataBody, metadata)},
};
const JsonFields volume_metadata_fields = JSON_FIELDS(metadata_rows, VolumeMetadataBody);

static const JsonField item_rows[] = {
	{.name = "meta",
	 .type = JSON_TEXT_MAP,
	 .format = JSON_FORMAT_METADATA_PATH,
	 .flags = JSON_REQUIRED,
	 .value_max = LIMIT_NAME_CHARS,
	 .max = LIMIT_METADATA_ITEMS,
	 .offset = offsetof(VolumeItemBody, meta)},
};
const JsonFields volume_item_fields = JSON_FIELDS(item_rows, VolumeItemBody);

/* As long as those that clients know; they compare it and no more. */
enum { ETAG_CHARS = 32 };

static const char *etag_of(ApiRequest *r, const Volume *volume)
{
	char hash[SECRET_HASH_TEXT];

	secret_hash(str_empty(volume->metadata) ? "{}" : volume->metadata, hash);
	return arena_strndup(r->arena, hash, ETAG_CHARS);
}

/* Whether the tags that the client names (all of them for "*") hold that one. */
static bool tags_hold(const char *tags, const char *etag)
{
	for (size_t length; *tags; tags += length) {
		tags += strspn(tags, ", \"");
		length = strcspn(tags, ", \"");
		if (length == 1 && *tags == '*')
			return true;
		if (length == strlen(etag) && strncmp(tags, etag, length) == 0)
			return true;
	}
	return false;
}

/* Whether the client has seen the newest. False after a refusal or a fault, which is in *ret. */
static bool is_seen(ApiRequest *r, int *ret, Fault *f)
{
	const char *tags = http_header(r->http, "If-Match");
	Volume *volume;

	*ret = 0;
	if (r->version < V(15) || !tags)
		return true;
	*ret = service_find_volume(&r->work, api_param(r, "volume_id"), &volume, f);
	if (*ret)
		return false;
	if (tags_hold(tags, etag_of(r, volume)))
		return true;
	*ret = api_refuse(r, 412, "The metadata has changed meanwhile.");
	return false;
}

static int metadata_show(ApiRequest *r, Fault *f)
{
	Volume *volume;
	int k = service_find_volume(&r->work, api_param(r, "volume_id"), &volume, f);

	if (k)
		return k;
	if (r->version >= V(15))
		api_reply_header(r, "ETag", etag_of(r, volume));
	return api_reply_map(r, volume->metadata);
}

static int metadata_merge(ApiRequest *r, Fault *f)
{
	const VolumeMetadataBody *body = r->body;
	const char *json;
	int k = service_merge_volume_metadata(&r->work, api_param(r, "volume_id"), &body->metadata,
					      &json, f);

	return k ? k : api_reply_map(r, json);
}

static int metadata_replace(ApiRequest *r, Fault *f)
{
	const VolumeMetadataBody *body = r->body;
	const char *json;
	int k;

	if (!is_seen(r, &k, f))
		return k;
	k = service_replace_volume_metadata(&r->work, api_param(r, "volume_id"), &body->metadata,
					    &json, f);
	return k ? k : api_reply_map(r, json);
}

static int item_show(ApiRequest *r, Fault *f)
{
	Volume *volume;
	int k = service_find_volume(&r->work, api_param(r, "volume_id"), &volume, f);

	return k ? k
		 : api_reply_item(r, volume->metadata, api_param(r, "key"),
				  (RefusalData){.id = volume->id});
}

static int item_set(ApiRequest *r, Fault *f)
{
	const JsonTextMap *meta = &((const VolumeItemBody *)r->body)->meta;
	const char *key = api_param(r, "key"), *json;
	int k;

	if (meta->count != 1 || !str_eq(meta->pairs[0].key, key))
		return api_refuse(r, 400, "Request body and URI mismatch");
	if (!is_seen(r, &k, f))
		return k;
	k = service_merge_volume_metadata(&r->work, api_param(r, "volume_id"), meta, &json, f);
	return k ? k : api_reply_item(r, json, key, (RefusalData){0});
}

static int item_delete(ApiRequest *r, Fault *f)
{
	int k = service_delete_volume_metadata(&r->work, api_param(r, "volume_id"),
					       api_param(r, "key"), f);

	if (k)
		return k;
	api_reply(r, 200);
	return 0;
}

static const ApiRoute routes[] = {
	{.method = "GET",
	 .pattern = "/volumes/{volume_id}/metadata",
	 .policy = "volume:get_volume_metadata",
	 .rule = API_RULE_READER,
	 .mode = API_READ,
	 .handle = metadata_show},
	{.method = "POST",
	 .pattern = "/volumes/{volume_id}/metadata",
	 .policy = "volume:create_volume_metadata",
	 .rule = API_RULE_MEMBER,
	 .mode = API_WRITE,
	 .body = &volume_metadata_fields,
	 .handle = metadata_merge},
	{.method = "PUT",
	 .pattern = "/volumes/{volume_id}/metadata",
	 .policy = "volume:update_volume_metadata",
	 .rule = API_RULE_MEMBER,
	 .mode = API_WRITE,
	 .body = &volume_metadata_fields,
	 .handle = metadata_replace},
	{.method = "GET",
	 .pattern = "/volumes/{volume_id}/metadata/{key}",
	 .policy = "volume:get_volume_metadata",
	 .rule = API_RULE_READER,
	 .mode = API_READ,
	 .handle = item_show},
	{.method = "PUT",
	 .pattern = "/volumes/{volume_id}/metadata/{key}",
	 .policy = "volume:update_volume_metadata",
	 .rule = API_RULE_MEMBER,
	 .mode = API_WRITE,
	 .body = &volume_item_fields,
	 .handle = item_set},
	{.method = "DELETE",
	 .pattern = "/volumes/{volume_id}/metadata/{key}",
	 .policy = "volume:delete_volume_metadata",
	 .rule = API_RULE_MEMBER,
	 .mode = API_WRITE,
	 .handle = item_delete},
};
const ApiRoutes volume_metadata_routes = API_ROUTES(routes);
