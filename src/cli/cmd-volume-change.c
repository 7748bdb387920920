/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * cleat volume extend, retype, upload, revert, reset: what changes a volume as a whole.
 */
#include "cli/commands.h"
#include "cli/output.h"
#include "cli/wait.h"
#include "client/storage.h"

/* The argument's volume, and the end of each command: wait while it is busy, if asked to. */
static int find_volume(Cli *cli, const char **ret_id)
{
	return cli_find_id(cli, CLIENT_VOLUMES, cli->arguments[0], ret_id);
}

static int end(Cli *cli, int r, const Fault *f, const char *id, const char *busy)
{
	if (r)
		return cli_fail_client(cli, r, f, "%s", cli->command->name);
	return cli_flag(cli, "wait") ? wait_while_status(cli, CLIENT_VOLUMES, id, busy) : 0;
}

static int volume_extend(Cli *cli)
{
	const char *id = NULL;
	int64_t size_gib;
	Fault f = {0};
	int r;

	r = cli_option_int(cli, "size", 1, 0, &size_gib);
	if (r)
		return r;
	if (!size_gib)
		return cli_fail(cli, CLI_USAGE, "volume extend needs --size");
	r = find_volume(cli, &id);
	if (r)
		return r;
	r = client_volume_extend(cli->client, cli->arena, id, size_gib, &f);
	return end(cli, r, &f, id, "extending");
}

static int volume_retype(Cli *cli)
{
	const char *id = NULL, *type = NULL;
	Fault f = {0};
	int r;

	r = find_volume(cli, &id);
	if (r == 0)
		r = cli_find_id(cli, CLIENT_VOLUME_TYPE, cli->arguments[1], &type);
	if (r)
		return r;
	r = client_volume_retype(cli->client, cli->arena, id, type, &f);
	return end(cli, r, &f, id, "retyping");
}

static int volume_upload(Cli *cli)
{
	static const View view = {.rest = true};
	const ClientVolumeImage wish = {
		.image_name = cli->arguments[1],
		.disk_format = cli_option(cli, "disk-format"),
		.force = cli_flag(cli, "force"),
	};
	const char *id = NULL, *image_id = NULL;
	Fault f = {0};
	int r;

	r = find_volume(cli, &id);
	if (r)
		return r;
	r = client_volume_upload(cli->client, cli->arena, id, &wish, &image_id, &f);
	r = end(cli, r, &f, id, "uploading");
	if (r == 0 && cli_flag(cli, "wait"))
		r = wait_for_status(cli, CLIENT_IMAGES, image_id, "active");
	return r ? r : output_noun(cli, CLIENT_IMAGES, image_id, &view);
}

static int volume_revert(Cli *cli)
{
	const char *id = NULL, *snapshot = NULL;
	Fault f = {0};
	int r;

	r = find_volume(cli, &id);
	if (r == 0)
		r = cli_find_id(cli, CLIENT_SNAPSHOTS, cli->arguments[1], &snapshot);
	if (r)
		return r;
	r = client_volume_revert(cli->client, cli->arena, id, snapshot, &f);
	return end(cli, r, &f, id, "reverting");
}

static int volume_reset(Cli *cli)
{
	const char *id = NULL;
	Fault f = {0};
	int r = find_volume(cli, &id);

	if (r)
		return r;
	r = client_volume_reset(cli->client, cli->arena, id, cli->arguments[1], &f);
	return r ? cli_fail_client(cli, r, &f, "volume reset") : 0;
}

static const Option extend_options[] = {
	{"size", 0, "GIB", "the new size in GiB; required"},
};
const Command cmd_volume_extend = {
	.name = "volume extend",
	.summary = "Make a volume larger, also while it is attached",
	.arguments = "VOLUME",
	.arguments_min = 1,
	.arguments_max = 1,
	CLI_OPTIONS(extend_options),
	.waits = true,
	.run = volume_extend,
};

const Command cmd_volume_retype = {
	.name = "volume retype",
	.summary = "Give a volume another type",
	.arguments = "VOLUME TYPE",
	.arguments_min = 2,
	.arguments_max = 2,
	.waits = true,
	.run = volume_retype,
};

static const Option upload_options[] = {
	{"disk-format", 0, "FORMAT", "raw or qcow2 (default: raw)"},
	{"force", 0, NULL, "also while it is attached; what guests have not flushed is missing"},
};
const Command cmd_volume_upload = {
	.name = "volume upload",
	.summary = "Make an image of what a volume holds",
	.arguments = "VOLUME NAME",
	.arguments_min = 2,
	.arguments_max = 2,
	CLI_OPTIONS(upload_options),
	.waits = true,
	.run = volume_upload,
};

const Command cmd_volume_revert = {
	.name = "volume revert",
	.summary = "Take a volume back to its newest snapshot; what came later is lost",
	.arguments = "VOLUME SNAPSHOT",
	.arguments_min = 2,
	.arguments_max = 2,
	.waits = true,
	.run = volume_revert,
};

const Command cmd_volume_reset = {
	.name = "volume reset",
	.summary = "Set the status of a volume, whatever is true (admin)",
	.arguments = "VOLUME STATUS",
	.arguments_min = 2,
	.arguments_max = 2,
	.run = volume_reset,
};
