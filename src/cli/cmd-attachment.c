/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * cleat attachment create, list, show, update, complete, delete: attachments as block storage keeps
 * them, for hosts that connect volumes by themselves. With a server, list shows the server's.
 */
#include "cli/commands.h"
#include "cli/file.h"
#include "cli/output.h"
#include "client/server.h"
#include "client/storage.h"

static const Column server_columns[] = {
	{.title = "Volume ID", .member = "volumeId"},
	{.title = "Device", .member = "device"},
	{.title = "Server ID", .member = "serverId"},
};
static const View server_view = {VIEW(server_columns)};

static const Column list_columns[] = {
	{.title = "ID", .member = "id"},
	{.title = "Volume ID", .member = "volume_id"},
	{.title = "Status", .member = "status"},
	{.title = "Server ID", .member = "instance"},
	{.title = "Mode", .member = "attach_mode"},
};
static const View list_view = {VIEW(list_columns)};

static const Column show_rows[] = {
	{.title = "id", .member = "id"},
	{.title = "volume_id", .member = "volume_id"},
	{.title = "status", .member = "status"},
	{.title = "server_id", .member = "instance"},
};
static const View show_view = {VIEW(show_rows), .rest = true};

static int list_of_server(Cli *cli)
{
	_cleanup_(json_doc_freep) JsonDoc *doc = NULL;
	const char *id = NULL;
	Fault f = {0};
	int r;

	r = cli_find_id(cli, CLIENT_SERVER, cli->arguments[0], &id);
	if (r)
		return r;
	r = client_attachment_list(cli->client, cli->arena, id, &doc, &f);
	if (r)
		return cli_fail_client(cli, r, &f, "attachment list");
	if (!doc)
		return cli_fail(cli, CLI_UNREACHABLE, "attachment list: the answer is empty");
	return output_path_list(cli, &server_view, doc, "volumeAttachments");
}

static int attachment_list(Cli *cli)
{
	static const QueryRow query[] = {{"status", "attach_status", NULL},
					 {"all-projects", "all_tenants", "1"}};
	const char *text, *volume = cli_option(cli, "volume"), *id = NULL;

	if (cli->argument_count > 0)
		return list_of_server(cli);
	text = cli_query(cli, query, ARRAY_SIZE(query));
	if (volume) {
		int r = cli_find_id(cli, CLIENT_VOLUMES, volume, &id);

		if (r)
			return r;
		text = arena_printf(cli->arena, "volume_id=%s%s%s", id, text ? "&" : "",
				    text ? text : "");
	}
	return output_nouns(cli, CLIENT_ATTACHMENTS, text, &list_view);
}

/* The connector of --connector: JSON, or @FILE with it. 0 or an exit code. */
static int read_connector(Cli *cli, const char **ret)
{
	const char *text = cli_option(cli, "connector");
	_cleanup_(json_doc_freep) JsonDoc *doc = NULL;

	*ret = NULL;
	if (!text)
		return 0;
	if (*text == '@') {
		int code = file_text(cli, text + 1, &text);

		if (code)
			return code;
	}
	if (json_parse(cli->arena, text, strlen(text), &doc, NULL) || json_get_count(doc, "") < 0 ||
	    text[strspn(text, " \t\r\n")] != '{')
		return cli_fail(cli, CLI_USAGE, "--connector: not a JSON object");
	*ret = text;
	return 0;
}

static int show_attachment(Cli *cli, JsonDoc *doc)
{
	_cleanup_(client_item_done) ClientItem item = {.doc = doc, .path = "attachment"};

	if (!doc)
		return cli_fail(cli, CLI_UNREACHABLE, "%s: the answer is empty",
				cli->command->name);
	return output_show(cli, &show_view, &item);
}

static int attachment_create(Cli *cli)
{
	ClientAttachmentWish wish = {
		.server_id = cli_option(cli, "server"),
		.mode = cli_option(cli, "mode"),
	};
	JsonDoc *doc = NULL;
	Fault f = {0};
	int r;

	r = read_connector(cli, &wish.connector);
	if (r == 0)
		r = cli_find_id(cli, CLIENT_VOLUMES, cli->arguments[0], &wish.volume_id);
	if (r)
		return r;
	r = client_attachment_create(cli->client, &wish, &doc, &f);
	return r ? cli_fail_client(cli, r, &f, "attachment create") : show_attachment(cli, doc);
}

static int attachment_update(Cli *cli)
{
	const char *connector = NULL;
	JsonDoc *doc = NULL;
	Fault f = {0};
	int r = read_connector(cli, &connector);

	if (r)
		return r;
	if (!connector)
		return cli_fail(cli, CLI_USAGE, "attachment update needs --connector");
	r = client_attachment_update(cli->client, cli->arena, cli->arguments[0], connector, &doc,
				     &f);
	return r ? cli_fail_client(cli, r, &f, "attachment update") : show_attachment(cli, doc);
}

static int attachment_complete(Cli *cli)
{
	Fault f = {0};
	int r = client_attachment_complete(cli->client, cli->arena, cli->arguments[0], &f);

	return r ? cli_fail_client(cli, r, &f, "attachment complete") : 0;
}

static int attachment_show(Cli *cli)
{
	_cleanup_(client_item_done) ClientItem item = {0};
	Fault f = {0};
	int r = client_show(cli->client, cli->arena, CLIENT_ATTACHMENTS, cli->arguments[0], &item,
			    &f);

	return r ? cli_fail_client(cli, r, &f, "attachment show")
		 : output_show(cli, &show_view, &item);
}

static int attachment_delete(Cli *cli)
{
	int code = 0;

	for (size_t i = 0; i < cli->argument_count; i++) {
		Fault f = {0};
		int r = client_delete(cli->client, cli->arena, CLIENT_ATTACHMENTS,
				      cli->arguments[i], &f);

		if (r)
			r = cli_fail_client(cli, r, &f, "delete attachment %s", cli->arguments[i]);
		code = code ? code : r;
	}
	return code;
}

static const Option create_options[] = {
	{"connector", 0, "JSON", "how the host is reached, or @FILE; without it, only reserve"},
	{"server", 0, "ID", "the instance that it is for"},
	{"mode", 0, "MODE", "rw or ro"},
};
const Command cmd_attachment_create = {
	.name = "attachment create",
	.summary = "Reserve a volume, or get what is needed to connect it",
	.arguments = "VOLUME",
	.arguments_min = 1,
	.arguments_max = 1,
	CLI_OPTIONS(create_options),
	.run = attachment_create,
};

static const Option list_options[] = {
	{"volume", 0, "VOLUME", "only those of this volume"},
	{"status", 0, "STATUS", "only those in this status, such as attached"},
	{"all-projects", 0, NULL, "those of all projects (admin)"},
};
const Command cmd_attachment_list = {
	.name = "attachment list",
	.summary = "List attachments of the project, or of a server",
	.arguments = "[SERVER]",
	.arguments_max = 1,
	CLI_OPTIONS(list_options),
	.run = attachment_list,
};

const Command cmd_attachment_show = {
	.name = "attachment show",
	.summary = "Show an attachment, and how its volume is reached",
	.arguments = "ATTACHMENT",
	.arguments_min = 1,
	.arguments_max = 1,
	.run = attachment_show,
};

static const Option update_options[] = {
	{"connector", 0, "JSON", "how the host is reached, or @FILE; required"},
};
const Command cmd_attachment_update = {
	.name = "attachment update",
	.summary = "Get what is needed to connect a volume that is reserved",
	.arguments = "ATTACHMENT",
	.arguments_min = 1,
	.arguments_max = 1,
	CLI_OPTIONS(update_options),
	.run = attachment_update,
};

const Command cmd_attachment_complete = {
	.name = "attachment complete",
	.summary = "Say that the host has the volume: it is in-use from now on",
	.arguments = "ATTACHMENT",
	.arguments_min = 1,
	.arguments_max = 1,
	.run = attachment_complete,
};

const Command cmd_attachment_delete = {
	.name = "attachment delete",
	.summary = "Give volumes back after the host has disconnected them",
	.arguments = "ATTACHMENT...",
	.arguments_min = 1,
	.arguments_max = CLI_MANY,
	.run = attachment_delete,
};
