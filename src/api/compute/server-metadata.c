/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Metadata of a server: a map of texts, whole or by key.
 */
#include "api/compute/priv.h"
#include "service/server.h"

typedef struct MetadataBody {
	JsonTextMap metadata;
} MetadataBody;

static const JsonField metadata_rows[] = {
	{.name = "metadata",
	 .type = JSON_TEXT_MAP,
	 .format = JSON_FORMAT_METADATA_KEY,
	 .flags = JSON_REQUIRED,
	 .value_max = LIMIT_NAME_CHARS,
	 .offset = offsetof(MetadataBody, metadata)},
};
static const JsonFields metadata_fields = JSON_FIELDS(metadata_rows, MetadataBody);

typedef struct MetaBody {
	JsonTextMap meta;
} MetaBody;

static const JsonField meta_rows[] = {
	{.name = "meta",
	 .type = JSON_TEXT_MAP,
	 .format = JSON_FORMAT_METADATA_KEY,
	 .flags = JSON_REQUIRED,
	 .min = 1,
	 .max = 1,
	 .value_max = LIMIT_NAME_CHARS,
	 .offset = offsetof(MetaBody, meta)},
};
static const JsonFields meta_fields = JSON_FIELDS(meta_rows, MetaBody);

static int metadata_list(ApiRequest *r, Fault *f)
{
	Server *server;
	int k = compute_server(r, &server, f);

	return k ? k : api_reply_map(r, server->metadata);
}

static int metadata_merge(ApiRequest *r, Fault *f)
{
	const MetadataBody *body = r->body;
	Server *server;
	int k = service_merge_server_metadata(&r->work, api_param(r, "server_id"), &body->metadata,
					      &server, f);

	return k ? k : api_reply_map(r, server->metadata);
}

static int metadata_replace(ApiRequest *r, Fault *f)
{
	const MetadataBody *body = r->body;
	Server *server;
	int k = service_replace_server_metadata(&r->work, api_param(r, "server_id"),
						&body->metadata, &server, f);

	return k ? k : api_reply_map(r, server->metadata);
}

static int meta_show(ApiRequest *r, Fault *f)
{
	Server *server;
	int k = compute_server(r, &server, f);

	return k ? k
		 : api_reply_item(r, server->metadata, api_param(r, "key"),
				  (RefusalData){.id = server->id});
}

static int meta_put(ApiRequest *r, Fault *f)
{
	const MetaBody *body = r->body;
	const char *key = api_param(r, "key");
	Server *server;
	int k;

	if (!str_eq(body->meta.pairs[0].key, key))
		return api_refuse(r, 400, "Request body and URI mismatch");
	k = service_merge_server_metadata(&r->work, api_param(r, "server_id"), &body->meta, &server,
					  f);
	return k ? k : api_reply_item(r, server->metadata, key, (RefusalData){0});
}

static int meta_delete(ApiRequest *r, Fault *f)
{
	int k = service_delete_server_metadata(&r->work, api_param(r, "server_id"),
					       api_param(r, "key"), f);

	if (k)
		return k;
	api_reply(r, 204);
	return 0;
}

static const ApiRoute routes[] = {
	{.method = "GET",
	 .pattern = "/servers/{server_id}/metadata",
	 .policy = "os_compute_api:server-metadata:index",
	 .rule = API_RULE_READER,
	 .mode = API_READ,
	 .handle = metadata_list},
	{.method = "POST",
	 .pattern = "/servers/{server_id}/metadata",
	 .policy = "os_compute_api:server-metadata:create",
	 .rule = API_RULE_MEMBER,
	 .mode = API_WRITE,
	 .body = &metadata_fields,
	 .handle = metadata_merge},
	{.method = "PUT",
	 .pattern = "/servers/{server_id}/metadata",
	 .policy = "os_compute_api:server-metadata:update_all",
	 .rule = API_RULE_MEMBER,
	 .mode = API_WRITE,
	 .body = &metadata_fields,
	 .handle = metadata_replace},
	{.method = "GET",
	 .pattern = "/servers/{server_id}/metadata/{key}",
	 .policy = "os_compute_api:server-metadata:show",
	 .rule = API_RULE_READER,
	 .mode = API_READ,
	 .handle = meta_show},
	{.method = "PUT",
	 .pattern = "/servers/{server_id}/metadata/{key}",
	 .policy = "os_compute_api:server-metadata:update",
	 .rule = API_RULE_MEMBER,
	 .mode = API_WRITE,
	 .body = &meta_fields,
	 .handle = meta_put},
	{.method = "DELETE",
	 .pattern = "/servers/{server_id}/metadata/{key}",
	 .policy = "os_compute_api:server-metadata:delete",
	 .rule = API_RULE_MEMBER,
	 .mode = API_WRITE,
	 .handle = meta_delete},
};
const ApiRoutes compute_server_metadata_routes = API_ROUTES(routes);
