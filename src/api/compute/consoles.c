/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Consoles by a proxy, of which there is none: every type that exists is not available. What a
 * server writes to its console is an action of its own (os-getConsoleOutput).
 */
#include "api/compute/priv.h"

typedef struct ConsoleFields {
	const char *protocol;
	const char *type;
} ConsoleFields;

typedef struct ConsoleBody {
	const ConsoleFields *console;
} ConsoleBody;

static const char *const protocols[] = {"vnc", "spice", "serial", "rdp", NULL};
static const char *const protocols_8[] = {"vnc", "spice", "serial", "rdp", "mks", NULL};
static const char *const types[] = {"novnc", "xvpvnc", "spice-html5", "serial", "rdp-html5", NULL};
static const char *const types_8[] = {"novnc",     "xvpvnc", "spice-html5", "serial",
				      "rdp-html5", "webmks", NULL};

#define CHOICE_ROW(key, member, first, last, names)                                                \
	{                                                                                          \
		.name = (key), .type = JSON_TEXT, .flags = JSON_REQUIRED, .since = (first),        \
		.until = (last), .choices = (names), .offset = offsetof(ConsoleFields, member)     \
	}

static const JsonField remote_rows[] = {
	CHOICE_ROW("protocol", protocol, V(6), V(7), protocols),
	CHOICE_ROW("protocol", protocol, V(8), 0, protocols_8),
	CHOICE_ROW("type", type, V(6), V(7), types),
	CHOICE_ROW("type", type, V(8), 0, types_8),
};
static const JsonFields remote_fields = JSON_FIELDS(remote_rows, ConsoleFields);

static const JsonField old_rows[] = {CHOICE_ROW("type", type, 0, 0, types)};
static const JsonFields old_fields = JSON_FIELDS(old_rows, ConsoleFields);

#define BODY_ROW(key, members)                                                                     \
	{                                                                                          \
		.name = (key), .type = JSON_OBJECT, .flags = JSON_REQUIRED, .fields = (members),   \
		.offset = offsetof(ConsoleBody, console)                                           \
	}

static const JsonField remote_body_rows[] = {BODY_ROW("remote_console", &remote_fields)};
static const JsonFields remote_body = JSON_FIELDS(remote_body_rows, ConsoleBody);
static const JsonField vnc_rows[] = {BODY_ROW("os-getVNCConsole", &old_fields)};
static const JsonFields vnc_body = JSON_FIELDS(vnc_rows, ConsoleBody);
static const JsonField spice_rows[] = {BODY_ROW("os-getSPICEConsole", &old_fields)};
static const JsonFields spice_body = JSON_FIELDS(spice_rows, ConsoleBody);
static const JsonField serial_rows[] = {BODY_ROW("os-getSerialConsole", &old_fields)};
static const JsonFields serial_body = JSON_FIELDS(serial_rows, ConsoleBody);

static int no_console(ApiRequest *r, Fault *f)
{
	const ConsoleBody *body = r->body;
	Server *server;
	int k = compute_server(r, &server, f);

	if (k)
		return k;
	return api_refuse(r, 400, "Unavailable console type %s.", body->console->type);
}

#define OLD_ROUTE(name, fields)                                                                    \
	{                                                                                          \
		.method = "POST", .pattern = "/servers/{server_id}/action", .action = (name),      \
		.policy = "os_compute_api:os-remote-consoles", .rule = API_RULE_MEMBER,            \
		.mode = API_READ, .until = V(5), .body = (fields), .handle = no_console            \
	}

static const ApiRoute routes[] = {
	{.method = "POST",
	 .pattern = "/servers/{server_id}/remote-consoles",
	 .policy = "os_compute_api:os-remote-consoles",
	 .rule = API_RULE_MEMBER,
	 .mode = API_READ,
	 .since = V(6),
	 .body = &remote_body,
	 .handle = no_console},
	OLD_ROUTE("os-getVNCConsole", &vnc_body),
	OLD_ROUTE("os-getSPICEConsole", &spice_body),
	OLD_ROUTE("os-getSerialConsole", &serial_body),
};
const ApiRoutes compute_console_routes = API_ROUTES(routes);
