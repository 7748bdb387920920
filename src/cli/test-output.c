/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * What is printed, in every format, and how columns are chosen.
 */
#include "cli/test-cli.h"

static const char volumes[] =
	"{\"volumes\":[{\"id\":\"v1\",\"name\":\"first\",\"status\":\"in-use\",\"size\":1,"
	"\"volume_type\":null,\"attachments\":[{\"server_id\":\"s1\",\"device\":\"/dev/vdb\"}]},"
	"{\"id\":\"v2\",\"name\":\"a\\\"b\",\"status\":\"available\",\"size\":10,"
	"\"volume_type\":\"t\",\"attachments\":[]}]}";

static const char volume[] =
	"{\"volume\":{\"id\":\"v1\",\"links\":[],\"name\":\"first\",\"status\":\"available\","
	"\"size\":1,\"volume_type\":null,\"attachments\":[{\"a\":1,\"b\":null},{\"a\":[2]}],"
	"\"metadata\":{\"a.b\":\"c\",\"d\":"
	"\"\"},\"multiattach\":false}}";

static Ran list(const char *line)
{
	const HttpScriptRow rows[] = {
		LOGIN_ROW,
		{.request = "GET /volume/v3/volumes/detail", .status = 200, .body = volumes},
	};
	HttpScript *script = serve_rows(rows, ARRAY_SIZE(rows));
	Ran ran = run_cleat(line);

	end_rows(script);
	return ran;
}

static Ran show(const char *line)
{
	const HttpScriptRow rows[] = {
		LOGIN_ROW,
		{.request = "GET /volume/v3/volumes/v1", .status = 200, .body = volume},
	};
	HttpScript *script = serve_rows(rows, ARRAY_SIZE(rows));
	Ran ran = run_cleat(line);

	end_rows(script);
	return ran;
}

TEST(a_list_as_a_table)
{
	_cleanup_(ran_done) Ran ran = list("volume list");

	assert_int_equal(ran.code, 0);
	assert_string_equal(ran.err, "");
	assert_string_equal(ran.out, "ID Name  Status    Size Type Attached to\n"
				     "v1 first in-use       1 -    s1 on /dev/vdb\n"
				     "v2 a\"b   available   10 t    -\n");
}

TEST(a_list_as_json)
{
	_cleanup_(ran_done) Ran ran = list("volume list -f json");

	assert_string_equal(
		ran.out,
		"[{\"ID\":\"v1\",\"Name\":\"first\",\"Status\":\"in-use\",\"Size\":1,\"Type\":null,"
		"\"Attached to\":\"s1 on /dev/vdb\"},{\"ID\":\"v2\",\"Name\":\"a\\\"b\",\"Status\":"
		"\"available\",\"Size\":10,\"Type\":\"t\",\"Attached to\":\"\"}]\n");
}

TEST(chosen_columns_as_values)
{
	_cleanup_(ran_done) Ran ran = list("-f value volume list -c id -c Type");

	assert_string_equal(ran.out, "v1 None\nv2 t\n");
}

TEST(a_column_that_is_not_there)
{
	_cleanup_(ran_done) Ran ran = list("volume list -c colour");

	assert_int_equal(ran.code, CLI_USAGE);
	assert_string_equal(ran.out, "");
	assert_non_null(strstr(ran.err, "there is no column 'colour'; there are: ID, Name, "));
}

TEST(one_thing_as_a_table)
{
	_cleanup_(ran_done) Ran ran = show("volume show v1");

	assert_string_equal(ran.out, "Field       Value\n"
				     "id          v1\n"
				     "name        first\n"
				     "status      available\n"
				     "size        1\n"
				     "volume_type -\n"
				     "attachments a=1, b=None; a=[2]\n"
				     "metadata    a.b=c, d=\n"
				     "multiattach False\n");
}

TEST(one_thing_as_json_and_values)
{
	_cleanup_(ran_done) Ran json = show("volume show v1 -f json");
	_cleanup_(ran_done) Ran value = show("volume show v1 -f value -c status -c volume_type");

	assert_string_equal(json.out,
			    "{\"id\":\"v1\",\"name\":\"first\",\"status\":\"available\",\"size\":1,"
			    "\"volume_type\":null,\"attachments\":[{\"a\":1,\"b\":null},{\"a\":[2]}"
			    "],\"metadata\":{\"a.b\":\"c\","
			    "\"d\":\"\"},\"multiattach\":false}\n");
	assert_string_equal(value.out, "available\nNone\n");
}

TEST(a_token_is_shown)
{
	static const HttpScriptRow rows[] = {LOGIN_ROW};
	HttpScript *script = serve_rows(rows, ARRAY_SIZE(rows));
	_cleanup_(ran_done) Ran ran = run_cleat("token issue -f json");

	assert_string_equal(ran.out, "{\"expires\":\"2026-11-21T05:00:00.000000Z\",\"id\":"
				     "\"secret\",\"project_id\":\"p1\",\"user_id\":\"u1\"}\n");
	end_rows(script);
}
