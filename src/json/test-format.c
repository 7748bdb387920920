/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Formats of texts, seen through the field tables.
 */
#include "tests/lib/test.h"
#include "json/json.h"

typedef struct Box {
	const char *text;
} Box;

static bool fits(JsonFormat format, const char *text)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();
	_cleanup_(json_doc_freep) JsonDoc *doc = NULL;
	const JsonField row = {.name = "t", .type = JSON_TEXT, .format = format};
	const JsonFields fields = {.rows = &row, .count = 1, .size = sizeof(Box)};
	const char *json = arena_printf(arena, "{\"t\":\"%s\"}", text);
	JsonProblem problem;
	Box *box;

	assert_int_equal(json_parse(arena, json, strlen(json), &doc, NULL), 0);
	return json_decode(arena, doc, &fields, 0, (void **)&box, &problem) == 0;
}

static const struct {
	JsonFormat format;
	const char *text;
	bool fits;
} rows[] = {
	{JSON_FORMAT_NONE, "", true},
	{JSON_FORMAT_UUID, "0c9a7b3e-9f53-4b0f-9a1b-6e0b7f0a1c2d", true},
	{JSON_FORMAT_UUID, "0c9a7b3e-9f53-4b0f-9a1b-6e0b7f0a1c2", false},
	{JSON_FORMAT_IPV4, "192.0.2.1", true},
	{JSON_FORMAT_IPV4, "192.0.2.1.1", false},
	{JSON_FORMAT_IPV4, "2001:db8::1", false},
	{JSON_FORMAT_IPV6, "2001:db8::1", true},
	{JSON_FORMAT_IPV6, "192.0.2.1", false},
	{JSON_FORMAT_NAME, "a b", true},
	{JSON_FORMAT_NAME, "\xf0\x9f\x98\x80", true},
	{JSON_FORMAT_NAME, " ", false},
	{JSON_FORMAT_NAME, "a ", false},
	{JSON_FORMAT_NAME, "a\xc2\xa0", false},
	{JSON_FORMAT_NAME,
	 "\xe3\x80\x80"
	 "a",
	 false},
	{JSON_FORMAT_NAME, "a\\u0007b", false},
	{JSON_FORMAT_NAME,
	 "a\xc2\x85"
	 "b",
	 false},
	{JSON_FORMAT_NAME,
	 "a\xe2\x80\xa8"
	 "b",
	 false},
	{JSON_FORMAT_NAME,
	 "a\xe2\x80\xae"
	 "b",
	 false},
	{JSON_FORMAT_DEVICE, "/dev/vdb", true},
	{JSON_FORMAT_DEVICE, "/dev/xvdc", true},
	{JSON_FORMAT_DEVICE, "/dev/sda1", true},
	{JSON_FORMAT_DEVICE, "/dev/a", true},
	{JSON_FORMAT_DEVICE, "/dev/", false},
	{JSON_FORMAT_DEVICE, "/dev/1", false},
	{JSON_FORMAT_DEVICE, "/dev/vdb1p", false},
	{JSON_FORMAT_DEVICE, "/dev/disk/by-id/x", false},
	{JSON_FORMAT_DEVICE, "/dev/vdB", false},
	{JSON_FORMAT_DEVICE, "/dev/vdb\\n", false},
	{JSON_FORMAT_DEVICE, "vdb", false},
	{JSON_FORMAT_DEVICE, "", false},
	{JSON_FORMAT_SHARE_TAG, "-My-2nd-", true},
	{JSON_FORMAT_SHARE_TAG, "a b", false},
	{JSON_FORMAT_SHARE_TAG, "a.b", false},
	{JSON_FORMAT_SHARE_TAG, "a\\n", false},
	{JSON_FORMAT_TAG, "a b", true},
	{JSON_FORMAT_TAG, "a,b", false},
	{JSON_FORMAT_TAG, "a\\/b", false},
	{JSON_FORMAT_BASE64, "", true},
	{JSON_FORMAT_BASE64, "Zg==", true},
	{JSON_FORMAT_BASE64, "Zm8=", true},
	{JSON_FORMAT_BASE64, "Zm9v", true},
	{JSON_FORMAT_BASE64, "Zm9v+/+/", true},
	{JSON_FORMAT_BASE64, "Zm9", false},
	{JSON_FORMAT_BASE64, "Zh==", false},
	{JSON_FORMAT_BASE64, "Zm9=", false},
	{JSON_FORMAT_BASE64, "Z===", false},
	{JSON_FORMAT_BASE64, "====", false},
	{JSON_FORMAT_BASE64, "Zg==Zg==", false},
	{JSON_FORMAT_BASE64, "Zm_v", false},
	{JSON_FORMAT_BASE64, "Zm9v\\n", false},
	{JSON_FORMAT_WORDS, "m1.tiny-2_a b", true},
	{JSON_FORMAT_WORDS, "../x", false},
	{JSON_FORMAT_WORDS, " x", false},
	{JSON_FORMAT_WORDS, "x ", false},
	{JSON_FORMAT_WORDS, "x\\n", false},
	{JSON_FORMAT_WORDS, "\xc3\xa4", false},
	{JSON_FORMAT_METADATA_KEY, "a-b_c:d.e f9", true},
	{JSON_FORMAT_METADATA_KEY, "", false},
	{JSON_FORMAT_METADATA_KEY, "a=b", false},
	{JSON_FORMAT_SPEC_KEY, "RESKEY:availability_zones", true},
	{JSON_FORMAT_SPEC_KEY, "a b", false},
};

TEST(formats_take_and_refuse)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (fits(rows[i].format, rows[i].text) != rows[i].fits)
			fail_msg("format %d, text \"%s\"", rows[i].format, rows[i].text);
}
