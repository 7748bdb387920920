/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * POST /servers/{id}/action: what changes the power of a server and nothing else.
 */
#include "api/compute/priv.h"
#include "service/server.h"

int compute_accepted(ApiRequest *r, int k)
{
	if (k)
		return k;
	api_reply(r, 202);
	return 0;
}

typedef struct RebootFields {
	const char *type;
} RebootFields;

typedef struct RebootBody {
	const RebootFields *reboot;
} RebootBody;

static const char *const reboot_types[] = {"HARD", "Hard", "hard", "SOFT", "Soft", "soft", NULL};

static const JsonField reboot_rows[] = {
	{.name = "type",
	 .type = JSON_TEXT,
	 .flags = JSON_REQUIRED,
	 .choices = reboot_types,
	 .offset = offsetof(RebootFields, type)},
};
static const JsonFields reboot_fields = JSON_FIELDS(reboot_rows, RebootFields);

static const JsonField reboot_body_rows[] = {
	{.name = "reboot",
	 .type = JSON_OBJECT,
	 .flags = JSON_REQUIRED,
	 .fields = &reboot_fields,
	 .offset = offsetof(RebootBody, reboot)},
};
static const JsonFields reboot_body_fields = JSON_FIELDS(reboot_body_rows, RebootBody);

static int reboot(ApiRequest *r, Fault *f)
{
	const RebootBody *body = r->body;
	bool hard = str_eq_nocase(body->reboot->type, "hard");

	return compute_accepted(
		r, service_power_server(&r->work, api_param(r, "server_id"),
					hard ? SERVER_REBOOT_HARD : SERVER_REBOOT_SOFT, f));
}

static int power(ApiRequest *r, Fault *f)
{
	static const struct {
		const char *key;
		ServerAction action;
	} actions[] = {
		{"os-start", SERVER_START},  {"os-stop", SERVER_STOP},    {"pause", SERVER_PAUSE},
		{"unpause", SERVER_UNPAUSE}, {"suspend", SERVER_SUSPEND}, {"resume", SERVER_RESUME},
		{"restore", SERVER_RESTORE},
	};
	size_t i = 0;

	while (!str_eq(actions[i].key, r->route->action))
		i++;
	return compute_accepted(
		r, service_power_server(&r->work, api_param(r, "server_id"), actions[i].action, f));
}

static const ApiRoute routes[] = {
	{.method = "POST",
	 .pattern = "/servers/{server_id}/action",
	 .action = "os-start",
	 .policy = "os_compute_api:servers:start",
	 .rule = API_RULE_MEMBER,
	 .mode = API_WRITE,
	 .handle = power},
	{.method = "POST",
	 .pattern = "/servers/{server_id}/action",
	 .action = "os-stop",
	 .policy = "os_compute_api:servers:stop",
	 .rule = API_RULE_MEMBER,
	 .mode = API_WRITE,
	 .handle = power},
	{.method = "POST",
	 .pattern = "/servers/{server_id}/action",
	 .action = "reboot",
	 .policy = "os_compute_api:servers:reboot",
	 .rule = API_RULE_MEMBER,
	 .mode = API_WRITE,
	 .body = &reboot_body_fields,
	 .handle = reboot},
	{.method = "POST",
	 .pattern = "/servers/{server_id}/action",
	 .action = "pause",
	 .policy = "os_compute_api:os-pause-server:pause",
	 .rule = API_RULE_MEMBER,
	 .mode = API_WRITE,
	 .handle = power},
	{.method = "POST",
	 .pattern = "/servers/{server_id}/action",
	 .action = "unpause",
	 .policy = "os_compute_api:os-pause-server:unpause",
	 .rule = API_RULE_MEMBER,
	 .mode = API_WRITE,
	 .handle = power},
	{.method = "POST",
	 .pattern = "/servers/{server_id}/action",
	 .action = "suspend",
	 .policy = "os_compute_api:os-suspend-server:suspend",
	 .rule = API_RULE_MEMBER,
	 .mode = API_WRITE,
	 .handle = power},
	{.method = "POST",
	 .pattern = "/servers/{server_id}/action",
	 .action = "resume",
	 .policy = "os_compute_api:os-suspend-server:resume",
	 .rule = API_RULE_MEMBER,
	 .mode = API_WRITE,
	 .handle = power},
	{.method = "POST",
	 .pattern = "/servers/{server_id}/action",
	 .action = "restore",
	 .policy = "os_compute_api:os-deferred-delete:restore",
	 .rule = API_RULE_MEMBER,
	 .mode = API_WRITE,
	 .handle = power},
};
const ApiRoutes compute_server_power_routes = API_ROUTES(routes);
