/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * cleat server share list, show; and a share to and from a server.
 *
 * The server alone tells how far that is: attaching, then inactive (it is off) or active, or error.
 */
#include "base/str.h"
#include "cli/commands.h"
#include "cli/output.h"
#include "cli/server-share.h"
#include "cli/wait.h"
#include "client/share.h"

typedef struct Pair {
	const char *server_id;
	const char *share_id;
} Pair;

static const Column list_columns[] = {
	{.title = "Share ID", .member = "share_id"},
	{.title = "Status", .member = "status"},
	{.title = "Tag", .member = "tag"},
};
static const View list_view = {VIEW(list_columns)};
static const View show_view = {VIEW(list_columns), .rest = true};

static int find_pair(Cli *cli, const char *share, Pair *ret)
{
	int code = cli_find_id(cli, CLIENT_SERVER, cli->arguments[0], &ret->server_id);

	return code ? code : cli_find_id(cli, CLIENT_SHARES, share, &ret->share_id);
}

static int server_share_list(Cli *cli)
{
	_cleanup_(json_doc_freep) JsonDoc *doc = NULL;
	const char *id = NULL;
	Fault f = {0};
	int r = cli_find_id(cli, CLIENT_SERVER, cli->arguments[0], &id);

	if (r)
		return r;
	r = client_server_share_list(cli->client, cli->arena, id, &doc, &f);
	if (r)
		return cli_fail_client(cli, r, &f, "server share list");
	if (!doc)
		return cli_fail(cli, CLI_UNREACHABLE, "server share list: the answer is empty");
	return output_path_list(cli, &list_view, doc, "shares");
}

static int show_pair(Cli *cli, const Pair *pair)
{
	_cleanup_(client_item_done) ClientItem item = {.path = "share"};
	Fault f = {0};
	int r = client_server_share_show(cli->client, cli->arena, pair->server_id, pair->share_id,
					 &item.doc, &f);

	if (r)
		return cli_fail_client(cli, r, &f, "%s", cli->command->name);
	if (!item.doc)
		return cli_fail(cli, CLI_UNREACHABLE, "%s: the answer is empty",
				cli->command->name);
	return output_show(cli, &show_view, &item);
}

static int server_share_show(Cli *cli)
{
	Pair pair = {0};
	int code = find_pair(cli, cli->arguments[1], &pair);

	return code ? code : show_pair(cli, &pair);
}

/* What the daemon says about the newest operation on the pair. */
static const char *why(Cli *cli, const Pair *pair)
{
	const char *query = arena_printf(cli->arena, "server_id=%s&share_id=%s", pair->server_id,
					 pair->share_id);
	_cleanup_(client_list_done) ClientList list = {0};
	const char *error = NULL;

	if (client_list(cli->client, cli->arena, CLIENT_OPERATION, query, &list, NULL) == 0 &&
	    list.count > 0)
		error = client_item_text(cli->arena, &list.items[0], "last_error");
	return error ? error : "'cleat server events' tells more";
}

/* The status of the share of the server; NULL: it has it not. 0 or an exit code. */
static int look_at_pair(Cli *cli, Wait *wait, const char **ret_status)
{
	_cleanup_(json_doc_freep) JsonDoc *doc = NULL;
	const Pair *pair = wait->ctx;
	Fault f = {0};
	int r = client_server_share_show(cli->client, cli->arena, pair->server_id, pair->share_id,
					 &doc, &f);

	*ret_status = NULL;
	if (r == CLIENT_NOT_FOUND)
		return 0;
	if (r)
		return cli_fail_client(cli, r, &f, "%s", wait->what);
	*ret_status = doc ? json_get_text(cli->arena, doc, "share.status") : NULL;
	if (!*ret_status)
		return cli_fail(cli, CLI_UNREACHABLE, "%s has no status", wait->what);
	wait->state = *ret_status;
	return 0;
}

static int look_attached(Cli *cli, Wait *wait)
{
	const char *status;
	int code = look_at_pair(cli, wait, &status);

	if (code)
		return code;
	if (!status || str_eq(status, "error"))
		return cli_fail(cli, CLI_FAILED, "the attach failed, the share is %s: %s",
				status ? "in error on the server" : "not on the server",
				why(cli, wait->ctx));
	return str_eq(status, "attaching") ? WAIT_MORE : 0;
}

static int look_detached(Cli *cli, Wait *wait)
{
	const char *status;
	int code = look_at_pair(cli, wait, &status);

	if (code || !status)
		return code;
	if (!str_eq(status, "detaching"))
		return cli_fail(cli, CLI_FAILED, "the detach failed, the share is %s: %s", status,
				why(cli, wait->ctx));
	return WAIT_MORE;
}

static int wait_for_pair(Cli *cli, Pair *pair, int (*look)(Cli *cli, Wait *wait))
{
	Wait wait = {
		.what = arena_printf(cli->arena, "share %s", pair->share_id),
		.state = "unknown",
		.ctx = pair,
		.look = look,
	};

	return wait_for(cli, &wait);
}

int server_share_attach(Cli *cli)
{
	ClientServerShareWish wish = {
		.tag = cli_option(cli, "tag"),
		.mount_point = cli_option(cli, "mount-point"),
		.mount_options = cli_option(cli, "mount-options"),
	};
	Pair pair = {0};
	Fault f = {0};
	int r;

	if (wish.tag && (wish.mount_point || wish.mount_options))
		return cli_fail(cli, CLI_USAGE,
				"attach: --tag excludes --mount-point and --mount-options; the "
				"tag is then the id of the share");
	r = find_pair(cli, cli_option(cli, "share"), &pair);
	if (r)
		return r;
	wish.server_id = pair.server_id;
	wish.share_id = pair.share_id;
	r = client_server_share_attach(cli->client, cli->arena, &wish, &f);
	if (r)
		return cli_fail_client(cli, r, &f, "attach");
	if (cli_flag(cli, "wait"))
		r = wait_for_pair(cli, &pair, look_attached);
	return r ? r : show_pair(cli, &pair);
}

int server_share_detach(Cli *cli)
{
	Pair pair = {0};
	Fault f = {0};
	int r = find_pair(cli, cli_option(cli, "share"), &pair);

	if (r)
		return r;
	r = client_server_share_detach(cli->client, cli->arena, pair.server_id, pair.share_id, &f);
	if (r)
		return cli_fail_client(cli, r, &f, "detach");
	return cli_flag(cli, "wait") ? wait_for_pair(cli, &pair, look_detached) : 0;
}

const Command cmd_server_share_list = {
	.name = "server share list",
	.summary = "List the shares that a server has, and their tags",
	.arguments = "SERVER",
	.arguments_min = 1,
	.arguments_max = 1,
	.run = server_share_list,
};

const Command cmd_server_share_show = {
	.name = "server share show",
	.summary = "Show a share that a server has",
	.arguments = "SERVER SHARE",
	.arguments_min = 2,
	.arguments_max = 2,
	.run = server_share_show,
};
