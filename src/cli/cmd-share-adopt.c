/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * cleat share adopt, release: what is on the storage already becomes a share, and a share is
 * forgotten while its data stays.
 */
#include "cli/commands.h"
#include "cli/output.h"
#include "cli/wait.h"
#include "client/share.h"

static const Column rows[] = {
	{.title = "id", .member = "id"},         {.title = "name", .member = "name"},
	{.title = "status", .member = "status"}, {.title = "size", .member = "size"},
	{.title = "host", .member = "host"},
};
static const View view = {VIEW(rows)};

static int share_adopt(Cli *cli)
{
	const char *protocol = cli_option(cli, "protocol"), *id = NULL;
	ClientShareAdoptWish wish = {
		.host = cli->arguments[0],
		.path = cli->arguments[1],
		.name = cli->argument_count > 2 ? cli->arguments[2] : NULL,
		.protocol = protocol ? protocol : "NFS",
		.type = cli_option(cli, "type"),
		.description = cli_option(cli, "description"),
		.is_public = cli_flag(cli, "public"),
	};
	Fault f = {0};
	int r;

	r = cli_option_int(cli, "size", 1, 0, &wish.size_gib);
	if (r)
		return r;
	if (!wish.size_gib)
		return cli_fail(cli, CLI_USAGE, "share adopt needs --size");
	r = client_share_adopt(cli->client, cli->arena, &wish, &id, &f);
	if (r)
		return cli_fail_client(cli, r, &f, "share adopt %s", wish.path);
	if (cli_flag(cli, "wait"))
		r = wait_for_status(cli, CLIENT_SHARES, id, "available");
	return r ? r : output_noun(cli, CLIENT_SHARES, id, &view);
}

static int share_release(Cli *cli)
{
	const char *id = NULL;
	Fault f = {0};
	int r = cli_find_id(cli, CLIENT_SHARES, cli->arguments[0], &id);

	if (r)
		return r;
	r = client_share_release(cli->client, cli->arena, id, &f);
	if (r)
		return cli_fail_client(cli, r, &f, "share release %s", cli->arguments[0]);
	return cli_flag(cli, "wait") ? wait_for_status(cli, CLIENT_SHARES, id, NULL) : 0;
}

static const Option adopt_options[] = {
	{"size", 0, "GIB", "that it is to have from now on; required"},
	{"protocol", 0, "PROTOCOL", "NFS (the default) or CEPHFS"},
	{"type", 0, "TYPE", "share type, by name or id (default: the server's)"},
	{"description", 0, "TEXT", "for people"},
	{"public", 0, NULL, "every project sees it"},
};
const Command cmd_share_adopt = {
	.name = "share adopt",
	.summary = "Take what is on the storage already for a share (admin)",
	.arguments = "HOST PATH [NAME]",
	.arguments_min = 2,
	.arguments_max = 3,
	CLI_OPTIONS(adopt_options),
	.waits = true,
	.run = share_adopt,
};

const Command cmd_share_release = {
	.name = "share release",
	.summary = "Forget a share; what is in it stays on the storage (admin)",
	.arguments = "SHARE",
	.arguments_min = 1,
	.arguments_max = 1,
	.waits = true,
	.run = share_release,
};
