/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * cleat image create, list, show, delete.
 */
#include "base/clock.h"
#include "base/str.h"
#include "cli/commands.h"
#include "cli/file.h"
#include "cli/output.h"
#include "cli/wait.h"
#include "client/calls.h"

enum { DRAW_EVERY_MS = 200 };

static const Column list_columns[] = {
	{.title = "ID", .member = "id"},
	{.title = "Name", .member = "name"},
	{.title = "Status", .member = "status"},
	{.title = "Format", .member = "disk_format"},
	{.title = "Size", .member = "size", .right = true},
	{.title = "Visibility", .member = "visibility"},
};
static const View list_view = {VIEW(list_columns)};

static const Column show_rows[] = {
	{.title = "id", .member = "id"},
	{.title = "name", .member = "name"},
	{.title = "status", .member = "status"},
	{.title = "size", .member = "size"},
	{.member = "self"},
	{.member = "file"},
	{.member = "schema"},
};
static const View show_view = {VIEW(show_rows), .rest = true};

static int image_list(Cli *cli)
{
	return output_nouns(cli, CLIENT_IMAGES, NULL, &list_view);
}

static int image_show(Cli *cli)
{
	return output_noun(cli, CLIENT_IMAGES, cli->arguments[0], &show_view);
}

static int image_delete(Cli *cli)
{
	return cli_delete_all(cli, CLIENT_IMAGES);
}

/* The progress line of an upload, drawn a few times a second. */
typedef struct Progress {
	Cli *cli;
	int64_t drawn_ms;
} Progress;

static void show_sent(int64_t sent_bytes, int64_t size_bytes, void *ctx)
{
	Progress *progress = ctx;
	int64_t now_ms = clock_mono_ms();

	if (now_ms < progress->drawn_ms + DRAW_EVERY_MS)
		return;
	progress->drawn_ms = now_ms;
	wait_show(progress->cli, "uploading: %lld of %lld MiB", (long long)(sent_bytes >> 20),
		  (long long)(size_bytes >> 20));
}

/* Send the bytes; an image that did not get them is deleted again. */
static int upload(Cli *cli, const char *id, const char *path, int fd, int64_t size_bytes)
{
	Progress progress = {.cli = cli};
	const ClientUpload bytes = {
		.fd = fd,
		.size_bytes = size_bytes,
		.progress = show_sent,
		.ctx = &progress,
	};
	Fault f = {0};
	int r, code;

	r = client_image_upload(cli->client, cli->arena, id, &bytes, &f);
	wait_show(cli, "%s", "");
	if (r == 0)
		return 0;
	code = cli_fail_client(cli, r, &f, "upload of %s", path);
	if (client_delete(cli->client, cli->arena, CLIENT_IMAGES, id, NULL))
		cli_note(cli, "the empty image %s stays; delete it when the server is well", id);
	return code;
}

/* --property, and --kernel and --ramdisk as the properties that they become. */
static int read_properties(Cli *cli, JsonTextMap *ret)
{
	static const struct {
		const char *option;
		const char *property;
	} boots[] = {{"kernel", "kernel_id"}, {"ramdisk", "ramdisk_id"}};
	JsonTextMap given;
	JsonPair *pairs;
	int code;

	code = cli_option_map(cli, "property", &given);
	if (code)
		return code;
	pairs = ARENA_ARRAY(cli->arena, JsonPair, given.count + ARRAY_SIZE(boots));
	for (size_t i = 0; i < given.count; i++)
		pairs[i] = given.pairs[i];
	for (size_t i = 0; i < ARRAY_SIZE(boots) && code == 0; i++) {
		const char *name = cli_option(cli, boots[i].option);

		if (!name)
			continue;
		pairs[given.count].key = boots[i].property;
		code = cli_find_id(cli, CLIENT_IMAGES, name, &pairs[given.count++].value);
	}
	*ret = (JsonTextMap){.pairs = pairs, .count = given.count};
	return code;
}

/* Kernels and ramdisks stand in a container of their own kind. */
static const char *usual_container(const char *disk_format)
{
	return str_eq(disk_format, "aki") || str_eq(disk_format, "ari") ? disk_format : "bare";
}

static int read_wish(Cli *cli, JsonTextMap *properties, ClientImageWish *wish)
{
	const char *disk = cli_option(cli, "disk-format");
	const char *container = cli_option(cli, "container-format");
	int code;

	wish->name = cli->arguments[0];
	wish->disk_format = disk ? disk : "raw";
	wish->container_format = container ? container : usual_container(wish->disk_format);
	wish->visibility = cli_flag(cli, "public") ? "public" : NULL;
	code = cli_option_int(cli, "min-disk", 0, 0, &wish->min_disk_gib);
	if (code == 0)
		code = cli_option_int(cli, "min-ram", 0, 0, &wish->min_ram_mib);
	if (code == 0)
		code = read_properties(cli, properties);
	wish->properties = properties;
	return code;
}

static int image_create(Cli *cli)
{
	const char *path = cli_option(cli, "file"), *id = NULL;
	_cleanup_(closep) int fd = -1;
	ClientImageWish wish = {0};
	JsonTextMap properties;
	int64_t size_bytes = 0;
	Fault f = {0};
	int r = 0;

	if (path)
		r = file_open(cli, path, &fd, &size_bytes);
	if (r == 0)
		r = read_wish(cli, &properties, &wish);
	if (r)
		return r;
	r = client_image_create(cli->client, cli->arena, &wish, &id, &f);
	if (r)
		return cli_fail_client(cli, r, &f, "image create");
	if (path)
		r = upload(cli, id, path, fd, size_bytes);
	return r ? r : output_noun(cli, CLIENT_IMAGES, id, &show_view);
}

static const Option create_options[] = {
	{"file", 0, "FILE", "upload these bytes; without it the image stays queued"},
	{"disk-format", 0, "FORMAT", "raw (the default), qcow2, aki (kernel), ari (ramdisk)"},
	{"container-format", 0, "FORMAT", "bare, or aki or ari for those disk formats"},
	{"kernel", 0, "IMAGE", "kernel that boots this disk, by name or id"},
	{"ramdisk", 0, "IMAGE", "and its ramdisk"},
	{"property", 0, "KEY=VALUE", "may be repeated"},
	{"min-disk", 0, "GIB", "smallest disk that a flavor must have"},
	{"min-ram", 0, "MIB", "smallest memory that a flavor must have"},
	{"public", 0, NULL, "for all projects (admin)"},
};
const Command cmd_image_create = {
	.name = "image create",
	.summary = "Make an image and upload a file into it",
	.arguments = "NAME",
	.arguments_min = 1,
	.arguments_max = 1,
	CLI_OPTIONS(create_options),
	.run = image_create,
};

const Command cmd_image_list = {
	.name = "image list",
	.summary = "List the images",
	.run = image_list,
};

const Command cmd_image_show = {
	.name = "image show",
	.summary = "Show everything about an image",
	.arguments = "IMAGE",
	.arguments_min = 1,
	.arguments_max = 1,
	.run = image_show,
};

const Command cmd_image_delete = {
	.name = "image delete",
	.summary = "Delete images; servers made from them keep their disks",
	.arguments = "IMAGE...",
	.arguments_min = 1,
	.arguments_max = CLI_MANY,
	.run = image_delete,
};
