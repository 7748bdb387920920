/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * The vocabulary of this room's tests: a scripted server with a login, and a client for it.
 */
#pragma once

#include "base/str.h"
#include "client/client.h"
#include "tests/lib/http-script.h"
#include "tests/lib/test.h"

/* A row that logs in; the catalog's URLs are paths of the same server, put in by the fixture. */
#define LOGIN_ROW                                                                                  \
	{                                                                                          \
		.request = "POST /v3/auth/tokens", .status = 201,                                  \
		.headers = "X-Subject-Token: secret\r\n", .body = catalog_body                     \
	}

static char catalog_body[4096];

typedef struct Fixture {
	HttpScript *script;
	Client *client;
	Arena *arena;
} Fixture;

static void add_entry(Buf *body, const char *type, const char *url, const char *path)
{
	buf_printf(body,
		   "%s{\"type\":\"%s\",\"endpoints\":["
		   "{\"interface\":\"internal\",\"region\":\"R\",\"url\":\"http://127.0.0.1:1/\"},"
		   "{\"interface\":\"public\",\"region\":\"R\",\"url\":\"%s%s\"}]}",
		   str_ends(body->data, "}") ? "," : "", type, url, path);
}

static inline Fixture fixture_start(const HttpScriptRow *rows, size_t count, ClientLogin login)
{
	_cleanup_(buf_done) Buf body = {0};
	Fixture fixture = {.script = http_script_start(rows, count), .arena = arena_new()};
	const char *url = http_script_url(fixture.script);
	Fault f = {0};

	buf_add(&body, "{\"token\":{\"user\":{\"id\":\"u1\"},\"catalog\":[");
	add_entry(&body, "compute", url, "/compute/v2.1");
	add_entry(&body, "volumev3", url, "/volume/v3");
	add_entry(&body, "shared-file-system", url, "/share/v2");
	add_entry(&body, "image", url, "/image/");
	add_entry(&body, "identity", url, "/v3");
	buf_add(&body, "]}}");
	(void)snprintf(catalog_body, sizeof(catalog_body), "%s", body.data);
	login.auth_url = arena_strdup(fixture.arena, url);
	if (client_new(&login, &fixture.client, &f))
		fail_msg("%s", f.text);
	return fixture;
}

static inline void fixture_end(Fixture *fixture)
{
	char *wrong;

	client_free(fixture->client);
	wrong = http_script_end(fixture->script);
	arena_free(fixture->arena);
	if (wrong)
		fail_msg("%s", wrong);
}

#define DEMO ((ClientLogin){.username = "demo", .password = "pw", .project_name = "demo"})
