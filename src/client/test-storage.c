/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Bodies and addresses of the calls to block storage.
 */
#include "client/storage.h"

#include "client/test-client.h"

static JsonPair pair = {"k", "v"};
static const JsonTextMap map = {.pairs = &pair, .count = 1};

TEST(volumes_from_nothing_and_from_elsewhere)
{
	static const HttpScriptRow rows[] = {
		LOGIN_ROW,
		{.request = "POST /volume/v3/volumes",
		 .holds = "{\"volume\":{\"name\":\"n\",\"size\":2,\"metadata\":{\"k\":\"v\"}}}",
		 .status = 202,
		 .body = "{\"volume\":{\"id\":\"v1\"}}"},
		{.request = "POST /volume/v3/volumes",
		 .holds = "{\"volume\":{\"snapshot_id\":\"s\"}}",
		 .status = 202,
		 .body = "{\"volume\":{\"id\":\"v2\"}}"},
		{.request = "DELETE /volume/v3/volumes/v2?cascade=true", .status = 202},
		{.request = "DELETE /volume/v3/volumes/v2?force=true", .status = 202},
	};
	Fixture x = fixture_start(rows, ARRAY_SIZE(rows), DEMO);
	const ClientVolumeWish empty = {.name = "n", .size_gib = 2, .metadata = &map};
	const ClientVolumeWish copy = {.snapshot_id = "s"};
	const char *id = NULL;

	assert_int_equal(client_volume_create(x.client, x.arena, &empty, &id, NULL), 0);
	assert_string_equal(id, "v1");
	assert_int_equal(client_volume_create(x.client, x.arena, &copy, &id, NULL), 0);
	assert_int_equal(client_volume_delete(x.client, x.arena, id, true, false, NULL), 0);
	assert_int_equal(client_volume_delete(x.client, x.arena, id, false, true, NULL), 0);
	fixture_end(&x);
}

TEST(actions_on_volumes)
{
#define ACTION(text)                                                                               \
	{                                                                                          \
		.request = "POST /volume/v3/volumes/v1/action", .holds = (text), .status = 202     \
	}
	static const HttpScriptRow rows[] = {
		LOGIN_ROW,
		ACTION("{\"os-extend\":{\"new_size\":3}}"),
		ACTION("{\"os-retype\":{\"new_type\":\"t\",\"migration_policy\":\"never\"}}"),
		ACTION("{\"os-set_bootable\":{\"bootable\":true}}"),
		ACTION("{\"os-update_readonly_flag\":{\"readonly\":false}}"),
		ACTION("{\"os-reset_status\":{\"status\":\"error\"}}"),
		ACTION("{\"revert\":{\"snapshot_id\":\"s\"}}"),
	};
	Fixture x = fixture_start(rows, ARRAY_SIZE(rows), DEMO);

	assert_int_equal(client_volume_extend(x.client, x.arena, "v1", 3, NULL), 0);
	assert_int_equal(client_volume_retype(x.client, x.arena, "v1", "t", NULL), 0);
	assert_int_equal(client_volume_set_bootable(x.client, x.arena, "v1", true, NULL), 0);
	assert_int_equal(client_volume_set_readonly(x.client, x.arena, "v1", false, NULL), 0);
	assert_int_equal(client_volume_reset(x.client, x.arena, "v1", "error", NULL), 0);
	assert_int_equal(client_volume_revert(x.client, x.arena, "v1", "s", NULL), 0);
	fixture_end(&x);
}

TEST(an_image_of_a_volume)
{
	static const HttpScriptRow rows[] = {
		LOGIN_ROW,
		{.request = "POST /volume/v3/volumes/v1/action",
		 .holds = "{\"os-volume_upload_image\":{\"image_name\":\"i\","
			  "\"container_format\":\"bare\",\"disk_format\":\"qcow2\","
			  "\"force\":true}}",
		 .status = 202,
		 .body = "{\"os-volume_upload_image\":{\"image_id\":\"i1\"}}"},
	};
	Fixture x = fixture_start(rows, ARRAY_SIZE(rows), DEMO);
	const ClientVolumeImage wish = {.image_name = "i", .disk_format = "qcow2", .force = true};
	const char *id = NULL;

	assert_int_equal(client_volume_upload(x.client, x.arena, "v1", &wish, &id, NULL), 0);
	assert_string_equal(id, "i1");
	fixture_end(&x);
}

TEST(snapshots)
{
	static const HttpScriptRow rows[] = {
		LOGIN_ROW,
		{.request = "POST /volume/v3/snapshots",
		 .holds = "{\"snapshot\":{\"volume_id\":\"v1\",\"name\":\"n\"}}",
		 .status = 202,
		 .body = "{\"snapshot\":{\"id\":\"s1\"}}"},
		{.request = "PUT /volume/v3/snapshots/s1",
		 .holds = "{\"snapshot\":{\"name\":\"n\"}}",
		 .status = 200},
		{.request = "POST /volume/v3/snapshots/s1/metadata",
		 .holds = "{\"metadata\":{\"k\":\"v\"}}",
		 .status = 200},
	};
	Fixture x = fixture_start(rows, ARRAY_SIZE(rows), DEMO);
	const ClientSnapshotWish wish = {.volume_id = "v1", .name = "n"};
	const char *id = NULL;

	assert_int_equal(client_snapshot_create(x.client, x.arena, &wish, &id, NULL), 0);
	assert_int_equal(client_snapshot_update(x.client, x.arena, id, &wish, NULL), 0);
	assert_int_equal(
		client_map_set(x.client, x.arena, CLIENT_SNAPSHOTS, id, "metadata", &map, NULL), 0);
	fixture_end(&x);
}

TEST(attachments)
{
	static const HttpScriptRow rows[] = {
		LOGIN_ROW,
		{.request = "POST /volume/v3/attachments",
		 .holds = "{\"attachment\":{\"volume_uuid\":\"v1\",\"mode\":\"ro\","
			  "\"connector\":{\"host\":\"h\"}}}",
		 .status = 200,
		 .body = "{\"attachment\":{\"id\":\"a1\"}}"},
		{.request = "PUT /volume/v3/attachments/a1",
		 .holds = "OpenStack-API-Version: volume 3.66",
		 .status = 200,
		 .body = "{\"attachment\":{\"id\":\"a1\"}}"},
		{.request = "POST /volume/v3/attachments/a1/action",
		 .holds = "{\"os-complete\":null}",
		 .status = 204},
	};
	Fixture x = fixture_start(rows, ARRAY_SIZE(rows), DEMO);
	const ClientAttachmentWish wish = {
		.volume_id = "v1", .mode = "ro", .connector = "{\"host\":\"h\"}"};
	JsonDoc *doc = NULL;

	assert_int_equal(client_attachment_create(x.client, &wish, &doc, NULL), 0);
	json_doc_free(doc);
	assert_int_equal(
		client_attachment_update(x.client, x.arena, "a1", wish.connector, &doc, NULL), 0);
	json_doc_free(doc);
	assert_int_equal(client_attachment_complete(x.client, x.arena, "a1", NULL), 0);
	fixture_end(&x);
}

TEST(transfers)
{
	static const HttpScriptRow rows[] = {
		LOGIN_ROW,
		{.request = "POST /volume/v3/volume-transfers",
		 .holds = "{\"transfer\":{\"volume_id\":\"v1\",\"no_snapshots\":true}}",
		 .status = 202,
		 .body = "{\"transfer\":{\"auth_key\":\"k\"}}"},
		{.request = "POST /volume/v3/volume-transfers/t1/accept",
		 .holds = "{\"accept\":{\"auth_key\":\"k\"}}",
		 .status = 202,
		 .body = "{\"transfer\":{}}"},
	};
	Fixture x = fixture_start(rows, ARRAY_SIZE(rows), DEMO);
	JsonDoc *doc = NULL;

	assert_int_equal(client_transfer_create(x.client, "v1", NULL, true, &doc, NULL), 0);
	assert_string_equal(json_get_text(x.arena, doc, "transfer.auth_key"), "k");
	json_doc_free(doc);
	assert_int_equal(client_transfer_accept(x.client, x.arena, "t1", "k", &doc, NULL), 0);
	json_doc_free(doc);
	fixture_end(&x);
}
