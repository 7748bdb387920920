/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * cleat help.
 */
#include "base/str.h"
#include "cli/commands.h"

static int help(Cli *cli)
{
	const char *name = cli->argument_count > 0 ? cli->arguments[0] : NULL;

	if (!name) {
		help_program(cli->out);
		return 0;
	}
	for (size_t i = 1; i < cli->argument_count; i++)
		name = arena_printf(cli->arena, "%s %s", name, cli->arguments[i]);
	if (command_find(name)) {
		help_command(cli->out, command_find(name));
		return 0;
	}
	if (help_group(cli->out, name))
		return 0;
	return cli_fail(cli, CLI_USAGE, "there is no command '%s'; see 'cleat help'", name);
}

const Command cmd_help = {
	.name = "help",
	.summary = "Show this help, or that of one command",
	.arguments = "[COMMAND]",
	.arguments_max = CLI_WORDS_MAX,
	.local = true,
	.run = help,
};
