/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Text helpers: number parsing at its edges, Buf growth.
 */
#include "base/str.h"
#include "tests/lib/test.h"

TEST(numbers_are_whole_or_refused)
{
	int64_t i = 5;
	uint64_t u = 5;

	assert_true(str_parse_i64("-12", &i));
	assert_int_equal(i, -12);
	assert_true(str_parse_u64("18446744073709551615", &u));
	assert_true(u == UINT64_MAX);
	assert_false(str_parse_u64("18446744073709551616", &u));
	assert_false(str_parse_u64("-1", &u));
	assert_false(str_parse_u64("+1", &u));
	assert_false(str_parse_u64(" 1", &u));
	assert_false(str_parse_u64("1 ", &u));
	assert_false(str_parse_u64("", &u));
	assert_false(str_parse_i64("-", &i));
	assert_false(str_parse_i64("9223372036854775808", &i));
	assert_false(str_parse_i64(NULL, &i));
	assert_int_equal(i, -12);
}

TEST(prefixes_and_suffixes)
{
	assert_string_equal(str_after("urn:uuid:x", "urn:uuid:"), "x");
	assert_null(str_after("urn", "urn:uuid:"));
	assert_null(str_after(NULL, "urn:uuid:"));
	assert_true(str_ends("a.raw", ".raw"));
	assert_false(str_ends("raw", ".raw"));
	assert_true(str_eq(NULL, NULL));
	assert_false(str_eq(NULL, ""));
}

TEST(buf_grows_and_is_taken)
{
	Buf buf = {0};
	char *text;

	for (int i = 0; i < 1000; i++)
		buf_printf(&buf, "%d,", i);
	buf_add_char(&buf, '!');
	assert_int_equal(buf.length, strlen(buf.data));
	text = buf_take(&buf);
	assert_true(str_ends(text, "999,!"));
	free(text);
	text = buf_take(&buf);
	assert_string_equal(text, "");
	free(text);
}

TEST(counts_characters_not_bytes)
{
	assert_int_equal(str_utf8_length("a\xc3\xa9\xe2\x82\xac"), 3);
}

TEST(utf8_valid)
{
	static const struct {
		const char *text;
		bool valid;
	} rows[] = {
		{"", true},
		{"plain", true},
		{"\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80 \xf4\x8f\xbf\xbf", true},
		{"\x80", false},
		{"\xc3", false},
		{"\xc0\xaf", false},
		{"\xe0\x80\xaf", false},
		{"\xf0\x80\x80\xaf", false},
		{"\xed\xa0\x80", false},
		{"\xf4\x90\x80\x80", false},
		{"\xff", false},
		{"\xe2\x82z", false},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		assert_int_equal(str_utf8_valid(rows[i].text, strlen(rows[i].text)), rows[i].valid);
}
