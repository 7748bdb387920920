/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * cleat server events: what was done to a server, by whom asked, and how it went.
 */
#include "cli/commands.h"
#include "cli/output.h"
#include "client/server.h"

static const Column action_columns[] = {
	{.title = "Request ID", .member = "request_id"},
	{.title = "Action", .member = "action"},
	{.title = "Start Time", .member = "start_time"},
	{.title = "Message", .member = "message"},
};
static const View action_view = {VIEW(action_columns)};

static const Column event_columns[] = {
	{.title = "Event", .member = "event"},
	{.title = "Start Time", .member = "start_time"},
	{.title = "Finish Time", .member = "finish_time"},
	{.title = "Result", .member = "result"},
};
static const View event_view = {VIEW(event_columns)};

/* A deleted server has events as well, but only its id still finds it. */
static int server_events(Cli *cli)
{
	const char *request_id = cli->argument_count > 1 ? cli->arguments[1] : NULL;
	_cleanup_(json_doc_freep) JsonDoc *doc = NULL;
	_cleanup_(client_item_done) ClientItem item = {0};
	const char *id = cli->arguments[0];
	Fault f = {0};
	int r;

	r = client_find(cli->client, cli->arena, CLIENT_SERVER, id, &item, &f);
	if (r && r != CLIENT_NOT_FOUND)
		return cli_fail_client(cli, r, &f, "server events");
	if (r == 0)
		id = client_item_text(cli->arena, &item, "id");
	r = client_server_events(cli->client, cli->arena, id, request_id, &doc, &f);
	if (r)
		return cli_fail_client(cli, r, &f, "server events");
	if (!doc)
		return cli_fail(cli, CLI_UNREACHABLE, "server events: the answer is empty");
	if (request_id)
		return output_path_list(cli, &event_view, doc, "instanceAction.events");
	return output_path_list(cli, &action_view, doc, "instanceActions");
}

const Command cmd_server_events = {
	.name = "server events",
	.summary = "List what was done to a server, or the events of one request",
	.arguments = "SERVER [REQUEST-ID]",
	.arguments_min = 1,
	.arguments_max = 2,
	.run = server_events,
};
