/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * cleat snapshot create, list, show, set, delete.
 */
#include "cli/commands.h"
#include "cli/output.h"
#include "cli/wait.h"
#include "client/storage.h"

static const Column list_columns[] = {
	{.title = "ID", .member = "id"},
	{.title = "Name", .member = "name"},
	{.title = "Status", .member = "status"},
	{.title = "Size", .member = "size", .right = true},
	{.title = "Volume ID", .member = "volume_id"},
};
static const View list_view = {VIEW(list_columns)};

static const Column show_rows[] = {
	{.title = "id", .member = "id"},
	{.title = "name", .member = "name"},
	{.title = "status", .member = "status"},
	{.title = "size", .member = "size"},
	{.title = "volume_id", .member = "volume_id"},
};
static const View show_view = {VIEW(show_rows), .rest = true};

static int snapshot_list(Cli *cli)
{
	static const QueryRow query[] = {{"name", "name", NULL},
					 {"status", "status", NULL},
					 {"all-projects", "all_tenants", "1"}};
	const char *text = cli_query(cli, query, ARRAY_SIZE(query));
	const char *volume = cli_option(cli, "volume"), *id = NULL;

	if (volume) {
		int r = cli_find_id(cli, CLIENT_VOLUMES, volume, &id);

		if (r)
			return r;
		text = arena_printf(cli->arena, "volume_id=%s%s%s", id, text ? "&" : "",
				    text ? text : "");
	}
	return output_nouns(cli, CLIENT_SNAPSHOTS, text, &list_view);
}

static int snapshot_show(Cli *cli)
{
	return output_noun(cli, CLIENT_SNAPSHOTS, cli->arguments[0], &show_view);
}

static int snapshot_create(Cli *cli)
{
	ClientSnapshotWish wish = {
		.name = cli->argument_count > 1 ? cli->arguments[1] : NULL,
		.description = cli_option(cli, "description"),
	};
	JsonTextMap metadata;
	const char *id = NULL;
	Fault f = {0};
	int r;

	r = cli_option_map(cli, "property", &metadata);
	if (r == 0)
		r = cli_find_id(cli, CLIENT_VOLUMES, cli->arguments[0], &wish.volume_id);
	if (r)
		return r;
	wish.metadata = &metadata;
	r = client_snapshot_create(cli->client, cli->arena, &wish, &id, &f);
	if (r)
		return cli_fail_client(cli, r, &f, "snapshot create");
	if (cli_flag(cli, "wait"))
		r = wait_for_status(cli, CLIENT_SNAPSHOTS, id, "available");
	return r ? r : output_noun(cli, CLIENT_SNAPSHOTS, id, &show_view);
}

static int snapshot_update(Cli *cli, const char *id, Fault *f)
{
	const ClientSnapshotWish wish = {
		.name = cli_option(cli, "name"),
		.description = cli_option(cli, "description"),
	};

	return client_snapshot_update(cli->client, cli->arena, id, &wish, f);
}

static int snapshot_set(Cli *cli)
{
	bool details = cli_flag(cli, "name") || cli_flag(cli, "description");

	return cli_set_by(cli, CLIENT_SNAPSHOTS, details, snapshot_update);
}

static int snapshot_delete(Cli *cli)
{
	return cli_delete_all(cli, CLIENT_SNAPSHOTS);
}

static const Option create_options[] = {
	{"property", 0, "KEY=VALUE", "metadata; may be repeated"},
	{"description", 0, "TEXT", "for people"},
};
const Command cmd_snapshot_create = {
	.name = "snapshot create",
	.summary = "Keep what a volume holds now, also while it is attached",
	.arguments = "VOLUME [NAME]",
	.arguments_min = 1,
	.arguments_max = 2,
	CLI_OPTIONS(create_options),
	.waits = true,
	.run = snapshot_create,
};

static const Option list_options[] = {
	{"volume", 0, "VOLUME", "only those of this volume"},
	{"name", 0, "NAME", "only snapshots of exactly this name"},
	{"status", 0, "STATUS", "only snapshots in this status"},
	{"all-projects", 0, NULL, "those of all projects (admin)"},
};
const Command cmd_snapshot_list = {
	.name = "snapshot list",
	.summary = "List the snapshots of the project's volumes",
	CLI_OPTIONS(list_options),
	.run = snapshot_list,
};

const Command cmd_snapshot_show = {
	.name = "snapshot show",
	.summary = "Show everything about a snapshot",
	.arguments = "SNAPSHOT",
	.arguments_min = 1,
	.arguments_max = 1,
	.run = snapshot_show,
};

static const Option set_options[] = {
	{"name", 0, "NAME", "a new name"},
	{"description", 0, "TEXT", "a new description"},
	{"property", 0, "KEY=VALUE", "add or change metadata; may be repeated"},
};
const Command cmd_snapshot_set = {
	.name = "snapshot set",
	.summary = "Change the name, description or metadata of a snapshot",
	.arguments = "SNAPSHOT",
	.arguments_min = 1,
	.arguments_max = 1,
	CLI_OPTIONS(set_options),
	.run = snapshot_set,
};

const Command cmd_snapshot_delete = {
	.name = "snapshot delete",
	.summary = "Delete snapshots; volumes made from them stay",
	.arguments = "SNAPSHOT...",
	.arguments_min = 1,
	.arguments_max = CLI_MANY,
	.waits = true,
	.run = snapshot_delete,
};
