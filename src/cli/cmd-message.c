/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * cleat message and cleat share message list, show, delete: why something that was asked for did
 * not work.
 */
#include "base/str.h"
#include "cli/commands.h"
#include "cli/output.h"

static const Column list_columns[] = {
	{.title = "ID", .member = "id"},
	{.title = "Resource", .member = "resource_type"},
	{.title = "Resource ID", .member = "resource_uuid"},
	{.title = "Message", .member = "user_message"},
	{.title = "Time", .member = "created_at"},
};
static const View list_view = {VIEW(list_columns)};

static const Column show_rows[] = {
	{.title = "id", .member = "id"},
	{.title = "message", .member = "user_message"},
	{.member = "links"},
};
static const View show_view = {VIEW(show_rows), .rest = true};

static const Column share_columns[] = {
	{.title = "ID", .member = "id"},
	{.title = "Resource", .member = "resource_type"},
	{.title = "Resource ID", .member = "resource_id"},
	{.title = "Message", .member = "user_message"},
	{.title = "Time", .member = "created_at"},
};
static const View share_list_view = {VIEW(share_columns)};

static ClientNoun noun_of(const Cli *cli)
{
	return str_after(cli->command->name, "share ") ? CLIENT_SHARE_MESSAGES : CLIENT_MESSAGES;
}

static int message_list(Cli *cli)
{
	static const QueryRow query[] = {{"resource", "resource_uuid", NULL}};

	return output_nouns(cli, CLIENT_MESSAGES, cli_query(cli, query, ARRAY_SIZE(query)),
			    &list_view);
}

static int share_message_list(Cli *cli)
{
	static const QueryRow query[] = {{"resource", "resource_id", NULL}};

	return output_nouns(cli, CLIENT_SHARE_MESSAGES, cli_query(cli, query, ARRAY_SIZE(query)),
			    &share_list_view);
}

static int message_show(Cli *cli)
{
	return output_noun(cli, noun_of(cli), cli->arguments[0], &show_view);
}

static int message_delete(Cli *cli)
{
	return cli_delete_all(cli, noun_of(cli));
}

static const Option list_options[] = {
	{"resource", 0, "ID", "only those about this volume or snapshot"},
};
const Command cmd_message_list = {
	.name = "message list",
	.summary = "List what went wrong with volumes and snapshots, newest first",
	CLI_OPTIONS(list_options),
	.run = message_list,
};

const Command cmd_message_show = {
	.name = "message show",
	.summary = "Show a message",
	.arguments = "MESSAGE",
	.arguments_min = 1,
	.arguments_max = 1,
	.run = message_show,
};

const Command cmd_message_delete = {
	.name = "message delete",
	.summary = "Delete messages",
	.arguments = "MESSAGE...",
	.arguments_min = 1,
	.arguments_max = CLI_MANY,
	.run = message_delete,
};

static const Option share_options[] = {
	{"resource", 0, "ID", "only those about this share or snapshot"},
};
const Command cmd_share_message_list = {
	.name = "share message list",
	.summary = "List what went wrong with shares and their snapshots, newest first",
	CLI_OPTIONS(share_options),
	.run = share_message_list,
};

const Command cmd_share_message_show = {
	.name = "share message show",
	.summary = "Show a message about a share",
	.arguments = "MESSAGE",
	.arguments_min = 1,
	.arguments_max = 1,
	.run = message_show,
};

const Command cmd_share_message_delete = {
	.name = "share message delete",
	.summary = "Delete messages about shares",
	.arguments = "MESSAGE...",
	.arguments_min = 1,
	.arguments_max = CLI_MANY,
	.run = message_delete,
};
