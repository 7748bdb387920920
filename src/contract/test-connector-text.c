/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Spellings of addresses (H-42), and words that may become arguments (H-21).
 */
#include "base/str.h"
#include "contract/connector-text.h"
#include "tests/lib/test.h"

static const char *canonical(const char *text)
{
	static char out[CONNECTOR_ADDRESS_BYTES];

	return connector_address(text, out) ? out : NULL;
}

TEST(an_address_has_one_spelling)
{
	assert_string_equal(canonical("192.0.2.1"), "192.0.2.1");
	assert_string_equal(canonical("2001:DB8:0:0::1"), "2001:db8::1");
	assert_string_equal(canonical("[2001:db8::0001]"), "2001:db8::1");
	assert_string_equal(canonical("::ffff:192.0.2.1"), "::ffff:192.0.2.1");
}

TEST(what_is_no_address_has_none)
{
	static const char *const wrong[] = {
		"",
		"[]",
		"[",
		"]",
		"192.0.2",
		"192.0.2.1 ",
		"[192.0.2.1]",
		"host.example",
		"-1",
		"2001:db8::1%eth0",
		"2001:db8::1,hostnqn=x",
		"1111:1111:1111:1111:1111:1111:1111:1111:1111:1111:1111:1111:1111:1111",
	};

	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++)
		assert_null(canonical(wrong[i]));
}

TEST(a_word_is_neither_an_option_nor_a_path)
{
	assert_true(connector_is_word("nqn.2014-08.org:x", ".:-", 223));
	assert_true(connector_is_word("a..b", ".", 4));
	assert_false(connector_is_word("", ".", 4));
	assert_false(connector_is_word("abcde", "", 4));
	assert_false(connector_is_word("-a", "-", 4));
	assert_false(connector_is_word("..", ".", 4));
	assert_false(connector_is_word("a b", ".", 4));
	assert_false(connector_is_word("a\nb", ".", 4));
	assert_false(connector_is_word("a/b", ".", 4));
	assert_false(connector_is_word("\xc3\xa9", ".", 4));
}

TEST(an_outcome_has_its_sentence)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();
	ConnectorCall call = {.arena = arena};

	assert_int_equal(connector_say(&call, CONNECTOR_BUSY, "%s is mounted", "sda"),
			 CONNECTOR_BUSY);
	assert_string_equal(call.why, "sda is mounted");
}
