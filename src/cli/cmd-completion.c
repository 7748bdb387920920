/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * cleat completion: a script for bash or zsh, made from the table of commands.
 *
 * The words before the cursor, without options, select a line of cases: what may follow them.
 */
#include "base/str.h"
#include "cli/commands.h"

static void add_option(Buf *words, const Option *option)
{
	buf_printf(words, " --%s", option->name);
}

static const char *options_of(Cli *cli, const Command *command)
{
	_cleanup_(buf_done) Buf words = {0};

	for (size_t i = 0; i < command->option_count; i++)
		add_option(&words, &command->options[i]);
	for (size_t i = 0; command->waits && i < wait_option_count; i++)
		add_option(&words, &wait_options[i]);
	for (size_t i = 0; i < global_option_count; i++)
		add_option(&words, &global_options[i]);
	return arena_strdup(cli->arena, words.data + 1);
}

/* Whether one of the first `count` commands begins with these words (the first `length` bytes). */
static bool seen_before(size_t count, const char *words, size_t length)
{
	for (size_t i = 0; i < count; i++)
		if (strncmp(commands[i]->name, words, length) == 0 &&
		    (commands[i]->name[length] == ' ' || commands[i]->name[length] == '\0'))
			return true;
	return false;
}

/* The words that follow the first `length` bytes of a command's name in any command, each once. */
static const char *next_words(Cli *cli, const char *before, size_t length)
{
	size_t skip = length ? length + 1 : 0; /* and the blank */
	_cleanup_(buf_done) Buf words = {0};

	for (size_t i = 0; i < command_count; i++) {
		const char *name = commands[i]->name;
		size_t next;

		if (strncmp(name, before, length) != 0 || (length && name[length] != ' '))
			continue;
		next = strcspn(name + skip, " ");
		if (!seen_before(i, name, skip + next))
			buf_printf(&words, "%s%.*s", words.length ? " " : "", (int)next,
				   name + skip);
	}
	return arena_strdup(cli->arena, words.data);
}

/* One case a command, and one for each beginning of commands. */
static void print_cases(Cli *cli)
{
	fprintf(cli->out, "\t\t'') words='%s' ;;\n", next_words(cli, "", 0));
	for (size_t i = 0; i < command_count; i++) {
		const char *name = commands[i]->name;

		for (const char *end = strchr(name, ' '); end; end = strchr(end + 1, ' '))
			if (!seen_before(i, name, (size_t)(end - name)))
				fprintf(cli->out, "\t\t'%.*s') words='%s' ;;\n", (int)(end - name),
					name, next_words(cli, name, (size_t)(end - name)));
		fprintf(cli->out, "\t\t'%s' | '%s '*) words='%s' ;;\n", name, name,
			options_of(cli, commands[i]));
	}
}

static void print_function(Cli *cli)
{
	fprintf(cli->out,
		"_cleat_words() { # the words that may follow \"$*\"\n"
		"\tlocal before='' word words=''\n"
		"\tfor word; do\n"
		"\t\tcase $word in -*) ;; *) before=\"$before${before:+ }$word\" ;; esac\n"
		"\tdone\n"
		"\tcase $before in\n");
	print_cases(cli);
	fprintf(cli->out, "\tesac\n\techo \"$words\"\n}\n");
}

static int completion(Cli *cli)
{
	const char *shell = cli->arguments[0];

	if (str_eq(shell, "bash")) {
		fprintf(cli->out,
			"# bash completion for cleat: eval \"$(cleat completion bash)\"\n");
		print_function(cli);
		fprintf(cli->out, "_cleat() {\n"
				  "\tCOMPREPLY=($(compgen -W \"$(_cleat_words "
				  "\"${COMP_WORDS[@]:1:COMP_CWORD-1}\")\" -- "
				  "\"${COMP_WORDS[COMP_CWORD]}\"))\n"
				  "}\n"
				  "complete -o default -F _cleat cleat\n");
		return 0;
	}
	if (str_eq(shell, "zsh")) {
		fprintf(cli->out, "#compdef cleat\n"
				  "# zsh completion for cleat: source <(cleat completion zsh)\n");
		print_function(cli);
		fprintf(cli->out,
			"_cleat() {\n"
			"\tcompadd -- ${=\"$(_cleat_words \"${(@)words[2,CURRENT-1]}\")\"}\n"
			"}\n"
			"compdef _cleat cleat\n");
		return 0;
	}
	return cli_fail(cli, CLI_USAGE, "completion: '%s' is not bash or zsh", shell);
}

const Command cmd_completion = {
	.name = "completion",
	.summary = "Print a completion script for bash or zsh",
	.arguments = "bash|zsh",
	.arguments_min = 1,
	.arguments_max = 1,
	.local = true,
	.run = completion,
};
