/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * POST /servers/{id}/action: rebuild.
 */
#include "api/compute/priv.h"
#include "service/server.h"

#include "json/out.h"

typedef struct RebuildFields {
	RebuildWish wish;
	const char *admin_pass;
	bool preserve_ephemeral;
	JsonList trusted_certs;
} RebuildFields;

typedef struct RebuildBody {
	const RebuildFields *rebuild;
} RebuildBody;

static const JsonField rebuild_rows[] = {
	{.name = "imageRef",
	 .type = JSON_TEXT,
	 .format = JSON_FORMAT_UUID,
	 .flags = JSON_REQUIRED,
	 .offset = offsetof(RebuildFields, wish.image_id)},
	{.name = "name",
	 .type = JSON_TEXT,
	 .format = JSON_FORMAT_NAME,
	 .min = 1,
	 .max = LIMIT_NAME_CHARS,
	 .offset = offsetof(RebuildFields, wish.name)},
	{.name = "adminPass",
	 .type = JSON_TEXT,
	 .max = LIMIT_NAME_CHARS,
	 .offset = offsetof(RebuildFields, admin_pass)},
	{.name = "metadata",
	 .type = JSON_TEXT_MAP,
	 .format = JSON_FORMAT_METADATA_KEY,
	 .value_max = LIMIT_NAME_CHARS,
	 .offset = offsetof(RebuildFields, wish.metadata),
	 .present = JSON_PRESENT(RebuildFields, wish.has_metadata)},
	{.name = "preserve_ephemeral",
	 .type = JSON_BOOL_LOOSE,
	 .offset = offsetof(RebuildFields, preserve_ephemeral)},
	SERVER_LOOK_ROWS(RebuildFields, wish.disk_config, wish.access_ipv4, wish.access_ipv6),
	SERVER_FILES_ROW(RebuildFields, wish.files),
	{.name = "description",
	 .type = JSON_TEXT,
	 .flags = JSON_NULLABLE,
	 .since = V(19),
	 .max = LIMIT_NAME_CHARS,
	 .offset = offsetof(RebuildFields, wish.description),
	 .present = JSON_PRESENT(RebuildFields, wish.has_description)},
	{.name = "key_name",
	 .type = JSON_TEXT,
	 .flags = JSON_NULLABLE,
	 .since = V(54),
	 .min = 1,
	 .max = LIMIT_NAME_CHARS,
	 .offset = offsetof(RebuildFields, wish.key_name),
	 .present = JSON_PRESENT(RebuildFields, wish.has_key_name)},
	{.name = "user_data",
	 .type = JSON_TEXT,
	 .format = JSON_FORMAT_BASE64,
	 .flags = JSON_NULLABLE,
	 .since = V(57),
	 .max = LIMIT_USER_DATA_BYTES,
	 .offset = offsetof(RebuildFields, wish.user_data),
	 .present = JSON_PRESENT(RebuildFields, wish.has_user_data)},
	{.name = "trusted_image_certificates",
	 .type = JSON_LIST,
	 .item = JSON_TEXT,
	 .flags = JSON_NULLABLE,
	 .since = V(63),
	 .min = 1,
	 .max = 50,
	 .value_max = LIMIT_NAME_CHARS,
	 .offset = offsetof(RebuildFields, trusted_certs),
	 .present = JSON_PRESENT(RebuildFields, wish.has_trusted_certs)},
	SERVER_HOSTNAME_ROWS(RebuildFields, wish.hostname),
};
static const JsonFields rebuild_fields = JSON_FIELDS(rebuild_rows, RebuildFields);

static const JsonField rebuild_body_rows[] = {
	{.name = "rebuild",
	 .type = JSON_OBJECT,
	 .flags = JSON_REQUIRED,
	 .fields = &rebuild_fields,
	 .offset = offsetof(RebuildBody, rebuild)},
};
static const JsonFields rebuild_body_fields = JSON_FIELDS(rebuild_body_rows, RebuildBody);

static int rebuild(ApiRequest *r, Fault *f)
{
	const RebuildFields *fields = ((const RebuildBody *)r->body)->rebuild;
	const char *password = fields->admin_pass;
	RebuildWish wish = fields->wish;
	Server *server;
	int k;

	wish.may_reimage = r->version >= V(93);
	if (fields->trusted_certs.count)
		wish.trusted_certs = json_print_text_list(r->arena, fields->trusted_certs.items,
							  fields->trusted_certs.count);
	k = service_rebuild_server(&r->work, api_param(r, "server_id"), &wish, &server, f);
	if (k)
		return k;
	json_out_begin(&r->out, NULL);
	k = compute_out_rebuilt(r, "server", server,
				password ? password : compute_new_password(r->arena), f);
	if (k)
		return k;
	json_out_end(&r->out);
	api_reply_header(r, "Location",
			 arena_printf(r->arena, "%s/servers/%s", api_prefix_url(r), server->id));
	api_reply(r, 202);
	return 0;
}

static const ApiRoute routes[] = {
	{.method = "POST",
	 .pattern = "/servers/{server_id}/action",
	 .action = "rebuild",
	 .policy = "os_compute_api:servers:rebuild",
	 .rule = API_RULE_MEMBER,
	 .mode = API_WRITE,
	 .body = &rebuild_body_fields,
	 .handle = rebuild},
};
const ApiRoutes compute_server_rebuild_routes = API_ROUTES(routes);
