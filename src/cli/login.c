/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Who logs in, and where. Without a cloud each setting is an option, else a variable of the
 * environment. With a cloud it is an option, else what clouds.yaml says of that cloud: the two are
 * not mixed, because a password of one place must not be sent to another.
 */
#include "base/mem.h"
#include "base/str.h"
#include "cli/cli.h"
#include "cli/clouds.h"

typedef struct Setting {
	Option option;
	const char *variable; /* of the environment; NULL for none */
	const char *path;     /* in the cloud; NULL for none */
	size_t offset;        /* of the text in ClientLogin */
} Setting;

#define TEXT(member) offsetof(ClientLogin, member)

static const Setting settings[] = {
	{{"os-auth-url", 0, "URL", "address of the identity service"},
	 "OS_AUTH_URL",
	 "auth.auth_url",
	 TEXT(auth_url)},
	{{"os-username", 0, "NAME", "who logs in"}, "OS_USERNAME", "auth.username", TEXT(username)},
	{{"os-user-id", 0, "ID", "the same by id"}, "OS_USER_ID", "auth.user_id", TEXT(user_id)},
	{{"os-password", 0, "TEXT", "the password; others can see it in the process list"},
	 "OS_PASSWORD",
	 "auth.password",
	 TEXT(password)},
	{{"os-user-domain-name", 0, "NAME", "domain of the user (default: id 'default')"},
	 "OS_USER_DOMAIN_NAME",
	 "auth.user_domain_name",
	 TEXT(user_domain_name)},
	{{"os-user-domain-id", 0, "ID", "the same by id"},
	 "OS_USER_DOMAIN_ID",
	 "auth.user_domain_id",
	 TEXT(user_domain_id)},
	{{"os-project-name", 0, "NAME", "project to work in"},
	 "OS_PROJECT_NAME",
	 "auth.project_name",
	 TEXT(project_name)},
	{{"os-project-id", 0, "ID", "the same by id"},
	 "OS_PROJECT_ID",
	 "auth.project_id",
	 TEXT(project_id)},
	{{"os-project-domain-name", 0, "NAME", "domain of the project (default: the user's)"},
	 "OS_PROJECT_DOMAIN_NAME",
	 "auth.project_domain_name",
	 TEXT(project_domain_name)},
	{{"os-project-domain-id", 0, "ID", "the same by id"},
	 "OS_PROJECT_DOMAIN_ID",
	 "auth.project_domain_id",
	 TEXT(project_domain_id)},
	{{"os-token", 0, "TOKEN", "a token instead of a password"},
	 "OS_TOKEN",
	 "auth.token",
	 TEXT(token)},
	{{"os-application-credential-id", 0, "ID", "an application credential instead"},
	 "OS_APPLICATION_CREDENTIAL_ID",
	 "auth.application_credential_id",
	 TEXT(application_credential_id)},
	{{"os-application-credential-name", 0, "NAME", "the same by name, of the user"},
	 "OS_APPLICATION_CREDENTIAL_NAME",
	 "auth.application_credential_name",
	 TEXT(application_credential_name)},
	{{"os-application-credential-secret", 0, "TEXT", "and its secret"},
	 "OS_APPLICATION_CREDENTIAL_SECRET",
	 "auth.application_credential_secret",
	 TEXT(application_credential_secret)},
	{{"os-region-name", 0, "NAME", "region whose services are used"},
	 "OS_REGION_NAME",
	 "region_name",
	 TEXT(region_name)},
	{{"os-interface", 0, "NAME", "public (the default), internal or admin"},
	 "OS_INTERFACE",
	 "interface",
	 TEXT(interface)},
	{{"os-volume-endpoint", 0, "URL", "block storage is there, whatever the catalog says"},
	 "OS_VOLUME_ENDPOINT_OVERRIDE",
	 "block_storage_endpoint_override",
	 TEXT(volume_endpoint)},
	{{"os-cacert", 0, "FILE", "authorities to trust, instead of the system's"},
	 "OS_CACERT",
	 "cacert",
	 TEXT(cacert)},
};

static const Option cloud_option = {"os-cloud", 0, "NAME", "take the login from clouds.yaml"};
static const Option insecure_option = {"insecure", 0, NULL,
				       "do not check the server's certificate"};

const Option *login_option(size_t index)
{
	if (index < ARRAY_SIZE(settings))
		return &settings[index].option;
	if (index == ARRAY_SIZE(settings))
		return &cloud_option;
	return index == ARRAY_SIZE(settings) + 1 ? &insecure_option : NULL;
}

static const char *find_setting(Cli *cli, const Setting *setting, const Clouds *clouds)
{
	const char *value = cli_option(cli, setting->option.name);

	if (!value)
		value = clouds ? clouds_get(clouds, setting->path) : getenv(setting->variable);
	return str_empty(value) ? NULL : arena_strdup(cli->arena, value);
}

static void read_settings(Cli *cli, const Clouds *clouds)
{
	for (size_t i = 0; i < ARRAY_SIZE(settings); i++)
		*(const char **)((char *)&cli->login + settings[i].offset) =
			find_setting(cli, &settings[i], clouds);
	cli->login.insecure = cli_flag(cli, "insecure") ||
			      (clouds && str_eq_nocase(clouds_get(clouds, "verify"), "false"));
}

/* Whether what was found is enough to try. */
static int check_settings(Cli *cli)
{
	const ClientLogin *login = &cli->login;

	if (login->token && login->volume_endpoint)
		return 0;
	if (!login->auth_url)
		return cli_fail(cli, CLI_USAGE,
				"no server is named: set OS_AUTH_URL (source an openrc file), or "
				"name a cloud of clouds.yaml with --os-cloud");
	if (login->token)
		return 0;
	if (login->application_credential_secret &&
	    (login->application_credential_id ||
	     (login->application_credential_name && (login->username || login->user_id))))
		return 0;
	if (!login->username && !login->user_id)
		return cli_fail(cli, CLI_USAGE,
				"nobody logs in: set OS_USERNAME, OS_PASSWORD and "
				"OS_PROJECT_NAME, or OS_TOKEN");
	if (!login->password)
		return cli_fail(cli, CLI_USAGE, "the password is missing: set OS_PASSWORD");
	return 0;
}

static int open_cloud(Cli *cli, const char *name, Clouds **ret)
{
	Fault f = {0};
	int r = clouds_open(name, ret, &f);

	if (r < 0)
		return cli_fail(cli, CLI_USAGE, "%s", f.text);
	if (r == CLOUDS_MISSING)
		return cli_fail(cli, CLI_USAGE, "no clouds.yaml names a cloud '%s'", name);
	return 0;
}

int cli_login(Cli *cli)
{
	const char *name = cli_option(cli, "os-cloud");
	_cleanup_(clouds_freep) Clouds *clouds = NULL;
	Fault f = {0};
	int r = 0;

	if (!name)
		name = getenv("OS_CLOUD");
	if (!str_empty(name))
		r = open_cloud(cli, name, &clouds);
	if (r)
		return r;
	read_settings(cli, clouds);
	r = check_settings(cli);
	if (r)
		return r;
	if (client_new(&cli->login, &cli->client, &f))
		return cli_fail(cli, CLI_FAILED, "%s", f.text);
	return 0;
}
