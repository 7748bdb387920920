/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * One run from the command line to the exit code.
 */
#include "base/log.h"
#include "base/str.h"
#include "cli/cli.h"

static int run_command_of(Cli *cli)
{
	int code;

	if (cli_flag(cli, "help")) {
		help_command(cli->out, cli->command);
		return 0;
	}
	if (!cli->command->local) {
		code = cli_login(cli);
		if (code)
			return code;
	}
	return cli->command->run(cli);
}

static int run_without_command(Cli *cli)
{
	if (cli->group) {
		(void)help_group(cli->out, cli->group); /* it was found before */
		return 0;
	}
	if (cli_flag(cli, "version")) {
		fprintf(cli->out, "cleat %s\n", CLEAT_VERSION);
		return 0;
	}
	if (cli_flag(cli, "help")) {
		help_program(cli->out);
		return 0;
	}
	return cli_fail(cli, CLI_USAGE, "say what to do; see 'cleat help'");
}

int cli_main(int argc, char **argv, FILE *out, FILE *err)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();
	Cli cli = {.arena = arena, .out = out, .err = err};
	int code = cli_parse(&cli, argc, argv);

	if (code == 0) {
		cli.quiet = cli_flag(&cli, "quiet");
		if (cli_flag(&cli, "debug"))
			log_set_level(LOG_DEBUG);
		code = cli.command ? run_command_of(&cli) : run_without_command(&cli);
	}
	client_free(cli.client);
	if (fflush(out) != 0 && code == 0)
		code = cli_fail(&cli, CLI_FAILED, "the output cannot be written");
	return code;
}
