/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * cleat get-connector, local-attach, local-detach, local-list, local-recover: volumes of a block
 * storage service on this machine, through the library that other programs use as well.
 */
#include <stdlib.h>

#include "base/str.h"
#include "cli/commands.h"
#include "cli/local.h"
#include "cli/output.h"

/* --- errors and handles --- */

static CliExit exit_of(int status)
{
	switch ((enum cleat_status)status) {
	case CLEAT_OK:
		return CLI_OK;
	case CLEAT_USAGE:
		return CLI_USAGE;
	case CLEAT_NOT_FOUND:
	case CLEAT_AMBIGUOUS:
		return CLI_NOT_FOUND;
	case CLEAT_DENIED:
	case CLEAT_NOT_PERMITTED:
		return CLI_DENIED;
	case CLEAT_UNAVAILABLE:
		return CLI_UNREACHABLE;
	case CLEAT_TIMEOUT:
		return CLI_TIMED_OUT;
	case CLEAT_BUSY:
	case CLEAT_UNFLUSHED:
		return CLI_BUSY;
	case CLEAT_REFUSED:
	case CLEAT_BAD_INFO:
	case CLEAT_NO_TRANSPORT:
	case CLEAT_NO_PATH:
	case CLEAT_NO_DISK:
	case CLEAT_WRONG_DISK:
	case CLEAT_NOT_GROWN:
	case CLEAT_SYSTEM:
	case CLEAT_NO_MOUNT:
		break;
	}
	return CLI_FAILED;
}

/* What can be done about it, where that is not plain. */
static const char *hint_of(int status)
{
	switch (status) {
	case CLEAT_NOT_PERMITTED:
		return "; this needs root";
	case CLEAT_BUSY:
		return "; end that first, or use --force and lose what it writes";
	case CLEAT_UNFLUSHED:
		return "; bring the storage back, or use --force and lose it";
	default:
		return "";
	}
}

static int fail_local(Cli *cli, const struct cleat_error *error)
{
	return cli_fail(cli, exit_of(error->status), "%s: %s%s", cli->command->name, error->message,
			hint_of(error->status));
}

static void close_host(cleat_host **host)
{
	cleat_host_close(*host);
}

static void close_cloud(cleat_cloud **cloud)
{
	cleat_cloud_close(*cloud);
}

static void free_disk(cleat_disk **disk)
{
	cleat_disk_free(*disk);
}

static void free_text(char **text)
{
	cleat_free(*text);
}

struct cleat_host_options local_host_options(void)
{
	return (struct cleat_host_options){
		.state_dir = getenv("CLEAT_LOCAL_STATE"),
		.link_dir = getenv("CLEAT_LOCAL_LINKS"),
	};
}

static int open_host(Cli *cli, cleat_host **ret)
{
	const struct cleat_host_options options = local_host_options();
	struct cleat_error error;

	return cleat_host_open(&options, ret, &error) ? fail_local(cli, &error) : 0;
}

struct cleat_cloud_options local_cloud_options(const Cli *cli, int64_t timeout_ms)
{
	const ClientLogin *login = &cli->login;

	return (struct cleat_cloud_options){
		.cloud = cli_option(cli, "os-cloud"),
		.auth_url = login->auth_url,
		.token = login->token,
		.username = login->username,
		.user_id = login->user_id,
		.password = login->password,
		.user_domain = login->user_domain_name,
		.user_domain_id = login->user_domain_id,
		.project = login->project_name,
		.project_id = login->project_id,
		.project_domain = login->project_domain_name,
		.project_domain_id = login->project_domain_id,
		.application_credential_id = login->application_credential_id,
		.application_credential_name = login->application_credential_name,
		.application_credential_secret = login->application_credential_secret,
		.region = login->region_name,
		.interface = login->interface,
		.endpoint = login->volume_endpoint,
		.cacert = login->cacert,
		.timeout = timeout_ms,
		.insecure = login->insecure,
	};
}

static int open_cloud(Cli *cli, int64_t timeout_ms, cleat_cloud **ret)
{
	const struct cleat_cloud_options options = local_cloud_options(cli, timeout_ms);
	struct cleat_error error;

	return cleat_cloud_open(&options, ret, &error) ? fail_local(cli, &error) : 0;
}

static int timeout_of(Cli *cli, int64_t *ret_ms)
{
	int64_t seconds;
	int code = cli_option_int(cli, "timeout", 1, 0, &seconds);

	if (code == 0)
		*ret_ms = seconds * 1000;
	return code;
}

/* --- what is shown --- */

static void put_member(JsonOut *out, const char *name, const char *text)
{
	if (text)
		json_out_text(out, name, text);
	else
		json_out_null(out, name);
}

static void put_disk(JsonOut *out, const cleat_disk *disk)
{
	json_out_begin(out, NULL);
	put_member(out, "path", disk->path);
	put_member(out, "device", disk->device);
	json_out_text(out, "type", disk->kind == CLEAT_DISK_FILE ? "file" : "block");
	put_member(out, "volume_id", disk->volume_id);
	put_member(out, "attachment_id", disk->attachment_id);
	put_member(out, "state", disk->state);
	put_member(out, "protocol", disk->protocol);
	put_member(out, "identity", disk->identity);
	json_out_int(out, "size", disk->size);
	json_out_text(out, "mode", disk->readonly ? "ro" : "rw");
	put_member(out, "mountpoint", disk->mountpoint);
	if (disk->format)
		json_out_text(out, "format", disk->format);
	if (disk->wwn)
		json_out_text(out, "scsi_wwn", disk->wwn);
	if (disk->multipath_id)
		json_out_text(out, "multipath_id", disk->multipath_id);
	if (disk->paths)
		json_out_int(out, "paths", disk->paths);
	if (disk->degraded)
		json_out_bool(out, "degraded", true);
	put_member(out, "last_error", disk->last_error);
	json_out_end(out);
}

static int parse_out(Cli *cli, JsonOut *out, JsonDoc **ret)
{
	size_t length;
	_cleanup_(freep) char *text = json_out_take(out, &length);

	if (json_parse(cli->arena, text, length, ret, NULL))
		return cli_fail(cli, CLI_FAILED, "a name on this machine is not UTF-8");
	return 0;
}

static int show_disk(Cli *cli, const cleat_disk *disk)
{
	static const View everything = {.rest = true};
	_cleanup_(client_item_done) ClientItem item = {.path = ""};
	JsonOut out = {0};
	int code;

	put_disk(&out, disk);
	code = parse_out(cli, &out, &item.doc);
	return code ? code : output_show(cli, &everything, &item);
}

/* --- commands --- */

/* What a connector says that its machine does not. */
#define CONNECTOR_OPTIONS                                                                          \
	{"multipath", 0, NULL, "use every path that the service offers"},                          \
		{"enforce-multipath", 0, NULL, "fail where this machine cannot do that"},          \
		{"nic", 0, "INTERFACE", "tell the service the address of this interface"},         \
	{                                                                                          \
		"hostname", 0, "NAME", "tell the service this name (default: the machine's)"       \
	}

const char *local_peer(const Cli *cli)
{
	const char *given = cli_option(cli, "os-auth-url");

	if (cli->login.volume_endpoint)
		return cli->login.volume_endpoint;
	if (cli->login.auth_url)
		return cli->login.auth_url;
	return given ? given : getenv("OS_AUTH_URL");
}

static struct cleat_connector_options connector_of(const Cli *cli)
{
	return (struct cleat_connector_options){
		.host = cli_option(cli, "hostname"),
		.interface = cli_option(cli, "nic"),
		.peer = local_peer(cli),
		.multipath = cli_flag(cli, "multipath") || cli_flag(cli, "enforce-multipath"),
		.enforce_multipath = cli_flag(cli, "enforce-multipath"),
	};
}

static int get_connector(Cli *cli)
{
	static const View everything = {.rest = true};
	const struct cleat_connector_options options = connector_of(cli);
	_cleanup_(client_item_done) ClientItem item = {.path = ""};
	_cleanup_(close_host) cleat_host *host = NULL;
	_cleanup_(free_text) char *json = NULL;
	struct cleat_error error;
	int code = open_host(cli, &host);

	if (code)
		return code;
	if (cleat_host_connector(host, &options, &json, &error))
		return fail_local(cli, &error);
	if (json_parse(cli->arena, json, strlen(json), &item.doc, NULL))
		return cli_fail(cli, CLI_FAILED, "a name on this machine is not UTF-8");
	return output_show(cli, &everything, &item);
}

static int local_attach(Cli *cli)
{
	struct cleat_attach_options options = {
		.connector = connector_of(cli),
		.mode = cli_option(cli, "mode"),
		.mountpoint = cli_option(cli, "mountpoint"),
		.make_fs = cli_option(cli, "fs-type"),
	};
	_cleanup_(close_host) cleat_host *host = NULL;
	_cleanup_(close_cloud) cleat_cloud *cloud = NULL;
	_cleanup_(free_disk) cleat_disk *disk = NULL;
	struct cleat_error error;
	int code = timeout_of(cli, &options.timeout);

	if (code == 0)
		code = open_host(cli, &host);
	if (code == 0)
		code = open_cloud(cli, options.timeout, &cloud);
	if (code)
		return code;
	if (cleat_local_attach(host, cloud, cli->arguments[0], &options, &disk, &error))
		return fail_local(cli, &error);
	if (disk->degraded)
		cli_note(cli, "%s: only %u of the paths that the service offers work",
			 cli->command->name, disk->paths);
	return show_disk(cli, disk);
}

/* Scripts hand back what an attach printed; its attachment is what counts. */
static int attachment_of(Cli *cli, const char **ret_id)
{
	_cleanup_(json_doc_freep) JsonDoc *doc = NULL;
	const char *info = cli_option(cli, "device-info");

	*ret_id = cli_option(cli, "attachment-id");
	if (*ret_id || !info)
		return 0;
	if (json_parse(cli->arena, info, strlen(info), &doc, NULL))
		return cli_fail(cli, CLI_USAGE, "--device-info is not JSON");
	*ret_id = json_get_text(cli->arena, doc, "attachment_id");
	return 0;
}

static int local_detach(Cli *cli)
{
	unsigned flags = cli_flag(cli, "force") ? CLEAT_FORCE : 0;
	_cleanup_(close_host) cleat_host *host = NULL;
	_cleanup_(close_cloud) cleat_cloud *cloud = NULL;
	struct cleat_error error = {0};
	const char *attachment;
	int64_t timeout_ms = 0;
	int code = timeout_of(cli, &timeout_ms);

	if (code == 0)
		code = attachment_of(cli, &attachment);
	if (code == 0)
		code = open_host(cli, &host);
	if (code == 0)
		code = open_cloud(cli, timeout_ms, &cloud);
	if (code)
		return code;
	if (cleat_local_detach(host, cloud, cli->arguments[0], attachment, flags, timeout_ms,
			       &error))
		return fail_local(cli, &error);
	if (*error.message)
		fprintf(cli->err, "cleat: %s\n", error.message);
	return 0;
}

static int local_list(Cli *cli)
{
	static const Column columns[] = {
		{.title = "Volume", .member = "volume_id"},
		{.title = "Attachment", .member = "attachment_id"},
		{.title = "State", .member = "state"},
		{.title = "Path", .member = "path"},
		{.title = "Mountpoint", .member = "mountpoint"},
		{.title = "Last Error", .member = "last_error"},
	};
	static const View view = {VIEW(columns)};
	_cleanup_(json_doc_freep) JsonDoc *doc = NULL;
	_cleanup_(close_host) cleat_host *host = NULL;
	struct cleat_error error;
	cleat_disk **disks;
	JsonOut out = {0};
	size_t count;
	int code = open_host(cli, &host);

	if (code)
		return code;
	if (cleat_list(host, &disks, &count, &error))
		return fail_local(cli, &error);
	json_out_begin(&out, NULL);
	json_out_list_begin(&out, "volumes");
	for (size_t i = 0; i < count; i++)
		put_disk(&out, disks[i]);
	json_out_list_end(&out);
	json_out_end(&out);
	cleat_disks_free(disks, count);
	code = parse_out(cli, &out, &doc);
	return code ? code : output_path_list(cli, &view, doc, "volumes");
}

static void report(const char *id, const char *what, void *ctx)
{
	const Cli *cli = ctx;

	fprintf(cli->out, "%s: %s\n", id, what);
}

static int local_recover(Cli *cli)
{
	_cleanup_(close_host) cleat_host *host = NULL;
	_cleanup_(close_cloud) cleat_cloud *cloud = NULL;
	struct cleat_error error;
	int code = open_host(cli, &host);

	if (code == 0 && !cli_flag(cli, "offline")) {
		code = cli_login(cli);
		if (code == 0)
			code = open_cloud(cli, 0, &cloud);
	}
	if (code)
		return code;
	if (cleat_local_recover(host, cloud, report, cli, &error))
		return fail_local(cli, &error);
	return 0;
}

static const Option connector_options[] = {CONNECTOR_OPTIONS};
const Command cmd_get_connector = {
	.name = "get-connector",
	.summary = "Show what this machine says of itself to a block storage service",
	.local = true,
	CLI_OPTIONS(connector_options),
	.run = get_connector,
};

static const Option attach_options[] = {
	CONNECTOR_OPTIONS,
	{"mode", 0, "MODE", "rw (the default) or ro"},
	{"mountpoint", 0, "DIR", "mount its file system there"},
	{"fs-type", 0, "TYPE", "make that file system first if the volume is blank"},
	{"timeout", 0, "SECONDS", "give up after that time (default: 180)"},
};
const Command cmd_local_attach = {
	.name = "local-attach",
	.summary = "Attach a volume to this machine",
	.arguments = "VOLUME",
	.arguments_min = 1,
	.arguments_max = 1,
	CLI_OPTIONS(attach_options),
	.run = local_attach,
};

static const Option detach_options[] = {
	{"attachment-id", 0, "ID", "which one, where the volume has several on this machine"},
	{"device-info", 0, "JSON", "the same, as local-attach printed it"},
	{"force", 0, NULL, "although it is in use, or cannot be flushed: data may be lost"},
	{"multipath", 0, NULL, "not needed: what was attached is remembered"},
	{"enforce-multipath", 0, NULL, "not needed either"},
	{"timeout", 0, "SECONDS", "give up after that time (default: 180)"},
};
const Command cmd_local_detach = {
	.name = "local-detach",
	.summary = "Detach a volume from this machine",
	.arguments = "VOLUME",
	.arguments_min = 1,
	.arguments_max = 1,
	CLI_OPTIONS(detach_options),
	.run = local_detach,
};

const Command cmd_local_list = {
	.name = "local-list",
	.summary = "List the volumes that are attached to this machine",
	.local = true,
	.run = local_list,
};

static const Option recover_options[] = {
	{"offline", 0, NULL, "look at this machine only"},
};
const Command cmd_local_recover = {
	.name = "local-recover",
	.summary = "Bring to an end what was interrupted on this machine",
	.local = true,
	CLI_OPTIONS(recover_options),
	.run = local_recover,
};
