/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * cleat type create, list, show, set, unset, delete: kinds of volumes.
 */
#include "cli/commands.h"
#include "cli/output.h"
#include "client/storage.h"

static const Column list_columns[] = {
	{.title = "ID", .member = "id"},
	{.title = "Name", .member = "name"},
	{.title = "Public", .member = "is_public"},
	{.title = "Properties", .member = "extra_specs"},
};
static const View list_view = {VIEW(list_columns)};

static const Column show_rows[] = {
	{.title = "id", .member = "id"},
	{.title = "name", .member = "name"},
	{.title = "description", .member = "description"},
	{.title = "properties", .member = "extra_specs"},
};
static const View show_view = {VIEW(show_rows), .rest = true};

static int type_list(Cli *cli)
{
	static const QueryRow query[] = {{"all", "is_public", "none"}};

	return output_nouns(cli, CLIENT_VOLUME_TYPE, cli_query(cli, query, ARRAY_SIZE(query)),
			    &list_view);
}

static int type_show(Cli *cli)
{
	return output_noun(cli, CLIENT_VOLUME_TYPE, cli->arguments[0], &show_view);
}

static int type_create(Cli *cli)
{
	ClientTypeWish wish = {
		.name = cli->arguments[0],
		.description = cli_option(cli, "description"),
		.is_public = cli_flag(cli, "private") ? "false" : NULL,
	};
	JsonTextMap specs;
	const char *id = NULL;
	Fault f = {0};
	int r;

	r = cli_option_map(cli, "property", &specs);
	if (r)
		return r;
	wish.extra_specs = &specs;
	r = client_type_create(cli->client, cli->arena, &wish, &id, &f);
	if (r)
		return cli_fail_client(cli, r, &f, "type create");
	return output_noun(cli, CLIENT_VOLUME_TYPE, id, &show_view);
}

/* Let the projects that --project names see the type, or no longer. */
static int share_with_projects(Cli *cli, const char *id, bool grant)
{
	size_t count;
	const char *const *names = cli_option_all(cli, "project", &count);

	for (size_t i = 0; i < count; i++) {
		const char *project = NULL;
		Fault f = {0};
		int r = cli_find_id(cli, CLIENT_PROJECT, names[i], &project);

		if (r)
			return r;
		r = client_type_share(cli->client, cli->arena, id, project, grant, &f);
		if (r)
			return cli_fail_client(cli, r, &f, "%s: project %s", cli->command->name,
					       names[i]);
	}
	return 0;
}

static int type_set(Cli *cli)
{
	const ClientTypeWish wish = {
		.name = cli_option(cli, "name"),
		.description = cli_option(cli, "description"),
		.is_public = cli_flag(cli, "public")    ? "true"
			     : cli_flag(cli, "private") ? "false"
							: NULL,
	};
	bool details = wish.name || wish.description || wish.is_public;
	const char *id = NULL;
	JsonTextMap specs;
	Fault f = {0};
	int r;

	r = cli_option_map(cli, "property", &specs);
	if (r)
		return r;
	if (!details && specs.count == 0 && !cli_option(cli, "project"))
		return cli_fail(cli, CLI_USAGE, "type set: nothing to set");
	if (cli_flag(cli, "public") && cli_flag(cli, "private"))
		return cli_fail(cli, CLI_USAGE, "--public and --private exclude each other");
	r = cli_find_id(cli, CLIENT_VOLUME_TYPE, cli->arguments[0], &id);
	if (r)
		return r;
	if (details)
		r = client_type_update(cli->client, cli->arena, id, &wish, &f);
	if (r == 0 && specs.count > 0)
		r = client_type_set_specs(cli->client, cli->arena, id, &specs, &f);
	return r ? cli_fail_client(cli, r, &f, "type set") : share_with_projects(cli, id, true);
}

static int type_unset(Cli *cli)
{
	const char *const *keys;
	const char *id = NULL;
	size_t count;
	Fault f = {0};
	int r;

	keys = cli_option_all(cli, "property", &count);
	if (count == 0 && !cli_option(cli, "project"))
		return cli_fail(cli, CLI_USAGE, "type unset: nothing to unset");
	r = cli_find_id(cli, CLIENT_VOLUME_TYPE, cli->arguments[0], &id);
	for (size_t i = 0; r == 0 && i < count; i++) {
		r = client_type_unset_spec(cli->client, cli->arena, id, keys[i], &f);
		if (r)
			return cli_fail_client(cli, r, &f, "type unset %s", keys[i]);
	}
	return r ? r : share_with_projects(cli, id, false);
}

static int type_delete(Cli *cli)
{
	return cli_delete_all(cli, CLIENT_VOLUME_TYPE);
}

static const Option create_options[] = {
	{"property", 0, "KEY=VALUE", "an extra spec; may be repeated"},
	{"description", 0, "TEXT", "for people"},
	{"private", 0, NULL, "only for projects that are let in with 'type set --project'"},
};
const Command cmd_type_create = {
	.name = "type create",
	.summary = "Make a volume type (admin)",
	.arguments = "NAME",
	.arguments_min = 1,
	.arguments_max = 1,
	CLI_OPTIONS(create_options),
	.run = type_create,
};

static const Option list_options[] = {
	{"all", 0, NULL, "private types too (admin)"},
};
const Command cmd_type_list = {
	.name = "type list",
	.summary = "List the volume types",
	CLI_OPTIONS(list_options),
	.run = type_list,
};

const Command cmd_type_show = {
	.name = "type show",
	.summary = "Show a volume type",
	.arguments = "TYPE",
	.arguments_min = 1,
	.arguments_max = 1,
	.run = type_show,
};

static const Option set_options[] = {
	{"name", 0, "NAME", "a new name"},
	{"description", 0, "TEXT", "a new description"},
	{"property", 0, "KEY=VALUE", "add or change an extra spec; may be repeated"},
	{"public", 0, NULL, "for every project"},
	{"private", 0, NULL, "only for projects that are let in"},
	{"project", 0, "PROJECT", "let a project use a private type; may be repeated"},
};
const Command cmd_type_set = {
	.name = "type set",
	.summary = "Change a volume type, or who may use it (admin)",
	.arguments = "TYPE",
	.arguments_min = 1,
	.arguments_max = 1,
	CLI_OPTIONS(set_options),
	.run = type_set,
};

static const Option unset_options[] = {
	{"property", 0, "KEY", "remove an extra spec; may be repeated"},
	{"project", 0, "PROJECT", "let a project no longer use it; may be repeated"},
};
const Command cmd_type_unset = {
	.name = "type unset",
	.summary = "Take extra specs or projects from a volume type (admin)",
	.arguments = "TYPE",
	.arguments_min = 1,
	.arguments_max = 1,
	CLI_OPTIONS(unset_options),
	.run = type_unset,
};

const Command cmd_type_delete = {
	.name = "type delete",
	.summary = "Delete volume types that no volume has (admin)",
	.arguments = "TYPE...",
	.arguments_min = 1,
	.arguments_max = CLI_MANY,
	.run = type_delete,
};
