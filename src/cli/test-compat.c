/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Command lines as the specification and the Python tool have them.
 */
#include "base/str.h"
#include "cli/cli.h"
#include "tests/lib/test.h"

enum { WORDS_MAX = 16 };

/* The words, joined again. */
static void check(const char *command, const char *line, const char *expected)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();
	_cleanup_(buf_done) Buf joined = {0};
	char *argv[WORDS_MAX] = {arena_strdup(arena, "cleat")}, **words;
	char *rest = arena_strdup(arena, line);
	int argc = 1;

	for (char *word; (word = strsep(&rest, " "));)
		argv[argc++] = word;
	words = compat_words(arena, command, &argc, argv);
	for (int i = 1; i < argc; i++)
		buf_printf(&joined, "%s%s", i > 1 ? " " : "", words[i]);
	assert_string_equal(buf_text(&joined), expected);
}

TEST(the_specification_s_spelling)
{
	check("local-attach", "--multipath True --enforce-multipath True --mode rw v1",
	      "--multipath --enforce-multipath --mode rw v1");
	check("local-detach", "--attachment-id a1 --multipath True v1",
	      "--attachment-id a1 --multipath v1");
}

TEST(the_python_tool_s_spelling)
{
	check("local-attach", "--enforce_multipath=true v1", "--enforce-multipath v1");
	check("local-detach", "--attachment_uuid a1 --device_info {\"a_b\":1} v1",
	      "--attachment-id a1 --device-info {\"a_b\":1} v1");
	check("local-detach", "--attachment_uuid=a_1 v1", "--attachment-id=a_1 v1");
}

TEST(false_is_false)
{
	check("local-attach", "--multipath False v1", "v1");
	check("local-attach", "v1 --multipath=no", "v1");
	check("get-connector", "--multipath off --enforce_multipath 0", "");
}

TEST(a_flag_takes_no_other_word)
{
	check("local-attach", "--multipath volume", "--multipath volume");
	check("local-attach", "v1 --multipath", "v1 --multipath");
	check("local-attach", "--multipaths true v1", "--multipaths true v1");
}

TEST(other_commands_are_left_alone)
{
	check("volume create", "--multipath True a_b", "--multipath True a_b");
}
