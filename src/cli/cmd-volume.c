/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * cleat volume create, list, show, set, delete.
 */
#include "base/str.h"
#include "cli/commands.h"
#include "cli/output.h"
#include "cli/wait.h"
#include "client/storage.h"

/* "SERVER on /dev/vdb, …": where a volume is attached. */
static const char *print_attached(Cli *cli, const ClientItem *item, const void *ctx _unused_)
{
	const char *list = client_item_path(cli->arena, item, "attachments");
	int64_t count = json_get_count(item->doc, list);
	_cleanup_(buf_done) Buf text = {0};

	for (int64_t i = 0; i < count; i++) {
		const ClientItem one = {
			.doc = item->doc,
			.path = arena_printf(cli->arena, "%s.%lld", list, (long long)i),
		};
		const char *server = client_item_text(cli->arena, &one, "server_id");
		const char *device = client_item_text(cli->arena, &one, "device");

		buf_printf(&text, "%s%s%s%s", i ? ", " : "", server ? server : "a host",
			   device ? " on " : "", device ? device : "");
	}
	return output_cell_text(cli, buf_text(&text));
}

static const Column list_columns[] = {
	{.title = "ID", .member = "id"},
	{.title = "Name", .member = "name"},
	{.title = "Status", .member = "status"},
	{.title = "Size", .member = "size", .right = true},
	{.title = "Type", .member = "volume_type"},
	{.title = "Attached to", .print = print_attached},
};
static const View list_view = {VIEW(list_columns)};

static const Column show_rows[] = {
	{.title = "id", .member = "id"},
	{.title = "name", .member = "name"},
	{.title = "status", .member = "status"},
	{.title = "size", .member = "size"},
	{.title = "volume_type", .member = "volume_type"},
	{.title = "attachments", .member = "attachments"},
	{.member = "links"},
};
static const View show_view = {VIEW(show_rows), .rest = true};

static int volume_list(Cli *cli)
{
	static const QueryRow query[] = {{"name", "name", NULL},
					 {"status", "status", NULL},
					 {"all-projects", "all_tenants", "1"}};

	return output_nouns(cli, CLIENT_VOLUMES, cli_query(cli, query, ARRAY_SIZE(query)),
			    &list_view);
}

static int volume_show(Cli *cli)
{
	return output_noun(cli, CLIENT_VOLUMES, cli->arguments[0], &show_view);
}

static int volume_create(Cli *cli)
{
	ClientVolumeWish wish = {
		.name = cli->argument_count > 0 ? cli->arguments[0] : NULL,
		.description = cli_option(cli, "description"),
		.type = cli_option(cli, "type"),
	};
	JsonTextMap metadata;
	const char *id = NULL;
	Fault f = {0};
	int r;

	r = cli_option_int(cli, "size", 1, 0, &wish.size_gib);
	if (r == 0)
		r = cli_option_map(cli, "property", &metadata);
	if (r)
		return r;
	if (!wish.size_gib)
		return cli_fail(cli, CLI_USAGE, "volume create needs --size");
	wish.metadata = &metadata;
	r = client_volume_create(cli->client, cli->arena, &wish, &id, &f);
	if (r)
		return cli_fail_client(cli, r, &f, "volume create");
	if (cli_flag(cli, "wait"))
		r = wait_for_status(cli, CLIENT_VOLUMES, id, "available");
	return r ? r : output_noun(cli, CLIENT_VOLUMES, id, &show_view);
}

/* The metadata that a volume has, with new pairs put over it. */
static JsonTextMap merged_metadata(Cli *cli, const ClientItem *volume, const JsonTextMap *added)
{
	const char *json = json_get_raw(cli->arena, volume->doc,
					client_item_path(cli->arena, volume, "metadata"));
	JsonTextMap old = json_text_map(cli->arena, json);
	JsonPair *pairs = ARENA_ARRAY(cli->arena, JsonPair, old.count + added->count);
	size_t count = 0;

	for (size_t i = 0; i < old.count; i++) {
		bool replaced = false;

		for (size_t j = 0; j < added->count && !replaced; j++)
			replaced = str_eq(old.pairs[i].key, added->pairs[j].key);
		if (!replaced)
			pairs[count++] = old.pairs[i];
	}
	for (size_t i = 0; i < added->count; i++)
		pairs[count++] = added->pairs[i];
	return (JsonTextMap){.pairs = pairs, .count = count};
}

static int volume_set(Cli *cli)
{
	_cleanup_(client_item_done) ClientItem volume = {0};
	ClientVolumeWish wish = {
		.name = cli_option(cli, "name"),
		.description = cli_option(cli, "description"),
	};
	JsonTextMap added, metadata;
	Fault f = {0};
	int r;

	r = cli_option_map(cli, "property", &added);
	if (r)
		return r;
	if (!wish.name && !wish.description && added.count == 0)
		return cli_fail(cli, CLI_USAGE, "volume set: nothing to set");
	r = cli_find(cli, CLIENT_VOLUMES, cli->arguments[0], &volume);
	if (r)
		return r;
	if (added.count > 0) {
		metadata = merged_metadata(cli, &volume, &added);
		wish.metadata = &metadata;
	}
	r = client_volume_update(cli->client, cli->arena,
				 client_item_text(cli->arena, &volume, "id"), &wish, &f);
	return r ? cli_fail_client(cli, r, &f, "volume set") : 0;
}

static int volume_delete(Cli *cli)
{
	return cli_delete_all(cli, CLIENT_VOLUMES);
}

static const Option create_options[] = {
	{"size", 0, "GIB", "size in GiB; required"},
	{"type", 0, "TYPE", "volume type, by name or id (default: the server's)"},
	{"property", 0, "KEY=VALUE", "metadata; may be repeated"},
	{"description", 0, "TEXT", "for people"},
};
const Command cmd_volume_create = {
	.name = "volume create",
	.summary = "Make an empty volume",
	.arguments = "[NAME]",
	.arguments_max = 1,
	CLI_OPTIONS(create_options),
	.waits = true,
	.run = volume_create,
};

static const Option list_options[] = {
	{"name", 0, "NAME", "only volumes of exactly this name"},
	{"status", 0, "STATUS", "only volumes in this status, such as in-use"},
	{"all-projects", 0, NULL, "those of all projects (admin)"},
};
const Command cmd_volume_list = {
	.name = "volume list",
	.summary = "List the volumes of the project, and where they are attached",
	CLI_OPTIONS(list_options),
	.run = volume_list,
};

const Command cmd_volume_show = {
	.name = "volume show",
	.summary = "Show everything about a volume",
	.arguments = "VOLUME",
	.arguments_min = 1,
	.arguments_max = 1,
	.run = volume_show,
};

static const Option set_options[] = {
	{"name", 0, "NAME", "a new name"},
	{"description", 0, "TEXT", "a new description"},
	{"property", 0, "KEY=VALUE", "add or change metadata; may be repeated"},
};
const Command cmd_volume_set = {
	.name = "volume set",
	.summary = "Change the name, description or metadata of a volume",
	.arguments = "VOLUME",
	.arguments_min = 1,
	.arguments_max = 1,
	CLI_OPTIONS(set_options),
	.run = volume_set,
};

const Command cmd_volume_delete = {
	.name = "volume delete",
	.summary = "Delete volumes and what is on them",
	.arguments = "VOLUME...",
	.arguments_min = 1,
	.arguments_max = CLI_MANY,
	.waits = true,
	.run = volume_delete,
};
