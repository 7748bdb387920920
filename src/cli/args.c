/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * The command line: global options, one to three command words, then options and arguments in any
 * order. getopt_long reads it twice, first up to the command, then the rest with the options that
 * the command adds.
 */
#include <getopt.h>

#include "base/str.h"
#include "cli/cli.h"

enum { FIRST_CODE = 256, OPTIONS_MAX = 64 };

const Option global_options[] = {
	{"format", 'f', "FORMAT", "table (the default), json or value"},
	{"column", 'c', "COLUMN", "show only this column; may be repeated"},
	{"quiet", 'q', NULL, "say nothing but errors and what was asked for"},
	{"debug", 0, NULL, "show every call to the server on stderr"},
	{"help", 'h', NULL, "show this help"},
};
const size_t global_option_count = ARRAY_SIZE(global_options);

const Option wait_options[] = {
	{"wait", 'w', NULL, "return when it is done, and tell how it went"},
	{"timeout", 0, "SECONDS", "with --wait, give up after this time (default 300)"},
};
const size_t wait_option_count = ARRAY_SIZE(wait_options);

/* Option tables turned into getopt's form; code FIRST_CODE + n is rows[n]. */
typedef struct Table {
	Option rows[OPTIONS_MAX];
	struct option longs[OPTIONS_MAX + 1];
	char shorts[3 * OPTIONS_MAX];
	size_t count;
	size_t short_length;
} Table;

static void table_add_one(Table *table, const Option *option)
{
	assert(table->count < OPTIONS_MAX);
	table->rows[table->count] = *option;
	table->longs[table->count] = (struct option){
		.name = option->name,
		.has_arg = option->value ? required_argument : no_argument,
		.val = FIRST_CODE + (int)table->count,
	};
	table->count++;
	if (!option->letter)
		return;
	table->shorts[table->short_length++] = option->letter;
	if (option->value)
		table->shorts[table->short_length++] = ':';
}

static void table_add(Table *table, const Option *options, size_t count)
{
	for (size_t i = 0; i < count; i++)
		table_add_one(table, &options[i]);
}

static void table_add_globals(Table *table)
{
	Option option;

	table_add(table, global_options, global_option_count);
	for (size_t i = 0; login_option(i, &option); i++)
		table_add_one(table, &option);
}

/* The row of what getopt_long() returned, or NULL for an error. */
static const Option *table_row(const Table *table, int code)
{
	if (code >= FIRST_CODE)
		return &table->rows[code - FIRST_CODE];
	for (size_t i = 0; i < table->count; i++)
		if (table->rows[i].letter == code)
			return &table->rows[i];
	return NULL;
}

static void note_given(Cli *cli, const Option *option)
{
	cli->given = arena_grow(cli->arena, cli->given, cli->given_count, sizeof(*cli->given));
	cli->given[cli->given_count++] = (GivenOption){
		.name = option->name,
		.value = option->value ? arena_strdup(cli->arena, optarg) : "",
	};
}

/* Run getopt_long() to its end. 0 or CLI_USAGE (getopt has said why). */
static int read_options(Cli *cli, const Table *table, int argc, char **argv)
{
	int code;

	optind = 0; /* forget the run before */
	while ((code = getopt_long(argc, argv, table->shorts, table->longs, NULL)) != -1) {
		const Option *option = table_row(table, code);

		if (!option)
			return CLI_USAGE;
		note_given(cli, option);
	}
	return 0;
}

/* The first `count` words as one text. */
static const char *join_words(Cli *cli, char **argv, int count)
{
	const char *words = argv[0];

	for (int i = 1; i < count; i++)
		words = arena_printf(cli->arena, "%s %s", words, argv[i]);
	return words;
}

/* The most words that commands begin with; *ret_count of them, or 0. */
static const char *find_group(Cli *cli, int argc, char **argv, int *ret_count)
{
	for (int count = MIN(argc, CLI_WORDS_MAX - 1); count > 0; count--) {
		const char *words = join_words(cli, argv, count);

		*ret_count = count;
		if (help_has_group(words))
			return words;
	}
	*ret_count = 0;
	return NULL;
}

/* Words that are no command: only help of a group is right. */
static int no_command(Cli *cli, int argc, char **argv)
{
	int count;
	const char *group = find_group(cli, argc, argv, &count);
	const char *next = count < argc ? argv[count] : NULL;

	if (!group)
		return cli_fail(cli, CLI_USAGE, "there is no command '%s'; see 'cleat help'",
				argv[0]);
	if (next && (str_eq(next, "--help") || str_eq(next, "-h"))) {
		cli->group = group;
		return 0;
	}
	(void)help_group(cli->err, group); /* it was found */
	return next && *next != '-'
		       ? cli_fail(cli, CLI_USAGE, "there is no command '%s %s'", group, next)
		       : cli_fail(cli, CLI_USAGE, "'%s' needs one more word", group);
}

/* Find the command at argv[0]; *ret_words of them are its name. */
static int find_command(Cli *cli, int argc, char **argv, int *ret_words)
{
	for (int count = MIN(argc, CLI_WORDS_MAX); count > 0; count--) {
		cli->command = command_find(join_words(cli, argv, count));
		*ret_words = count;
		if (cli->command)
			return 0;
	}
	return no_command(cli, argc, argv);
}

static int check_argument_count(Cli *cli)
{
	const Command *command = cli->command;
	int count = (int)cli->argument_count;

	if (count < command->arguments_min)
		return cli_fail(cli, CLI_USAGE, "usage: cleat %s %s", command->name,
				command->arguments);
	if (count > command->arguments_max)
		return cli_fail(cli, CLI_USAGE, "%s: what is '%s'? See 'cleat help %s'",
				command->name, cli->arguments[command->arguments_max],
				command->name);
	return 0;
}

static int read_command_options(Cli *cli, int argc, char **argv)
{
	const Command *command = cli->command;
	Table table = {0};
	int code;

	table_add_globals(&table);
	table_add(&table, command->options, command->option_count);
	if (command->waits)
		table_add(&table, wait_options, wait_option_count);
	argv = compat_words(cli->arena, command->name, &argc, argv);
	argv[0] = arena_printf(cli->arena, "cleat %s", command->name);
	code = read_options(cli, &table, argc, argv);
	if (code)
		return cli_fail(cli, code, "see 'cleat help %s'", command->name);
	cli->arguments = ARENA_ARRAY(cli->arena, const char *, (size_t)argc);
	for (int i = optind; i < argc; i++)
		cli->arguments[cli->argument_count++] = argv[i];
	return 0;
}

static int read_format(Cli *cli)
{
	static const char *const names[] = {
		[CLI_TABLE] = "table",
		[CLI_JSON] = "json",
		[CLI_VALUE] = "value",
	};
	static const EnumNames formats = ENUM_NAMES(names);
	const char *name = cli_option(cli, "format");
	int format = name ? enum_value(&formats, name) : CLI_TABLE;

	if (format < 0)
		return cli_fail(cli, CLI_USAGE, "--format: '%s' is not table, json or value", name);
	cli->format = (CliFormat)format;
	return 0;
}

int cli_parse(Cli *cli, int argc, char **argv)
{
	static const Option version = {"version", 'V', NULL, "show the version"};
	char **words = ARENA_ARRAY(cli->arena, char *, (size_t)argc + 1);
	int first, skip = 0, code;
	Table table = {.shorts = "+", .short_length = 1};

	table_add_globals(&table);
	table_add_one(&table, &version);
	code = read_options(cli, &table, argc, argv);
	if (code)
		return cli_fail(cli, code, "see 'cleat help'");
	first = optind;
	if (first == argc)
		return read_format(cli);
	code = find_command(cli, argc - first, argv + first, &skip);
	if (code || cli->group)
		return code;
	/* The last word of the command stands where getopt wants the program's name. */
	for (int i = first + skip - 1; i < argc; i++)
		words[i - first - skip + 1] = argv[i];
	code = read_command_options(cli, argc - first - skip + 1, words);
	if (code == 0 && !cli_flag(cli, "help"))
		code = check_argument_count(cli);
	return code ? code : read_format(cli);
}

const char *cli_option(const Cli *cli, const char *name)
{
	for (size_t i = cli->given_count; i-- > 0;)
		if (str_eq(cli->given[i].name, name))
			return cli->given[i].value;
	return NULL;
}

bool cli_flag(const Cli *cli, const char *name)
{
	return cli_option(cli, name);
}

const char *const *cli_option_all(const Cli *cli, const char *name, size_t *ret_count)
{
	const char **values = ARENA_ARRAY(cli->arena, const char *, cli->given_count);
	size_t count = 0;

	for (size_t i = 0; i < cli->given_count; i++)
		if (str_eq(cli->given[i].name, name))
			values[count++] = cli->given[i].value;
	*ret_count = count;
	return values;
}

int cli_option_map(Cli *cli, const char *name, JsonTextMap *ret)
{
	size_t count;
	const char *const *values = cli_option_all(cli, name, &count);
	JsonPair *pairs = ARENA_ARRAY(cli->arena, JsonPair, count);

	for (size_t i = 0; i < count; i++) {
		const char *equals = strchr(values[i], '=');

		if (!equals || equals == values[i])
			return cli_fail(cli, CLI_USAGE, "--%s: '%s' is not KEY=VALUE", name,
					values[i]);
		pairs[i] = (JsonPair){
			.key = arena_strndup(cli->arena, values[i], (size_t)(equals - values[i])),
			.value = equals + 1,
		};
	}
	*ret = (JsonTextMap){.pairs = pairs, .count = count};
	return 0;
}

int cli_option_int(Cli *cli, const char *name, int64_t min, int64_t fallback, int64_t *ret)
{
	const char *text = cli_option(cli, name);
	int64_t value = fallback;

	if (text && (!str_parse_i64(text, &value) || value < min))
		return cli_fail(cli, CLI_USAGE, "--%s: '%s' is not a number of at least %lld", name,
				text, (long long)min);
	*ret = value;
	return 0;
}
