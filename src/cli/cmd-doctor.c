/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * cleat doctor: every difference between what the daemon has written down and what is there.
 */
#include "cli/commands.h"
#include "cli/output.h"
#include "client/calls.h"

static const Column columns[] = {
	{.title = "Kind", .member = "kind"}, {.title = "Type", .member = "type"},
	{.title = "ID", .member = "id"},     {.title = "Name", .member = "name"},
	{.title = "Text", .member = "text"}, {.title = "Advice", .member = "advice"},
};
static const View view = {VIEW(columns)};

static int doctor(Cli *cli)
{
	_cleanup_(json_doc_freep) JsonDoc *doc = NULL;
	Fault f = {0};
	int r;

	r = client_differences(cli->client, &doc, &f);
	if (r)
		return cli_fail_client(cli, r, &f, "doctor");
	if (json_get_count(doc, "differences") < 0)
		return cli_fail(cli, CLI_UNREACHABLE, "doctor: the server sent no differences");
	r = output_path_list(cli, &view, doc, "differences");
	if (r)
		return r;
	return json_get_count(doc, "differences") ? CLI_DIFFERENT : CLI_OK;
}

const Command cmd_doctor = {
	.name = "doctor",
	.summary = "Tell how what is written down differs from what is there (admin)",
	.run = doctor,
};
