/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * cleat host show: what runs the guests here, what the host has, and what it is able to do.
 */
#include "cli/commands.h"
#include "cli/output.h"
#include "client/calls.h"

static const Column rows[] = {
	{.title = "name", .member = "name"},
	{.title = "driver", .member = "driver"},
	{.title = "hypervisor", .member = "hypervisor"},
};

static const Column trait_columns[] = {
	{.title = "Trait", .member = "name"},
	{.title = "Present", .member = "present"},
	{.title = "Reason", .member = "reason"},
};
static const View trait_view = {VIEW(trait_columns)};

/* In a table the traits are a table of their own, below; elsewhere they are a member. */
static int host_show(Cli *cli)
{
	static const Column hidden_traits = {.member = "traits"};
	_cleanup_(client_item_done) ClientItem item = {.path = "host"};
	Column shown[ARRAY_SIZE(rows) + 1];
	View view = {shown, ARRAY_SIZE(rows), .rest = true};
	bool apart = cli->format == CLI_TABLE && !cli_flag(cli, "column");
	Fault f = {0};
	int r;

	r = client_host(cli->client, &item.doc, &f);
	if (r)
		return cli_fail_client(cli, r, &f, "host show");
	memcpy(shown, rows, sizeof(rows));
	if (apart)
		shown[view.count++] = hidden_traits;
	r = output_show(cli, &view, &item);
	if (r || !apart)
		return r;
	fputc('\n', cli->out);
	return output_path_list(cli, &trait_view, item.doc, "host.traits");
}

const Command cmd_host_show = {
	.name = "host show",
	.summary = "Show what the host has and is able to do (admin)",
	.run = host_show,
};
