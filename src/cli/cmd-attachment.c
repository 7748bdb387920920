/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * cleat attachment list.
 */
#include "cli/commands.h"
#include "cli/output.h"
#include "client/calls.h"

static const Column columns[] = {
	{.title = "Volume ID", .member = "volumeId"},
	{.title = "Device", .member = "device"},
	{.title = "Server ID", .member = "serverId"},
};
static const View view = {VIEW(columns)};

static int attachment_list(Cli *cli)
{
	_cleanup_(json_doc_freep) JsonDoc *doc = NULL;
	const char *id = NULL;
	Fault f = {0};
	int r;

	r = cli_find_id(cli, CLIENT_SERVER, cli->arguments[0], &id);
	if (r)
		return r;
	r = client_attachment_list(cli->client, cli->arena, id, &doc, &f);
	if (r)
		return cli_fail_client(cli, r, &f, "attachment list");
	if (!doc)
		return cli_fail(cli, CLI_UNREACHABLE, "attachment list: the answer is empty");
	return output_path_list(cli, &view, doc, "volumeAttachments");
}

const Command cmd_attachment_list = {
	.name = "attachment list",
	.summary = "List the volumes that are attached to a server",
	.arguments = "SERVER",
	.arguments_min = 1,
	.arguments_max = 1,
	.run = attachment_list,
};
