/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * cleat server lock, rescue, resize, rebuild, snapshot, reset: what is done to one server and needs
 * to be told how.
 */
#include "cli/commands.h"
#include "cli/output.h"
#include "cli/wait.h"
#include "client/server.h"

static int find_server(Cli *cli, const char **ret_id)
{
	return cli_find_id(cli, CLIENT_SERVER, cli->arguments[0], ret_id);
}

/* The image of an option, or NULL when it was not given. 0 or an exit code. */
static int find_image(Cli *cli, const char **ret_id)
{
	const char *image = cli_option(cli, "image");

	*ret_id = NULL;
	return image ? cli_find_id(cli, CLIENT_IMAGES, image, ret_id) : 0;
}

/* The end of each command: wait until the server is in that status, NULL: in any, at rest. */
static int end(Cli *cli, int r, const Fault *f, const char *id, const char *status)
{
	if (r)
		return cli_fail_client(cli, r, f, "%s", cli->command->name);
	return cli_flag(cli, "wait") ? wait_for_server(cli, id, status) : 0;
}

static int server_lock(Cli *cli)
{
	const char *id = NULL;
	Fault f = {0};
	int r = find_server(cli, &id);

	if (r)
		return r;
	r = client_server_lock(cli->client, cli->arena, id, cli_option(cli, "reason"), &f);
	return r ? cli_fail_client(cli, r, &f, "server lock") : 0;
}

static int server_rescue(Cli *cli)
{
	const char *id = NULL, *image_id = NULL;
	Fault f = {0};
	int r = find_server(cli, &id);

	if (r == 0)
		r = find_image(cli, &image_id);
	if (r)
		return r;
	r = client_server_rescue(cli->client, cli->arena, id, image_id, &f);
	return end(cli, r, &f, id, "RESCUE");
}

static int server_rebuild(Cli *cli)
{
	const char *id = NULL, *image_id = NULL;
	_cleanup_(client_item_done) ClientItem server = {0};
	Fault f = {0};
	int r = cli_find(cli, CLIENT_SERVER, cli->arguments[0], &server);

	if (r == 0)
		r = find_image(cli, &image_id);
	if (r)
		return r;
	id = client_item_text(cli->arena, &server, "id");
	if (!image_id)
		image_id = client_item_text(cli->arena, &server, "image.id");
	if (!image_id)
		return cli_fail(cli, CLI_USAGE,
				"server rebuild: the server has no image; name one with --image");
	r = client_server_rebuild(cli->client, cli->arena, id, image_id, &f);
	return end(cli, r, &f, id, NULL);
}

static int resize_to(Cli *cli, const char *id, const char *flavor)
{
	const char *flavor_id = NULL;
	Fault f = {0};
	int r = cli_find_id(cli, CLIENT_FLAVOR, flavor, &flavor_id);

	if (r)
		return r;
	r = client_server_resize(cli->client, cli->arena, id, flavor_id, &f);
	return end(cli, r, &f, id, "VERIFY_RESIZE");
}

static int server_resize(Cli *cli)
{
	const char *flavor = cli_option(cli, "flavor");
	bool confirm = cli_flag(cli, "confirm"), revert = cli_flag(cli, "revert");
	const char *id = NULL;
	Fault f = {0};
	int r;

	if (!!flavor + confirm + revert != 1)
		return cli_fail(cli, CLI_USAGE,
				"server resize needs one of --flavor, --confirm and --revert");
	r = find_server(cli, &id);
	if (r)
		return r;
	if (flavor)
		return resize_to(cli, id, flavor);
	r = client_server_act(cli->client, cli->arena, id,
			      confirm ? CLIENT_CONFIRM_RESIZE : CLIENT_REVERT_RESIZE, &f);
	return end(cli, r, &f, id, NULL);
}

static int server_snapshot(Cli *cli)
{
	static const View view = {.rest = true};
	const char *id = NULL, *image_id = NULL;
	Fault f = {0};
	int r = find_server(cli, &id);

	if (r)
		return r;
	r = client_server_snapshot(cli->client, cli->arena, id, cli->arguments[1], &image_id, &f);
	if (r)
		return cli_fail_client(cli, r, &f, "server snapshot");
	if (cli_flag(cli, "wait"))
		r = wait_for_status(cli, CLIENT_IMAGES, image_id, "active");
	return r ? r : output_noun(cli, CLIENT_IMAGES, image_id, &view);
}

static int server_reset(Cli *cli)
{
	const char *id = NULL;
	Fault f = {0};
	int r = find_server(cli, &id);

	if (r)
		return r;
	r = client_server_act(cli->client, cli->arena, id,
			      cli_flag(cli, "active") ? CLIENT_RESET_ACTIVE : CLIENT_RESET_ERROR,
			      &f);
	return r ? cli_fail_client(cli, r, &f, "server reset") : 0;
}

static const Option lock_options[] = {
	{"reason", 0, "TEXT", "why, for those who ask"},
};
const Command cmd_server_lock = {
	.name = "server lock",
	.summary = "Let only admins change a server",
	.arguments = "SERVER",
	.arguments_min = 1,
	.arguments_max = 1,
	CLI_OPTIONS(lock_options),
	.run = server_lock,
};

static const Option image_options[] = {
	{"image", 0, "IMAGE", "another image than the server's own, by name or id"},
};
const Command cmd_server_rescue = {
	.name = "server rescue",
	.summary = "Boot a server from a fresh disk, with its own disks beside it",
	.arguments = "SERVER",
	.arguments_min = 1,
	.arguments_max = 1,
	CLI_OPTIONS(image_options),
	.waits = true,
	.run = server_rescue,
};
const Command cmd_server_rebuild = {
	.name = "server rebuild",
	.summary = "Make the root disk of a server anew; its volumes stay attached",
	.arguments = "SERVER",
	.arguments_min = 1,
	.arguments_max = 1,
	CLI_OPTIONS(image_options),
	.waits = true,
	.run = server_rebuild,
};

static const Option resize_options[] = {
	{"flavor", 0, "FLAVOR", "how big it is to be, by name or id"},
	{"confirm", 0, NULL, "it is well: stay so"},
	{"revert", 0, NULL, "go back to how it was"},
};
const Command cmd_server_resize = {
	.name = "server resize",
	.summary = "Give a server another flavor; then confirm that, or go back",
	.arguments = "SERVER",
	.arguments_min = 1,
	.arguments_max = 1,
	CLI_OPTIONS(resize_options),
	.waits = true,
	.run = server_resize,
};

const Command cmd_server_snapshot = {
	.name = "server snapshot",
	.summary = "Make an image of the root disk of a server",
	.arguments = "SERVER IMAGE-NAME",
	.arguments_min = 2,
	.arguments_max = 2,
	.waits = true,
	.run = server_snapshot,
};

static const Option reset_options[] = {
	{"active", 0, NULL, "say that it is active, instead of in error"},
};
const Command cmd_server_reset = {
	.name = "server reset",
	.summary = "Say that a server is in error, or active, whatever it is in (admin)",
	.arguments = "SERVER",
	.arguments_min = 1,
	.arguments_max = 1,
	CLI_OPTIONS(reset_options),
	.run = server_reset,
};
