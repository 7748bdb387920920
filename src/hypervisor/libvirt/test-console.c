/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * A guest writes any bytes; a client gets text.
 */
#include "base/str.h"
#include "hypervisor/libvirt/priv.h"
#include "tests/lib/test.h"

static void assert_text(const char *bytes, size_t n, const char *wanted)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();
	const char *text = console_text(arena, bytes, n);

	assert_string_equal(text, wanted);
	assert_true(str_utf8_valid(text, strlen(text)));
}

TEST(text_stays)
{
	assert_text("", 0, "");
	assert_text("boot\r\nlogin: ", 13, "boot\r\nlogin: ");
	assert_text("gr\xc3\xbc\xc3\x9f \xf0\x9f\x98\x80", 11,
		    "gr\xc3\xbc\xc3\x9f \xf0\x9f\x98\x80");
}

TEST(what_is_no_text_is_marked)
{
	assert_text("a\0b", 3, "a?b");
	assert_text("a\xff\xfe!", 4,
		    "a?"
		    "?!");
	assert_text("a\xed\xa0\x80", 4, "a???"); /* a surrogate */
	assert_text("\xc3(", 2, "?(");
}

TEST(cut_characters)
{
	assert_text("\xbc\xc3\x9f", 3, "\xc3\x9f"); /* the start is behind us */
	assert_text("a\xf0\x9f\x98", 4, "a???");    /* the end is still to come */
}
