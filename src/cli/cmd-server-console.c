/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * cleat server console: what the guest wrote to its console.
 */
#include "cli/commands.h"
#include "cli/output.h"
#include "client/server.h"

static int server_console(Cli *cli)
{
	_cleanup_(json_doc_freep) JsonDoc *doc = NULL;
	const char *id = NULL, *text;
	int64_t lines = 0;
	Fault f = {0};
	int r;

	r = cli_option_int(cli, "lines", 1, 0, &lines);
	if (r == 0)
		r = cli_find_id(cli, CLIENT_SERVER, cli->arguments[0], &id);
	if (r)
		return r;
	r = client_server_console(cli->client, cli->arena, id, lines, &doc, &f);
	if (r)
		return cli_fail_client(cli, r, &f, "server console");
	text = doc ? json_get_text(cli->arena, doc, "output") : NULL;
	return output_text(cli, "output", text ? text : "");
}

static const Option options[] = {
	{"lines", 'n', "N", "only the last lines"},
};
const Command cmd_server_console = {
	.name = "server console",
	.summary = "Show what the guest wrote to its console",
	.arguments = "SERVER",
	.arguments_min = 1,
	.arguments_max = 1,
	CLI_OPTIONS(options),
	.run = server_console,
};
