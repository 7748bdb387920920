/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * cleat volume-type list, show.
 */
#include "cli/commands.h"
#include "cli/output.h"

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

static int volume_type_list(Cli *cli)
{
	return output_nouns(cli, CLIENT_VOLUME_TYPE, NULL, &list_view);
}

static int volume_type_show(Cli *cli)
{
	return output_noun(cli, CLIENT_VOLUME_TYPE, cli->arguments[0], &show_view);
}

const Command cmd_volume_type_list = {
	.name = "volume-type list",
	.summary = "List the volume types",
	.run = volume_type_list,
};

const Command cmd_volume_type_show = {
	.name = "volume-type show",
	.summary = "Show a volume type",
	.arguments = "TYPE",
	.arguments_min = 1,
	.arguments_max = 1,
	.run = volume_type_show,
};
