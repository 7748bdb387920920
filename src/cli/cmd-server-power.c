/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * cleat server start, stop, pause and so on: what is done to servers, one or many, by a word alone.
 */
#include "cli/commands.h"
#include "cli/wait.h"
#include "client/server.h"

typedef struct PowerRow {
	const Command *command;
	ClientServerAction action;
	const char *status; /* in which the server is afterwards; NULL: in any */
} PowerRow;

static const PowerRow rows[] = {
	{&cmd_server_start, CLIENT_START, "ACTIVE"},
	{&cmd_server_stop, CLIENT_STOP, "SHUTOFF"},
	{&cmd_server_reboot, CLIENT_REBOOT, "ACTIVE"},
	{&cmd_server_pause, CLIENT_PAUSE, "PAUSED"},
	{&cmd_server_unpause, CLIENT_UNPAUSE, "ACTIVE"},
	{&cmd_server_suspend, CLIENT_SUSPEND, "SUSPENDED"},
	{&cmd_server_resume, CLIENT_RESUME, "ACTIVE"},
	{&cmd_server_shelve, CLIENT_SHELVE, NULL},
	{&cmd_server_unshelve, CLIENT_UNSHELVE, "ACTIVE"},
	{&cmd_server_unlock, CLIENT_UNLOCK, NULL},
	{&cmd_server_unrescue, CLIENT_UNRESCUE, "ACTIVE"},
};

static int act_on_one(Cli *cli, const PowerRow *row, const char *name_or_id)
{
	bool hard = row->action == CLIENT_REBOOT && cli_flag(cli, "hard");
	const char *id = NULL;
	Fault f = {0};
	int r;

	r = cli_find_id(cli, CLIENT_SERVER, name_or_id, &id);
	if (r)
		return r;
	r = client_server_act(cli->client, cli->arena, id, hard ? CLIENT_REBOOT_HARD : row->action,
			      &f);
	if (r)
		return cli_fail_client(cli, r, &f, "%s %s", cli->command->name, name_or_id);
	return cli_flag(cli, "wait") ? wait_for_server(cli, id, row->status) : 0;
}

/* Each of the arguments; the first failure decides the exit code. */
static int act_on_all(Cli *cli)
{
	const PowerRow *row = rows;
	int code = 0;

	while (row->command != cli->command)
		row++;
	for (size_t i = 0; i < cli->argument_count; i++) {
		int one = act_on_one(cli, row, cli->arguments[i]);

		code = code ? code : one;
	}
	return code;
}

#define POWER_COMMAND(words, text)                                                                 \
	.name = (words), .summary = (text), .arguments = "SERVER...", .arguments_min = 1,          \
	.arguments_max = CLI_MANY, .waits = true, .run = act_on_all

const Command cmd_server_start = {
	POWER_COMMAND("server start", "Start servers that are stopped"),
};
const Command cmd_server_stop = {
	POWER_COMMAND("server stop", "Stop servers; their volumes stay attached"),
};

static const Option reboot_options[] = {
	{"hard", 0, NULL, "off and on again, without asking the guest"},
};
const Command cmd_server_reboot = {
	POWER_COMMAND("server reboot", "Reboot servers"),
	CLI_OPTIONS(reboot_options),
};

const Command cmd_server_pause = {
	POWER_COMMAND("server pause", "Hold servers still, in memory"),
};
const Command cmd_server_unpause = {
	POWER_COMMAND("server unpause", "Let paused servers go on"),
};
const Command cmd_server_suspend = {
	POWER_COMMAND("server suspend", "Save the memory of servers to disk and switch them off"),
};
const Command cmd_server_resume = {
	POWER_COMMAND("server resume", "Let suspended servers go on where they were"),
};
const Command cmd_server_shelve = {
	POWER_COMMAND("server shelve", "Put servers aside; their disks and volumes are kept"),
};
const Command cmd_server_unshelve = {
	POWER_COMMAND("server unshelve", "Bring shelved servers back"),
};
const Command cmd_server_unlock = {
	POWER_COMMAND("server unlock", "Let everybody in the project change servers again"),
};
const Command cmd_server_unrescue = {
	POWER_COMMAND("server unrescue", "Boot rescued servers from their own disks again"),
};
