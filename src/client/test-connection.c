/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Which version of block storage is agreed on, and the older way to attach a volume.
 */
#include "client/connection.h"
#include "client/test-client.h"

#define VERSIONS_ROW(text)                                                                         \
	{                                                                                          \
		.request = "GET /volume/v3/", .status = 200,                                       \
		.body = "{\"versions\":[{\"id\":\"v3.0\",\"version\":\"" text "\"}]}"              \
	}

#define VOLUME "0a0b1c2d-3e4f-4a5b-8c6d-7e8f90a1b2c3"

static void agree(Fixture *x, int expected)
{
	Fault f = {0};
	int minor = -1;

	if (client_volume_agree(x->client, &minor, &f))
		fail_msg("%s", f.text);
	assert_int_equal(minor, expected);
}

TEST(an_older_service_is_spoken_to_as_it_can)
{
	static const HttpScriptRow rows[] = {
		LOGIN_ROW,
		VERSIONS_ROW("3.43"),
		{.request = "POST /volume/v3/volumes/" VOLUME "/action",
		 .holds = "OpenStack-API-Version: volume 3.43",
		 .status = 202},
	};
	Fixture x = fixture_start(rows, ARRAY_SIZE(rows), DEMO);

	agree(&x, 43);
	assert_int_equal(client_volume_hold(x.client, x.arena, VOLUME, CLIENT_RESERVE, NULL), 0);
	agree(&x, 43); /* nobody is asked twice */
	fixture_end(&x);
}

/* Calls that ask nobody beforehand find out when they are refused. */
TEST(an_older_service_that_refuses_newer_words_is_asked_again)
{
	static const HttpScriptRow rows[] = {
		LOGIN_ROW,
		{.request = "GET /volume/v3/limits",
		 .holds = "OpenStack-API-Version: volume 3.66",
		 .status = 406,
		 .body = "{\"computeFault\":{\"code\":406,\"message\":\"3.66 is not supported\"}}"},
		VERSIONS_ROW("3.43"),
		{.request = "GET /volume/v3/limits",
		 .holds = "OpenStack-API-Version: volume 3.43",
		 .status = 200,
		 .body = "{}"},
		{.request = "GET /volume/v3/limits", .status = 406, .body = "{}"},
	};
	const ClientRequest request = {
		.service = CLIENT_VOLUME, .method = "GET", .path = "/limits"};
	Fixture x = fixture_start(rows, ARRAY_SIZE(rows), DEMO);

	assert_int_equal(client_call(x.client, &request, NULL, NULL), 0);
	assert_int_equal(client_call(x.client, &request, NULL, NULL), CLIENT_REFUSED);
	fixture_end(&x);
}

TEST(a_newer_service_is_spoken_to_as_calls_are_written)
{
	static const HttpScriptRow rows[] = {LOGIN_ROW, VERSIONS_ROW("3.71")};
	Fixture x = fixture_start(rows, ARRAY_SIZE(rows), DEMO);

	agree(&x, 66);
	fixture_end(&x);
}

TEST(a_service_that_does_not_say_is_the_oldest)
{
	static const char *const bodies[] = {"{}", "[]", "what?", "{\"versions\":[{}]}",
					     "{\"versions\":[{\"version\":\"\"}]}"};

	for (size_t i = 0; i < ARRAY_SIZE(bodies); i++) {
		const HttpScriptRow rows[] = {
			LOGIN_ROW,
			{.request = "GET /volume/v3/", .status = 200, .body = bodies[i]},
		};
		Fixture x = fixture_start(rows, ARRAY_SIZE(rows), DEMO);

		agree(&x, 0);
		fixture_end(&x);
	}
}

TEST(a_token_and_an_endpoint_are_enough)
{
	const HttpScriptRow rows[] = {
		{.request = "GET /v3/",
		 .holds = "X-Auth-Token: admin:p1",
		 .status = 200,
		 .body = "{\"versions\":[{\"version\":\"3.70\"}]}"},
		{.request = "POST /v3/p1/volumes/" VOLUME "/action",
		 .holds = "{\"os-terminate_connection\":{\"connector\":{\"host\":\"h\"}}}",
		 .status = 202},
		{.request = "GET /v3/p1/volumes/mine", .status = 404, .body = "{}"},
		{.request = "GET /v3/p1/volumes/detail?name=mine",
		 .status = 200,
		 .body = "{\"volumes\":[{\"id\":\"v1\",\"name\":\"mine\"}]}"},
		{.request = "GET /v3/p1/volumes/v1",
		 .status = 200,
		 .body = "{\"volume\":{\"id\":\"v1\"}}"},
	};
	HttpScript *script = http_script_start(rows, ARRAY_SIZE(rows));
	_cleanup_(arena_freep) Arena *arena = arena_new();
	const ClientLogin login = {
		.token = "admin:p1",
		.volume_endpoint = arena_printf(arena, "%s/v3/p1", http_script_url(script)),
	};
	Client *client = NULL;
	ClientItem item;
	char *wrong;
	int minor;

	assert_int_equal(client_new(&login, &client, NULL), 0);
	assert_int_equal(client_volume_agree(client, &minor, NULL), 0);
	assert_int_equal(minor, 66);
	assert_int_equal(client_volume_disconnect(client, arena, VOLUME, "{\"host\":\"h\"}", NULL),
			 0);
	assert_int_equal(client_find(client, arena, CLIENT_VOLUMES, "mine", &item, NULL), 0);
	assert_string_equal(client_item_text(arena, &item, "id"), "v1");
	client_item_done(&item);
	client_free(client);
	wrong = http_script_end(script);
	if (wrong)
		fail_msg("%s", wrong);
}

TEST(the_older_way_to_attach_and_detach)
{
	static const HttpScriptRow rows[] = {
		LOGIN_ROW,
		{.request = "POST /volume/v3/volumes/" VOLUME "/action",
		 .holds = "{\"os-initialize_connection\":{\"connector\":{\"ip\":\"192.0.2.1\"}}}",
		 .status = 200,
		 .body = "{\"connection_info\":{\"driver_volume_type\":\"local\",\"data\":{}}}"},
		{.request = "POST /volume/v3/volumes/" VOLUME "/action",
		 .holds = "{\"os-attach\":{\"mountpoint\":\"/dev/sdx\",\"host_name\":\"h1\","
			  "\"mode\":\"ro\"}}",
		 .status = 202},
		{.request = "POST /volume/v3/volumes/" VOLUME "/action",
		 .holds = "{\"os-begin_detaching\":{}}",
		 .status = 202},
		{.request = "POST /volume/v3/volumes/" VOLUME "/action",
		 .holds = "{\"os-detach\":{\"attachment_id\":\"a1\"}}",
		 .status = 202},
	};
	const ClientHostAttachment attachment = {
		.mountpoint = "/dev/sdx", .host_name = "h1", .mode = "ro"};
	Fixture x = fixture_start(rows, ARRAY_SIZE(rows), DEMO);
	JsonDoc *doc = NULL;

	assert_int_equal(client_volume_connect(x.client, x.arena, VOLUME, "{\"ip\":\"192.0.2.1\"}",
					       &doc, NULL),
			 0);
	assert_string_equal(json_get_text(x.arena, doc, "connection_info.driver_volume_type"),
			    "local");
	json_doc_free(doc);
	assert_int_equal(client_volume_attached(x.client, x.arena, VOLUME, &attachment, NULL), 0);
	assert_int_equal(
		client_volume_hold(x.client, x.arena, VOLUME, CLIENT_BEGIN_DETACHING, NULL), 0);
	assert_int_equal(client_volume_detached(x.client, x.arena, VOLUME, "a1", NULL), 0);
	fixture_end(&x);
}

TEST(the_server_of_a_url)
{
	static const struct {
		const char *url, *host, *port;
	} rows[] = {
		{"http://volumes.example:8776/v3/p1", "volumes.example", "8776"},
		{"https://192.0.2.1", "192.0.2.1", "443"},
		{"http://[2001:db8::1]:80/", "2001:db8::1", "80"},
		{"192.0.2.1", NULL, NULL},
		{"", NULL, NULL},
	};
	_cleanup_(arena_freep) Arena *arena = arena_new();
	const char *host, *port;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		assert_int_equal(client_url_server(arena, rows[i].url, &host, &port),
				 !!rows[i].host);
		if (!rows[i].host)
			continue;
		assert_string_equal(host, rows[i].host);
		assert_string_equal(port, rows[i].port);
	}
}
