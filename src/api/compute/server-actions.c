/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * POST /servers/{id}/action: console output.
 */
#include <errno.h>

#include "api/compute/priv.h"
#include "service/server.h"

typedef struct ConsoleFields {
	int64_t length;
	bool has_length;
} ConsoleFields;

typedef struct ConsoleBody {
	const ConsoleFields *console;
} ConsoleBody;

static const JsonField console_rows[] = {
	{.name = "length",
	 .type = JSON_INT_LOOSE,
	 .flags = JSON_NULLABLE,
	 .min = -1,
	 .max = INT32_MAX,
	 .offset = offsetof(ConsoleFields, length),
	 .present = JSON_PRESENT(ConsoleFields, has_length)},
};
static const JsonFields console_fields = JSON_FIELDS(console_rows, ConsoleFields);

static const JsonField console_body_rows[] = {
	{.name = "os-getConsoleOutput",
	 .type = JSON_OBJECT,
	 .flags = JSON_REQUIRED,
	 .fields = &console_fields,
	 .offset = offsetof(ConsoleBody, console)},
};
static const JsonFields console_body_fields = JSON_FIELDS(console_body_rows, ConsoleBody);

/* The last `lines` lines; everything when negative. */
static const char *tail(const char *text, int64_t lines)
{
	const char *p = text + strlen(text);

	if (lines < 0)
		return text;
	if (p > text && p[-1] == '\n')
		p--;
	for (; p > text; p--)
		if (p[-1] == '\n' && --lines <= 0)
			return p;
	return lines > 0 ? text : p;
}

static int load_server(Tx *tx, void *ctx, Fault *f)
{
	ApiRequest *r = ctx;
	Server *server;
	int k;

	r->work.tx = tx;
	k = compute_server(r, &server, f);
	r->work.tx = NULL;
	if (k)
		return k;
	if (server->vm_state == VM_BUILDING || str_empty(server->host)) {
		r->work.refused = (RefusalData){.id = server->id};
		return REFUSAL_SERVER_NOT_READY;
	}
	return 0;
}

static int console(ApiRequest *r, Fault *f)
{
	const ConsoleBody *body = r->body;
	char id[UUID_TEXT];
	const char *text;
	int k;

	k = store_read(r->config->store, load_server, r, f);
	if (k)
		return k;
	if (!uuid_canonical(api_param(r, "server_id"), id))
		return fault(f, -EINVAL, "a server without a uuid");
	k = hypervisor_console(r->config->hypervisor, id, LIMIT_CONSOLE_BYTES, r->arena, &text, f);
	if (k == HYPERVISOR_NO_DOMAIN) {
		r->work.refused = (RefusalData){.id = api_param(r, "server_id")};
		return REFUSAL_SERVER_NOT_READY;
	}
	if (k)
		return fault_unexpected(f, k);
	json_out_begin(&r->out, NULL);
	json_out_text(&r->out, "output",
		      tail(text, body->console->has_length ? body->console->length : -1));
	json_out_end(&r->out);
	api_reply(r, 200);
	return 0;
}

static const ApiRoute routes[] = {
	{.method = "POST",
	 .pattern = "/servers/{server_id}/action",
	 .action = "os-getConsoleOutput",
	 .policy = "os_compute_api:os-console-output",
	 .rule = API_RULE_MEMBER,
	 .mode = API_WORK,
	 .body = &console_body_fields,
	 .handle = console},
};
const ApiRoutes compute_server_action_routes = API_ROUTES(routes);
