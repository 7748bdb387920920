/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Other spellings of get-connector, local-attach and local-detach, so that scripts written for the
 * Python tool go on: underscores for hyphens, attachment_uuid for attachment-id, and a word behind
 * --multipath and --enforce-multipath. There the text "False" counted as true; here it does not.
 */
#include "base/str.h"
#include "cli/cli.h"

static const char *const commands_of_old[] = {"get-connector", "local-attach", "local-detach"};
static const char *const flags[] = {"--multipath", "--enforce-multipath"};
static const char *const truths[] = {"true", "yes", "on", "1"};
static const char *const lies[] = {"false", "no", "off", "0"};

static bool is_one_of(const char *word, const char *const *words, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (str_eq_nocase(word, words[i]))
			return true;
	return false;
}
#define ONE_OF(word, table) is_one_of((word), (table), ARRAY_SIZE(table))

/* "--device_info={…}" as "--device-info={…}": only the name is respelled. */
static char *respell(Arena *arena, const char *word)
{
	static const char uuid[] = "--attachment-uuid";
	char *copy = arena_strdup(arena, word);
	const char *rest;

	for (char *p = copy; *p && *p != '='; p++)
		if (*p == '_')
			*p = '-';
	rest = str_after(copy, uuid);
	return rest && (!*rest || *rest == '=') ? arena_printf(arena, "--attachment-id%s", rest)
						: copy;
}

/*
 * A flag, the word it may be written with, and where the next word is: "--multipath True",
 * "--multipath=false". False when it is to be left out.
 */
static bool read_flag(char **word, const char *next, int *i)
{
	char *value = strchr(*word, '=');
	const char *text = value ? value + 1 : next;

	if (value)
		*value = '\0';
	else if (next && (ONE_OF(next, truths) || ONE_OF(next, lies)))
		(*i)++;
	return !text || !ONE_OF(text, lies);
}

static bool is_flag(const char *word)
{
	for (size_t i = 0; i < ARRAY_SIZE(flags); i++) {
		const char *rest = str_after(word, flags[i]);

		if (rest && (!*rest || *rest == '='))
			return true;
	}
	return false;
}

char **compat_words(Arena *arena, const char *command, int *argc, char **argv)
{
	char **words = ARENA_ARRAY(arena, char *, (size_t)*argc + 1);
	int count = 1;

	if (!ONE_OF(command, commands_of_old))
		return argv;
	words[0] = argv[0];
	for (int i = 1; i < *argc; i++) {
		bool option = str_after(argv[i], "--");
		char *word = option ? respell(arena, argv[i]) : argv[i];

		if (option && is_flag(word) &&
		    !read_flag(&word, i + 1 < *argc ? argv[i + 1] : NULL, &i))
			continue;
		words[count++] = word;
	}
	*argc = count;
	return words;
}
