/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * cleat attach, detach: a volume to and from a server. (A share: cmd-server-share.c.)
 *
 * The truth about an attachment is in two places that agree when all is done: the volume lists the
 * servers that hold it, and the server answers for the volume.
 */
#include "base/str.h"
#include "cli/commands.h"
#include "cli/output.h"
#include "cli/server-share.h"
#include "cli/wait.h"
#include "client/server.h"

typedef struct Pair {
	const char *server_id;
	const char *volume_id;
} Pair;

/*
 * What the daemon says about the newest operation on the pair that went wrong. A service that has
 * no operations has no better words than the fallback.
 */
static const char *why(Cli *cli, const Pair *pair, const char *fallback)
{
	const char *query = arena_printf(cli->arena, "server_id=%s&volume_id=%s", pair->server_id,
					 pair->volume_id);
	_cleanup_(client_list_done) ClientList list = {0};
	const char *error = NULL;

	if (client_list(cli->client, cli->arena, CLIENT_OPERATION, query, &list, NULL) == 0 &&
	    list.count > 0)
		error = client_item_text(cli->arena, &list.items[0], "last_error");
	return error ? error : fallback;
}

static int find_pair(Cli *cli, Pair *ret)
{
	int code = cli_find_id(cli, CLIENT_SERVER, cli->arguments[0], &ret->server_id);

	return code ? code : cli_find_id(cli, CLIENT_VOLUMES, cli->arguments[1], &ret->volume_id);
}

/* Whether the volume lists the server as one that holds it. */
static bool volume_lists(Cli *cli, const ClientItem *volume, const char *server_id)
{
	const char *list = client_item_path(cli->arena, volume, "attachments");
	int64_t count = json_get_count(volume->doc, list);

	for (int64_t i = 0; i < count; i++)
		if (str_eq(json_get_text(cli->arena, volume->doc,
					 arena_printf(cli->arena, "%s.%lld.server_id", list,
						      (long long)i)),
			   server_id))
			return true;
	return false;
}

/* Read the volume; sets the state to show. 0 or an exit code. */
static int look_at_volume(Cli *cli, Wait *wait, ClientItem *ret)
{
	const Pair *pair = wait->ctx;
	Fault f = {0};
	int r = client_show(cli->client, cli->arena, CLIENT_VOLUMES, pair->volume_id, ret, &f);

	if (r)
		return cli_fail_client(cli, r, &f, "%s", wait->what);
	wait->state = client_item_text(cli->arena, ret, "status");
	if (!wait->state)
		return cli_fail(cli, CLI_UNREACHABLE, "%s has no status", wait->what);
	return 0;
}

/* Whether the server still means to have it; others may have it too. */
static bool has_mapping(Cli *cli, const Pair *pair)
{
	return client_attachment_show(cli->client, cli->arena, pair->server_id, pair->volume_id,
				      NULL, NULL) != CLIENT_NOT_FOUND;
}

static int look_attached(Cli *cli, Wait *wait)
{
	_cleanup_(client_item_done) ClientItem volume = {0};
	const Pair *pair = wait->ctx;
	int code = look_at_volume(cli, wait, &volume);

	if (code)
		return code;
	if (str_eq(wait->state, "in-use") && volume_lists(cli, &volume, pair->server_id))
		return 0;
	if (str_eq(wait->state, "available") || str_after(wait->state, "error") ||
	    (str_eq(wait->state, "in-use") && !has_mapping(cli, pair)))
		return cli_fail(cli, CLI_FAILED, "the attach failed, the volume is %s: %s",
				wait->state, why(cli, pair, "'cleat server events' tells more"));
	return WAIT_MORE;
}

static int look_detached(Cli *cli, Wait *wait)
{
	_cleanup_(client_item_done) ClientItem volume = {0};
	const Pair *pair = wait->ctx;
	Fault f = {0};
	int r;

	r = client_attachment_show(cli->client, cli->arena, pair->server_id, pair->volume_id, NULL,
				   &f);
	if (r && r != CLIENT_NOT_FOUND)
		return cli_fail_client(cli, r, &f, "%s", wait->what);
	if (r == CLIENT_NOT_FOUND) {
		r = look_at_volume(cli, wait, &volume);
		if (r)
			return r;
		return str_eq(wait->state, "detaching") ? WAIT_MORE : 0;
	}
	r = look_at_volume(cli, wait, &volume);
	if (r)
		return r;
	if (str_eq(wait->state, "in-use") || str_after(wait->state, "error"))
		return cli_fail(cli, CLI_FAILED, "the detach failed, the volume is %s: %s",
				wait->state, why(cli, pair, "the guest may not have released it"));
	return WAIT_MORE;
}

static int wait_for_pair(Cli *cli, Pair *pair, int (*look)(Cli *cli, Wait *wait))
{
	Wait wait = {
		.what = arena_printf(cli->arena, "volume %s", pair->volume_id),
		.state = "unknown",
		.ctx = pair,
		.look = look,
	};

	return wait_for(cli, &wait);
}

/* With --share, the server stands alone; without, the volume follows it. 0 or CLI_USAGE. */
static int check_arguments(Cli *cli)
{
	size_t wanted = cli_flag(cli, "share") ? 1 : 2;

	return cli->argument_count == wanted
		       ? 0
		       : cli_fail(cli, CLI_USAGE,
				  "usage: cleat %s SERVER VOLUME, or cleat %s --share SHARE SERVER",
				  cli->command->name, cli->command->name);
}

static const View view = {.rest = true};

static int attach_volume(Cli *cli)
{
	_cleanup_(client_item_done) ClientItem item = {.path = "volumeAttachment"};
	ClientAttachWish wish = {
		.device = cli_option(cli, "device"),
		.tag = cli_option(cli, "tag"),
		.delete_on_termination = cli_flag(cli, "delete-on-termination"),
	};
	Pair pair = {0};
	Fault f = {0};
	int r;

	r = find_pair(cli, &pair);
	if (r)
		return r;
	wish.server_id = pair.server_id;
	wish.volume_id = pair.volume_id;
	r = client_attach(cli->client, cli->arena, &wish, &item.doc, &f);
	if (r)
		return cli_fail_client(cli, r, &f, "attach");
	if (cli_flag(cli, "wait"))
		r = wait_for_pair(cli, &pair, look_attached);
	return r || !item.doc ? r : output_show(cli, &view, &item);
}

static int detach_volume(Cli *cli)
{
	Pair pair = {0};
	Fault f = {0};
	int r;

	r = find_pair(cli, &pair);
	if (r)
		return r;
	r = client_detach(cli->client, cli->arena, pair.server_id, pair.volume_id, &f);
	if (r)
		return cli_fail_client(cli, r, &f, "detach");
	return cli_flag(cli, "wait") ? wait_for_pair(cli, &pair, look_detached) : 0;
}

/* The first of the options that was given and that goes with the other kind of thing, or NULL. */
static const char *misplaced_option(Cli *cli)
{
	static const struct {
		const char *name;
		bool of_share;
	} options[] = {
		{"device", false},
		{"delete-on-termination", false},
		{"mount-point", true},
		{"mount-options", true},
	};

	for (size_t i = 0; i < ARRAY_SIZE(options); i++)
		if (cli_flag(cli, options[i].name) && options[i].of_share != cli_flag(cli, "share"))
			return options[i].name;
	return NULL;
}

static int attach(Cli *cli)
{
	const char *misplaced = misplaced_option(cli);
	int code = check_arguments(cli);

	if (code)
		return code;
	if (misplaced)
		return cli_fail(cli, CLI_USAGE, "attach: --%s is not for a %s", misplaced,
				cli_flag(cli, "share") ? "share" : "volume");
	return cli_flag(cli, "share") ? server_share_attach(cli) : attach_volume(cli);
}

static int detach(Cli *cli)
{
	int code = check_arguments(cli);

	if (code)
		return code;
	return cli_flag(cli, "share") ? server_share_detach(cli) : detach_volume(cli);
}

static const Option attach_options[] = {
	{"share", 0, "SHARE", "attach a share; the server has to be off"},
	{"tag", 0, "TAG", "how the guest finds it in its metadata, and mounts a share"},
	{"device", 0, "PATH", "wished name of a volume in the guest, such as /dev/vdb"},
	{"delete-on-termination", 0, NULL, "delete the volume together with the server"},
	{"mount-point", 0, "DIR", "where the guest should mount the share"},
	{"mount-options", 0, "LIST", "how; 'ro' keeps the guest from writing to the share"},
};
const Command cmd_attach = {
	.name = "attach",
	.summary = "Attach a volume or a share to a server",
	.arguments = "SERVER [VOLUME]",
	.arguments_min = 1,
	.arguments_max = 2,
	CLI_OPTIONS(attach_options),
	.waits = true,
	.run = attach,
};

static const Option detach_options[] = {
	{"share", 0, "SHARE", "detach a share; the server has to be off"},
};
const Command cmd_detach = {
	.name = "detach",
	.summary = "Detach a volume or a share from a server",
	.arguments = "SERVER [VOLUME]",
	.arguments_min = 1,
	.arguments_max = 2,
	CLI_OPTIONS(detach_options),
	.waits = true,
	.run = detach,
};
