/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * The options of the login: one for each setting of the client, a cloud, and what is not checked.
 */
#include "cli/cli.h"
#include "client/settings.h"

static const Option cloud_option = {"os-cloud", 0, "NAME", "take the login from clouds.yaml"};
static const Option insecure_option = {"insecure", 0, NULL,
				       "do not check the server's certificate"};

bool login_option(size_t index, Option *ret)
{
	if (index < client_setting_count) {
		const ClientSetting *setting = &client_settings[index];

		*ret = (Option){setting->name, 0, setting->value, setting->help};
		return true;
	}
	if (index > client_setting_count + 1)
		return false;
	*ret = index == client_setting_count ? cloud_option : insecure_option;
	return true;
}

static const char *given_option(void *ctx, const char *name)
{
	return cli_option(ctx, name);
}

int cli_login(Cli *cli)
{
	Fault f = {0};

	if (client_settings_read(cli->arena, cli_option(cli, "os-cloud"), given_option, cli,
				 &cli->login, &f))
		return cli_fail(cli, CLI_USAGE, "%s", f.text);
	if (cli_flag(cli, "insecure"))
		cli->login.insecure = true;
	if (client_new(&cli->login, &cli->client, &f))
		return cli_fail(cli, CLI_FAILED, "%s", f.text);
	return 0;
}
