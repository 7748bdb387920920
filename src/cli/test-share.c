/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Shares: what is asked for, what is waited for, and what failures are told.
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

#define SHARE "/share/v2/shares/a1"
#define SHOW_SHARE(text, size)                                                                     \
	{                                                                                          \
		.request = "GET " SHARE, .status = 200,                                            \
		.body = "{\"share\":{\"id\":\"a1\",\"status\":\"" text "\",\"size\":" size "}}"    \
	}
#define SHOW_SERVER                                                                                \
	{                                                                                          \
		.request = "GET /compute/v2.1/servers/s1", .status = 200,                          \
		.body = "{\"server\":{\"id\":\"s1\",\"status\":\"SHUTOFF\"}}"                      \
	}
#define SERVER_SHARES "/compute/v2.1/servers/s1/shares"
#define SHOW_MAPPING(text)                                                                         \
	{                                                                                          \
		.request = "GET " SERVER_SHARES "/a1", .status = 200,                              \
		.body = "{\"share\":{\"share_id\":\"a1\",\"status\":\"" text                       \
			"\",\"tag\":\"home\"}}"                                                    \
	}
#define WHY(text)                                                                                  \
	{                                                                                          \
		.request = "GET /admin/v1/operations?server_id=s1&share_id=a1", .status = 200,     \
		.body = "{\"operations\":[{\"last_error\":\"" text "\"}]}"                         \
	}

TEST(a_share_is_shown_with_its_export_locations)
{
	static const HttpScriptRow rows[] = {
		LOGIN_ROW,
		{.request = "POST /share/v2/shares",
		 .holds = "{\"share\":{\"share_proto\":\"NFS\",\"size\":1,\"name\":\"home\"}}",
		 .status = 200,
		 .body = "{\"share\":{\"id\":\"a1\"}}"},
		SHOW_SHARE("creating", "1"),
		SHOW_SHARE("available", "1"),
		SHOW_SHARE("available", "1"),
		{.request = "GET " SHARE "/export_locations",
		 .status = 200,
		 .body = "{\"export_locations\":[{\"path\":\"h:/a\"},{\"path\":\"h:/b\"}]}"},
	};
	_cleanup_(ran_done) Ran ran =
		run_rows("share create home --size 1 --wait -f json -c status -c export_locations",
			 rows, ARRAY_SIZE(rows));

	assert_string_equal(ran.err, "");
	assert_int_equal(ran.code, 0);
	assert_string_equal(
		ran.out, "{\"status\":\"available\",\"export_locations\":[\"h:/a\",\"h:/b\"]}\n");
}

TEST(a_share_that_fails_says_why)
{
	static const HttpScriptRow rows[] = {
		LOGIN_ROW,
		{.request = "POST /share/v2/shares",
		 .holds = "{\"share\":{\"share_proto\":\"CEPHFS\",\"size\":1}}",
		 .status = 200,
		 .body = "{\"share\":{\"id\":\"a1\"}}"},
		SHOW_SHARE("error", "1"),
		{.request = "GET /share/v2/messages?resource_id=a1&limit=1",
		 .status = 200,
		 .body = "{\"messages\":[{\"user_message\":\"No room.\"}]}"},
	};
	_cleanup_(ran_done) Ran ran =
		run_rows("share create --size 1 --protocol CEPHFS -w", rows, ARRAY_SIZE(rows));

	check(&ran, CLI_FAILED, "share a1 went to error: No room.");
}

TEST(a_share_is_larger_when_it_is)
{
	static const HttpScriptRow rows[] = {
		LOGIN_ROW,
		SHOW_SHARE("available", "1"),
		{.request = "POST " SHARE "/action",
		 .holds = "{\"extend\":{\"new_size\":2}}",
		 .status = 202},
		SHOW_SHARE("extending", "1"),
		SHOW_SHARE("available", "2"),
		SHOW_SHARE("available", "2"),
	};
	static const HttpScriptRow broken[] = {
		LOGIN_ROW,
		SHOW_SHARE("available", "1"),
		{.request = "POST " SHARE "/action", .status = 202},
		SHOW_SHARE("extending_error", "1"),
		{.request = "GET /share/v2/messages?resource_id=a1&limit=1",
		 .status = 200,
		 .body = "{\"messages\":[]}"},
	};
	_cleanup_(ran_done) Ran ran =
		run_rows("share extend a1 --size 2 --wait", rows, ARRAY_SIZE(rows));
	_cleanup_(ran_done) Ran failed =
		run_rows("share extend a1 --size 2 --wait", broken, ARRAY_SIZE(broken));

	assert_string_equal(ran.err, "");
	assert_int_equal(ran.code, 0);
	check(&failed, CLI_FAILED, "share a1 went to extending_error");
}

TEST(a_share_that_stays_as_large_was_not_shrunk)
{
	static const HttpScriptRow rows[] = {
		LOGIN_ROW,
		SHOW_SHARE("available", "2"),
		{.request = "POST " SHARE "/action",
		 .holds = "{\"shrink\":{\"new_size\":1}}",
		 .status = 202},
		SHOW_SHARE("available", "2"),
		SHOW_SHARE("available", "2"),
		{.request = "GET /share/v2/messages?resource_id=a1&limit=1",
		 .status = 200,
		 .body = "{\"messages\":[{\"user_message\":\"Files would be lost.\"}]}"},
	};
	_cleanup_(ran_done) Ran ran =
		run_rows("share shrink a1 --size 1 --wait", rows, ARRAY_SIZE(rows));

	check(&ran, CLI_FAILED, "the share still has 2 GiB: Files would be lost.");
}

#define RULE(text)                                                                                 \
	{                                                                                          \
		.request = "GET /share/v2/share-access-rules/r1", .status = 200,                   \
		.body = "{\"access\":{\"id\":\"r1\",\"state\":\"" text                             \
			"\",\"access_to\":\"192.0.2.7\"}}"                                         \
	}

TEST(a_rule_is_waited_for)
{
	static const HttpScriptRow rows[] = {
		LOGIN_ROW,
		SHOW_SHARE("available", "1"),
		{.request = "POST " SHARE "/action",
		 .holds = "{\"allow_access\":{\"access_type\":\"ip\",\"access_to\":\"192.0.2.7\","
			  "\"access_level\":\"ro\"}}",
		 .status = 200,
		 .body = "{\"access\":{\"id\":\"r1\"}}"},
		RULE("queued_to_apply"),
		RULE("applying"),
		RULE("active"),
		RULE("active"),
	};
	static const HttpScriptRow broken[] = {
		LOGIN_ROW,
		SHOW_SHARE("available", "1"),
		{.request = "POST " SHARE "/action",
		 .status = 200,
		 .body = "{\"access\":{\"id\":\"r1\"}}"},
		RULE("error"),
	};
	_cleanup_(ran_done) Ran ran =
		run_rows("share access allow a1 ip 192.0.2.7 --level ro --wait -f value -c state",
			 rows, ARRAY_SIZE(rows));
	_cleanup_(ran_done) Ran failed =
		run_rows("share access allow a1 ip 192.0.2.7 --wait", broken, ARRAY_SIZE(broken));

	assert_string_equal(ran.err, "");
	assert_string_equal(ran.out, "active\n");
	check(&failed, CLI_FAILED, "access rule r1 went to error");
}

TEST(a_rule_is_waited_away)
{
	static const HttpScriptRow rows[] = {
		LOGIN_ROW,
		SHOW_SHARE("available", "1"),
		{.request = "POST " SHARE "/action",
		 .holds = "{\"deny_access\":{\"access_id\":\"r1\"}}",
		 .status = 202},
		RULE("denying"),
		{.request = "GET /share/v2/share-access-rules/r1", .status = 404, .body = "{}"},
	};
	_cleanup_(ran_done) Ran ran =
		run_rows("share access deny a1 r1 --wait", rows, ARRAY_SIZE(rows));

	assert_string_equal(ran.err, "");
	assert_int_equal(ran.code, 0);
}

TEST(rules_of_one_share_are_listed)
{
	static const HttpScriptRow rows[] = {
		LOGIN_ROW,
		SHOW_SHARE("available", "1"),
		{.request = "GET /share/v2/share-access-rules?share_id=a1",
		 .status = 200,
		 .body = "{\"access_list\":[{\"id\":\"r1\",\"access_type\":\"ip\",\"access_to\":"
			 "\"******\",\"access_level\":\"rw\",\"state\":\"active\"}]}"},
	};
	_cleanup_(ran_done) Ran ran = run_rows("share access list a1", rows, ARRAY_SIZE(rows));

	assert_string_equal(ran.out, "ID Type To     Level State\n"
				     "r1 ip   ****** rw    active\n");
}

TEST(a_share_is_attached_when_its_server_is_done)
{
	static const HttpScriptRow rows[] = {
		LOGIN_ROW,
		SHOW_SERVER,
		SHOW_SHARE("available", "1"),
		{.request = "POST " SERVER_SHARES,
		 .holds = "{\"share\":{\"share_id\":\"a1\",\"tag\":\"home\"}}",
		 .status = 201,
		 .body = "{\"share\":{}}"},
		SHOW_MAPPING("attaching"),
		SHOW_MAPPING("inactive"),
		SHOW_MAPPING("inactive"),
	};
	_cleanup_(ran_done) Ran ran =
		run_rows("attach --share a1 --tag home -w s1 -f value", rows, ARRAY_SIZE(rows));

	assert_string_equal(ran.err, "");
	assert_string_equal(ran.out, "a1\ninactive\nhome\n");
}

TEST(how_a_guest_should_mount_goes_with_the_share)
{
	static const HttpScriptRow rows[] = {
		LOGIN_ROW,
		SHOW_SERVER,
		SHOW_SHARE("available", "1"),
		{.request = "POST /compute/v2.1/servers/s1/action",
		 .holds = "{\"share_attach\":{\"share_id\":\"a1\",\"mount_options\":\"ro\"}}",
		 .status = 202},
		SHOW_MAPPING("attaching"),
	};
	_cleanup_(ran_done) Ran ran = run_rows("attach --share a1 --mount-options ro s1 -f value",
					       rows, ARRAY_SIZE(rows));

	assert_string_equal(ran.err, "");
	assert_int_equal(ran.code, 0);
}

TEST(a_share_that_cannot_be_attached_says_why)
{
	static const HttpScriptRow rows[] = {
		LOGIN_ROW,
		SHOW_SERVER,
		SHOW_SHARE("available", "1"),
		{.request = "POST " SERVER_SHARES, .status = 201, .body = "{\"share\":{}}"},
		SHOW_MAPPING("error"),
		WHY("the rule is read-only"),
	};
	_cleanup_(ran_done) Ran ran = run_rows("attach --share a1 -w s1", rows, ARRAY_SIZE(rows));

	check(&ran, CLI_FAILED,
	      "the attach failed, the share is in error on the server: the rule is read-only");
}

TEST(a_share_is_detached_when_it_is_gone)
{
	static const HttpScriptRow rows[] = {
		LOGIN_ROW,
		SHOW_SERVER,
		SHOW_SHARE("available", "1"),
		{.request = "DELETE " SERVER_SHARES "/a1", .status = 200},
		SHOW_MAPPING("detaching"),
		{.request = "GET " SERVER_SHARES "/a1", .status = 404, .body = "{}"},
	};
	static const HttpScriptRow broken[] = {
		LOGIN_ROW,
		SHOW_SERVER,
		SHOW_SHARE("available", "1"),
		{.request = "DELETE " SERVER_SHARES "/a1", .status = 200},
		SHOW_MAPPING("error"),
		WHY("the rule stays"),
	};
	_cleanup_(ran_done) Ran ran = run_rows("detach --share a1 -w s1", rows, ARRAY_SIZE(rows));
	_cleanup_(ran_done) Ran failed =
		run_rows("detach --share a1 -w s1", broken, ARRAY_SIZE(broken));

	assert_string_equal(ran.err, "");
	assert_int_equal(ran.code, 0);
	check(&failed, CLI_FAILED, "the detach failed, the share is error: the rule stays");
}

TEST(shares_of_a_server)
{
	static const HttpScriptRow rows[] = {
		LOGIN_ROW,
		SHOW_SERVER,
		{.request = "GET " SERVER_SHARES,
		 .status = 200,
		 .body = "{\"shares\":[{\"share_id\":\"a1\",\"status\":\"active\",\"tag\":\"t\"}]"
			 "}"},
	};
	static const HttpScriptRow shown[] = {
		LOGIN_ROW,
		SHOW_SERVER,
		SHOW_SHARE("available", "1"),
		SHOW_MAPPING("active"),
	};
	_cleanup_(ran_done) Ran ran = run_rows("server share list s1", rows, ARRAY_SIZE(rows));
	_cleanup_(ran_done) Ran one =
		run_rows("server share show s1 a1 -f value -c tag", shown, ARRAY_SIZE(shown));

	assert_string_equal(ran.out, "Share ID Status Tag\n"
				     "a1       active t\n");
	assert_string_equal(one.out, "home\n");
}

TEST(messages_about_a_share)
{
	static const HttpScriptRow rows[] = {
		LOGIN_ROW,
		{.request = "GET /share/v2/messages?resource_id=a1",
		 .status = 200,
		 .body = "{\"messages\":[{\"id\":\"m1\",\"resource_id\":\"a1\","
			 "\"user_message\":\"No room.\"}]}"},
	};
	_cleanup_(ran_done) Ran ran = run_rows(
		"share message list --resource a1 -f value -c message", rows, ARRAY_SIZE(rows));

	assert_string_equal(ran.out, "No room.\n");
}

TEST(operations_about_a_share)
{
	static const HttpScriptRow rows[] = {
		LOGIN_ROW,
		SHOW_SHARE("available", "1"),
		{.request = "GET /admin/v1/operations?share_id=a1",
		 .status = 200,
		 .body = "{\"operations\":[{\"share_id\":\"a1\",\"server_id\":\"s1\"}]}"},
	};
	_cleanup_(ran_done) Ran ran =
		run_rows("op list --share a1 -f value -c subject", rows, ARRAY_SIZE(rows));

	assert_string_equal(ran.out, "share a1, server s1\n");
}
