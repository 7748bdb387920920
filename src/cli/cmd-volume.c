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

/* Turn the option that names a source into its id. */
static int find_source(Cli *cli, const char *option, ClientNoun noun, const char **ret_id)
{
	const char *name = cli_option(cli, option);

	return name ? cli_find_id(cli, noun, name, ret_id) : 0;
}

static int find_sources(Cli *cli, ClientVolumeWish *wish)
{
	int r = find_source(cli, "snapshot", CLIENT_SNAPSHOTS, &wish->snapshot_id);

	if (r == 0)
		r = find_source(cli, "source", CLIENT_VOLUMES, &wish->source_id);
	if (r == 0)
		r = find_source(cli, "image", CLIENT_IMAGES, &wish->image_id);
	if (r)
		return r;
	if (!!wish->snapshot_id + !!wish->source_id + !!wish->image_id > 1)
		return cli_fail(cli, CLI_USAGE,
				"volume create: only one of --snapshot, --source and --image");
	if (!wish->size_gib && !wish->snapshot_id && !wish->source_id)
		return cli_fail(cli, CLI_USAGE,
				"volume create needs --size, or a snapshot or volume to copy");
	return 0;
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
	if (r == 0)
		r = find_sources(cli, &wish);
	if (r)
		return r;
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

/* One of two flags that exclude each other: 1, 0, or -1 for neither; -2 after a complaint. */
static int flag_pair(Cli *cli, const char *yes, const char *no)
{
	if (cli_flag(cli, yes) && cli_flag(cli, no)) {
		(void)cli_fail(cli, CLI_USAGE, "--%s and --%s exclude each other", yes,
			       no); /* the code is known */
		return -2;
	}
	return cli_flag(cli, yes) ? 1 : cli_flag(cli, no) ? 0 : -1;
}

/* What is set by actions of their own. */
static int set_flags(Cli *cli, const char *id, int bootable, int readonly)
{
	Fault f = {0};
	int r = 0;

	if (bootable >= 0)
		r = client_volume_set_bootable(cli->client, cli->arena, id, bootable, &f);
	if (r == 0 && readonly >= 0)
		r = client_volume_set_readonly(cli->client, cli->arena, id, readonly, &f);
	return r ? cli_fail_client(cli, r, &f, "volume set") : 0;
}

static int volume_set(Cli *cli)
{
	int bootable = flag_pair(cli, "bootable", "not-bootable");
	int readonly = flag_pair(cli, "read-only", "read-write");
	_cleanup_(client_item_done) ClientItem volume = {0};
	ClientVolumeWish wish = {
		.name = cli_option(cli, "name"),
		.description = cli_option(cli, "description"),
	};
	bool details = wish.name || wish.description || cli_option(cli, "property");
	JsonTextMap added, metadata;
	const char *id;
	Fault f = {0};
	int r;

	if (bootable == -2 || readonly == -2)
		return CLI_USAGE;
	r = cli_option_map(cli, "property", &added);
	if (r)
		return r;
	if (!details && bootable < 0 && readonly < 0)
		return cli_fail(cli, CLI_USAGE, "volume set: nothing to set");
	r = cli_find(cli, CLIENT_VOLUMES, cli->arguments[0], &volume);
	if (r)
		return r;
	if (added.count > 0) {
		metadata = merged_metadata(cli, &volume, &added);
		wish.metadata = &metadata;
	}
	id = client_item_text(cli->arena, &volume, "id");
	if (details)
		r = client_volume_update(cli->client, cli->arena, id, &wish, &f);
	if (r)
		return cli_fail_client(cli, r, &f, "volume set");
	return set_flags(cli, id, bootable, readonly);
}

static int volume_delete_call(Cli *cli, const char *id, Fault *f)
{
	return client_volume_delete(cli->client, cli->arena, id, cli_flag(cli, "cascade"),
				    cli_flag(cli, "force"), f);
}

static int volume_delete(Cli *cli)
{
	return cli_delete_all_by(cli, CLIENT_VOLUMES, volume_delete_call);
}

static const Option create_options[] = {
	{"size", 0, "GIB", "size in GiB (default: that of the snapshot or volume it copies)"},
	{"snapshot", 0, "SNAPSHOT", "begin with what a snapshot holds"},
	{"source", 0, "VOLUME", "begin with what another volume holds"},
	{"image", 0, "IMAGE", "begin with an image; the volume can be booted from"},
	{"type", 0, "TYPE", "volume type, by name or id (default: the server's)"},
	{"property", 0, "KEY=VALUE", "metadata; may be repeated"},
	{"description", 0, "TEXT", "for people"},
};
const Command cmd_volume_create = {
	.name = "volume create",
	.summary = "Make a volume: empty, or a copy of something",
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
	{"bootable", 0, NULL, "servers may boot from it"},
	{"not-bootable", 0, NULL, "they may not"},
	{"read-only", 0, NULL, "whoever attaches it can only read it"},
	{"read-write", 0, NULL, "they can write it"},
};
const Command cmd_volume_set = {
	.name = "volume set",
	.summary = "Change what a volume is called and how it may be used",
	.arguments = "VOLUME",
	.arguments_min = 1,
	.arguments_max = 1,
	CLI_OPTIONS(set_options),
	.run = volume_set,
};

static const Option delete_options[] = {
	{"cascade", 0, NULL, "with their snapshots"},
	{"force", 0, NULL, "whatever their status is (admin)"},
};
const Command cmd_volume_delete = {
	.name = "volume delete",
	.summary = "Delete volumes and what is on them",
	.arguments = "VOLUME...",
	.arguments_min = 1,
	.arguments_max = CLI_MANY,
	CLI_OPTIONS(delete_options),
	.waits = true,
	.run = volume_delete,
};
