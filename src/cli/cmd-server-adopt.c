/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * cleat server adopt, release, disks: domains that others have made, and what servers have for
 * disks, whoever put them there.
 */
#include "cli/commands.h"
#include "cli/output.h"
#include "cli/wait.h"
#include "client/server.h"

static const Column domain_rows[] = {
	{.title = "id", .member = "id"},         {.title = "name", .member = "name"},
	{.title = "domain", .member = "domain"}, {.title = "owner", .member = "owner"},
	{.title = "state", .member = "state"},
};
static const View domain_view = {VIEW(domain_rows)};

static const Column disk_columns[] = {
	{.title = "Target", .member = "target"}, {.title = "Bus", .member = "bus"},
	{.title = "Device", .member = "device"}, {.title = "Type", .member = "type"},
	{.title = "Source", .member = "source"}, {.title = "Volume ID", .member = "volume_id"},
};
static const View disk_view = {VIEW(disk_columns)};

/* The server as the hypervisor has it. 0 or an exit code. */
static int load_domain(Cli *cli, const char *id, JsonDoc **ret)
{
	Fault f = {0};
	int r = client_server_domain(cli->client, cli->arena, id, ret, &f);

	if (r)
		return cli_fail_client(cli, r, &f, "%s", cli->command->name);
	return *ret ? 0
		    : cli_fail(cli, CLI_UNREACHABLE, "%s: the answer is empty", cli->command->name);
}

static int server_adopt(Cli *cli)
{
	_cleanup_(client_item_done) ClientItem item = {.path = "server"};
	const ClientAdoptWish wish = {
		.domain = cli->arguments[0],
		.name = cli_option(cli, "name"),
		.flavor = cli_option(cli, "flavor"),
		.project_id = cli_option(cli, "project"),
	};
	const char *id = NULL;
	Fault f = {0};
	int r;

	r = client_server_adopt(cli->client, cli->arena, &wish, &id, &f);
	if (r)
		return cli_fail_client(cli, r, &f, "server adopt %s", wish.domain);
	if (cli_flag(cli, "wait"))
		r = wait_while_status(cli, CLIENT_SERVER, id, "BUILD");
	if (!r)
		r = load_domain(cli, id, &item.doc);
	return r ? r : output_show(cli, &domain_view, &item);
}

static int server_release(Cli *cli)
{
	const char *id = NULL;
	Fault f = {0};
	int r;

	r = cli_find_id(cli, CLIENT_SERVER, cli->arguments[0], &id);
	if (r)
		return r;
	r = client_server_release(cli->client, cli->arena, id, &f);
	if (r)
		return cli_fail_client(cli, r, &f, "server release %s", cli->arguments[0]);
	return cli_flag(cli, "wait") ? wait_for_status(cli, CLIENT_SERVER, id, NULL) : 0;
}

static int server_disks(Cli *cli)
{
	_cleanup_(json_doc_freep) JsonDoc *doc = NULL;
	const char *id = NULL;
	int r;

	r = cli_find_id(cli, CLIENT_SERVER, cli->arguments[0], &id);
	if (!r)
		r = load_domain(cli, id, &doc);
	return r ? r : output_path_list(cli, &disk_view, doc, "server.disks");
}

static const Option adopt_options[] = {
	{"name", 0, "NAME", "of the server (default: the domain's)"},
	{"flavor", 0, "FLAVOR", "if none has the domain's memory and processors"},
	{"project", 0, "ID", "whose it is to be (default: ours)"},
};
const Command cmd_server_adopt = {
	.name = "server adopt",
	.summary = "Take a domain that others have made under management",
	.arguments = "DOMAIN",
	.arguments_min = 1,
	.arguments_max = 1,
	CLI_OPTIONS(adopt_options),
	.waits = true,
	.run = server_adopt,
};

const Command cmd_server_release = {
	.name = "server release",
	.summary = "Give an adopted domain back, as it is",
	.arguments = "SERVER",
	.arguments_min = 1,
	.arguments_max = 1,
	.waits = true,
	.run = server_release,
};

const Command cmd_server_disks = {
	.name = "server disks",
	.summary = "List the disks of a server's domain, ours or not",
	.arguments = "SERVER",
	.arguments_min = 1,
	.arguments_max = 1,
	.run = server_disks,
};
