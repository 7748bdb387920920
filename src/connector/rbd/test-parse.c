/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * What is read of a connection_info, and what is refused: H-21 (hostile or broken data), H-42
 * (spellings of monitors).
 */
#include "base/str.h"
#include "connector/rbd/info.h"
#include "tests/lib/test.h"

static Arena *arena;
static ConnectorCall call;

static const RbdInfo *parse(const char *text)
{
	void *info = NULL;
	Fault f = {0};
	int r;

	arena = arena_free(arena);
	arena = arena_new();
	call = (ConnectorCall){.arena = arena};
	r = rbd_info_parse(&call, text, &info, &f);
	assert_true(r == 0 || r == CONNECTOR_BAD_INFO);
	assert_true((r == 0) == (call.why == NULL));
	return r ? NULL : info;
}

/* What had to be taken. */
static const RbdInfo *good(const RbdInfo *info)
{
	static const RbdInfo nothing;

	if (!info)
		fail_msg("it is refused");
	return info ? info : &nothing;
}

static void forget(void)
{
	arena = arena_free(arena);
}

TEST(an_image_of_a_cluster)
{
	const RbdInfo *info =
		parse("{\"driver_volume_type\": \"rbd\", \"name\": \"volumes/volume-a6b5\", "
		      "\"hosts\": [\"192.0.2.21\", \"mon.example\"], \"ports\": [\"6789\", 3300], "
		      "\"cluster_name\": \"ceph\", \"auth_enabled\": true, \"auth_username\": "
		      "\"cinder\", \"secret_type\": \"ceph\", \"secret_uuid\": "
		      "\"457EB676-33DA-42EC-9A8C-9293D545C337\", \"discard\": true}");

	info = good(info);
	assert_string_equal(info->pool, "volumes");
	assert_string_equal(info->space, "");
	assert_string_equal(info->image, "volume-a6b5");
	assert_string_equal(info->user, "cinder");
	assert_string_equal(info->monitors, "192.0.2.21:6789,mon.example:3300");
	assert_string_equal(info->secret_uuid, "457eb676-33da-42ec-9a8c-9293d545c337");
	assert_false(info->is_single);
	assert_false(info->is_readonly);
	forget();
}

TEST(an_image_in_a_namespace)
{
	const RbdInfo *info = parse("{\"name\": \"p/ns/i\", \"auth_enabled\": false, "
				    "\"auth_username\": \"x\", \"multiattach\": false, "
				    "\"access_mode\": \"ro\"}");

	info = good(info);
	assert_string_equal(info->pool, "p");
	assert_string_equal(info->space, "ns");
	assert_string_equal(info->image, "i");
	assert_string_equal(info->cluster, "ceph");
	assert_null(info->user);
	assert_null(info->monitors);
	assert_true(info->is_single);
	assert_true(info->is_readonly);
	forget();
}

TEST(h42_a_monitor_has_one_spelling)
{
	const RbdInfo *info = parse("{\"name\": \"p/i\", \"hosts\": [\"[2001:DB8:0::1]\", "
				    "\"2001:db8::2\"], \"ports\": [\"6789\", \"3300\"]}");

	info = good(info);
	assert_string_equal(info->monitors, "[2001:db8::1]:6789,[2001:db8::2]:3300");
	forget();
}

TEST(h21_hostile_and_broken_data_is_refused)
{
	static const char *const wrong[] = {
		"",
		"[]",
		"{}",
		"{\"name\": 1}",
		"{\"name\": \"i\"}",
		"{\"name\": \"/i\"}",
		"{\"name\": \"p/\"}",
		"{\"name\": \"p//i\"}",
		"{\"name\": \"p/n/s/i\"}",
		"{\"name\": \"p/i@s\"}",
		"{\"name\": \"p/i s\"}",
		"{\"name\": \"-p/i\"}",
		"{\"name\": \"p/-i\"}",
		"{\"name\": \"../i\"}",
		"{\"name\": \"p/..\"}",
		"{\"name\": \"p/i\\n\"}",
		"{\"name\": \"p/i\", \"cluster_name\": \"../../tmp/x\"}",
		"{\"name\": \"p/i\", \"cluster_name\": \"-c\"}",
		"{\"name\": \"p/i\", \"auth_username\": \"a b\"}",
		"{\"name\": \"p/i\", \"auth_username\": \"-o\"}",
		"{\"name\": \"p/i\", \"hosts\": [\"a\"]}",
		"{\"name\": \"p/i\", \"hosts\": [\"a,b\"], \"ports\": [1]}",
		"{\"name\": \"p/i\", \"hosts\": [\"a\"], \"ports\": [0]}",
		"{\"name\": \"p/i\", \"hosts\": [\"a\"], \"ports\": [\"65536\"]}",
		"{\"name\": \"p/i\", \"hosts\": [\"a\"], \"ports\": [\"1 -o\"]}",
		"{\"name\": \"p/i\", \"hosts\": [\"a\"], \"ports\": [null]}",
		"{\"name\": \"p/i\", \"hosts\": \"a\", \"ports\": 1}",
	};

	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++)
		if (parse(wrong[i]))
			fail_msg("taken: %s", wrong[i]);
	forget();
}
