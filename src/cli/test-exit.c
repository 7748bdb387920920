/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Exit codes and the words beside them, and waiting.
 */
#include "cli/test-cli.h"

static Ran run_rows(const char *line, const HttpScriptRow *rows, size_t count)
{
	HttpScript *script = serve_rows(rows, count);
	Ran ran = run_cleat(line);

	end_rows(script);
	return ran;
}

static void check(const Ran *ran, int code, const char *says)
{
	assert_int_equal(ran->code, code);
	if (!strstr(ran->err, says))
		fail_msg("\"%s\" is not in: %s", says, ran->err);
}

TEST(not_logged_in)
{
	static const HttpScriptRow rows[] = {
		{.request = "POST /v3/auth/tokens",
		 .status = 401,
		 .body = "{\"error\":{\"message\":\"Nobody.\"}}"},
	};
	_cleanup_(ran_done) Ran ran = run_rows("volume show v", rows, ARRAY_SIZE(rows));

	check(&ran, CLI_DENIED, "Nobody. (HTTP 401); check the login");
}

TEST(not_allowed)
{
	static const HttpScriptRow rows[] = {
		LOGIN_ROW,
		{.request = "GET /admin/v1/operations",
		 .status = 403,
		 .body = "{\"forbidden\":{\"message\":\"Policy.\"}}"},
	};
	_cleanup_(ran_done) Ran ran = run_rows("op list", rows, ARRAY_SIZE(rows));

	check(&ran, CLI_DENIED, "op list: Policy. (HTTP 403); this needs another role");
}

TEST(not_there)
{
	static const HttpScriptRow rows[] = {
		LOGIN_ROW,
		{.request = "GET /volume/v3/volumes/v", .status = 404, .body = "{}"},
		{.request = "GET /volume/v3/volumes/detail?name=v",
		 .status = 200,
		 .body = "{\"volumes\":[]}"},
	};
	_cleanup_(ran_done) Ran ran = run_rows("volume show v", rows, ARRAY_SIZE(rows));

	check(&ran, CLI_NOT_FOUND, "volume show: there is no volume with the name or id 'v'");
}

TEST(unreachable_and_broken)
{
	static const HttpScriptRow rows[] = {
		LOGIN_ROW,
		{.request = "GET /volume/v3/volumes/detail",
		 .status = 503,
		 .headers = "x-openstack-request-id: req-7\r\n"},
	};
	_cleanup_(ran_done) Ran broken = run_rows("volume list", rows, ARRAY_SIZE(rows));
	_cleanup_(ran_done) Ran gone = {0};

	check(&broken, CLI_UNREACHABLE, "volume list: (HTTP 503, req-7); the log of the server");
	assert_int_equal(setenv("OS_AUTH_URL", "http://127.0.0.1:1", 1), 0);
	assert_int_equal(setenv("OS_TOKEN", "t", 1), 0);
	gone = run_cleat("volume list");
	check(&gone, CLI_UNREACHABLE, "does the server run, and is OS_AUTH_URL right?");
	clear_login();
}

TEST(every_argument_is_tried_and_the_first_failure_counts)
{
	static const HttpScriptRow rows[] = {
		LOGIN_ROW,
		{.request = "GET /volume/v3/volumes/a", .status = 404, .body = "{}"},
		{.request = "GET /volume/v3/volumes/detail?name=a",
		 .status = 200,
		 .body = "{\"volumes\":[]}"},
		{.request = "GET /volume/v3/volumes/b",
		 .status = 200,
		 .body = "{\"volume\":{\"id\":\"b\"}}"},
		{.request = "DELETE /volume/v3/volumes/b",
		 .status = 400,
		 .body = "{\"badRequest\":{\"message\":\"Invalid volume: in use\"}}"},
		{.request = "GET /volume/v3/volumes/c",
		 .status = 200,
		 .body = "{\"volume\":{\"id\":\"c\"}}"},
		{.request = "DELETE /volume/v3/volumes/c", .status = 202},
	};
	_cleanup_(ran_done) Ran ran = run_rows("volume delete a b c", rows, ARRAY_SIZE(rows));

	check(&ran, CLI_NOT_FOUND, "'a'");
	check(&ran, CLI_NOT_FOUND, "delete volume b: Invalid volume: in use (HTTP 400)");
}

#define SHOW_VOLUME(text)                                                                          \
	{                                                                                          \
		.request = "GET /volume/v3/volumes/v1", .status = 200,                             \
		.body = "{\"volume\":{\"id\":\"v1\",\"status\":\"" text "\",\"attachments\":[{"    \
			"\"server_id\":\"s1\"}]}}"                                                 \
	}
#define SHOW_SERVER(text, task)                                                                    \
	{                                                                                          \
		.request = "GET /compute/v2.1/servers/s1", .status = 200,                          \
		.body = "{\"server\":{\"id\":\"s1\",\"status\":\"" text                            \
			"\",\"OS-EXT-STS:task_state\":" task                                       \
			",\"fault\":{\"message\":\"no disk\"}}}"                                   \
	}
#define ATTACHMENT "/compute/v2.1/servers/s1/os-volume_attachments"

TEST(waits_until_a_volume_is_there)
{
	static const HttpScriptRow rows[] = {
		LOGIN_ROW,
		{.request = "POST /volume/v3/volumes",
		 .status = 202,
		 .body = "{\"volume\":{\"id\":\"v1\"}}"},
		SHOW_VOLUME("creating"),
		SHOW_VOLUME("creating"),
		SHOW_VOLUME("available"),
		SHOW_VOLUME("available"),
	};
	_cleanup_(ran_done) Ran ran = run_rows("volume create --size 1 --wait -f value -c status",
					       rows, ARRAY_SIZE(rows));

	assert_int_equal(ran.code, 0);
	assert_string_equal(ran.out, "available\n");
	assert_string_equal(ran.err, "");
}

TEST(a_task_on_a_server_is_waited_out)
{
	static const HttpScriptRow rows[] = {
		LOGIN_ROW,
		SHOW_SERVER("ACTIVE", "null"),
		{.request = "POST /compute/v2.1/servers/s1/action", .status = 202},
		SHOW_SERVER("ACTIVE", "\"rebooting\""),
		SHOW_SERVER("ERROR", "null"),
	};
	_cleanup_(ran_done) Ran ran = run_rows("server reboot --wait s1", rows, ARRAY_SIZE(rows));

	check(&ran, CLI_FAILED, "server s1 went to ERROR: no disk");
}

TEST(an_action_that_failed_leaves_the_server_as_it_was)
{
	static const HttpScriptRow rows[] = {
		LOGIN_ROW,
		SHOW_SERVER("ACTIVE", "null"),
		{.request = "POST /compute/v2.1/servers/s1/action",
		 .holds = "{\"suspend\":null}",
		 .status = 202},
		SHOW_SERVER("ACTIVE", "\"suspending\""),
		SHOW_SERVER("ACTIVE", "null"),
		{.request = "GET /compute/v2.1/servers/s1/os-instance-actions",
		 .status = 200,
		 .body = "{\"instanceActions\":[{\"message\":\"Error\"}]}"},
		{.request = "GET /admin/v1/operations?server_id=s1",
		 .status = 200,
		 .body = "{\"operations\":[{\"last_error\":\"no room for its memory\"}]}"},
	};
	_cleanup_(ran_done) Ran ran = run_rows("server suspend --wait s1", rows, ARRAY_SIZE(rows));

	check(&ran, CLI_FAILED, "server s1 is ACTIVE: no room for its memory");
}

TEST(attach_waits_for_both_sides)
{
	static const HttpScriptRow rows[] = {
		LOGIN_ROW,
		SHOW_SERVER("ACTIVE", "null"),
		SHOW_VOLUME("available"),
		{.request = "POST " ATTACHMENT,
		 .status = 200,
		 .body = "{\"volumeAttachment\":{\"device\":\"/dev/vdb\"}}"},
		SHOW_VOLUME("attaching"),
		SHOW_VOLUME("in-use"),
	};
	_cleanup_(ran_done) Ran ran = run_rows("attach -w -f json s1 v1", rows, ARRAY_SIZE(rows));

	assert_int_equal(ran.code, 0);
	assert_string_equal(ran.out, "{\"device\":\"/dev/vdb\"}\n");
}

TEST(an_attach_that_fails_says_where_to_look)
{
	static const HttpScriptRow rows[] = {
		LOGIN_ROW,
		SHOW_SERVER("ACTIVE", "null"),
		SHOW_VOLUME("available"),
		{.request = "POST " ATTACHMENT, .status = 200, .body = "{\"volumeAttachment\":{}}"},
		SHOW_VOLUME("available"),
		{.request = "GET /admin/v1/operations?server_id=s1&volume_id=v1",
		 .status = 404,
		 .body = "{}"},
	};
	_cleanup_(ran_done) Ran ran = run_rows("attach -w s1 v1", rows, ARRAY_SIZE(rows));

	check(&ran, CLI_FAILED,
	      "the attach failed, the volume is available: 'cleat server events'");
}

TEST(detach_waits_until_the_server_lets_go)
{
	static const HttpScriptRow rows[] = {
		LOGIN_ROW,
		SHOW_SERVER("ACTIVE", "null"),
		SHOW_VOLUME("in-use"),
		{.request = "DELETE " ATTACHMENT "/v1", .status = 202},
		{.request = "GET " ATTACHMENT "/v1", .status = 200, .body = "{}"},
		SHOW_VOLUME("detaching"),
		{.request = "GET " ATTACHMENT "/v1", .status = 404, .body = "{}"},
		SHOW_VOLUME("available"),
	};
	_cleanup_(ran_done) Ran ran = run_rows("detach --wait s1 v1", rows, ARRAY_SIZE(rows));

	assert_string_equal(ran.err, "");
	assert_int_equal(ran.code, 0);
}

TEST(a_detach_that_comes_back_has_failed)
{
	static const HttpScriptRow rows[] = {
		LOGIN_ROW,
		SHOW_SERVER("ACTIVE", "null"),
		SHOW_VOLUME("in-use"),
		{.request = "DELETE " ATTACHMENT "/v1", .status = 202},
		{.request = "GET " ATTACHMENT "/v1", .status = 200, .body = "{}"},
		SHOW_VOLUME("in-use"),
		{.request = "GET /admin/v1/operations?server_id=s1&volume_id=v1",
		 .status = 200,
		 .body = "{\"operations\":[{\"last_error\":\"asked 8 "
			 "times\"},{\"last_error\":\"x\"}]}"},
	};
	_cleanup_(ran_done) Ran ran = run_rows("detach --wait s1 v1", rows, ARRAY_SIZE(rows));

	check(&ran, CLI_FAILED, "the detach failed, the volume is in-use: asked 8 times");
}

#define SHOW_OPERATION(members)                                                                    \
	{                                                                                          \
		.request = "GET /admin/v1/operations/o1", .status = 200,                           \
		.body = "{\"operation\":{" members "}}"                                            \
	}

TEST(an_operation_is_watched_to_its_end)
{
	static const HttpScriptRow rows[] = {
		LOGIN_ROW,
		SHOW_OPERATION("\"state\":\"doing\",\"step\":\"disk-plug\",\"attempts\":1"),
		SHOW_OPERATION("\"state\":\"doing\",\"step\":\"disk-plug\",\"attempts\":1"),
		SHOW_OPERATION("\"state\":\"undoing\",\"step\":\"disk-plug\",\"attempts\":2,"
			       "\"last_error\":\"no slot\""),
		SHOW_OPERATION("\"state\":\"failed\",\"last_error\":\"no slot\""),
	};
	_cleanup_(ran_done) Ran ran = run_rows("op watch o1", rows, ARRAY_SIZE(rows));

	assert_int_equal(ran.code, CLI_FAILED);
	assert_string_equal(ran.out, "doing disk-plug\n"
				     "undoing disk-plug, attempt 2: no slot\n"
				     "failed: no slot\n");
	assert_string_equal(ran.err, "");
}

TEST(an_image_that_got_no_bytes_is_deleted_again)
{
	static const HttpScriptRow rows[] = {
		LOGIN_ROW,
		{.request = "POST /image/v2/images",
		 .holds = "\"disk_format\":\"qcow2\",\"container_format\":\"bare\",\"os\":\"x\"}",
		 .status = 201,
		 .body = "{\"id\":\"i1\"}"},
		{.request = "PUT /image/v2/images/i1/file", .status = 400, .body = "not qcow2"},
		{.request = "DELETE /image/v2/images/i1", .status = 204},
	};
	_cleanup_(ran_done) Ran ran =
		run_rows("image create i --disk-format qcow2 --property os=x --file /etc/hostname",
			 rows, ARRAY_SIZE(rows));

	check(&ran, CLI_FAILED, "upload of /etc/hostname: not qcow2 (HTTP 400)");
	assert_string_equal(ran.out, "");
}
