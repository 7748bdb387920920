/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * cleat share create, list, show, set, unset, delete, export list.
 */
#include "base/str.h"
#include "cli/commands.h"
#include "cli/output.h"
#include "cli/wait.h"
#include "client/share.h"

static const Column list_columns[] = {
	{.title = "ID", .member = "id"},
	{.title = "Name", .member = "name"},
	{.title = "Status", .member = "status"},
	{.title = "Size", .member = "size", .right = true},
	{.title = "Protocol", .member = "share_proto"},
	{.title = "Type", .member = "share_type_name"},
	{.title = "Public", .member = "is_public"},
};
static const View list_view = {VIEW(list_columns)};

/* The paths of the export locations in the document that is the view's ctx. */
static const char *print_exports(Cli *cli, const ClientItem *item _unused_, const void *ctx)
{
	const JsonDoc *doc = ctx;
	int64_t count = doc ? json_get_count(doc, "export_locations") : 0;
	_cleanup_(freep) char *json = NULL;
	JsonOut out = {0};

	json_out_list_begin(&out, NULL);
	for (int64_t i = 0; i < count; i++) {
		const char *path =
			arena_printf(cli->arena, "export_locations.%lld.path", (long long)i);

		json_out_text(&out, NULL, json_get_text(cli->arena, doc, path));
	}
	json_out_list_end(&out);
	json = json_out_take(&out, NULL);
	return arena_strdup(cli->arena, json);
}

static const Column show_rows[] = {
	{.title = "id", .member = "id"},
	{.title = "name", .member = "name"},
	{.title = "status", .member = "status"},
	{.title = "size", .member = "size"},
	{.title = "share_proto", .member = "share_proto"},
	{.title = "share_type_name", .member = "share_type_name"},
	{.title = "export_locations", .print = print_exports},
	{.title = "access_rules_status", .member = "access_rules_status"},
	{.member = "links"},
	{.member = "volume_type"}, /* the type's name once more */
};

static int show_item(Cli *cli, const ClientItem *item)
{
	const char *id = client_item_text(cli->arena, item, "id");
	_cleanup_(json_doc_freep) JsonDoc *exports = NULL;
	View view = {VIEW(show_rows), .rest = true};
	Fault f = {0};
	int r = client_share_exports(cli->client, cli->arena, id ? id : "", &exports, &f);

	if (r)
		return cli_fail_client(cli, r, &f, "%s", cli->command->name);
	view.ctx = exports;
	return output_show(cli, &view, item);
}

static int share_show(Cli *cli)
{
	_cleanup_(client_item_done) ClientItem item = {0};
	int code = cli_find(cli, CLIENT_SHARES, cli->arguments[0], &item);

	return code ? code : show_item(cli, &item);
}

static int share_list(Cli *cli)
{
	static const QueryRow query[] = {
		{"name", "name", NULL},
		{"status", "status", NULL},
		{"public", "is_public", "true"},
		{"all-projects", "all_tenants", "1"},
		{"put-away", "is_soft_deleted", "true"},
	};

	return output_nouns(cli, CLIENT_SHARES, cli_query(cli, query, ARRAY_SIZE(query)),
			    &list_view);
}

/* Show what was made, when it is ready if that was asked for. */
static int end_create(Cli *cli, const char *id)
{
	_cleanup_(client_item_done) ClientItem item = {0};
	int code = 0;

	if (cli_flag(cli, "wait"))
		code = wait_for_status(cli, CLIENT_SHARES, id, "available");
	if (code == 0)
		code = cli_find(cli, CLIENT_SHARES, id, &item);
	return code ? code : show_item(cli, &item);
}

static int share_create(Cli *cli)
{
	const char *protocol = cli_option(cli, "protocol"), *snapshot = cli_option(cli, "snapshot");
	ClientShareWish wish = {
		.name = cli->argument_count > 0 ? cli->arguments[0] : NULL,
		.description = cli_option(cli, "description"),
		.protocol = protocol ? protocol : "NFS",
		.type = cli_option(cli, "type"),
		.availability_zone = cli_option(cli, "availability-zone"),
		.is_public = cli_flag(cli, "public") ? "true" : NULL,
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
		return cli_fail(cli, CLI_USAGE, "share create needs --size");
	if (snapshot)
		r = cli_find_id(cli, CLIENT_SHARE_SNAPSHOTS, snapshot, &wish.snapshot_id);
	if (r)
		return r;
	wish.metadata = &metadata;
	r = client_share_create(cli->client, cli->arena, &wish, &id, &f);
	return r ? cli_fail_client(cli, r, &f, "share create") : end_create(cli, id);
}

static int share_update(Cli *cli, const char *id, Fault *f)
{
	const ClientShareWish wish = {
		.name = cli_option(cli, "name"),
		.description = cli_option(cli, "description"),
		.is_public = cli_flag(cli, "public")    ? "true"
			     : cli_flag(cli, "private") ? "false"
							: NULL,
	};

	return client_share_update(cli->client, cli->arena, id, &wish, f);
}

static int share_set(Cli *cli)
{
	bool public = cli_flag(cli, "public"), private = cli_flag(cli, "private");
	bool details = cli_flag(cli, "name") || cli_flag(cli, "description") || public || private;

	if (public && private)
		return cli_fail(cli, CLI_USAGE, "--public and --private exclude each other");
	return cli_set_by(cli, CLIENT_SHARES, details, share_update);
}

static int share_unset(Cli *cli)
{
	return cli_unset_metadata(cli, CLIENT_SHARES);
}

static int share_delete_call(Cli *cli, const char *id, Fault *f)
{
	if (cli_flag(cli, "force"))
		return client_share_force_delete(cli->client, cli->arena, id, f);
	if (cli_flag(cli, "soft"))
		return client_share_soft_delete(cli->client, cli->arena, id, f);
	return client_delete(cli->client, cli->arena, CLIENT_SHARES, id, f);
}

static int share_delete(Cli *cli)
{
	if (cli_flag(cli, "soft") && (cli_flag(cli, "force") || cli_flag(cli, "wait")))
		return cli_fail(cli, CLI_USAGE, "--soft excludes --force and --wait");
	return cli_delete_all_by(cli, CLIENT_SHARES, share_delete_call);
}

static const Column export_columns[] = {
	{.title = "ID", .member = "id"},
	{.title = "Path", .member = "path"},
	{.title = "Preferred", .member = "preferred"},
};
static const View export_view = {VIEW(export_columns)};

static int share_export_list(Cli *cli)
{
	_cleanup_(json_doc_freep) JsonDoc *doc = NULL;
	const char *id = NULL;
	Fault f = {0};
	int r = cli_find_id(cli, CLIENT_SHARES, cli->arguments[0], &id);

	if (r)
		return r;
	r = client_share_exports(cli->client, cli->arena, id, &doc, &f);
	if (r)
		return cli_fail_client(cli, r, &f, "share export list");
	if (!doc)
		return cli_fail(cli, CLI_UNREACHABLE, "share export list: the answer is empty");
	return output_path_list(cli, &export_view, doc, "export_locations");
}

static const Option create_options[] = {
	{"size", 0, "GIB", "size in GiB; required"},
	{"protocol", 0, "PROTOCOL", "NFS (the default) or CEPHFS"},
	{"type", 0, "TYPE", "share type, by name or id (default: the server's)"},
	{"snapshot", 0, "SNAPSHOT", "begin with what a snapshot holds"},
	{"availability-zone", 0, "ZONE", "where it shall be"},
	{"public", 0, NULL, "every project sees it (admin)"},
	{"property", 0, "KEY=VALUE", "metadata; may be repeated"},
	{"description", 0, "TEXT", "for people"},
};
const Command cmd_share_create = {
	.name = "share create",
	.summary = "Make a share: a file system for several servers",
	.arguments = "[NAME]",
	.arguments_max = 1,
	CLI_OPTIONS(create_options),
	.waits = true,
	.run = share_create,
};

static const Option list_options[] = {
	{"name", 0, "NAME", "only shares of exactly this name"},
	{"status", 0, "STATUS", "only shares in this status, such as available"},
	{"public", 0, NULL, "with the public ones of other projects"},
	{"all-projects", 0, NULL, "those of all projects (admin)"},
	{"put-away", 0, NULL, "those that wait for their deletion instead"},
};
const Command cmd_share_list = {
	.name = "share list",
	.summary = "List the shares of the project",
	CLI_OPTIONS(list_options),
	.run = share_list,
};

const Command cmd_share_show = {
	.name = "share show",
	.summary = "Show everything about a share, and where it is mounted from",
	.arguments = "SHARE",
	.arguments_min = 1,
	.arguments_max = 1,
	.run = share_show,
};

static const Option set_options[] = {
	{"name", 0, "NAME", "a new name"},
	{"description", 0, "TEXT", "a new description"},
	{"property", 0, "KEY=VALUE", "add or change metadata; may be repeated"},
	{"public", 0, NULL, "every project sees it (admin)"},
	{"private", 0, NULL, "only its own project sees it"},
};
const Command cmd_share_set = {
	.name = "share set",
	.summary = "Change what a share is called, and who sees it",
	.arguments = "SHARE",
	.arguments_min = 1,
	.arguments_max = 1,
	CLI_OPTIONS(set_options),
	.run = share_set,
};

static const Option unset_options[] = {
	{"property", 0, "KEY", "remove metadata; may be repeated"},
};
const Command cmd_share_unset = {
	.name = "share unset",
	.summary = "Take metadata from a share",
	.arguments = "SHARE",
	.arguments_min = 1,
	.arguments_max = 1,
	CLI_OPTIONS(unset_options),
	.run = share_unset,
};

static const Option delete_options[] = {
	{"soft", 0, NULL, "put them away for some days: 'share restore' takes them back"},
	{"force", 0, NULL, "whatever their status is (admin)"},
};
const Command cmd_share_delete = {
	.name = "share delete",
	.summary = "Delete shares and what is in them",
	.arguments = "SHARE...",
	.arguments_min = 1,
	.arguments_max = CLI_MANY,
	CLI_OPTIONS(delete_options),
	.waits = true,
	.run = share_delete,
};

const Command cmd_share_export_list = {
	.name = "share export list",
	.summary = "List where a share can be mounted from",
	.arguments = "SHARE",
	.arguments_min = 1,
	.arguments_max = 1,
	.run = share_export_list,
};
