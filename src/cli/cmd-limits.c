/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * cleat limits: how much the project may have, and has. cleat quota show, set, reset: how much any
 * project may have, of each service.
 */
#include "base/str.h"
#include "cli/commands.h"
#include "cli/output.h"
#include "client/calls.h"

typedef struct Source {
	ClientService service;
	const char *name; /* also of the option that changes its quotas */
} Source;

static const Source sources[] = {
	{CLIENT_COMPUTE, "compute"},
	{CLIENT_VOLUME, "volume"},
	{CLIENT_SHARE, "share"}, /* which many clouds have not */
};

typedef struct Answers {
	JsonDoc *docs[ARRAY_SIZE(sources)];
} Answers;

static void answers_done(Answers *answers)
{
	for (size_t i = 0; i < ARRAY_SIZE(answers->docs); i++)
		json_doc_free(answers->docs[i]);
}

static void add_members(const Cli *cli, JsonOut *out, const char *service, const JsonDoc *doc,
			const char *path)
{
	int64_t count = doc ? json_get_count(doc, path) : 0;

	for (size_t i = 0; i < (size_t)MAX(count, 0); i++) {
		const char *name = json_get_name(cli->arena, doc, path, i);

		if (str_eq(name, "id")) /* of the project that was asked for */
			continue;
		json_out_begin(out, NULL);
		json_out_text(out, "service", service);
		json_out_text(out, "name", name);
		json_out_raw(out, "value", json_get_raw_at(cli->arena, doc, path, i));
		json_out_end(out);
	}
}

/* One document, {"limits": [{"service", "name", "value"}...]}, of what is at `path` in each. */
static int merge(Cli *cli, const Answers *answers, const char *path, JsonDoc **ret)
{
	_cleanup_(freep) char *text = NULL;
	JsonOut out = {0};
	size_t length;

	json_out_begin(&out, NULL);
	json_out_list_begin(&out, "limits");
	for (size_t i = 0; i < ARRAY_SIZE(sources); i++)
		add_members(cli, &out, sources[i].name, answers->docs[i], path);
	json_out_list_end(&out);
	json_out_end(&out);
	text = json_out_take(&out, &length);
	if (json_parse(cli->arena, text, length, ret, NULL))
		return cli_fail(cli, CLI_UNREACHABLE, "%s: the answers are not understood",
				cli->command->name);
	return 0;
}

/* `project_id`: whose quotas; NULL: the limits of one's own project. */
static int ask(Cli *cli, const char *project_id, Answers *answers)
{
	for (size_t i = 0; i < ARRAY_SIZE(sources); i++) {
		ClientService service = sources[i].service;
		JsonDoc **doc = &answers->docs[i];
		Fault f = {0};
		int r = project_id ? client_quota(cli->client, cli->arena, service, project_id, doc,
						  &f)
				   : client_limits(cli->client, service, doc, &f);

		if (r && !(r == CLIENT_NOT_FOUND && service == CLIENT_SHARE))
			return cli_fail_client(cli, r, &f, "%s", cli->command->name);
	}
	return 0;
}

static int print(Cli *cli, const char *project_id, const char *path, const View *view)
{
	_cleanup_(answers_done) Answers answers = {0};
	_cleanup_(json_doc_freep) JsonDoc *doc = NULL;
	int r = ask(cli, project_id, &answers);

	if (!r)
		r = merge(cli, &answers, path, &doc);
	return r ? r : output_path_list(cli, view, doc, "limits");
}

static const Column columns[] = {
	{.title = "Name", .member = "name"},
	{.title = "Value", .member = "value", .right = true},
};
static const View view = {VIEW(columns)};

static const Column quota_columns[] = {
	{.title = "Service", .member = "service"},
	{.title = "Name", .member = "name"},
	{.title = "Limit", .member = "value", .right = true},
};
static const View quota_view = {VIEW(quota_columns)};

static int limits(Cli *cli)
{
	return print(cli, NULL, "limits.absolute", &view);
}

static int find_project(Cli *cli, const char **ret_id)
{
	return cli_find_id(cli, CLIENT_PROJECT, cli->arguments[0], ret_id);
}

static int quota_show(Cli *cli)
{
	const char *id = NULL;
	int r = find_project(cli, &id);

	return r ? r : print(cli, id, "quota_set", &quota_view);
}

/* All options are read before the first service is told anything. */
static int read_wishes(Cli *cli, JsonTextMap wishes[static ARRAY_SIZE(sources)])
{
	size_t count = 0;

	for (size_t i = 0; i < ARRAY_SIZE(sources); i++) {
		int r = cli_option_map(cli, sources[i].name, &wishes[i]);

		if (r)
			return r;
		count += wishes[i].count;
	}
	return count ? 0 : cli_fail(cli, CLI_USAGE, "quota set: nothing to set");
}

static int quota_set(Cli *cli)
{
	JsonTextMap wishes[ARRAY_SIZE(sources)];
	const char *id = NULL;
	int r = read_wishes(cli, wishes);

	if (!r)
		r = find_project(cli, &id);
	for (size_t i = 0; !r && i < ARRAY_SIZE(sources); i++) {
		Fault f = {0};

		if (wishes[i].count == 0)
			continue;
		r = client_quota_set(cli->client, cli->arena, sources[i].service, id, &wishes[i],
				     &f);
		if (r)
			r = cli_fail_client(cli, r, &f, "quota set: %s", sources[i].name);
	}
	return r;
}

static int quota_reset(Cli *cli)
{
	const char *id = NULL;
	int r = find_project(cli, &id);

	for (size_t i = 0; !r && i < ARRAY_SIZE(sources); i++) {
		Fault f = {0};

		r = client_quota_reset(cli->client, cli->arena, sources[i].service, id, &f);
		if (r == CLIENT_NOT_FOUND && sources[i].service == CLIENT_SHARE)
			r = 0;
		if (r)
			r = cli_fail_client(cli, r, &f, "quota reset: %s", sources[i].name);
	}
	return r;
}

const Command cmd_limits = {
	.name = "limits",
	.summary = "Show what the project may have, and has",
	.run = limits,
};

const Command cmd_quota_show = {
	.name = "quota show",
	.summary = "Show what a project may have",
	.arguments = "PROJECT",
	.arguments_min = 1,
	.arguments_max = 1,
	.run = quota_show,
};

static const Option set_options[] = {
	{"compute", 0, "NAME=LIMIT", "such as cores; -1 is no limit; may be repeated"},
	{"volume", 0, "NAME=LIMIT", "such as gigabytes; may be repeated"},
	{"share", 0, "NAME=LIMIT", "such as shares; may be repeated"},
};
const Command cmd_quota_set = {
	.name = "quota set",
	.summary = "Change what a project may have (admin)",
	.arguments = "PROJECT",
	.arguments_min = 1,
	.arguments_max = 1,
	CLI_OPTIONS(set_options),
	.run = quota_set,
};

const Command cmd_quota_reset = {
	.name = "quota reset",
	.summary = "Let a project have what new ones have (admin)",
	.arguments = "PROJECT",
	.arguments_min = 1,
	.arguments_max = 1,
	.run = quota_reset,
};
