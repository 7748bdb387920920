/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * cleat token issue, catalog list, project list, user list.
 */
#include "base/str.h"
#include "cli/commands.h"
#include "cli/output.h"

/* The token itself stands in a header, not in the document. */
static const char *print_token(Cli *cli, const ClientItem *item _unused_, const void *ctx _unused_)
{
	return output_cell_text(cli, client_token(cli->client));
}

static const Column token_rows[] = {
	{.title = "expires", .member = "expires_at"},
	{.title = "id", .print = print_token},
	{.title = "project_id", .member = "project.id"},
	{.title = "user_id", .member = "user.id"},
};
static const View token_view = {VIEW(token_rows)};

/* Log in; the token's document belongs to the client. */
static int log_in(Cli *cli, ClientItem *ret)
{
	Fault f = {0};
	int r = client_login(cli->client, &f);

	if (r)
		return cli_fail_client(cli, r, &f, "%s", cli->command->name);
	*ret = (ClientItem){
		.doc = (JsonDoc *)(uintptr_t)client_token_doc(cli->client),
		.path = "token",
	};
	return 0;
}

static int token_issue(Cli *cli)
{
	ClientItem item = {0};
	int code = log_in(cli, &item);

	return code ? code : output_show(cli, &token_view, &item);
}

/* "public, internal http://…, admin http://…": interfaces of one address stand together. */
static const char *print_endpoints(Cli *cli, const ClientItem *item, const void *ctx _unused_)
{
	const char *list = client_item_path(cli->arena, item, "endpoints");
	int64_t count = json_get_count(item->doc, list);
	_cleanup_(buf_done) Buf text = {0};
	const char *last = NULL;

	for (int64_t i = 0; i < count; i++) {
		const ClientItem one = {
			.doc = item->doc,
			.path = arena_printf(cli->arena, "%s.%lld", list, (long long)i),
		};
		const char *interface = client_item_text(cli->arena, &one, "interface");
		const char *url = client_item_text(cli->arena, &one, "url");

		if (last && !str_eq(last, url))
			buf_printf(&text, " %s", last);
		buf_printf(&text, "%s%s", i ? ", " : "", interface ? interface : "?");
		last = url ? url : "?";
	}
	if (last)
		buf_printf(&text, " %s", last);
	return output_cell_text(cli, buf_text(&text));
}

static const Column catalog_columns[] = {
	{.title = "Name", .member = "name"},
	{.title = "Type", .member = "type"},
	{.title = "Endpoints", .print = print_endpoints},
};
static const View catalog_view = {VIEW(catalog_columns)};

static int catalog_list(Cli *cli)
{
	ClientItem item = {0};
	int code = log_in(cli, &item);

	return code ? code : output_path_list(cli, &catalog_view, item.doc, "token.catalog");
}

static const Column name_columns[] = {
	{.title = "ID", .member = "id"},
	{.title = "Name", .member = "name"},
	{.title = "Enabled", .member = "enabled"},
};
static const View name_view = {VIEW(name_columns)};

static int project_list(Cli *cli)
{
	return output_nouns(cli, CLIENT_PROJECT, NULL, &name_view);
}

static int user_list(Cli *cli)
{
	return output_nouns(cli, CLIENT_USER, NULL, &name_view);
}

const Command cmd_token_issue = {
	.name = "token issue",
	.summary = "Log in and show the token",
	.run = token_issue,
};

const Command cmd_catalog_list = {
	.name = "catalog list",
	.summary = "List the services and their addresses",
	.run = catalog_list,
};

const Command cmd_project_list = {
	.name = "project list",
	.summary = "List the projects (admin)",
	.run = project_list,
};

const Command cmd_user_list = {
	.name = "user list",
	.summary = "List the users (admin)",
	.run = user_list,
};
