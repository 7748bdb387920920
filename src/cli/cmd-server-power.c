/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * cleat server start, stop, reboot.
 */
#include "cli/commands.h"
#include "cli/wait.h"
#include "client/calls.h"

static int act_on_one(Cli *cli, const char *name_or_id, ClientServerAction action,
		      const char *status)
{
	const char *id = NULL;
	Fault f = {0};
	int r;

	r = cli_find_id(cli, CLIENT_SERVER, name_or_id, &id);
	if (r)
		return r;
	r = client_server_act(cli->client, cli->arena, id, action, &f);
	if (r)
		return cli_fail_client(cli, r, &f, "%s %s", cli->command->name, name_or_id);
	return cli_flag(cli, "wait") ? wait_for_status(cli, CLIENT_SERVER, id, status) : 0;
}

/* Each of the arguments; the first failure decides the exit code. */
static int act_on_all(Cli *cli, ClientServerAction action, const char *status)
{
	int code = 0;

	for (size_t i = 0; i < cli->argument_count; i++) {
		int one = act_on_one(cli, cli->arguments[i], action, status);

		code = code ? code : one;
	}
	return code;
}

static int server_start(Cli *cli)
{
	return act_on_all(cli, CLIENT_START, "ACTIVE");
}

static int server_stop(Cli *cli)
{
	return act_on_all(cli, CLIENT_STOP, "SHUTOFF");
}

static int server_reboot(Cli *cli)
{
	return act_on_all(cli, cli_flag(cli, "hard") ? CLIENT_REBOOT_HARD : CLIENT_REBOOT,
			  "ACTIVE");
}

const Command cmd_server_start = {
	.name = "server start",
	.summary = "Start servers that are stopped",
	.arguments = "SERVER...",
	.arguments_min = 1,
	.arguments_max = CLI_MANY,
	.waits = true,
	.run = server_start,
};

const Command cmd_server_stop = {
	.name = "server stop",
	.summary = "Stop servers; their volumes stay attached",
	.arguments = "SERVER...",
	.arguments_min = 1,
	.arguments_max = CLI_MANY,
	.waits = true,
	.run = server_stop,
};

static const Option reboot_options[] = {
	{"hard", 0, NULL, "off and on again, without asking the guest"},
};
const Command cmd_server_reboot = {
	.name = "server reboot",
	.summary = "Reboot servers",
	.arguments = "SERVER...",
	.arguments_min = 1,
	.arguments_max = CLI_MANY,
	CLI_OPTIONS(reboot_options),
	.waits = true,
	.run = server_reboot,
};
