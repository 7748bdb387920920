/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * cleat share extend, shrink, revert, reset, restore: what changes a share as a whole.
 */
#include "cli/commands.h"
#include "cli/wait.h"
#include "client/share.h"

static int find_share(Cli *cli, const char **ret_id)
{
	return cli_find_id(cli, CLIENT_SHARES, cli->arguments[0], ret_id);
}

/* A share that keeps its size becomes available as well; a message tells why. */
static int check_size(Cli *cli, const char *id, int64_t wanted_gib)
{
	_cleanup_(client_item_done) ClientItem item = {0};
	const char *message;
	int64_t size_gib;
	Fault f = {0};
	int r = client_show(cli->client, cli->arena, CLIENT_SHARES, id, &item, &f);

	if (r)
		return cli_fail_client(cli, r, &f, "%s", cli->command->name);
	size_gib = json_get_int(item.doc, client_item_path(cli->arena, &item, "size"), 0);
	if (size_gib == wanted_gib)
		return 0;
	message = wait_message_about(cli, CLIENT_SHARES, id);
	return cli_fail(cli, CLI_FAILED, "%s: the share still has %lld GiB%s%s", cli->command->name,
			(long long)size_gib, message ? ": " : "", message ? message : "");
}

typedef int (*ResizeCall)(Client *client, Arena *arena, const char *id, int64_t size_gib, Fault *f);

static int resize(Cli *cli, ResizeCall call, const char *busy)
{
	const char *id = NULL;
	int64_t size_gib;
	Fault f = {0};
	int r;

	r = cli_option_int(cli, "size", 1, 0, &size_gib);
	if (r)
		return r;
	if (!size_gib)
		return cli_fail(cli, CLI_USAGE, "%s needs --size", cli->command->name);
	r = find_share(cli, &id);
	if (r)
		return r;
	r = call(cli->client, cli->arena, id, size_gib, &f);
	if (r)
		return cli_fail_client(cli, r, &f, "%s", cli->command->name);
	if (!cli_flag(cli, "wait"))
		return 0;
	r = wait_while_status(cli, CLIENT_SHARES, id, busy);
	return r ? r : check_size(cli, id, size_gib);
}

static int share_extend(Cli *cli)
{
	return resize(cli, client_share_extend, "extending");
}

static int share_shrink(Cli *cli)
{
	return resize(cli, client_share_shrink, "shrinking");
}

static int share_revert(Cli *cli)
{
	const char *id = NULL, *snapshot = NULL;
	Fault f = {0};
	int r = find_share(cli, &id);

	if (r == 0)
		r = cli_find_id(cli, CLIENT_SHARE_SNAPSHOTS, cli->arguments[1], &snapshot);
	if (r)
		return r;
	r = client_share_revert(cli->client, cli->arena, id, snapshot, &f);
	if (r)
		return cli_fail_client(cli, r, &f, "share revert");
	return cli_flag(cli, "wait") ? wait_while_status(cli, CLIENT_SHARES, id, "reverting") : 0;
}

static int share_reset(Cli *cli)
{
	const char *id = NULL;
	Fault f = {0};
	int r = find_share(cli, &id);

	if (r)
		return r;
	r = client_share_reset(cli->client, cli->arena, id, cli->arguments[1], &f);
	return r ? cli_fail_client(cli, r, &f, "share reset") : 0;
}

static int restore(Cli *cli, const char *name_or_id)
{
	const char *id = NULL;
	Fault f = {0};
	int r = cli_find_id(cli, CLIENT_SHARES_PUT_AWAY, name_or_id, &id);

	if (r)
		return r;
	r = client_share_restore(cli->client, cli->arena, id, &f);
	return r ? cli_fail_client(cli, r, &f, "share restore %s", name_or_id) : 0;
}

static int share_restore(Cli *cli)
{
	int code = 0;

	for (size_t i = 0; i < cli->argument_count; i++) {
		int one = restore(cli, cli->arguments[i]);

		code = code ? code : one;
	}
	return code;
}

static const Option size_options[] = {
	{"size", 0, "GIB", "the new size in GiB; required"},
};
const Command cmd_share_extend = {
	.name = "share extend",
	.summary = "Make a share larger, also while servers have it",
	.arguments = "SHARE",
	.arguments_min = 1,
	.arguments_max = 1,
	CLI_OPTIONS(size_options),
	.waits = true,
	.run = share_extend,
};

const Command cmd_share_shrink = {
	.name = "share shrink",
	.summary = "Make a share smaller, if what it holds fits",
	.arguments = "SHARE",
	.arguments_min = 1,
	.arguments_max = 1,
	CLI_OPTIONS(size_options),
	.waits = true,
	.run = share_shrink,
};

const Command cmd_share_revert = {
	.name = "share revert",
	.summary = "Take a share back to its newest snapshot; what came later is lost",
	.arguments = "SHARE SNAPSHOT",
	.arguments_min = 2,
	.arguments_max = 2,
	.waits = true,
	.run = share_revert,
};

const Command cmd_share_reset = {
	.name = "share reset",
	.summary = "Set the status of a share, whatever is true (admin)",
	.arguments = "SHARE STATUS",
	.arguments_min = 2,
	.arguments_max = 2,
	.run = share_reset,
};

const Command cmd_share_restore = {
	.name = "share restore",
	.summary = "Take back shares that 'share delete --soft' has put away",
	.arguments = "SHARE...",
	.arguments_min = 1,
	.arguments_max = CLI_MANY,
	.run = share_restore,
};
