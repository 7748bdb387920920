/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Volumes of a scripted service on a machine in a tree of files: the requests in their order, and
 * what is left on both sides when one of them fails.
 */
#include "lib/test-both.h"

TEST(a_volume_is_attached_and_detached)
{
	static const HttpScriptRow rows[] = {VERSION_ROW("3.71"), VOLUME_ROW,   CREATE_ROW,
					     UPDATE_ROW,          COMPLETE_ROW, VOLUME_ROW,
					     DELETE_ROW};
	cleat_disk *disk = NULL;
	Both both;

	both_start(&both, rows, ARRAY_SIZE(rows));
	if (attach(&both, &disk))
		fail_msg("%s", both.error.message);
	assert_string_equal(disk->volume_id, VOLUME);
	assert_string_equal(disk->attachment_id, ATTACHMENT);
	assert_string_equal(disk->identity, "id:sda");
	assert_string_equal(disk->state, "connected");
	assert_non_null(strstr(disk->path, ATTACHMENT));
	cleat_disk_free(disk);
	assert_int_equal(detach(&both, 0), CLEAT_OK);
	expect_clean(&both);
	both_end(&both);
}

TEST(what_is_attached_already_is_shown)
{
	static const HttpScriptRow rows[] = {VERSION_ROW("3.71"), VOLUME_ROW,   CREATE_ROW,
					     UPDATE_ROW,          COMPLETE_ROW, VOLUME_ROW};
	cleat_disk *disk = NULL;
	Both both;

	both_start(&both, rows, ARRAY_SIZE(rows));
	for (int i = 0; i < 2; i++) {
		assert_int_equal(attach(&both, &disk), CLEAT_OK);
		assert_string_equal(disk->attachment_id, ATTACHMENT);
		cleat_disk_free(disk);
	}
	assert_int_equal(record_count(&both), 1);
	both_end(&both);
}

TEST(h8_what_lacks_paths_gets_them_by_another_attach)
{
	static const HttpScriptRow rows[] = {
		VERSION_ROW("3.71"),
		VOLUME_ROW,
		CREATE_ROW,
		UPDATE_ROW,
		COMPLETE_ROW,
		VOLUME_ROW,
		{.request = "GET /v3/p1/attachments/" ATTACHMENT,
		 .status = 200,
		 .body = "{\"attachment\":{\"id\":\"" ATTACHMENT "\",\"connection_info\":" INFO
			 "}}"},
		VOLUME_ROW,
		{.request = "GET /v3/p1/attachments/" ATTACHMENT, .status = 503, .body = "{}"},
	};
	const struct cleat_attach_options options = {
		.connector = {.host = "node1", .multipath = true}};
	cleat_disk *disk = NULL;
	Both both;

	both_start(&both, rows, ARRAY_SIZE(rows));
	for (int i = 0; i < 3; i++) {
		if (i > 0)
			tree_file(both.place.tree, "/world/degraded-sda", "");
		assert_int_equal(cleat_local_attach(&both.host, both.cloud, VOLUME, &options, &disk,
						    &both.error),
				 CLEAT_OK);
		assert_int_equal(disk->degraded, i == 2); /* the service did not answer then */
		assert_string_equal(disk->state, "connected");
		cleat_disk_free(disk);
	}
	assert_int_equal(record_count(&both), 1);
	both_end(&both);
}

TEST(a_device_that_does_not_come_ends_the_attachment)
{
	static const HttpScriptRow rows[] = {VERSION_ROW("3.71"), VOLUME_ROW, CREATE_ROW,
					     UPDATE_ROW, DELETE_ROW};
	cleat_disk *disk = NULL;
	Both both;

	both_start(&both, rows, ARRAY_SIZE(rows));
	tree_file(both.place.tree, "/world/missing-sda", "");
	assert_int_equal(attach(&both, &disk), CLEAT_NO_DISK);
	assert_string_equal(both.error.message, "missing");
	expect_clean(&both);
	both_end(&both);
}

TEST(a_refused_complete_takes_everything_back)
{
	static const HttpScriptRow rows[] = {
		VERSION_ROW("3.71"),
		VOLUME_ROW,
		CREATE_ROW,
		UPDATE_ROW,
		{.request = "POST /v3/p1/attachments/" ATTACHMENT "/action",
		 .status = 400,
		 .body = "{\"badRequest\":{\"message\":\"no\",\"code\":400}}"},
		DELETE_ROW,
	};
	cleat_disk *disk = NULL;
	Both both;

	both_start(&both, rows, ARRAY_SIZE(rows));
	assert_int_equal(attach(&both, &disk), CLEAT_REFUSED);
	assert_non_null(strstr(both.error.message, "no"));
	expect_clean(&both);
	both_end(&both);
}

TEST(what_cannot_be_taken_back_is_told_with_the_reason)
{
	static const HttpScriptRow rows[] = {
		VERSION_ROW("3.71"),
		VOLUME_ROW,
		CREATE_ROW,
		UPDATE_ROW,
		{.request = "POST /v3/p1/attachments/" ATTACHMENT "/action",
		 .status = 400,
		 .body = "{\"badRequest\":{\"message\":\"first\",\"code\":400}}"},
		{.request = "DELETE /v3/p1/attachments/" ATTACHMENT,
		 .status = 409,
		 .body = "{\"conflictingRequest\":{\"message\":\"second\",\"code\":409}}"},
	};
	cleat_disk *disk = NULL;
	Both both;

	both_start(&both, rows, ARRAY_SIZE(rows));
	assert_int_equal(attach(&both, &disk), CLEAT_REFUSED);
	assert_non_null(strstr(both.error.message, "first"));
	assert_non_null(strstr(both.error.message, "(and it is not undone: second"));
	assert_null(strstr(strstr(both.error.message, "not undone") + 1, "not undone"));
	both_end(&both);
}

TEST(a_refused_attachment_leaves_no_record)
{
	static const HttpScriptRow rows[] = {
		VERSION_ROW("3.71"),
		VOLUME_ROW,
		{.request = "POST /v3/p1/attachments",
		 .status = 400,
		 .body = "{\"badRequest\":{\"message\":\"in use\",\"code\":400}}"},
		/* Whether it was made all the same is asked by the record's id. */
		{.request = "GET /v3/p1/attachments/detail?instance_id=*",
		 .status = 200,
		 .body = "{\"attachments\":[]}"},
	};
	cleat_disk *disk = NULL;
	Both both;

	both_start(&both, rows, ARRAY_SIZE(rows));
	assert_int_equal(attach(&both, &disk), CLEAT_REFUSED);
	expect_clean(&both);
	both_end(&both);
}

/* The attachment was made, but what it offers never came. */
TEST(an_attachment_that_offers_nothing_is_ended)
{
	static const HttpScriptRow rows[] = {
		VERSION_ROW("3.71"),
		VOLUME_ROW,
		CREATE_ROW,
		{.request = "PUT /v3/p1/attachments/" ATTACHMENT,
		 .status = 500,
		 .body = "{\"computeFault\":{\"message\":\"no target\",\"code\":500}}"},
		DELETE_ROW,
	};
	cleat_disk *disk = NULL;
	Both both;

	both_start(&both, rows, ARRAY_SIZE(rows));
	assert_int_equal(attach(&both, &disk), CLEAT_UNAVAILABLE);
	assert_non_null(strstr(both.error.message, "no target"));
	expect_clean(&both);
	both_end(&both);
}

TEST(it_is_not_had_in_two_modes_at_once)
{
	static const HttpScriptRow rows[] = {VERSION_ROW("3.71"), VOLUME_ROW,   CREATE_ROW,
					     UPDATE_ROW,          COMPLETE_ROW, VOLUME_ROW};
	const struct cleat_attach_options ro = {.mode = "ro", .connector = {.host = "node1"}};
	cleat_disk *disk = NULL;
	Both both;

	both_start(&both, rows, ARRAY_SIZE(rows));
	assert_int_equal(attach(&both, &disk), CLEAT_OK);
	cleat_disk_free(disk);
	assert_int_equal(
		cleat_local_attach(&both.host, both.cloud, VOLUME, &ro, &disk, &both.error),
		CLEAT_REFUSED);
	assert_non_null(strstr(both.error.message, "as rw: detach it first"));
	assert_int_equal(record_count(&both), 1);
	both_end(&both);
}

/* A compute service vouches for instances that it has never heard of: they may be named. */
TEST(an_attachment_names_its_record_where_there_is_a_compute_service)
{
	static const HttpScriptRow rows[] = {
		{.request = "POST /v3/auth/tokens",
		 .status = 201,
		 .headers = "X-Subject-Token: t1\r\n",
		 .body = "{\"token\":{\"catalog\":[{\"type\":\"compute\",\"endpoints\":["
			 "{\"interface\":\"public\",\"url\":\"http://127.0.0.1:1/v2.1\"}]}]}}"},
		VERSION_ROW("3.71"),
		VOLUME_ROW,
		{.request = "POST /v3/p1/attachments",
		 .holds = "\"instance_uuid\":\"",
		 .status = 200,
		 .body = "{\"attachment\":{\"id\":\"" ATTACHMENT "\",\"connection_info\":" INFO
			 "}}"},
		COMPLETE_ROW,
	};
	cleat_disk *disk = NULL;
	Both both;

	both_start(&both, rows, ARRAY_SIZE(rows));
	both_log_in(&both);
	assert_int_equal(attach(&both, &disk), CLEAT_OK);
	cleat_disk_free(disk);
	both_end(&both);
}

TEST(h13_an_encrypted_volume_is_refused_before_anything_happens)
{
	static const HttpScriptRow rows[] = {
		VERSION_ROW("3.71"),
		{.request = "GET /v3/p1/volumes/" VOLUME,
		 .status = 200,
		 .body = "{\"volume\":{\"id\":\"" VOLUME "\",\"size\":1,\"encrypted\":true}}"},
	};
	cleat_disk *disk = NULL;
	Both both;

	both_start(&both, rows, ARRAY_SIZE(rows));
	assert_int_equal(attach(&both, &disk), CLEAT_REFUSED);
	assert_non_null(strstr(both.error.message, "encrypted"));
	expect_clean(&both);
	both_end(&both);
}

TEST(h10_force_says_what_may_be_lost)
{
	static const HttpScriptRow rows[] = {VERSION_ROW("3.71"), VOLUME_ROW,   CREATE_ROW,
					     UPDATE_ROW,          COMPLETE_ROW, VOLUME_ROW,
					     VOLUME_ROW,          DELETE_ROW};
	cleat_disk *disk = NULL;
	Both both;

	both_start(&both, rows, ARRAY_SIZE(rows));
	assert_int_equal(attach(&both, &disk), CLEAT_OK);
	cleat_disk_free(disk);
	tree_file(both.place.tree, "/world/unflushed-sda", "");
	assert_int_equal(detach(&both, 0), CLEAT_UNFLUSHED);
	assert_int_equal(detach(&both, CLEAT_FORCE), CLEAT_OK);
	assert_string_equal(both.error.message, "unflushed data may be lost");
	expect_clean(&both);
	both_end(&both);
}

TEST(a_record_that_no_connector_understands_is_ended_by_force)
{
	static const HttpScriptRow rows[] = {VERSION_ROW("3.71"), VOLUME_ROW,   CREATE_ROW,
					     UPDATE_ROW,          COMPLETE_ROW, VOLUME_ROW,
					     VOLUME_ROW,          DELETE_ROW};
	cleat_disk *disk = NULL;
	LocalRecord **records;
	char *text, *target;
	const char *path;
	Both both;

	both_start(&both, rows, ARRAY_SIZE(rows));
	assert_int_equal(attach(&both, &disk), CLEAT_OK);
	cleat_disk_free(disk);
	assert_int_equal(place_records(&both.place, &records), 1);
	path = arena_printf(both.place.tree->arena, "/state/records/%s.json", records[0]->id);
	text = arena_strdup(both.place.tree->arena,
			    host_peek(&both.host.host, both.place.tree->arena, "%s", path));
	target = strstr(text, "{\\\"driver_volume_type\\\"");
	assert_non_null(target);
	*target = '[';
	tree_file(both.place.tree, path, text);
	assert_int_equal(detach(&both, 0), CLEAT_BAD_INFO);
	assert_non_null(strstr(both.error.message, "with force the record ends"));
	assert_int_equal(cleat_local_recover(&both.host, NULL, NULL, NULL, &both.error),
			 CLEAT_BAD_INFO);
	assert_int_equal(record_count(&both), 1);
	assert_int_equal(detach(&both, CLEAT_FORCE), CLEAT_OK);
	assert_non_null(strstr(both.error.message, "may still be on this host"));
	assert_int_equal(record_count(&both), 0);
	both_end(&both);
}

TEST(a_volume_in_use_stays)
{
	static const HttpScriptRow rows[] = {VERSION_ROW("3.71"), VOLUME_ROW,   CREATE_ROW,
					     UPDATE_ROW,          COMPLETE_ROW, VOLUME_ROW,
					     VOLUME_ROW,          DELETE_ROW};
	cleat_disk *disk = NULL;
	Both both;

	both_start(&both, rows, ARRAY_SIZE(rows));
	assert_int_equal(attach(&both, &disk), CLEAT_OK);
	cleat_disk_free(disk);
	tree_file(both.place.tree, "/world/busy-sda", "");
	assert_int_equal(detach(&both, 0), CLEAT_BUSY);
	assert_true(place_has(&both.place, "/sys/block/sda/identity"));
	assert_int_equal(record_count(&both), 1);
	assert_int_equal(detach(&both, CLEAT_FORCE), CLEAT_OK);
	expect_clean(&both);
	both_end(&both);
}

TEST(a_detach_goes_on_when_the_service_comes_back)
{
	static const HttpScriptRow rows[] = {
		VERSION_ROW("3.71"),
		VOLUME_ROW,
		CREATE_ROW,
		UPDATE_ROW,
		COMPLETE_ROW,
		VOLUME_ROW,
		{.request = "DELETE /v3/p1/attachments/" ATTACHMENT, .status = 503, .body = "{}"},
		VOLUME_ROW,
		{.request = "DELETE /v3/p1/attachments/" ATTACHMENT, .status = 404, .body = "{}"},
	};
	cleat_disk *disk = NULL;
	Both both;

	both_start(&both, rows, ARRAY_SIZE(rows));
	assert_int_equal(attach(&both, &disk), CLEAT_OK);
	cleat_disk_free(disk);
	assert_int_equal(detach(&both, 0), CLEAT_UNAVAILABLE);
	assert_false(place_has(&both.place, "/sys/block/sda/identity"));
	assert_int_equal(record_count(&both), 1);
	assert_int_equal(detach(&both, 0), CLEAT_OK);
	expect_clean(&both);
	both_end(&both);
}

/* What a service shows of it that does not name hosts: ours is the one with our link. */
static void write_legacy_volume(char *body, const char *link)
{
	(void)snprintf(body, 1000,
		       "{\"volume\":{\"id\":\"" VOLUME "\",\"attachments\":["
		       "{\"host_name\":null,\"device\":\"%s\",\"attachment_id\":\"a-ours\"},"
		       "{\"host_name\":null,\"device\":\"/dev/vdb\",\"attachment_id\":\"a-other\"}"
		       "]}}",
		       link);
}

TEST(an_older_service_is_asked_by_actions)
{
	_cleanup_(freep) char *body = mem_new(1000);
	const HttpScriptRow rows[] = {
		VERSION_ROW("3.43"),
		VOLUME_ROW,
		ACTION_ROW("{\"os-reserve\":{}}"),
		{.request = "POST /v3/p1/volumes/" VOLUME "/action",
		 .holds = "\"os-initialize_connection\":{\"connector\":{",
		 .status = 200,
		 .body = "{\"connection_info\":" NESTED_INFO "}"},
		ACTION_ROW("{\"os-attach\":{\"mountpoint\":\"/"),
		VOLUME_ROW,
		ACTION_ROW("{\"os-begin_detaching\":{}}"),
		{.request = "GET /v3/p1/volumes/" VOLUME, .status = 200, .body = body},
		ACTION_ROW("\"os-terminate_connection\":{\"connector\":{"),
		ACTION_ROW("{\"os-detach\":{\"attachment_id\":\"a-ours\"}}"),
	};
	cleat_disk *disk = NULL;
	Both both;

	both_start(&both, rows, ARRAY_SIZE(rows));
	if (attach(&both, &disk))
		fail_msg("%s", both.error.message);
	write_legacy_volume(body, disk->path);
	cleat_disk_free(disk);
	if (detach(&both, 0))
		fail_msg("%s", both.error.message);
	expect_clean(&both);
	both_end(&both);
}

TEST(an_older_service_that_refuses_the_end_keeps_the_record)
{
	_cleanup_(freep) char *body = mem_new(1000);
	const HttpScriptRow rows[] = {
		VERSION_ROW("3.43"),
		VOLUME_ROW,
		ACTION_ROW("{\"os-reserve\":{}}"),
		{.request = "POST /v3/p1/volumes/" VOLUME "/action",
		 .holds = "\"os-initialize_connection\":{\"connector\":{",
		 .status = 200,
		 .body = "{\"connection_info\":" NESTED_INFO "}"},
		ACTION_ROW("{\"os-attach\":{\"mountpoint\":\"/"),
		VOLUME_ROW,
		ACTION_ROW("{\"os-begin_detaching\":{}}"),
		{.request = "GET /v3/p1/volumes/" VOLUME, .status = 200, .body = body},
		ACTION_ROW("\"os-terminate_connection\":{\"connector\":{"),
		{.request = "POST /v3/p1/volumes/" VOLUME "/action",
		 .holds = "os-detach",
		 .status = 400,
		 .body = "{\"badRequest\":{\"message\":\"not now\",\"code\":400}}"},
	};
	cleat_disk *disk = NULL;
	Both both;

	both_start(&both, rows, ARRAY_SIZE(rows));
	assert_int_equal(attach(&both, &disk), CLEAT_OK);
	write_legacy_volume(body, disk->path);
	cleat_disk_free(disk);
	assert_int_equal(detach(&both, 0), CLEAT_REFUSED);
	assert_non_null(strstr(both.error.message, "not now"));
	assert_int_equal(record_count(&both), 1);
	both_end(&both);
}

/* Who died: a record as he left it. */
static LocalRecord leave_record(Both *both, bool connect)
{
	LocalWork *work = NULL;
	LocalRecord record = {.connector = "{\"host\":\"node1\"}", .mode = "rw"};
	const LocalOffer offer = {.attachment_id = ATTACHMENT, .info = INFO};
	ConnectorDisk disk;
	const char *endpoint;

	assert_int_equal(client_service_url(both->cloud->client, CLIENT_VOLUME, &endpoint, NULL),
			 0);
	record.endpoint = endpoint;
	assert_int_equal(local_begin(both->place.local, both->place.tree->arena, VOLUME, soon(),
				     &work, NULL),
			 0);
	assert_int_equal(local_reserve(work, &record, NULL), 0);
	if (connect)
		assert_int_equal(local_connect(work, &record, &offer, &disk, NULL), 0);
	local_end(work);
	return record;
}

static void count_report(const char *id, const char *what, void *ctx)
{
	assert_non_null(id);
	assert_true(strlen(what) > 0);
	(*(int *)ctx)++;
}

TEST(an_attachment_whose_answer_was_lost_is_found_and_ended)
{
	HttpScriptRow rows[] = {
		VERSION_ROW("3.71"),
		{.request = "GET /v3/p1/attachments/detail?instance_id=*", .status = 200},
		DELETE_ROW,
	};
	_cleanup_(freep) char *body = mem_new(1000);
	LocalRecord record;
	int told = 0;
	Both both;

	rows[1].body = body;
	both_start(&both, rows, ARRAY_SIZE(rows));
	record = leave_record(&both, false);
	(void)snprintf(body, 1000,
		       "{\"attachments\":[{\"id\":\"" ATTACHMENT "\",\"instance\":\"%s\"},"
		       "{\"id\":\"another\",\"instance\":\"of another\"}]}",
		       record.id);
	if (cleat_local_recover(&both.host, both.cloud, count_report, &told, &both.error))
		fail_msg("%s", both.error.message);
	assert_int_equal(told, 1);
	expect_clean(&both);
	both_end(&both);
}

TEST(what_was_never_completed_is_taken_back)
{
	static const HttpScriptRow rows[] = {
		VERSION_ROW("3.71"),
		{.request = "GET /v3/p1/attachments/" ATTACHMENT,
		 .status = 200,
		 .body = "{\"attachment\":{\"id\":\"" ATTACHMENT "\",\"status\":\"attaching\"}}"},
		DELETE_ROW,
	};
	int told = 0;
	Both both;

	both_start(&both, rows, ARRAY_SIZE(rows));
	(void)leave_record(&both, true);
	assert_int_equal(
		cleat_local_recover(&both.host, both.cloud, count_report, &told, &both.error),
		CLEAT_OK);
	assert_int_equal(told, 1);
	expect_clean(&both);
	both_end(&both);
}

TEST(what_is_attached_stays_and_other_services_are_left_alone)
{
	static const HttpScriptRow rows[] = {
		VERSION_ROW("3.71"),
		{.request = "GET /v3/p1/attachments/" ATTACHMENT,
		 .status = 200,
		 .body = "{\"attachment\":{\"id\":\"" ATTACHMENT "\",\"status\":\"attached\"}}"},
	};
	int told = 0;
	Both both;

	both_start(&both, rows, ARRAY_SIZE(rows));
	(void)leave_record(&both, true);
	assert_int_equal(
		cleat_local_recover(&both.host, both.cloud, count_report, &told, &both.error),
		CLEAT_OK);
	assert_int_equal(cleat_local_recover(&both.host, NULL, count_report, &told, &both.error),
			 CLEAT_OK);
	assert_int_equal(told, 2);
	assert_true(place_has(&both.place, "/sys/block/sda/identity"));
	assert_int_equal(record_count(&both), 1);
	both_end(&both);
}

static void expect_nothing_ended(Both *both, cleat_disk **disk)
{
	int told = 0;

	assert_int_equal(
		cleat_local_recover(&both->host, both->cloud, count_report, &told, &both->error),
		CLEAT_REFUSED);
	assert_non_null(strstr(both->error.message, "copied"));
	assert_int_equal(told, 1);
	assert_int_equal(detach(both, 0), CLEAT_REFUSED);
	assert_int_equal(detach(both, CLEAT_FORCE), CLEAT_REFUSED);
	assert_int_equal(attach(both, disk), CLEAT_REFUSED);
}

/* The service would take a copy for the original, whose attachments these are. */
TEST(h29_a_copy_of_a_machine_ends_nothing_of_the_original)
{
	static const HttpScriptRow rows[] = {VERSION_ROW("3.71"), VOLUME_ROW, VOLUME_ROW,
					     VOLUME_ROW,          VOLUME_ROW, VOLUME_ROW,
					     VOLUME_ROW};
	cleat_disk *disk = NULL;
	LocalRecord **records;
	Both both;

	both_start(&both, rows, ARRAY_SIZE(rows));
	place_name(&both.place, FIRST_UUID, "iqn.a", "nqn.a");
	(void)leave_record(&both, true);
	place_reboot(&both.place);
	both.host.local = both.place.local;
	place_name(&both.place, SECOND_UUID, "iqn.a", "nqn.a");
	expect_nothing_ended(&both, &disk);
	place_name(&both.place, SECOND_UUID, "iqn.b", "nqn.b"); /* names alone do not help */
	expect_nothing_ended(&both, &disk);
	assert_int_equal(place_records(&both.place, &records), 1);
	assert_int_equal(records[0]->state, LOCAL_CONNECTED);
	both_end(&both);
}

/* Also where nobody logs in. */
TEST(a_volume_may_be_named)
{
	static const HttpScriptRow rows[] = {
		{.request = "GET /v3/p1/volumes/data", .status = 404, .body = "{}"},
		{.request = "GET /v3/p1/volumes/detail?name=data",
		 .status = 200,
		 .body = "{\"volumes\":[{\"id\":\"" VOLUME "\",\"name\":\"data\"}]}"},
		VOLUME_ROW,
	};
	_cleanup_(freep) char *json = NULL;
	Both both;

	both_start(&both, rows, ARRAY_SIZE(rows));
	assert_int_equal(cleat_volume_show(both.cloud, "data", &json, &both.error), CLEAT_OK);
	assert_non_null(strstr(json, VOLUME));
	both_end(&both);
}

/* --- without a service --- */

TEST(a_connection_alone)
{
	const struct cleat_connect_options options = {.volume_id = VOLUME,
						      .attachment_id = ATTACHMENT};
	Both both;
	cleat_disk *disk = NULL, **disks = NULL;
	size_t count = 0;
	int64_t size = 0;

	both_start(&both, NULL, 0);
	assert_int_equal(cleat_connect(&both.host, NESTED_INFO, &options, &disk, &both.error),
			 CLEAT_OK);
	cleat_disk_free(disk);
	assert_int_equal(cleat_list(&both.host, &disks, &count, &both.error), CLEAT_OK);
	assert_int_equal(count, 1);
	assert_string_equal(disks[0]->attachment_id, ATTACHMENT);
	cleat_disks_free(disks, count);
	assert_int_equal(cleat_extend(&both.host, VOLUME, 4096, 0, &size, &both.error), CLEAT_OK);
	assert_int_equal(size, 4096);
	assert_int_equal(cleat_verify(&both.host, ATTACHMENT, &disk, &both.error), CLEAT_OK);
	cleat_disk_free(disk);
	assert_int_equal(cleat_disconnect(&both.host, VOLUME, 0, 0, &both.error), CLEAT_OK);
	assert_int_equal(cleat_disconnect(&both.host, VOLUME, 0, 0, &both.error), CLEAT_OK);
	assert_int_equal(cleat_verify(&both.host, VOLUME, NULL, &both.error), CLEAT_NOT_FOUND);
	expect_clean(&both);
	both_end(&both);
}

TEST(wrong_use_is_said)
{
	const struct cleat_attach_options modes = {.mode = "wr"}, fs = {.make_fs = "ext4"};
	const struct cleat_connect_options nothing = {0};
	cleat_disk *disk = NULL;
	Both both;

	both_start(&both, NULL, 0);
	assert_int_equal(
		cleat_local_attach(&both.host, both.cloud, VOLUME, &modes, &disk, &both.error),
		CLEAT_USAGE);
	assert_int_equal(
		cleat_local_attach(&both.host, both.cloud, VOLUME, &fs, &disk, &both.error),
		CLEAT_USAGE);
	assert_int_equal(cleat_connect(&both.host, INFO, &nothing, &disk, NULL), CLEAT_USAGE);
	assert_int_equal(cleat_connect(&both.host, "{}",
				       &(struct cleat_connect_options){.volume_id = VOLUME}, &disk,
				       &both.error),
			 CLEAT_BAD_INFO);
	expect_clean(&both);
	both_end(&both);
}
