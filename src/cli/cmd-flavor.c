/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * cleat flavor create, list, show, delete.
 */
#include "cli/commands.h"
#include "cli/output.h"
#include "client/calls.h"

static const Column list_columns[] = {
	{.title = "ID", .member = "id"},
	{.title = "Name", .member = "name"},
	{.title = "RAM", .member = "ram", .right = true},
	{.title = "Disk", .member = "disk", .right = true},
	{.title = "VCPUs", .member = "vcpus", .right = true},
	{.title = "Public", .member = "os-flavor-access:is_public"},
};
static const View list_view = {VIEW(list_columns)};

/* A document of their own, in ctx. */
static const char *print_specs(Cli *cli, const ClientItem *item _unused_, const void *ctx)
{
	const char *json = ctx ? json_get_raw(cli->arena, ctx, "extra_specs") : NULL;

	return json ? json : "null";
}

static const Column show_rows[] = {
	{.title = "id", .member = "id"},
	{.title = "name", .member = "name"},
	{.title = "ram", .member = "ram"},
	{.title = "disk", .member = "disk"},
	{.title = "vcpus", .member = "vcpus"},
	{.title = "properties", .member = "extra_specs", .print = print_specs},
	{.member = "links"},
};

static int flavor_list(Cli *cli)
{
	static const QueryRow query[] = {{"all", "is_public", "None"}};

	return output_nouns(cli, CLIENT_FLAVOR, cli_query(cli, query, ARRAY_SIZE(query)),
			    &list_view);
}

static int show_flavor(Cli *cli, const char *name_or_id)
{
	_cleanup_(client_item_done) ClientItem item = {0};
	_cleanup_(json_doc_freep) JsonDoc *specs = NULL;
	View view = {VIEW(show_rows), .rest = true};
	Fault f = {0};
	int r;

	r = cli_find(cli, CLIENT_FLAVOR, name_or_id, &item);
	if (r)
		return r;
	r = client_flavor_specs(cli->client, cli->arena, client_item_text(cli->arena, &item, "id"),
				&specs, &f);
	if (r)
		return cli_fail_client(cli, r, &f, "flavor show");
	view.ctx = specs;
	return output_show(cli, &view, &item);
}

static int flavor_show(Cli *cli)
{
	return show_flavor(cli, cli->arguments[0]);
}

static int flavor_delete(Cli *cli)
{
	return cli_delete_all(cli, CLIENT_FLAVOR);
}

static int flavor_create(Cli *cli)
{
	ClientFlavorWish wish = {
		.id = cli_option(cli, "id"),
		.name = cli->arguments[0],
		.private = cli_flag(cli, "private"),
	};
	JsonTextMap properties;
	const char *id = NULL;
	Fault f = {0};
	int r;

	r = cli_option_int(cli, "ram", 1, 256, &wish.ram_mib);
	if (r == 0)
		r = cli_option_int(cli, "disk", 0, 0, &wish.disk_gib);
	if (r == 0)
		r = cli_option_int(cli, "vcpus", 1, 1, &wish.vcpus);
	if (r == 0)
		r = cli_option_map(cli, "property", &properties);
	if (r)
		return r;
	wish.properties = &properties;
	r = client_flavor_create(cli->client, cli->arena, &wish, &id, &f);
	return r ? cli_fail_client(cli, r, &f, "flavor create") : show_flavor(cli, id);
}

static const Option create_options[] = {
	{"id", 0, "ID", "an id of your own (default: a new one)"},
	{"ram", 0, "MIB", "memory (default 256)"},
	{"disk", 0, "GIB", "root disk; 0, the default, is as big as the image"},
	{"vcpus", 0, "N", "processors (default 1)"},
	{"property", 0, "KEY=VALUE", "extra spec; may be repeated"},
	{"private", 0, NULL, "not for all projects"},
};
const Command cmd_flavor_create = {
	.name = "flavor create",
	.summary = "Make a flavor (admin)",
	.arguments = "NAME",
	.arguments_min = 1,
	.arguments_max = 1,
	CLI_OPTIONS(create_options),
	.run = flavor_create,
};

static const Option list_options[] = {
	{"all", 0, NULL, "private ones too (admin)"},
};
const Command cmd_flavor_list = {
	.name = "flavor list",
	.summary = "List the flavors",
	CLI_OPTIONS(list_options),
	.run = flavor_list,
};

const Command cmd_flavor_show = {
	.name = "flavor show",
	.summary = "Show a flavor and its extra specs",
	.arguments = "FLAVOR",
	.arguments_min = 1,
	.arguments_max = 1,
	.run = flavor_show,
};

const Command cmd_flavor_delete = {
	.name = "flavor delete",
	.summary = "Delete flavors; servers made with them stay (admin)",
	.arguments = "FLAVOR...",
	.arguments_min = 1,
	.arguments_max = CLI_MANY,
	.run = flavor_delete,
};
