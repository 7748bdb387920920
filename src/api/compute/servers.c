/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Servers: show, update, delete. Lists are in server-list.c, making one in server-create.c.
 */
#include "api/compute/priv.h"
#include "service/server.h"

typedef struct ChangeBody {
	const ServerChange *server;
} ChangeBody;

static const JsonField change_rows[] = {
	{.name = "name",
	 .type = JSON_TEXT,
	 .format = JSON_FORMAT_NAME,
	 .min = 1,
	 .max = LIMIT_NAME_CHARS,
	 .offset = offsetof(ServerChange, name)},
	{.name = "description",
	 .type = JSON_TEXT,
	 .flags = JSON_NULLABLE,
	 .since = V(19),
	 .max = LIMIT_NAME_CHARS,
	 .offset = offsetof(ServerChange, description),
	 .present = JSON_PRESENT(ServerChange, has_description)},
	SERVER_LOOK_ROWS(ServerChange, disk_config, access_ipv4, access_ipv6),
	SERVER_HOSTNAME_ROWS(ServerChange, hostname),
	{.name = "pinned_availability_zone",
	 .type = JSON_TEXT,
	 .flags = JSON_NULLABLE,
	 .since = V(104),
	 .min = 1,
	 .max = LIMIT_NAME_CHARS,
	 .offset = offsetof(ServerChange, pinned_zone),
	 .present = JSON_PRESENT(ServerChange, has_pinned_zone)},
};
static const JsonFields change_fields = JSON_FIELDS(change_rows, ServerChange);

static const JsonField change_body_rows[] = {
	{.name = "server",
	 .type = JSON_OBJECT,
	 .flags = JSON_REQUIRED,
	 .fields = &change_fields,
	 .offset = offsetof(ChangeBody, server)},
};
static const JsonFields change_body_fields = JSON_FIELDS(change_body_rows, ChangeBody);

static int reply_server(ApiRequest *r, const Server *server, bool full, Fault *f)
{
	int k;

	json_out_begin(&r->out, NULL);
	k = compute_out_server(r, "server", server, full, f);
	if (k)
		return k;
	json_out_end(&r->out);
	api_reply(r, 200);
	return 0;
}

static int server_show(ApiRequest *r, Fault *f)
{
	Server *server;
	int k;

	k = compute_server(r, &server, f);
	return k ? k : reply_server(r, server, true, f);
}

static int server_change(ApiRequest *r, Fault *f)
{
	const ChangeBody *body = r->body;
	Server *server;
	int k;

	k = service_change_server(&r->work, api_param(r, "server_id"), body->server, &server, f);
	return k ? k : reply_server(r, server, r->version >= V(75), f);
}

static int server_remove(ApiRequest *r, Fault *f)
{
	int k = service_delete_server(&r->work, api_param(r, "server_id"), f);

	if (k)
		return k;
	api_reply(r, 204);
	return 0;
}

static const ApiRoute routes[] = {
	{.method = "GET",
	 .pattern = "/servers/{server_id}",
	 .policy = "os_compute_api:servers:show",
	 .rule = API_RULE_READER,
	 .mode = API_READ,
	 .handle = server_show},
	{.method = "PUT",
	 .pattern = "/servers/{server_id}",
	 .policy = "os_compute_api:servers:update",
	 .rule = API_RULE_MEMBER,
	 .mode = API_WRITE,
	 .body = &change_body_fields,
	 .handle = server_change},
	{.method = "DELETE",
	 .pattern = "/servers/{server_id}",
	 .policy = "os_compute_api:servers:delete",
	 .rule = API_RULE_MEMBER,
	 .mode = API_WRITE,
	 .handle = server_remove},
	{.method = "GET",
	 .pattern = COMPUTE_OLD_SERVERS "/{server_id}",
	 .policy = "os_compute_api:servers:show",
	 .rule = API_RULE_READER,
	 .mode = API_READ,
	 .until = V(102),
	 .handle = server_show},
	{.method = "PUT",
	 .pattern = COMPUTE_OLD_SERVERS "/{server_id}",
	 .policy = "os_compute_api:servers:update",
	 .rule = API_RULE_MEMBER,
	 .mode = API_WRITE,
	 .until = V(102),
	 .body = &change_body_fields,
	 .handle = server_change},
	{.method = "DELETE",
	 .pattern = COMPUTE_OLD_SERVERS "/{server_id}",
	 .policy = "os_compute_api:servers:delete",
	 .rule = API_RULE_MEMBER,
	 .mode = API_WRITE,
	 .until = V(102),
	 .handle = server_remove},
};
const ApiRoutes compute_server_routes = API_ROUTES(routes);
