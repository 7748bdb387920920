/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * cleat limits: how much the project may have, and has.
 */
#include "cli/commands.h"
#include "cli/output.h"
#include "client/calls.h"

typedef struct Limits {
	JsonDoc *docs[3];
} Limits;

static void limits_done(Limits *limits)
{
	for (size_t i = 0; i < ARRAY_SIZE(limits->docs); i++)
		json_doc_free(limits->docs[i]);
}

/* One document, {"limits": [{"name", "value"}…]}, of what the services say. */
static int merge(Cli *cli, const Limits *limits, JsonDoc **ret)
{
	_cleanup_(freep) char *text = NULL;
	JsonOut out = {0};
	size_t length;

	json_out_begin(&out, NULL);
	json_out_list_begin(&out, "limits");
	for (size_t i = 0; i < ARRAY_SIZE(limits->docs); i++) {
		const JsonDoc *doc = limits->docs[i];
		int64_t count = doc ? json_get_count(doc, "limits.absolute") : 0;

		for (int64_t j = 0; j < count; j++) {
			json_out_begin(&out, NULL);
			json_out_text(&out, "name",
				      json_get_name(cli->arena, doc, "limits.absolute", (size_t)j));
			json_out_raw(
				&out, "value",
				json_get_raw_at(cli->arena, doc, "limits.absolute", (size_t)j));
			json_out_end(&out);
		}
	}
	json_out_list_end(&out);
	json_out_end(&out);
	text = json_out_take(&out, &length);
	if (json_parse(cli->arena, text, length, ret, NULL))
		return cli_fail(cli, CLI_UNREACHABLE, "limits: the answers are not understood");
	return 0;
}

static const Column columns[] = {
	{.title = "Name", .member = "name"},
	{.title = "Value", .member = "value", .right = true},
};
static const View view = {VIEW(columns)};

static int limits(Cli *cli)
{
	static const ClientService services[] = {CLIENT_COMPUTE, CLIENT_VOLUME, CLIENT_SHARE};
	_cleanup_(limits_done) Limits all = {0};
	_cleanup_(json_doc_freep) JsonDoc *doc = NULL;
	Fault f = {0};
	int r;

	static_assert(ARRAY_SIZE(services) == ARRAY_SIZE(all.docs), "a document for each");
	for (size_t i = 0; i < ARRAY_SIZE(services); i++) {
		r = client_limits(cli->client, services[i], &all.docs[i], &f);
		if (r == CLIENT_NOT_FOUND && services[i] == CLIENT_SHARE)
			continue; /* many clouds have no shares */
		if (r)
			return cli_fail_client(cli, r, &f, "limits");
	}
	r = merge(cli, &all, &doc);
	return r ? r : output_path_list(cli, &view, doc, "limits");
}

const Command cmd_limits = {
	.name = "limits",
	.summary = "Show what the project may have, and has",
	.run = limits,
};
