/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * cleat volume swap: another volume in the place of one that a server has.
 *
 * How far it is stands in the daemon's operation; a service that has none says by the volumes how
 * it ended.
 */
#include "base/str.h"
#include "cli/commands.h"
#include "cli/wait.h"
#include "client/server.h"

typedef struct Swap {
	const char *server_id;
	const char *old_id;
	const char *new_id;
} Swap;

static int find_swap(Cli *cli, Swap *ret)
{
	int code = cli_find_id(cli, CLIENT_SERVER, cli->arguments[0], &ret->server_id);

	if (!code)
		code = cli_find_id(cli, CLIENT_VOLUMES, cli->arguments[1], &ret->old_id);
	return code ? code : cli_find_id(cli, CLIENT_VOLUMES, cli->arguments[2], &ret->new_id);
}

/* The status of the new volume, in cli->arena; NULL after a complaint, with its exit code. */
static const char *new_status(Cli *cli, const Swap *swap, int *ret_code)
{
	_cleanup_(client_item_done) ClientItem item = {0};
	const char *status = NULL;
	Fault f = {0};
	int r = client_show(cli->client, cli->arena, CLIENT_VOLUMES, swap->new_id, &item, &f);

	if (r)
		*ret_code = cli_fail_client(cli, r, &f, "volume swap");
	else
		status = client_item_text(cli->arena, &item, "status");
	if (!r && !status)
		*ret_code = cli_fail(cli, CLI_UNREACHABLE, "volume %s has no status", swap->new_id);
	return status;
}

/* The newest operation on the pair: what it does, in per cent, or why it ended. */
static const char *operation_text(Cli *cli, const Swap *swap, const char *member)
{
	const char *query = arena_printf(cli->arena, "server_id=%s&volume_id=%s&limit=1",
					 swap->server_id, swap->new_id);
	_cleanup_(client_list_done) ClientList list = {0};
	int64_t progress;

	if (client_list(cli->client, cli->arena, CLIENT_OPERATION, query, &list, NULL) ||
	    list.count == 0)
		return NULL;
	if (member)
		return client_item_text(cli->arena, &list.items[0], member);
	progress = json_get_int(list.items[0].doc,
				client_item_path(cli->arena, &list.items[0], "progress"), 0);
	return arena_printf(cli->arena, "%lld %%", (long long)progress);
}

static int look_swapped(Cli *cli, Wait *wait)
{
	const Swap *swap = wait->ctx;
	const char *progress, *error;
	int code = 0;

	wait->state = new_status(cli, swap, &code);
	if (!wait->state)
		return code;
	if (str_eq(wait->state, "in-use"))
		return 0;
	if (str_eq(wait->state, "available") || str_after(wait->state, "error")) {
		error = operation_text(cli, swap, "last_error");
		return cli_fail(cli, CLI_FAILED,
				"the swap failed, the server has its old volume: %s",
				error ? error : "'cleat server events' tells more");
	}
	progress = operation_text(cli, swap, NULL);
	if (progress)
		wait->state = progress;
	return WAIT_MORE;
}

static int volume_swap(Cli *cli)
{
	Swap swap = {0};
	Wait wait = {.ctx = &swap, .look = look_swapped, .state = "unknown"};
	Fault f = {0};
	int r = find_swap(cli, &swap);

	if (r)
		return r;
	wait.what = arena_printf(cli->arena, "volume %s", swap.new_id);
	r = client_swap(cli->client, cli->arena, swap.server_id, swap.old_id, swap.new_id, &f);
	if (r)
		return cli_fail_client(cli, r, &f, "volume swap");
	return cli_flag(cli, "wait") ? wait_for(cli, &wait) : 0;
}

const Command cmd_volume_swap = {
	.name = "volume swap",
	.summary = "Put another volume in the place of one that a server has, while it runs",
	.arguments = "SERVER OLD NEW",
	.arguments_min = 3,
	.arguments_max = 3,
	.waits = true,
	.run = volume_swap,
};
