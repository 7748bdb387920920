/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * cleat op list, show, watch, cancel: what cleatd is working on, step by step, and why it waits.
 */
#include "base/str.h"
#include "cli/commands.h"
#include "cli/output.h"
#include "cli/wait.h"
#include "client/calls.h"

/* "volume V, server S": the things that an operation is about. */
static const char *print_subject(Cli *cli, const ClientItem *item, const void *ctx _unused_)
{
	static const struct {
		const char *member;
		const char *noun;
	} things[] = {{"volume_id", "volume"},
		      {"share_id", "share"},
		      {"server_id", "server"},
		      {"image_id", "image"}};
	_cleanup_(buf_done) Buf text = {0};

	for (size_t i = 0; i < ARRAY_SIZE(things); i++) {
		const char *id = client_item_text(cli->arena, item, things[i].member);

		if (id)
			buf_printf(&text, "%s%s %s", text.length ? ", " : "", things[i].noun, id);
	}
	return output_cell_text(cli, buf_text(&text));
}

static const Column list_columns[] = {
	{.title = "ID", .member = "id"},
	{.title = "Kind", .member = "kind"},
	{.title = "State", .member = "state"},
	{.title = "Subject", .print = print_subject},
	{.title = "Step", .member = "step"},
	{.title = "Attempts", .member = "attempts", .right = true},
	{.title = "%", .member = "progress", .right = true},
	{.title = "Updated", .member = "updated_at"},
	{.title = "Last Error", .member = "last_error"},
};
static const View list_view = {VIEW(list_columns)};

static const Column show_rows[] = {
	{.title = "id", .member = "id"},
	{.title = "kind", .member = "kind"},
	{.title = "state", .member = "state"},
};

static const Column step_columns[] = {
	{.title = "Seq", .member = "seq", .right = true},
	{.title = "Step", .member = "kind"},
	{.title = "State", .member = "state"},
	{.title = "Attempts", .member = "attempts", .right = true},
	{.title = "Started", .member = "started_at"},
	{.title = "Finished", .member = "finished_at"},
	{.title = "Last Error", .member = "last_error"},
};
static const View step_view = {VIEW(step_columns)};

static int op_list(Cli *cli)
{
	static const QueryRow query[] = {{"state", "state", NULL}};
	static const struct {
		const char *option;
		ClientNoun noun;
	} things[] = {
		{"server", CLIENT_SERVER}, {"volume", CLIENT_VOLUMES}, {"share", CLIENT_SHARES}};
	const char *text = cli_query(cli, query, ARRAY_SIZE(query));

	for (size_t i = 0; i < ARRAY_SIZE(things); i++) {
		const char *name = cli_option(cli, things[i].option), *id = NULL;
		int code = name ? cli_find_id(cli, things[i].noun, name, &id) : 0;

		if (code)
			return code;
		if (id)
			text = arena_printf(cli->arena, "%s%s%s_id=%s", text ? text : "",
					    text ? "&" : "", things[i].option, id);
	}
	return output_nouns(cli, CLIENT_OPERATION, text, &list_view);
}

/* In a table the steps are a table of their own, below; elsewhere they are a member. */
static int op_show(Cli *cli)
{
	static const Column hidden_steps[] = {{.member = "steps"}};
	_cleanup_(client_item_done) ClientItem item = {0};
	Column rows[ARRAY_SIZE(show_rows) + 1];
	View view = {rows, ARRAY_SIZE(show_rows), .rest = true};
	bool apart = cli->format == CLI_TABLE && !cli_flag(cli, "column");
	int code = cli_find(cli, CLIENT_OPERATION, cli->arguments[0], &item);

	if (code)
		return code;
	memcpy(rows, show_rows, sizeof(show_rows));
	if (apart)
		rows[view.count++] = hidden_steps[0];
	code = output_show(cli, &view, &item);
	if (code || !apart)
		return code;
	fputc('\n', cli->out);
	return output_path_list(cli, &step_view, item.doc,
				client_item_path(cli->arena, &item, "steps"));
}

/* What was last told about the operation that is watched. */
typedef struct Watch {
	const char *id;
	const char *told;
} Watch;

/* "doing disk-mirror 42 %", "undoing disk-plug, attempt 2: the guest does not answer" */
static const char *describe(Cli *cli, const ClientItem *item, const char *state)
{
	int64_t attempts =
		json_get_int(item->doc, client_item_path(cli->arena, item, "attempts"), 0);
	int64_t progress =
		json_get_int(item->doc, client_item_path(cli->arena, item, "progress"), 0);
	const char *step = client_item_text(cli->arena, item, "step");
	const char *error = client_item_text(cli->arena, item, "last_error");
	_cleanup_(buf_done) Buf text = {0};

	buf_add(&text, state);
	if (step)
		buf_printf(&text, " %s", step);
	if (progress > 0 && progress < 100)
		buf_printf(&text, " %lld %%", (long long)progress);
	if (attempts > 1)
		buf_printf(&text, ", attempt %lld", (long long)attempts);
	if (error)
		buf_printf(&text, ": %s", error);
	return arena_strdup(cli->arena, buf_text(&text));
}

static int look_at_operation(Cli *cli, Wait *wait)
{
	_cleanup_(client_item_done) ClientItem item = {0};
	Watch *watch = wait->ctx;
	const char *now;
	Fault f = {0};
	int r;

	r = client_show(cli->client, cli->arena, CLIENT_OPERATION, watch->id, &item, &f);
	if (r)
		return cli_fail_client(cli, r, &f, "op watch");
	wait->state = client_item_text(cli->arena, &item, "state");
	if (!wait->state)
		return cli_fail(cli, CLI_UNREACHABLE, "%s has no state", wait->what);
	now = describe(cli, &item, wait->state);
	if (!str_eq(now, watch->told)) {
		wait_show(cli, "%s", "");
		fprintf(cli->out, "%s\n", now);
		fflush(cli->out);
		watch->told = now;
	}
	if (str_eq(wait->state, "doing") || str_eq(wait->state, "undoing"))
		return WAIT_MORE;
	return str_eq(wait->state, "done") ? 0 : CLI_FAILED;
}

static int op_watch(Cli *cli)
{
	Watch watch = {.id = cli->arguments[0]};
	Wait wait = {
		.what = arena_printf(cli->arena, "operation %s", watch.id),
		.state = "unknown",
		.ctx = &watch,
		.look = look_at_operation,
	};

	return wait_for(cli, &wait);
}

static int op_cancel(Cli *cli)
{
	Watch watch = {.id = cli->arguments[0]};
	Wait wait = {
		.what = arena_printf(cli->arena, "operation %s", watch.id),
		.state = "unknown",
		.ctx = &watch,
		.look = look_at_operation,
	};
	Fault f = {0};
	int r = client_operation_cancel(cli->client, cli->arena, watch.id, &f);

	if (r)
		return cli_fail_client(cli, r, &f, "op cancel");
	if (!cli_flag(cli, "wait"))
		return 0;
	r = wait_for(cli, &wait);
	if (r == 0)
		return cli_fail(cli, CLI_FAILED, "%s was done before it could turn back",
				wait.what);
	return r == CLI_FAILED ? 0 : r; /* that it failed is what was asked for */
}

static const Option list_options[] = {
	{"server", 0, "SERVER", "only those about this server"},
	{"volume", 0, "VOLUME", "only those about this volume"},
	{"share", 0, "SHARE", "only those about this share"},
	{"state", 0, "STATE", "only those in this state, such as doing or broken"},
};
const Command cmd_op_list = {
	.name = "op list",
	.summary = "List what the daemon works on, or did, newest first",
	CLI_OPTIONS(list_options),
	.run = op_list,
};

const Command cmd_op_show = {
	.name = "op show",
	.summary = "Show an operation and its steps",
	.arguments = "OPERATION",
	.arguments_min = 1,
	.arguments_max = 1,
	.run = op_show,
};

static const Option watch_options[] = {
	{"timeout", 0, "SECONDS", "give up after this time (default 300)"},
};
const Command cmd_op_watch = {
	.name = "op watch",
	.summary = "Tell what an operation does until it is over",
	.arguments = "OPERATION",
	.arguments_min = 1,
	.arguments_max = 1,
	CLI_OPTIONS(watch_options),
	.run = op_watch,
};

const Command cmd_op_cancel = {
	.name = "op cancel",
	.summary = "Let an operation turn back, if it still can",
	.arguments = "OPERATION",
	.arguments_min = 1,
	.arguments_max = 1,
	.waits = true,
	.run = op_cancel,
};
