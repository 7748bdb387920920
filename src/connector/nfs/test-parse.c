/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * What is read of a connection_info, and what is refused: H-16 (the format is what is said), H-21
 * (hostile or broken data), H-42 (spellings of an export).
 */
#include "base/str.h"
#include "connector/nfs/info.h"
#include "tests/lib/test.h"

static Arena *arena;
static ConnectorCall call;

static const NfsInfo *parse(const char *text)
{
	void *info = NULL;
	Fault f = {0};
	int r;

	arena = arena_free(arena);
	arena = arena_new();
	call = (ConnectorCall){.arena = arena};
	r = nfs_info_parse(&call, text, &info, &f);
	assert_true(r == 0 || r == CONNECTOR_BAD_INFO);
	assert_true((r == 0) == (call.why == NULL));
	return r ? NULL : info;
}

/* What had to be taken. */
static const NfsInfo *good(const NfsInfo *info)
{
	static const NfsInfo nothing;

	if (!info)
		fail_msg("it is refused");
	return info ? info : &nothing;
}

static void forget(void)
{
	arena = arena_free(arena);
}

static const NfsInfo *parse_export(const char *export)
{
	char text[2048];

	(void)snprintf(text, sizeof(text), "{\"export\": \"%s\", \"name\": \"volume-1\"}",
		       export); /* fits */
	return parse(text);
}

static const NfsInfo *parse_options(const char *options)
{
	char text[2048];

	(void)snprintf(text, sizeof(text),
		       "{\"export\": \"a:/b\", \"name\": \"volume-1\", \"options\": \"%s\"}",
		       options); /* fits */
	return parse(text);
}

TEST(a_volume_on_a_server)
{
	const NfsInfo *info = parse("{\"driver_volume_type\": \"nfs\", \"export\": "
				    "\"192.0.2.31:/vol1\", \"name\": \"volume-a6b5\", "
				    "\"options\": \"-o vers=4.2\", \"format\": \"qcow2\", "
				    "\"mount_point_base\": \"/etc\", \"access_mode\": \"ro\"}");

	info = good(info);
	assert_string_equal(info->export, "192.0.2.31:/vol1");
	assert_string_equal(info->name, "volume-a6b5");
	assert_string_equal(info->options.list, "vers=4.2");
	assert_string_equal(info->format, "qcow2");
	assert_true(info->options.has_version);
	assert_true(info->is_readonly);
	forget();
}

TEST(h16_the_format_is_what_is_said)
{
	assert_string_equal(good(parse_export("a:/b"))->format, "raw");
	assert_null(parse("{\"export\": \"a:/b\", \"name\": \"v\", \"format\": \"vmdk\"}"));
	assert_null(parse("{\"export\": \"a:/b\", \"name\": \"v\", \"format\": \"\"}"));
	forget();
}

TEST(h42_an_export_has_one_spelling)
{
	assert_string_equal(good(parse_export("Filer.Example:/vol//a/./b/"))->export,
			    "filer.example:/vol/a/b");
	assert_string_equal(good(parse_export("[2001:DB8:0::1]:/"))->export, "[2001:db8::1]:/");
	assert_string_equal(good(parse_export("a:/Vol 1/\\u00e9"))->export, "a:/Vol 1/\xc3\xa9");
	forget();
}

TEST(h21_exports_and_names_that_mean_harm_are_refused)
{
	static const char *const exports[] = {
		"",         ":/b",
		"a",        "a:b",
		"-o:/b",    "a b:/c",
		"a,b:/c",   "a:/../b",
		"a:/b/..",  "[2001:db8::1:/b",
		"[x]:/b",   "2001:db8::1:/b:/c d/..",
		"a:/b\\nc", "a\\t:/b",
	};
	static const char *const names[] = {
		"", ".", "..", "../x", "a/b", "-a", "a b", "a\\nb", "a;b",
	};
	char text[256];

	for (size_t i = 0; i < ARRAY_SIZE(exports); i++)
		if (parse_export(exports[i]))
			fail_msg("taken: %s", exports[i]);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		(void)snprintf(text, sizeof(text), "{\"export\": \"a:/b\", \"name\": \"%s\"}",
			       names[i]); /* fits */
		if (parse(text))
			fail_msg("taken: %s", names[i]);
	}
	assert_null(parse("{}"));
	assert_null(parse("[]"));
	assert_null(parse(""));
	assert_null(parse("{\"export\": 1, \"name\": 2}"));
	forget();
}

TEST(h21_options_are_from_a_list)
{
	static const char *const wrong[] = {
		"-o suid",
		"-o dev",
		"-o exec",
		"--bind",
		"-o bind",
		"-t ext4",
		"-o",
		"-o vers",
		"-o vers=4.2 -v",
		"vers=4.2",
		"-o vers=",
		"-o rsize=1k",
		"-o hard=1",
		"-o ,hard",
		"-o sec=sys;x",
		"-o sec=a:b",
		"-o context=x",
		"-o hard,,soft",
		"-o -o",
		"-o port=1,suid",
		"-ohard,dev",
		"-o rsize=1234567890123456789",
	};

	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++)
		if (parse_options(wrong[i]))
			fail_msg("taken: %s", wrong[i]);
	assert_string_equal(
		good(parse_options("-o vers=4.1,rsize=65536  -o hard,sec=krb5p"))->options.list,
		"vers=4.1,rsize=65536,hard,sec=krb5p");
	assert_string_equal(good(parse_options("-onosuid,nodev,noexec,rw,soft"))->options.list,
			    "soft");
	assert_string_equal(good(parse_options(""))->options.list, "");
	assert_false(good(parse_options("-o timeo=600"))->options.has_version);
	forget();
}
