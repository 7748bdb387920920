/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * cleat type and cleat share type create, list, show, set, unset, delete: kinds of volumes, and of
 * shares. What differs between them is in a table.
 */
#include "base/str.h"
#include "cli/commands.h"
#include "cli/output.h"
#include "client/type.h"

static const Column list_columns[] = {
	{.title = "ID", .member = "id"},
	{.title = "Name", .member = "name"},
	{.title = "Public", .member = "is_public"},
	{.title = "Properties", .member = "extra_specs"},
};
static const Column share_columns[] = {
	{.title = "ID", .member = "id"},
	{.title = "Name", .member = "name"},
	{.title = "Default", .member = "is_default"},
	{.title = "Public", .member = "share_type_access:is_public"},
	{.title = "Properties", .member = "extra_specs"},
};

static const Column show_rows[] = {
	{.title = "id", .member = "id"},
	{.title = "name", .member = "name"},
	{.title = "description", .member = "description"},
	{.title = "properties", .member = "extra_specs"},
};
static const Column share_rows[] = {
	{.title = "id", .member = "id"},
	{.title = "name", .member = "name"},
	{.title = "description", .member = "description"},
	{.title = "is_public", .member = "share_type_access:is_public"},
	{.title = "properties", .member = "extra_specs"},
	{.member = "share_type_access:is_public"},
	{.member = "required_extra_specs"}, /* among the properties too */
};

typedef struct Kind {
	ClientNoun noun;
	View list;
	View show;
	const char *everything; /* what is_public= is for private ones too */
	/* A property that the service insists on. */
	const char *required;
	const char *required_value;
} Kind;

static const Kind volumes = {
	.noun = CLIENT_VOLUME_TYPE,
	.list = {VIEW(list_columns)},
	.show = {VIEW(show_rows), .rest = true},
	.everything = "none",
};
static const Kind shares = {
	.noun = CLIENT_SHARE_TYPES,
	.list = {VIEW(share_columns)},
	.show = {VIEW(share_rows), .rest = true},
	.everything = "all",
	.required = "driver_handles_share_servers",
	.required_value = "False",
};

static const Kind *kind_of(const Cli *cli)
{
	return str_after(cli->command->name, "share ") ? &shares : &volumes;
}

static int type_list(Cli *cli)
{
	const Kind *kind = kind_of(cli);
	const QueryRow query[] = {{"all", "is_public", kind->everything}};

	return output_nouns(cli, kind->noun, cli_query(cli, query, ARRAY_SIZE(query)), &kind->list);
}

static int type_show(Cli *cli)
{
	const Kind *kind = kind_of(cli);

	return output_noun(cli, kind->noun, cli->arguments[0], &kind->show);
}

/* With what the service insists on, where nobody has said otherwise. */
static JsonTextMap complete_specs(Cli *cli, const Kind *kind, const JsonTextMap *specs)
{
	JsonPair *pairs = ARENA_ARRAY(cli->arena, JsonPair, specs->count + 1);

	for (size_t i = 0; i < specs->count; i++) {
		if (str_eq(specs->pairs[i].key, kind->required))
			return *specs;
		pairs[i + 1] = specs->pairs[i];
	}
	pairs[0] = (JsonPair){.key = kind->required, .value = kind->required_value};
	return (JsonTextMap){.pairs = pairs, .count = specs->count + 1};
}

static int type_create(Cli *cli)
{
	const Kind *kind = kind_of(cli);
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
	if (kind->required)
		specs = complete_specs(cli, kind, &specs);
	wish.extra_specs = &specs;
	r = client_type_create(cli->client, cli->arena, kind->noun, &wish, &id, &f);
	if (r)
		return cli_fail_client(cli, r, &f, "%s", cli->command->name);
	return output_noun(cli, kind->noun, id, &kind->show);
}

/* Let the projects that --project names use the type, or no longer. */
static int grant_to_projects(Cli *cli, const char *id, bool grant)
{
	size_t count;
	const char *const *names = cli_option_all(cli, "project", &count);

	for (size_t i = 0; i < count; i++) {
		const char *project = NULL;
		Fault f = {0};
		int r = cli_find_id(cli, CLIENT_PROJECT, names[i], &project);

		if (r)
			return r;
		r = client_type_grant(cli->client, cli->arena, kind_of(cli)->noun, id, project,
				      grant, &f);
		if (r)
			return cli_fail_client(cli, r, &f, "%s: project %s", cli->command->name,
					       names[i]);
	}
	return 0;
}

static int type_set(Cli *cli)
{
	const ClientNoun noun = kind_of(cli)->noun;
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
		return cli_fail(cli, CLI_USAGE, "%s: nothing to set", cli->command->name);
	if (cli_flag(cli, "public") && cli_flag(cli, "private"))
		return cli_fail(cli, CLI_USAGE, "--public and --private exclude each other");
	r = cli_find_id(cli, noun, cli->arguments[0], &id);
	if (r)
		return r;
	if (details)
		r = client_type_update(cli->client, cli->arena, noun, id, &wish, &f);
	if (r == 0 && specs.count > 0)
		r = client_map_set(cli->client, cli->arena, noun, id, "extra_specs", &specs, &f);
	return r ? cli_fail_client(cli, r, &f, "%s", cli->command->name)
		 : grant_to_projects(cli, id, true);
}

static int type_unset(Cli *cli)
{
	const char *id = NULL;
	size_t count;
	int r;

	(void)cli_option_all(cli, "property", &count);
	if (count == 0 && !cli_option(cli, "project"))
		return cli_fail(cli, CLI_USAGE, "%s: nothing to unset", cli->command->name);
	r = cli_find_id(cli, kind_of(cli)->noun, cli->arguments[0], &id);
	if (r == 0)
		r = cli_unset_all(cli, kind_of(cli)->noun, id, "extra_specs");
	return r ? r : grant_to_projects(cli, id, false);
}

static int type_delete(Cli *cli)
{
	return cli_delete_all(cli, kind_of(cli)->noun);
}

static const Option create_options[] = {
	{"property", 0, "KEY=VALUE", "an extra spec; may be repeated"},
	{"description", 0, "TEXT", "for people"},
	{"private", 0, NULL, "only for projects that are let in with 'set --project'"},
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

const Command cmd_share_type_create = {
	.name = "share type create",
	.summary = "Make a share type (admin)",
	.arguments = "NAME",
	.arguments_min = 1,
	.arguments_max = 1,
	CLI_OPTIONS(create_options),
	.run = type_create,
};

const Command cmd_share_type_list = {
	.name = "share type list",
	.summary = "List the share types",
	CLI_OPTIONS(list_options),
	.run = type_list,
};

const Command cmd_share_type_show = {
	.name = "share type show",
	.summary = "Show a share type",
	.arguments = "TYPE",
	.arguments_min = 1,
	.arguments_max = 1,
	.run = type_show,
};

const Command cmd_share_type_set = {
	.name = "share type set",
	.summary = "Change a share type, or who may use it (admin)",
	.arguments = "TYPE",
	.arguments_min = 1,
	.arguments_max = 1,
	CLI_OPTIONS(set_options),
	.run = type_set,
};

const Command cmd_share_type_unset = {
	.name = "share type unset",
	.summary = "Take extra specs or projects from a share type (admin)",
	.arguments = "TYPE",
	.arguments_min = 1,
	.arguments_max = 1,
	CLI_OPTIONS(unset_options),
	.run = type_unset,
};

const Command cmd_share_type_delete = {
	.name = "share type delete",
	.summary = "Delete share types that no share has (admin)",
	.arguments = "TYPE...",
	.arguments_min = 1,
	.arguments_max = CLI_MANY,
	.run = type_delete,
};
