/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * clouds.yaml: settings by path, and what is missing or broken.
 */
#include "client/clouds.h"

#include "base/str.h"
#include "tests/lib/test.h"

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
