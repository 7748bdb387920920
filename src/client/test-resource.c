/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Lists of several pages, and finding by id or name.
 */
#include "client/resource.h"

#include "client/test-client.h"

TEST(pages_are_followed_at_our_own_address)
{
	static const HttpScriptRow rows[] = {
		LOGIN_ROW,
		{.request = "GET /compute/v2.1/servers/detail?all_tenants=1",
		 .status = 200,
		 .body = "{\"servers\":[{\"id\":\"a\"},{\"id\":\"b\"}],\"servers_links\":[{\"rel\":"
			 "\"next\",\"href\":\"http://elsewhere/v2.1/servers/"
			 "detail?limit=2&marker=b\"}"
			 "]}"},
		{.request = "GET /compute/v2.1/servers/detail?limit=2&marker=b",
		 .status = 200,
		 .body = "{\"servers\":[{\"id\":\"c\"}]}"},
		{.request = "GET /image/v2/images",
		 .status = 200,
		 .body = "{\"images\":[{\"id\":\"1\"}],\"next\":\"/v2/images?marker=1\"}"},
		{.request = "GET /image/v2/images?marker=1",
		 .status = 200,
		 .body = "{\"images\":[]}"},
	};
	Fixture x = fixture_start(rows, ARRAY_SIZE(rows), DEMO);
	_cleanup_(client_list_done) ClientList servers = {0}, images = {0};

	assert_int_equal(
		client_list(x.client, x.arena, CLIENT_SERVER, "all_tenants=1", &servers, NULL), 0);
	assert_int_equal(servers.count, 3);
	assert_string_equal(client_item_text(x.arena, &servers.items[1], "id"), "b");
	assert_string_equal(client_item_text(x.arena, &servers.items[2], "id"), "c");
	assert_int_equal(client_list(x.client, x.arena, CLIENT_IMAGES, NULL, &images, NULL), 0);
	assert_int_equal(images.count, 1);
	client_list_done(&servers);
	client_list_done(&images);
	fixture_end(&x);
}

TEST(a_list_without_its_member_is_a_fault)
{
	static const HttpScriptRow rows[] = {
		LOGIN_ROW,
		{.request = "GET /volume/v3/volumes/detail", .status = 200, .body = "{\"x\":[]}"},
	};
	Fixture x = fixture_start(rows, ARRAY_SIZE(rows), DEMO);
	ClientList list;
	Fault f = {0};

	assert_true(client_list(x.client, x.arena, CLIENT_VOLUMES, NULL, &list, &f) < 0);
	assert_string_equal(f.text, "GET /volumes/detail: the answer holds no volumes");
	fixture_end(&x);
}

TEST(an_id_needs_one_request)
{
	static const HttpScriptRow rows[] = {
		LOGIN_ROW,
		{.request = "GET /volume/v3/volumes/v1",
		 .status = 200,
		 .body = "{\"volume\":{\"id\":\"v1\",\"size\":3}}"},
		{.request = "GET /image/v2/images/i1", .status = 200, .body = "{\"id\":\"i1\"}"},
	};
	Fixture x = fixture_start(rows, ARRAY_SIZE(rows), DEMO);
	ClientItem item;

	assert_int_equal(client_find(x.client, x.arena, CLIENT_VOLUMES, "v1", &item, NULL), 0);
	assert_int_equal(json_get_int(item.doc, client_item_path(x.arena, &item, "size"), 0), 3);
	client_item_done(&item);
	assert_int_equal(client_find(x.client, x.arena, CLIENT_IMAGES, "i1", &item, NULL), 0);
	assert_string_equal(client_item_text(x.arena, &item, "id"), "i1");
	client_item_done(&item);
	fixture_end(&x);
}

TEST(a_name_is_looked_for_in_the_list)
{
	static const HttpScriptRow rows[] = {
		LOGIN_ROW,
		{.request = "GET /volume/v3/volumes/my%20disk", .status = 404, .body = "{}"},
		{.request = "GET /volume/v3/volumes/detail?name=my%20disk",
		 .status = 200,
		 .body = "{\"volumes\":[{\"id\":\"v1\",\"name\":\"my disk 2\"},"
			 "{\"id\":\"v2\",\"name\":\"my disk\"}]}"},
		{.request = "GET /volume/v3/volumes/v2",
		 .status = 200,
		 .body = "{\"volume\":{\"id\":\"v2\"}}"},
	};
	Fixture x = fixture_start(rows, ARRAY_SIZE(rows), DEMO);
	ClientItem item;

	assert_int_equal(client_find(x.client, x.arena, CLIENT_VOLUMES, "my disk", &item, NULL), 0);
	assert_string_equal(client_item_text(x.arena, &item, "id"), "v2");
	client_item_done(&item);
	fixture_end(&x);
}

TEST(no_name_and_too_many)
{
	static const HttpScriptRow rows[] = {
		LOGIN_ROW,
		{.request = "GET /compute/v2.1/servers/x", .status = 404, .body = "{}"},
		{.request = "GET /compute/v2.1/servers/detail",
		 .status = 200,
		 .body = "{\"servers\":[]}"},
		{.request = "GET /compute/v2.1/servers/x", .status = 404, .body = "{}"},
		{.request = "GET /compute/v2.1/servers/detail",
		 .status = 200,
		 .body = "{\"servers\":[{\"id\":\"1\",\"name\":\"x\"},{\"id\":\"2\",\"name\":"
			 "\"x\"}]}"},
	};
	Fixture x = fixture_start(rows, ARRAY_SIZE(rows), DEMO);
	ClientItem item;

	assert_int_equal(client_find(x.client, x.arena, CLIENT_SERVER, "x", &item, NULL),
			 CLIENT_NOT_FOUND);
	assert_string_equal(client_error(x.client), "there is no server with the name or id 'x'");
	assert_int_equal(client_find(x.client, x.arena, CLIENT_SERVER, "x", &item, NULL),
			 CLIENT_AMBIGUOUS);
	assert_string_equal(client_error(x.client), "2 servers have the name 'x': use the id");
	fixture_end(&x);
}
