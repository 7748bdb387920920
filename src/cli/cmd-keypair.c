/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * cleat keypair create, list, show, delete: public keys that servers are given. They go by name.
 */
#include "cli/commands.h"
#include "cli/file.h"
#include "cli/output.h"
#include "client/calls.h"

static const Column list_columns[] = {
	{.title = "Name", .member = "name"},
	{.title = "Fingerprint", .member = "fingerprint"},
	{.title = "Type", .member = "type"},
};
static const View list_view = {VIEW(list_columns)};

static const Column show_rows[] = {
	{.title = "name", .member = "name"},
	{.title = "type", .member = "type"},
	{.title = "fingerprint", .member = "fingerprint"},
	{.title = "public_key", .member = "public_key"},
};
static const View show_view = {VIEW(show_rows), .rest = true};

static int keypair_list(Cli *cli)
{
	return output_nouns(cli, CLIENT_KEYPAIRS, NULL, &list_view);
}

static int keypair_show(Cli *cli)
{
	return output_noun(cli, CLIENT_KEYPAIRS, cli->arguments[0], &show_view);
}

/* The line of a public key's file, without its end. */
static char *trim(char *text)
{
	text[strcspn(text, "\r\n")] = '\0';
	return text;
}

static int keypair_create(Cli *cli)
{
	const char *file = cli_option(cli, "public-key"), *text = NULL;
	ClientKeypairWish wish = {.name = cli->arguments[0], .type = cli_option(cli, "type")};
	Fault f = {0};
	int r;

	if (!file)
		return cli_fail(cli, CLI_USAGE,
				"keypair create needs --public-key; 'ssh-keygen' makes one");
	r = file_text(cli, file, &text);
	if (r)
		return r;
	wish.public_key = trim(arena_strdup(cli->arena, text));
	r = client_keypair_create(cli->client, &wish, &f);
	if (r)
		return cli_fail_client(cli, r, &f, "keypair create");
	return output_noun(cli, CLIENT_KEYPAIRS, wish.name, &show_view);
}

static int keypair_delete(Cli *cli)
{
	int code = 0;

	for (size_t i = 0; i < cli->argument_count; i++) {
		Fault f = {0};
		int r = client_delete(cli->client, cli->arena, CLIENT_KEYPAIRS, cli->arguments[i],
				      &f);

		if (r)
			r = cli_fail_client(cli, r, &f, "keypair delete %s", cli->arguments[i]);
		code = code ? code : r;
	}
	return code;
}

static const Option create_options[] = {
	{"public-key", 0, "FILE", "the public key, as ssh-keygen writes it"},
	{"type", 0, "ssh|x509", "what kind of key it is (default ssh)"},
};
const Command cmd_keypair_create = {
	.name = "keypair create",
	.summary = "Keep a public key for servers to come",
	.arguments = "NAME",
	.arguments_min = 1,
	.arguments_max = 1,
	CLI_OPTIONS(create_options),
	.run = keypair_create,
};

const Command cmd_keypair_list = {
	.name = "keypair list",
	.summary = "List your key pairs",
	.run = keypair_list,
};

const Command cmd_keypair_show = {
	.name = "keypair show",
	.summary = "Show a key pair",
	.arguments = "NAME",
	.arguments_min = 1,
	.arguments_max = 1,
	.run = keypair_show,
};

const Command cmd_keypair_delete = {
	.name = "keypair delete",
	.summary = "Forget key pairs; servers keep theirs",
	.arguments = "NAME...",
	.arguments_min = 1,
	.arguments_max = CLI_MANY,
	.run = keypair_delete,
};
