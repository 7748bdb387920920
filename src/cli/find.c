/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * What many commands begin with: the thing that an argument names.
 */
#include "cli/cli.h"
#include "cli/wait.h"

int cli_find(Cli *cli, ClientNoun noun, const char *name_or_id, ClientItem *ret)
{
	Fault f = {0};
	int r;

	r = client_find(cli->client, cli->arena, noun, name_or_id, ret, &f);
	if (r)
		return cli_fail_client(cli, r, &f, "%s", cli->command->name);
	return 0;
}

int cli_find_id(Cli *cli, ClientNoun noun, const char *name_or_id, const char **ret_id)
{
	_cleanup_(client_item_done) ClientItem item = {0};
	int code = cli_find(cli, noun, name_or_id, &item);

	if (code)
		return code;
	*ret_id = client_item_text(cli->arena, &item, "id");
	if (!*ret_id)
		return cli_fail(cli, CLI_UNREACHABLE, "the server shows a %s without an id",
				client_noun_name(noun));
	return 0;
}

const char *cli_query(Cli *cli, const QueryRow *rows, size_t count)
{
	const char *query = NULL;

	for (size_t i = 0; i < count; i++) {
		const char *value = cli_option(cli, rows[i].option);

		if (!value)
			continue;
		if (!rows[i].value)
			value = client_escape(cli->client, cli->arena, value);
		query = arena_printf(cli->arena, "%s%s%s=%s", query ? query : "", query ? "&" : "",
				     rows[i].parameter, rows[i].value ? rows[i].value : value);
	}
	return query;
}

typedef int (*DeleteCall)(Cli *cli, const char *id, Fault *f);

/* Delete by name or id, and wait for it when that was asked for. */
static int delete_one(Cli *cli, ClientNoun noun, const char *name_or_id, DeleteCall delete)
{
	const char *id = NULL;
	Fault f = {0};
	int r;

	r = cli_find_id(cli, noun, name_or_id, &id);
	if (r)
		return r;
	r = delete ? delete (cli, id, &f) : client_delete(cli->client, cli->arena, noun, id, &f);
	if (r)
		return cli_fail_client(cli, r, &f, "delete %s %s", client_noun_name(noun),
				       name_or_id);
	return cli_flag(cli, "wait") ? wait_for_status(cli, noun, id, NULL) : 0;
}

int cli_delete_all_by(Cli *cli, ClientNoun noun, DeleteCall delete)
{
	int code = 0;

	for (size_t i = 0; i < cli->argument_count; i++) {
		int one = delete_one(cli, noun, cli->arguments[i], delete);

		code = code ? code : one;
	}
	return code;
}

int cli_delete_all(Cli *cli, ClientNoun noun)
{
	return cli_delete_all_by(cli, noun, NULL);
}

int cli_set_by(Cli *cli, ClientNoun noun, bool details,
	       int (*update)(Cli *cli, const char *id, Fault *f))
{
	const char *id = NULL;
	JsonTextMap metadata;
	Fault f = {0};
	int r = cli_option_map(cli, "property", &metadata);

	if (r)
		return r;
	if (!details && metadata.count == 0)
		return cli_fail(cli, CLI_USAGE, "%s: nothing to set", cli->command->name);
	r = cli_find_id(cli, noun, cli->arguments[0], &id);
	if (r)
		return r;
	if (details)
		r = update(cli, id, &f);
	if (r == 0 && metadata.count > 0)
		r = client_map_set(cli->client, cli->arena, noun, id, "metadata", &metadata, &f);
	return r ? cli_fail_client(cli, r, &f, "%s", cli->command->name) : 0;
}

int cli_unset_all(Cli *cli, ClientNoun noun, const char *id, const char *map)
{
	size_t count;
	const char *const *keys = cli_option_all(cli, "property", &count);

	for (size_t i = 0; i < count; i++) {
		Fault f = {0};
		int r = client_map_unset(cli->client, cli->arena, noun, id, map, keys[i], &f);

		if (r)
			return cli_fail_client(cli, r, &f, "%s %s", cli->command->name, keys[i]);
	}
	return 0;
}

int cli_unset_metadata(Cli *cli, ClientNoun noun)
{
	const char *id = NULL;
	int code;

	if (!cli_option(cli, "property"))
		return cli_fail(cli, CLI_USAGE, "%s: nothing to unset", cli->command->name);
	code = cli_find_id(cli, noun, cli->arguments[0], &id);
	return code ? code : cli_unset_all(cli, noun, id, "metadata");
}
