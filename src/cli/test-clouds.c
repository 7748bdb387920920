/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * clouds.yaml, and which setting wins.
 */
#include "cli/clouds.h"

#include "base/str.h"
#include "cli/test-cli.h"

static const char yaml[] = "# a comment\n"
			   "clouds:\n"
			   "  one:\n"
			   "    auth: &a\n"
			   "      auth_url: 'http://one/identity'\n"
			   "      username: \"de\\u006do\"\n"
			   "      password: p:#w\n"
			   "    region_name: R\n"
			   "    verify: false\n"
			   "  two: {auth: *a, interface: internal}\n"
			   "  list: [1, 2]\n";

static Clouds *parse(const char *name)
{
	Clouds *clouds = NULL;

	assert_int_equal(clouds_parse(yaml, strlen(yaml), name, &clouds, NULL), 0);
	return clouds;
}

TEST(settings_by_path)
{
	_cleanup_(clouds_freep) Clouds *one = parse("one"), *two = parse("two");

	assert_string_equal(clouds_get(one, "auth.auth_url"), "http://one/identity");
	assert_string_equal(clouds_get(one, "auth.username"), "demo");
	assert_string_equal(clouds_get(one, "auth.password"), "p:#w");
	assert_string_equal(clouds_get(one, "verify"), "false");
	assert_null(clouds_get(one, "auth"));
	assert_null(clouds_get(one, "auth.auth_url.more"));
	assert_null(clouds_get(one, "interface"));
	assert_string_equal(clouds_get(two, "auth.username"), "demo");
	assert_string_equal(clouds_get(two, "interface"), "internal");
}

TEST(what_is_missing_or_broken)
{
	_cleanup_(clouds_freep) Clouds *list = parse("list");
	Clouds *clouds = NULL;
	Fault f = {0};

	assert_null(clouds_get(list, "auth.username"));
	assert_int_equal(clouds_parse(yaml, strlen(yaml), "three", &clouds, NULL), CLOUDS_MISSING);
	assert_int_equal(clouds_parse("", 0, "one", &clouds, NULL), CLOUDS_MISSING);
	assert_int_equal(clouds_parse("- a", 3, "one", &clouds, NULL), CLOUDS_MISSING);
	assert_true(clouds_parse("a:\n  - b\n c", 11, "one", &clouds, &f) < 0);
	assert_non_null(strstr(f.text, "line "));
	assert_true(clouds_parse("a: [", 4, "one", &clouds, NULL) < 0);
}

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
