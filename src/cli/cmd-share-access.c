/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * cleat share access allow, deny, list, show, set, unset, lock create, list, show, set, delete: who
 * may mount a share, and who may change that. (A server that is given a share needs no rule of its
 * user's: cleat attach.)
 */
#include "cli/commands.h"
#include "cli/output.h"
#include "cli/wait.h"
#include "client/share.h"

static const Column rule_columns[] = {
	{.title = "ID", .member = "id"},        {.title = "Type", .member = "access_type"},
	{.title = "To", .member = "access_to"}, {.title = "Level", .member = "access_level"},
	{.title = "State", .member = "state"},
};
static const View rule_list_view = {VIEW(rule_columns)};

static const Column rule_rows[] = {
	{.title = "id", .member = "id"},
	{.title = "state", .member = "state"},
};
static const View rule_view = {VIEW(rule_rows), .rest = true};

static int find_share(Cli *cli, const char **ret_id)
{
	return cli_find_id(cli, CLIENT_SHARES, cli->arguments[0], ret_id);
}

static int share_access_list(Cli *cli)
{
	const char *id = NULL;
	int code = find_share(cli, &id);

	if (code)
		return code;
	return output_nouns(cli, CLIENT_SHARE_RULES, arena_printf(cli->arena, "share_id=%s", id),
			    &rule_list_view);
}

/* Rules and locks have no names: shown by their id. */
static int show(Cli *cli, ClientNoun noun, const char *id, const View *view)
{
	_cleanup_(client_item_done) ClientItem item = {0};
	Fault f = {0};
	int r = client_show(cli->client, cli->arena, noun, id, &item, &f);

	return r ? cli_fail_client(cli, r, &f, "%s", cli->command->name)
		 : output_show(cli, view, &item);
}

static int show_rule(Cli *cli, const char *id)
{
	return show(cli, CLIENT_SHARE_RULES, id, &rule_view);
}

static int share_access_allow(Cli *cli)
{
	ClientAccessWish wish = {
		.type = cli->arguments[1],
		.to = cli->arguments[2],
		.level = cli_option(cli, "level"),
		.lock_deletion = cli_flag(cli, "lock-deletion"),
		.lock_visibility = cli_flag(cli, "lock-visibility"),
		.lock_reason = cli_option(cli, "lock-reason"),
	};
	const char *share_id = NULL, *id = NULL;
	JsonTextMap metadata;
	Fault f = {0};
	int r;

	r = cli_option_map(cli, "property", &metadata);
	if (r)
		return r;
	if (wish.lock_reason && !wish.lock_deletion && !wish.lock_visibility)
		return cli_fail(cli, CLI_USAGE,
				"--lock-reason needs --lock-deletion or --lock-visibility");
	r = find_share(cli, &share_id);
	if (r)
		return r;
	wish.metadata = &metadata;
	r = client_share_allow(cli->client, cli->arena, share_id, &wish, &id, &f);
	if (r)
		return cli_fail_client(cli, r, &f, "share access allow");
	if (cli_flag(cli, "wait"))
		r = wait_for_status(cli, CLIENT_SHARE_RULES, id, "active");
	return r ? r : show_rule(cli, id);
}

static int share_access_deny(Cli *cli)
{
	const char *share_id = NULL, *id = cli->arguments[1];
	Fault f = {0};
	int r = find_share(cli, &share_id);

	if (r)
		return r;
	r = client_share_deny(cli->client, cli->arena, share_id, id, cli_flag(cli, "unrestrict"),
			      &f);
	if (r)
		return cli_fail_client(cli, r, &f, "share access deny");
	return cli_flag(cli, "wait") ? wait_for_status(cli, CLIENT_SHARE_RULES, id, NULL) : 0;
}

static int share_access_show(Cli *cli)
{
	return show_rule(cli, cli->arguments[0]);
}

static int share_access_set(Cli *cli)
{
	const char *level = cli_option(cli, "level"), *id = cli->arguments[0];
	JsonTextMap metadata;
	Fault f = {0};
	int r;

	r = cli_option_map(cli, "property", &metadata);
	if (r)
		return r;
	if (!level && metadata.count == 0)
		return cli_fail(cli, CLI_USAGE, "share access set: nothing to set");
	if (metadata.count > 0)
		r = client_map_set(cli->client, cli->arena, CLIENT_SHARE_RULES, id, "metadata",
				   &metadata, &f);
	if (r == 0 && level)
		r = client_share_rule_level(cli->client, cli->arena, id, level, &f);
	if (r)
		return cli_fail_client(cli, r, &f, "share access set");
	return cli_flag(cli, "wait") ? wait_for_status(cli, CLIENT_SHARE_RULES, id, "active") : 0;
}

static int share_access_unset(Cli *cli)
{
	if (!cli_option(cli, "property"))
		return cli_fail(cli, CLI_USAGE, "share access unset: nothing to unset");
	return cli_unset_all(cli, CLIENT_SHARE_RULES, cli->arguments[0], "metadata");
}

static const Column lock_columns[] = {
	{.title = "ID", .member = "id"},
	{.title = "Resource Type", .member = "resource_type"},
	{.title = "Resource ID", .member = "resource_id"},
	{.title = "Action", .member = "resource_action"},
	{.title = "Context", .member = "lock_context"},
	{.title = "Reason", .member = "lock_reason"},
};
static const View lock_list_view = {VIEW(lock_columns)};

static const Column lock_rows[] = {
	{.title = "id", .member = "id"},
	{.member = "links"},
};
static const View lock_view = {VIEW(lock_rows), .rest = true};

static int share_lock_list(Cli *cli)
{
	static const QueryRow query[] = {
		{"resource", "resource_id", NULL},
		{"all-projects", "all_projects", "true"},
	};

	return output_nouns(cli, CLIENT_RESOURCE_LOCKS, cli_query(cli, query, ARRAY_SIZE(query)),
			    &lock_list_view);
}

static int share_lock_create(Cli *cli)
{
	const char *share_id = NULL, *id = NULL;
	Fault f = {0};
	int r = find_share(cli, &share_id);

	if (r)
		return r;
	r = client_share_lock(cli->client, cli->arena, share_id, cli_option(cli, "reason"), &id,
			      &f);
	return r ? cli_fail_client(cli, r, &f, "share lock create")
		 : show(cli, CLIENT_RESOURCE_LOCKS, id, &lock_view);
}

static int share_lock_show(Cli *cli)
{
	return show(cli, CLIENT_RESOURCE_LOCKS, cli->arguments[0], &lock_view);
}

static int share_lock_set(Cli *cli)
{
	const char *action = cli_option(cli, "action"), *reason = cli_option(cli, "reason");
	Fault f = {0};
	int r;

	if (!action && !reason)
		return cli_fail(cli, CLI_USAGE, "share lock set: nothing to set");
	r = client_share_lock_update(cli->client, cli->arena, cli->arguments[0], action, reason,
				     &f);
	return r ? cli_fail_client(cli, r, &f, "share lock set") : 0;
}

/* Locks have no names: deleted by their ids. */
static int share_lock_delete(Cli *cli)
{
	int code = 0;

	for (size_t i = 0; i < cli->argument_count; i++) {
		const char *id = cli->arguments[i];
		Fault f = {0};
		int r = client_delete(cli->client, cli->arena, CLIENT_RESOURCE_LOCKS, id, &f);

		if (r)
			r = cli_fail_client(cli, r, &f, "delete resource lock %s", id);
		code = code ? code : r;
	}
	return code;
}

static const Option allow_options[] = {
	{"level", 0, "LEVEL", "rw (the default) or ro"},
	{"lock-deletion", 0, NULL, "neither the rule nor the share can be deleted"},
	{"lock-visibility", 0, NULL, "other users do not see who is let in"},
	{"lock-reason", 0, "TEXT", "why it is locked, for people"},
	{"property", 0, "KEY=VALUE", "metadata; may be repeated"},
};
const Command cmd_share_access_allow = {
	.name = "share access allow",
	.summary = "Let somebody mount a share: ip ADDRESS[/BITS] or cephx USER",
	.arguments = "SHARE TYPE WHO",
	.arguments_min = 3,
	.arguments_max = 3,
	CLI_OPTIONS(allow_options),
	.waits = true,
	.run = share_access_allow,
};

static const Option deny_options[] = {
	{"unrestrict", 0, NULL, "although the rule is locked, by whoever may undo that"},
};
const Command cmd_share_access_deny = {
	.name = "share access deny",
	.summary = "Take an access rule from a share",
	.arguments = "SHARE RULE",
	.arguments_min = 2,
	.arguments_max = 2,
	CLI_OPTIONS(deny_options),
	.waits = true,
	.run = share_access_deny,
};

const Command cmd_share_access_list = {
	.name = "share access list",
	.summary = "List who may mount a share",
	.arguments = "SHARE",
	.arguments_min = 1,
	.arguments_max = 1,
	.run = share_access_list,
};

const Command cmd_share_access_show = {
	.name = "share access show",
	.summary = "Show an access rule",
	.arguments = "RULE",
	.arguments_min = 1,
	.arguments_max = 1,
	.run = share_access_show,
};

static const Option set_options[] = {
	{"level", 0, "LEVEL", "rw or ro"},
	{"property", 0, "KEY=VALUE", "add or change metadata; may be repeated"},
};
const Command cmd_share_access_set = {
	.name = "share access set",
	.summary = "Change what an access rule allows, or its metadata",
	.arguments = "RULE",
	.arguments_min = 1,
	.arguments_max = 1,
	CLI_OPTIONS(set_options),
	.waits = true,
	.run = share_access_set,
};

static const Option unset_options[] = {
	{"property", 0, "KEY", "remove metadata; may be repeated"},
};
const Command cmd_share_access_unset = {
	.name = "share access unset",
	.summary = "Take metadata from an access rule",
	.arguments = "RULE",
	.arguments_min = 1,
	.arguments_max = 1,
	CLI_OPTIONS(unset_options),
	.run = share_access_unset,
};

static const Option lock_options[] = {
	{"reason", 0, "TEXT", "why, for people"},
};
const Command cmd_share_lock_create = {
	.name = "share lock create",
	.summary = "Keep a share from being deleted",
	.arguments = "SHARE",
	.arguments_min = 1,
	.arguments_max = 1,
	CLI_OPTIONS(lock_options),
	.run = share_lock_create,
};

static const Option lock_list_options[] = {
	{"resource", 0, "ID", "only those of this share or access rule"},
	{"all-projects", 0, NULL, "those of all projects (admin)"},
};
const Command cmd_share_lock_list = {
	.name = "share lock list",
	.summary = "List what keeps shares and their access rules as they are",
	CLI_OPTIONS(lock_list_options),
	.run = share_lock_list,
};

const Command cmd_share_lock_show = {
	.name = "share lock show",
	.summary = "Show a lock",
	.arguments = "LOCK",
	.arguments_min = 1,
	.arguments_max = 1,
	.run = share_lock_show,
};

static const Option lock_set_options[] = {
	{"action", 0, "ACTION", "what it forbids: delete, or of an access rule show"},
	{"reason", 0, "TEXT", "why, for people"},
};
const Command cmd_share_lock_set = {
	.name = "share lock set",
	.summary = "Change what a lock forbids, or what it says",
	.arguments = "LOCK",
	.arguments_min = 1,
	.arguments_max = 1,
	CLI_OPTIONS(lock_set_options),
	.run = share_lock_set,
};

const Command cmd_share_lock_delete = {
	.name = "share lock delete",
	.summary = "Remove locks",
	.arguments = "LOCK...",
	.arguments_min = 1,
	.arguments_max = CLI_MANY,
	.run = share_lock_delete,
};
