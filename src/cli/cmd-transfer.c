/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * cleat transfer create, list, show, accept, delete: a volume to another project.
 */
#include "cli/commands.h"
#include "cli/output.h"
#include "client/storage.h"

static const Column list_columns[] = {
	{.title = "ID", .member = "id"},
	{.title = "Name", .member = "name"},
	{.title = "Volume ID", .member = "volume_id"},
};
static const View list_view = {VIEW(list_columns)};

static const Column show_rows[] = {
	{.title = "id", .member = "id"},
	{.title = "name", .member = "name"},
	{.title = "volume_id", .member = "volume_id"},
	{.member = "links"},
};
static const View show_view = {VIEW(show_rows), .rest = true};

/* The answer to create and accept. */
static int show_answer(Cli *cli, int r, const Fault *f, JsonDoc *doc)
{
	_cleanup_(client_item_done) ClientItem item = {.doc = doc, .path = "transfer"};

	if (r)
		return cli_fail_client(cli, r, f, "%s", cli->command->name);
	if (!doc)
		return cli_fail(cli, CLI_UNREACHABLE, "%s: the answer is empty",
				cli->command->name);
	return output_show(cli, &show_view, &item);
}

static int transfer_create(Cli *cli)
{
	const char *volume = NULL;
	JsonDoc *doc = NULL;
	Fault f = {0};
	int r = cli_find_id(cli, CLIENT_VOLUMES, cli->arguments[0], &volume);

	if (r)
		return r;
	r = client_transfer_create(cli->client, volume, cli_option(cli, "name"),
				   cli_flag(cli, "no-snapshots"), &doc, &f);
	return show_answer(cli, r, &f, doc);
}

static int transfer_list(Cli *cli)
{
	static const QueryRow query[] = {{"all-projects", "all_tenants", "1"}};

	return output_nouns(cli, CLIENT_TRANSFERS, cli_query(cli, query, ARRAY_SIZE(query)),
			    &list_view);
}

static int transfer_show(Cli *cli)
{
	return output_noun(cli, CLIENT_TRANSFERS, cli->arguments[0], &show_view);
}

/* The taker cannot list what another project offers: an id it is. */
static int transfer_accept(Cli *cli)
{
	JsonDoc *doc = NULL;
	Fault f = {0};
	int r = client_transfer_accept(cli->client, cli->arena, cli->arguments[0],
				       cli->arguments[1], &doc, &f);

	return show_answer(cli, r, &f, doc);
}

static int transfer_delete(Cli *cli)
{
	return cli_delete_all(cli, CLIENT_TRANSFERS);
}

static const Option create_options[] = {
	{"name", 0, "NAME", "a name for the transfer"},
	{"no-snapshots", 0, NULL, "keep the volume's snapshots"},
};
const Command cmd_transfer_create = {
	.name = "transfer create",
	.summary = "Offer a volume to another project; prints the key that takes it",
	.arguments = "VOLUME",
	.arguments_min = 1,
	.arguments_max = 1,
	CLI_OPTIONS(create_options),
	.run = transfer_create,
};

static const Option list_options[] = {
	{"all-projects", 0, NULL, "those of all projects (admin)"},
};
const Command cmd_transfer_list = {
	.name = "transfer list",
	.summary = "List the volumes that the project offers",
	CLI_OPTIONS(list_options),
	.run = transfer_list,
};

const Command cmd_transfer_show = {
	.name = "transfer show",
	.summary = "Show a transfer",
	.arguments = "TRANSFER",
	.arguments_min = 1,
	.arguments_max = 1,
	.run = transfer_show,
};

const Command cmd_transfer_accept = {
	.name = "transfer accept",
	.summary = "Take a volume that another project offers",
	.arguments = "ID KEY",
	.arguments_min = 2,
	.arguments_max = 2,
	.run = transfer_accept,
};

const Command cmd_transfer_delete = {
	.name = "transfer delete",
	.summary = "Withdraw offers",
	.arguments = "TRANSFER...",
	.arguments_min = 1,
	.arguments_max = CLI_MANY,
	.run = transfer_delete,
};
