/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Bodies and addresses of the calls that change something.
 */
#include "client/calls.h"
#include "client/server.h"

#include <fcntl.h>
#include <sys/mman.h>

#include "client/test-client.h"

TEST(server_create_leaves_out_what_is_not_wished)
{
	static const HttpScriptRow rows[] = {
		LOGIN_ROW,
		{.request = "POST /compute/v2.1/servers",
		 .holds = "{\"server\":{\"name\":\"s\",\"imageRef\":\"i\",\"flavorRef\":\"f\","
			  "\"networks\":\"auto\"}}",
		 .status = 202,
		 .body = "{\"server\":{\"id\":\"s1\"}}"},
		{.request = "POST /compute/v2.1/servers",
		 .holds = "\"networks\":\"none\",\"user_data\":\"eA==\",\"metadata\":{\"k\":\"v\"},"
			  "\"tags\":[\"t\"],\"config_drive\":true}}",
		 .status = 202,
		 .body = "{\"server\":{}}"},
	};
	Fixture x = fixture_start(rows, ARRAY_SIZE(rows), DEMO);
	JsonPair pair = {"k", "v"};
	const JsonTextMap metadata = {.pairs = &pair, .count = 1};
	const char *const tags[] = {"t"};
	ClientServerWish wish = {.name = "s", .image_id = "i", .flavor_id = "f"};
	const char *id = NULL;
	Fault f = {0};

	assert_int_equal(client_server_create(x.client, x.arena, &wish, &id, NULL), 0);
	assert_string_equal(id, "s1");
	wish.networks = "none";
	wish.user_data = "eA==";
	wish.metadata = &metadata;
	wish.tags = tags;
	wish.tag_count = 1;
	wish.config_drive = true;
	assert_true(client_server_create(x.client, x.arena, &wish, &id, &f) < 0);
	assert_string_equal(f.text, "the answer has no server.id");
	fixture_end(&x);
}

TEST(actions_attach_and_detach)
{
	static const HttpScriptRow rows[] = {
		LOGIN_ROW,
		{.request = "POST /compute/v2.1/servers/s%2F1/action",
		 .holds = "{\"reboot\":{\"type\":\"HARD\"}}",
		 .status = 202},
		{.request = "POST /compute/v2.1/servers/s1/os-volume_attachments",
		 .holds = "{\"volumeAttachment\":{\"volumeId\":\"v1\",\"device\":\"/dev/vdb\","
			  "\"tag\":\"data\"}}",
		 .status = 200,
		 .body = "{\"volumeAttachment\":{\"device\":\"/dev/vdb\"}}"},
		{.request = "DELETE /compute/v2.1/servers/s1/os-volume_attachments/v1",
		 .status = 202},
	};
	Fixture x = fixture_start(rows, ARRAY_SIZE(rows), DEMO);
	const ClientAttachWish wish = {
		.server_id = "s1", .volume_id = "v1", .device = "/dev/vdb", .tag = "data"};
	JsonDoc *doc = NULL;

	assert_int_equal(client_server_act(x.client, x.arena, "s/1", CLIENT_REBOOT_HARD, NULL), 0);
	assert_int_equal(client_attach(x.client, x.arena, &wish, &doc, NULL), 0);
	assert_string_equal(json_get_text(x.arena, doc, "volumeAttachment.device"), "/dev/vdb");
	json_doc_free(doc);
	assert_int_equal(client_detach(x.client, x.arena, "s1", "v1", NULL), 0);
	fixture_end(&x);
}

TEST(flavor_specs_follow_the_flavor)
{
	static const HttpScriptRow rows[] = {
		LOGIN_ROW,
		{.request = "POST /compute/v2.1/flavors",
		 .holds = "{\"flavor\":{\"name\":\"f\",\"ram\":64,\"disk\":0,\"vcpus\":1,"
			  "\"os-flavor-access:is_public\":true}}",
		 .status = 200,
		 .body = "{\"flavor\":{\"id\":\"f1\"}}"},
		{.request = "POST /compute/v2.1/flavors/f1/os-extra_specs",
		 .holds = "{\"extra_specs\":{\"hw:mem_page_size\":\"large\"}}",
		 .status = 200,
		 .body = "{}"},
	};
	Fixture x = fixture_start(rows, ARRAY_SIZE(rows), DEMO);
	JsonPair pair = {"hw:mem_page_size", "large"};
	const JsonTextMap specs = {.pairs = &pair, .count = 1};
	const ClientFlavorWish wish = {
		.name = "f", .ram_mib = 64, .vcpus = 1, .properties = &specs};
	const char *id = NULL;

	assert_int_equal(client_flavor_create(x.client, x.arena, &wish, &id, NULL), 0);
	assert_string_equal(id, "f1");
	fixture_end(&x);
}

static int64_t last_sent;

static void note_progress(int64_t sent_bytes, int64_t size_bytes, void *ctx)
{
	assert_int_equal(size_bytes, 5);
	assert_null(ctx);
	last_sent = sent_bytes;
}

TEST(an_upload_sends_the_file)
{
	static const HttpScriptRow rows[] = {
		LOGIN_ROW,
		{.request = "PUT /image/v2/images/i1/file",
		 .holds = "\r\n\r\nhello",
		 .status = 204},
	};
	Fixture x = fixture_start(rows, ARRAY_SIZE(rows), DEMO);
	_cleanup_(closep) int fd = memfd_create("image", MFD_CLOEXEC);
	const ClientUpload upload = {.fd = fd, .size_bytes = 5, .progress = note_progress};

	assert_int_equal(pwrite(fd, "hello", 5, 0), 5);
	assert_int_equal(client_image_upload(x.client, x.arena, "i1", &upload, NULL), 0);
	assert_int_equal(last_sent, 5);
	fixture_end(&x);
}

TEST(quotas_of_each_service)
{
	static const HttpScriptRow rows[] = {
		LOGIN_ROW,
		{.request = "PUT /compute/v2.1/os-quota-sets/p1",
		 .holds = "{\"quota_set\":{\"cores\":\"8\"}}",
		 .status = 200,
		 .body = "{\"quota_set\":{\"cores\":8}}"},
		{.request = "GET /share/v2/quota-sets/p1",
		 .status = 200,
		 .body = "{\"quota_set\":{\"shares\":5}}"},
		{.request = "DELETE /share/v2/quota-sets/p1", .status = 202},
	};
	Fixture x = fixture_start(rows, ARRAY_SIZE(rows), DEMO);
	JsonPair pair = {"cores", "8"};
	const JsonTextMap limits = {.pairs = &pair, .count = 1};
	_cleanup_(json_doc_freep) JsonDoc *doc = NULL;

	assert_int_equal(client_quota_set(x.client, x.arena, CLIENT_COMPUTE, "p1", &limits, NULL),
			 0);
	assert_int_equal(client_quota(x.client, x.arena, CLIENT_SHARE, "p1", &doc, NULL), 0);
	assert_int_equal(json_get_int(doc, "quota_set.shares", 0), 5);
	assert_int_equal(client_quota_reset(x.client, x.arena, CLIENT_SHARE, "p1", NULL), 0);
	fixture_end(&x);
}
