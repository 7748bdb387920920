/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * A guest writes any bytes; a client gets text.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

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

/* Only the end stays, where it was, and what comes later goes behind it. */
TEST(a_long_file_is_trimmed)
{
	enum { BLOCK = 64 * 1024 };
	char path[] = "/tmp/cleat-console-XXXXXX";
	_cleanup_(closep) int fd = mkostemp(path, O_APPEND | O_CLOEXEC);
	static char block[BLOCK], end[BLOCK];
	struct stat st;
	int r;

	assert_true(fd >= 0);
	memset(block, 'x', sizeof(block));
	for (int i = 0; i < 16; i++)
		assert_int_equal(write(fd, block, BLOCK), BLOCK);
	r = console_trim(path, 8 * BLOCK);
	assert_int_equal(r, 0); /* not long enough */
	assert_int_equal(fstat(fd, &st), 0);
	assert_true(st.st_blocks * 512 >= 16 * BLOCK);

	r = console_trim(path, 2 * BLOCK);
	if (r == -EOPNOTSUPP) {
		assert_int_equal(unlink(path), 0);
		skip();
	}
	assert_int_equal(r, 0);
	assert_int_equal(write(fd, block, BLOCK), BLOCK);
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(st.st_size, 17 * BLOCK);
	assert_true(st.st_blocks * 512 <= 4 * BLOCK);
	assert_int_equal(pread(fd, end, BLOCK, 14 * BLOCK), BLOCK);
	assert_memory_equal(end, block, BLOCK);
	assert_int_equal(unlink(path), 0);
}
