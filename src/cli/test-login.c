/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Which setting of a login wins.
 */
#include "base/str.h"
#include "cli/test-cli.h"

/* A file with one cloud at this address; the caller unlinks it. */
static void write_cloud(char path[static 32], const char *url)
{
	_cleanup_(closep) int fd = -1;
	_cleanup_(buf_done) Buf text = {0};

	(void)snprintf(path, 32, "/tmp/clouds-XXXXXX");
	fd = mkstemp(path);
	buf_printf(&text,
		   "clouds: {c: {auth: {auth_url: '%s', username: cloudy, password: cp, "
		   "project_name: cproj}}}\n",
		   url);
	assert_int_equal(write(fd, text.data, text.length), text.length);
}

#define TRACE "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"

/* As the environment says it. */
static void log_in_with_trace(const char *trace, const char *holds, const char *lacks)
{
	const HttpScriptRow rows[] = {
		{.request = "POST /v3/auth/tokens",
		 .holds = holds,
		 .lacks = lacks,
		 .status = 201,
		 .headers = "X-Subject-Token: secret\r\n",
		 .body = token_body},
	};
	HttpScript *script = serve_rows(rows, ARRAY_SIZE(rows));
	_cleanup_(ran_done) Ran ran = {0};
	char path[32];

	write_cloud(path, http_script_url(script));
	assert_int_equal(setenv("OS_CLIENT_CONFIG_FILE", path, 1), 0);
	assert_int_equal(setenv("TRACEPARENT", trace, 1), 0);
	ran = run_cleat("token issue --os-cloud c -f value -c id");
	assert_int_equal(unsetenv("TRACEPARENT"), 0);
	assert_string_equal(ran.err, "");
	assert_int_equal(unlink(path), 0);
	end_rows(script);
}

TEST(calls_are_part_of_the_trace_of_the_environment)
{
	log_in_with_trace(TRACE, "traceparent: " TRACE "\r\n", NULL);
}

TEST(what_names_no_trace_is_not_sent)
{
	log_in_with_trace("", NULL, "traceparent");
	log_in_with_trace("00-1-2-3", NULL, "traceparent");
	log_in_with_trace(TRACE "\r\nX-Auth-Token: x", NULL, "traceparent");
}

TEST(a_cloud_is_not_mixed_with_the_environment)
{
	static const HttpScriptRow rows[] = {
		{.request = "POST /v3/auth/tokens",
		 .holds = "{\"name\":\"cloudy\",\"domain\":{\"id\":\"default\"},\"password\":"
			  "\"given\"}",
		 .status = 201,
		 .headers = "X-Subject-Token: secret\r\n",
		 .body = token_body},
	};
	HttpScript *script = serve_rows(rows, ARRAY_SIZE(rows));
	_cleanup_(ran_done) Ran ran = {0};
	char path[32];

	write_cloud(path, http_script_url(script));
	assert_int_equal(setenv("OS_CLIENT_CONFIG_FILE", path, 1), 0);
	assert_int_equal(setenv("OS_AUTH_URL", "http://127.0.0.1:1", 1), 0);
	ran = run_cleat("token issue --os-cloud c --os-password given -f value -c id");
	assert_string_equal(ran.err, "");
	assert_string_equal(ran.out, "secret\n");
	assert_int_equal(unlink(path), 0);
	end_rows(script);
}
