/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * cleat server create, list, show, set, delete.
 */
#include <errno.h>

#include "base/map.h"
#include "base/str.h"
#include "cli/commands.h"
#include "cli/file.h"
#include "cli/mappings.h"
#include "cli/output.h"
#include "cli/wait.h"
#include "client/server.h"

/* The image by name when ctx, a map from ids to names, knows it. */
static const char *print_image(Cli *cli, const ClientItem *item, const void *ctx)
{
	const char *id = client_item_text(cli->arena, item, "image.id");
	const char *name = id && ctx ? map_get(ctx, id) : NULL;

	return output_cell_text(cli, name ? name : id);
}

/* Described in the server since 2.47; a link before. */
static const char *print_flavor(Cli *cli, const ClientItem *item, const void *ctx _unused_)
{
	const char *name = client_item_text(cli->arena, item, "flavor.original_name");

	return output_cell_text(cli, name ? name : client_item_text(cli->arena, item, "flavor.id"));
}

static const Column list_columns[] = {
	{.title = "ID", .member = "id"},          {.title = "Name", .member = "name"},
	{.title = "Status", .member = "status"},  {.title = "Networks", .member = "addresses"},
	{.title = "Image", .print = print_image}, {.title = "Flavor", .print = print_flavor},
};

static const Column show_rows[] = {
	{.title = "id", .member = "id"},
	{.title = "name", .member = "name"},
	{.title = "status", .member = "status"},
	{.title = "image", .member = "image", .print = print_image},
	{.title = "flavor", .member = "flavor", .print = print_flavor},
	{.title = "volumes_attached", .member = "os-extended-volumes:volumes_attached"},
	{.member = "links"},
};
static const View show_view = {VIEW(show_rows), .rest = true};

/* Names of all images by id; empty when they cannot be had, which spoils no list. */
static void read_image_names(Cli *cli, Map *names)
{
	ClientList images = {0};

	if (client_list(cli->client, cli->arena, CLIENT_IMAGES, NULL, &images, NULL))
		return;
	for (size_t i = 0; i < images.count; i++) {
		const char *id = client_item_text(cli->arena, &images.items[i], "id");
		const char *name = client_item_text(cli->arena, &images.items[i], "name");

		if (id && name)
			(void)map_put(names, id, (void *)(uintptr_t)name); /* ids differ */
	}
	client_list_done(&images);
}

static int server_list(Cli *cli)
{
	static const QueryRow query[] = {{"name", "name", NULL},
					 {"status", "status", NULL},
					 {"all-projects", "all_tenants", "1"}};
	_cleanup_(map_freep) Map *names = map_new();
	_cleanup_(client_list_done) ClientList list = {0};
	const View view = {VIEW(list_columns), .ctx = names};
	Fault f = {0};
	int r = client_list(cli->client, cli->arena, CLIENT_SERVER,
			    cli_query(cli, query, ARRAY_SIZE(query)), &list, &f);

	if (r)
		return cli_fail_client(cli, r, &f, "server list");
	if (list.count > 0)
		read_image_names(cli, names);
	return output_list(cli, &view, list.items, list.count);
}

static int server_show(Cli *cli)
{
	return output_noun(cli, CLIENT_SERVER, cli->arguments[0], &show_view);
}

/* The wish that the options describe. 0 or an exit code. */
static int read_wish(Cli *cli, JsonTextMap *metadata, ClientServerWish *wish)
{
	const char *image = cli_option(cli, "image"), *flavor = cli_option(cli, "flavor");
	const char *user_data = cli_option(cli, "user-data");
	const char *networks = cli_option(cli, "network");
	int code;

	code = mappings_check(cli);
	if (code)
		return code;
	if (!flavor)
		return cli_fail(cli, CLI_USAGE,
				"server create needs --flavor; see 'cleat flavor list'");
	if (networks && !str_eq(networks, "auto") && !str_eq(networks, "none"))
		return cli_fail(cli, CLI_USAGE, "--network: '%s' is not auto or none", networks);
	code = cli_option_map(cli, "property", metadata);
	if (code == 0 && image)
		code = cli_find_id(cli, CLIENT_IMAGES, image, &wish->image_id);
	if (code == 0)
		code = cli_find_id(cli, CLIENT_FLAVOR, flavor, &wish->flavor_id);
	if (code == 0)
		code = mappings_read(cli, wish);
	if (code == 0 && user_data)
		code = file_base64(cli, user_data, &wish->user_data);
	wish->name = cli->arguments[0];
	wish->networks = networks;
	wish->description = cli_option(cli, "description");
	wish->metadata = metadata;
	wish->tags = cli_option_all(cli, "tag", &wish->tag_count);
	wish->config_drive = cli_flag(cli, "config-drive");
	wish->key_name = cli_option(cli, "key");
	return code;
}

static int server_create(Cli *cli)
{
	ClientServerWish wish = {0};
	JsonTextMap metadata;
	const char *id = NULL;
	Fault f = {0};
	int r;

	r = read_wish(cli, &metadata, &wish);
	if (r)
		return r;
	r = client_server_create(cli->client, cli->arena, &wish, &id, &f);
	if (r)
		return cli_fail_client(cli, r, &f, "server create");
	if (cli_flag(cli, "wait"))
		r = wait_for_status(cli, CLIENT_SERVER, id, "ACTIVE");
	return r ? r : output_noun(cli, CLIENT_SERVER, id, &show_view);
}

static int server_update(Cli *cli, const char *id, Fault *f)
{
	return client_server_update(cli->client, cli->arena, id, cli_option(cli, "name"),
				    cli_option(cli, "description"), f);
}

static int server_set(Cli *cli)
{
	bool details = cli_flag(cli, "name") || cli_flag(cli, "description");

	return cli_set_by(cli, CLIENT_SERVER, details, server_update);
}

static int server_delete(Cli *cli)
{
	return cli_delete_all(cli, CLIENT_SERVER);
}

static const Option create_options[] = {
	{"image", 0, "IMAGE", "what it boots from, by name or id"},
	{"volume", 0, "VOLUME", "a volume that it boots from instead, by name or id"},
	{"boot-from-volume", 0, "GIB", "make a volume of that size of the image, and boot from it"},
	{"block-device", 0, "KEY=VALUE,...", "one more disk; may be repeated; see cleat-server(1)"},
	{"flavor", 0, "FLAVOR", "how big it is, by name or id"},
	{"key", 0, "KEYPAIR", "the public key that the guest gets"},
	{"network", 0, "auto|none", "its network (default auto)"},
	{"property", 0, "KEY=VALUE", "metadata; may be repeated"},
	{"tag", 0, "TAG", "may be repeated"},
	{"user-data", 0, "FILE", "handed to the guest"},
	{"config-drive", 0, NULL, "hand metadata to the guest on a drive"},
	{"description", 0, "TEXT", "for people"},
};
const Command cmd_server_create = {
	.name = "server create",
	.summary = "Make a server and start it",
	.arguments = "NAME",
	.arguments_min = 1,
	.arguments_max = 1,
	CLI_OPTIONS(create_options),
	.waits = true,
	.run = server_create,
};

static const Option list_options[] = {
	{"name", 0, "REGEX", "only servers whose name fits"},
	{"status", 0, "STATUS", "only servers in this status, such as ACTIVE"},
	{"all-projects", 0, NULL, "those of all projects (admin)"},
};
const Command cmd_server_list = {
	.name = "server list",
	.summary = "List the servers of the project",
	CLI_OPTIONS(list_options),
	.run = server_list,
};

const Command cmd_server_show = {
	.name = "server show",
	.summary = "Show everything about a server",
	.arguments = "SERVER",
	.arguments_min = 1,
	.arguments_max = 1,
	.run = server_show,
};

static const Option set_options[] = {
	{"name", 0, "NAME", "a new name"},
	{"description", 0, "TEXT", "a new description"},
	{"property", 0, "KEY=VALUE", "add or change metadata; may be repeated"},
};
const Command cmd_server_set = {
	.name = "server set",
	.summary = "Change the name, description or metadata of a server",
	.arguments = "SERVER",
	.arguments_min = 1,
	.arguments_max = 1,
	CLI_OPTIONS(set_options),
	.run = server_set,
};

const Command cmd_server_delete = {
	.name = "server delete",
	.summary = "Delete servers; volumes are kept unless they were to go along",
	.arguments = "SERVER...",
	.arguments_min = 1,
	.arguments_max = CLI_MANY,
	.waits = true,
	.run = server_delete,
};
