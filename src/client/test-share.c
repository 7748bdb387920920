/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Bodies and addresses of the calls to shared file systems, and about the shares of servers.
 */
#include "client/share.h"

#include "client/test-client.h"

static JsonPair pair = {"k", "v"};
static const JsonTextMap map = {.pairs = &pair, .count = 1};

TEST(shares_are_made_changed_and_shown)
{
	static const HttpScriptRow rows[] = {
		LOGIN_ROW,
		{.request = "POST /share/v2/shares",
		 .holds = "{\"share\":{\"share_proto\":\"NFS\",\"size\":2,\"name\":\"n\","
			  "\"share_type\":\"t\",\"is_public\":true,\"metadata\":{\"k\":\"v\"}}}",
		 .status = 200,
		 .body = "{\"share\":{\"id\":\"s1\"}}"},
		{.request = "PUT /share/v2/shares/s1",
		 .holds = "{\"share\":{\"display_name\":\"m\",\"is_public\":false}}",
		 .status = 200,
		 .body = "{\"share\":{}}"},
		{.request = "POST /share/v2/shares/s1/metadata",
		 .holds = "{\"metadata\":{\"k\":\"v\"}}",
		 .status = 200,
		 .body = "{\"metadata\":{}}"},
		{.request = "GET /share/v2/shares/s1/export_locations",
		 .holds = "X-OpenStack-Manila-API-Version: 2.82",
		 .status = 200,
		 .body = "{\"export_locations\":[{\"path\":\"h:/p\"}]}"},
	};
	Fixture x = fixture_start(rows, ARRAY_SIZE(rows), DEMO);
	const ClientShareWish wish = {
		.protocol = "NFS",
		.size_gib = 2,
		.name = "n",
		.type = "t",
		.is_public = "true",
		.metadata = &map,
	};
	const ClientShareWish change = {.name = "m", .is_public = "false"};
	const char *id = NULL;
	JsonDoc *doc = NULL;

	assert_int_equal(client_share_create(x.client, x.arena, &wish, &id, NULL), 0);
	assert_string_equal(id, "s1");
	assert_int_equal(client_share_update(x.client, x.arena, id, &change, NULL), 0);
	assert_int_equal(
		client_map_set(x.client, x.arena, CLIENT_SHARES, id, "metadata", &map, NULL), 0);
	assert_int_equal(client_share_exports(x.client, x.arena, id, &doc, NULL), 0);
	assert_string_equal(json_get_text(x.arena, doc, "export_locations.0.path"), "h:/p");
	json_doc_free(doc);
	fixture_end(&x);
}

TEST(actions_on_shares)
{
#define ACTION(text)                                                                               \
	{                                                                                          \
		.request = "POST /share/v2/shares/s1/action", .holds = (text), .status = 202       \
	}
	static const HttpScriptRow rows[] = {
		LOGIN_ROW,
		ACTION("{\"extend\":{\"new_size\":3}}"),
		ACTION("{\"shrink\":{\"new_size\":1}}"),
		ACTION("{\"revert\":{\"snapshot_id\":\"p1\"}}"),
		ACTION("{\"reset_status\":{\"status\":\"error\"}}"),
		ACTION("{\"force_delete\":null}"),
		ACTION("{\"soft_delete\":null}"),
		ACTION("{\"restore\":null}"),
		ACTION("{\"unmanage\":null}"),
	};
	Fixture x = fixture_start(rows, ARRAY_SIZE(rows), DEMO);

	assert_int_equal(client_share_extend(x.client, x.arena, "s1", 3, NULL), 0);
	assert_int_equal(client_share_shrink(x.client, x.arena, "s1", 1, NULL), 0);
	assert_int_equal(client_share_revert(x.client, x.arena, "s1", "p1", NULL), 0);
	assert_int_equal(client_share_reset(x.client, x.arena, "s1", "error", NULL), 0);
	assert_int_equal(client_share_force_delete(x.client, x.arena, "s1", NULL), 0);
	assert_int_equal(client_share_soft_delete(x.client, x.arena, "s1", NULL), 0);
	assert_int_equal(client_share_restore(x.client, x.arena, "s1", NULL), 0);
	assert_int_equal(client_share_release(x.client, x.arena, "s1", NULL), 0);
	fixture_end(&x);
}

TEST(access_rules)
{
	static const HttpScriptRow rows[] = {
		LOGIN_ROW,
		{.request = "POST /share/v2/shares/s1/action",
		 .holds = "{\"allow_access\":{\"access_type\":\"ip\",\"access_to\":\"192.0.2.7\"}}",
		 .status = 200,
		 .body = "{\"access\":{\"id\":\"r1\"}}"},
		{.request = "POST /share/v2/shares/s1/action",
		 .holds = "{\"allow_access\":{\"access_type\":\"cephx\",\"access_to\":\"bob\","
			  "\"access_level\":\"ro\",\"metadata\":{\"k\":\"v\"},"
			  "\"lock_visibility\":true,\"lock_deletion\":true,"
			  "\"lock_reason\":\"mine\"}}",
		 .status = 200,
		 .body = "{\"access\":{\"id\":\"r2\"}}"},
		ACTION("{\"deny_access\":{\"access_id\":\"r1\"}}"),
		ACTION("{\"deny_access\":{\"access_id\":\"r2\",\"unrestrict\":true}}"),
	};
	Fixture x = fixture_start(rows, ARRAY_SIZE(rows), DEMO);
	const ClientAccessWish plain = {.type = "ip", .to = "192.0.2.7"};
	const ClientAccessWish locked = {
		.type = "cephx",
		.to = "bob",
		.level = "ro",
		.metadata = &map,
		.lock_visibility = true,
		.lock_deletion = true,
		.lock_reason = "mine",
	};
	const char *id = NULL;

	assert_int_equal(client_share_allow(x.client, x.arena, "s1", &plain, &id, NULL), 0);
	assert_string_equal(id, "r1");
	assert_int_equal(client_share_allow(x.client, x.arena, "s1", &locked, &id, NULL), 0);
	assert_string_equal(id, "r2");
	assert_int_equal(client_share_deny(x.client, x.arena, "s1", "r1", false, NULL), 0);
	assert_int_equal(client_share_deny(x.client, x.arena, "s1", "r2", true, NULL), 0);
	fixture_end(&x);
}

TEST(snapshots_and_locks_of_shares)
{
	static const HttpScriptRow rows[] = {
		LOGIN_ROW,
		{.request = "POST /share/v2/snapshots",
		 .holds = "{\"snapshot\":{\"share_id\":\"s1\",\"name\":\"n\"}}",
		 .status = 202,
		 .body = "{\"snapshot\":{\"id\":\"p1\"}}"},
		{.request = "POST /share/v2/resource-locks",
		 .holds = "{\"resource_lock\":{\"resource_id\":\"s1\",\"resource_type\":\"share\","
			  "\"resource_action\":\"delete\",\"lock_reason\":\"audit\"}}",
		 .status = 200,
		 .body = "{\"resource_lock\":{\"id\":\"l1\"}}"},
		{.request = "PUT /share/v2/resource-locks/l1",
		 .holds = "{\"resource_lock\":{\"resource_action\":\"show\"}}",
		 .status = 200,
		 .body = "{\"resource_lock\":{\"id\":\"l1\"}}"},
		{.request = "PUT /share/v2/resource-locks/l1",
		 .holds = "{\"resource_lock\":{\"lock_reason\":\"\"}}",
		 .status = 200,
		 .body = "{\"resource_lock\":{\"id\":\"l1\"}}"},
		{.request = "GET /share/v2/snapshots/detail",
		 .status = 200,
		 .body = "{\"snapshots\":[{\"id\":\"p1\"}],\"share_snapshots_links\":[{\"rel\":"
			 "\"next\",\"href\":\"/share/v2/snapshots/detail?offset=1\"}]}"},
		{.request = "GET /share/v2/snapshots/detail?offset=1",
		 .status = 200,
		 .body = "{\"snapshots\":[]}"},
		{.request = "DELETE /share/v2/resource-locks/l1", .status = 204},
	};
	Fixture x = fixture_start(rows, ARRAY_SIZE(rows), DEMO);
	const ClientShareSnapshotWish wish = {.share_id = "s1", .name = "n"};
	_cleanup_(client_list_done) ClientList list = {0};
	const char *id = NULL;

	assert_int_equal(client_share_snapshot_create(x.client, x.arena, &wish, &id, NULL), 0);
	assert_string_equal(id, "p1");
	assert_int_equal(client_share_lock(x.client, x.arena, "s1", "audit", &id, NULL), 0);
	assert_string_equal(id, "l1");
	assert_int_equal(client_share_lock_update(x.client, x.arena, id, "show", NULL, NULL), 0);
	assert_int_equal(client_share_lock_update(x.client, x.arena, id, NULL, "", NULL), 0);
	assert_int_equal(client_list(x.client, x.arena, CLIENT_SHARE_SNAPSHOTS, NULL, &list, NULL),
			 0);
	assert_int_equal(list.count, 1);
	assert_int_equal(client_delete(x.client, x.arena, CLIENT_RESOURCE_LOCKS, id, NULL), 0);
	client_list_done(&list);
	fixture_end(&x);
}

TEST(shares_of_servers)
{
	static const HttpScriptRow rows[] = {
		LOGIN_ROW,
		{.request = "POST /compute/v2.1/servers/v1/shares",
		 .holds = "{\"share\":{\"share_id\":\"s1\",\"tag\":\"home\"}}",
		 .status = 201,
		 .body = "{\"share\":{}}"},
		{.request = "POST /compute/v2.1/servers/v1/action",
		 .holds = "{\"share_attach\":{\"share_id\":\"s1\",\"mount_point\":\"/mnt\","
			  "\"mount_options\":\"ro\"}}",
		 .status = 202},
		{.request = "GET /compute/v2.1/servers/v1/shares/s1",
		 .status = 200,
		 .body = "{\"share\":{\"tag\":\"home\"}}"},
		{.request = "GET /compute/v2.1/servers/v1/shares",
		 .status = 200,
		 .body = "{\"shares\":[{\"tag\":\"home\"}]}"},
		{.request = "DELETE /compute/v2.1/servers/v1/shares/s1", .status = 200},
	};
	Fixture x = fixture_start(rows, ARRAY_SIZE(rows), DEMO);
	const ClientServerShareWish tagged = {"v1", "s1", .tag = "home"};
	const ClientServerShareWish mounted = {"v1", "s1", .mount_point = "/mnt",
					       .mount_options = "ro"};
	JsonDoc *doc = NULL;

	assert_int_equal(client_server_share_attach(x.client, x.arena, &tagged, NULL), 0);
	assert_int_equal(client_server_share_attach(x.client, x.arena, &mounted, NULL), 0);
	assert_int_equal(client_server_share_show(x.client, x.arena, "v1", "s1", &doc, NULL), 0);
	assert_string_equal(json_get_text(x.arena, doc, "share.tag"), "home");
	json_doc_free(doc);
	assert_int_equal(client_server_share_list(x.client, x.arena, "v1", &doc, NULL), 0);
	assert_string_equal(json_get_text(x.arena, doc, "shares.0.tag"), "home");
	json_doc_free(doc);
	assert_int_equal(client_server_share_detach(x.client, x.arena, "v1", "s1", NULL), 0);
	fixture_end(&x);
}
