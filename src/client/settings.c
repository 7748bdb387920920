/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * The table of settings, and what is enough to try a login.
 */
#include "client/settings.h"

#include <errno.h>
#include <stdlib.h>

#include "base/str.h"
#include "base/trace.h"
#include "client/clouds.h"

#define TEXT(member) offsetof(ClientLogin, member)

const ClientSetting client_settings[] = {
	{"os-auth-url", "URL", "address of the identity service", "OS_AUTH_URL", "auth.auth_url",
	 TEXT(auth_url)},
	{"os-username", "NAME", "who logs in", "OS_USERNAME", "auth.username", TEXT(username)},
	{"os-user-id", "ID", "the same by id", "OS_USER_ID", "auth.user_id", TEXT(user_id)},
	{"os-password", "TEXT", "the password; others can see it in the process list",
	 "OS_PASSWORD", "auth.password", TEXT(password)},
	{"os-user-domain-name", "NAME", "domain of the user (default: id 'default')",
	 "OS_USER_DOMAIN_NAME", "auth.user_domain_name", TEXT(user_domain_name)},
	{"os-user-domain-id", "ID", "the same by id", "OS_USER_DOMAIN_ID", "auth.user_domain_id",
	 TEXT(user_domain_id)},
	{"os-project-name", "NAME", "project to work in", "OS_PROJECT_NAME", "auth.project_name",
	 TEXT(project_name)},
	{"os-project-id", "ID", "the same by id", "OS_PROJECT_ID", "auth.project_id",
	 TEXT(project_id)},
	{"os-project-domain-name", "NAME", "domain of the project (default: the user's)",
	 "OS_PROJECT_DOMAIN_NAME", "auth.project_domain_name", TEXT(project_domain_name)},
	{"os-project-domain-id", "ID", "the same by id", "OS_PROJECT_DOMAIN_ID",
	 "auth.project_domain_id", TEXT(project_domain_id)},
	{"os-token", "TOKEN", "a token instead of a password", "OS_TOKEN", "auth.token",
	 TEXT(token)},
	{"os-application-credential-id", "ID", "an application credential instead",
	 "OS_APPLICATION_CREDENTIAL_ID", "auth.application_credential_id",
	 TEXT(application_credential_id)},
	{"os-application-credential-name", "NAME", "the same by name, of the user",
	 "OS_APPLICATION_CREDENTIAL_NAME", "auth.application_credential_name",
	 TEXT(application_credential_name)},
	{"os-application-credential-secret", "TEXT", "and its secret",
	 "OS_APPLICATION_CREDENTIAL_SECRET", "auth.application_credential_secret",
	 TEXT(application_credential_secret)},
	{"os-region-name", "NAME", "region whose services are used", "OS_REGION_NAME",
	 "region_name", TEXT(region_name)},
	{"os-interface", "NAME", "public (the default), internal or admin", "OS_INTERFACE",
	 "interface", TEXT(interface)},
	{"os-volume-endpoint", "URL", "block storage is there, whatever the catalog says",
	 "OS_VOLUME_ENDPOINT_OVERRIDE", "block_storage_endpoint_override", TEXT(volume_endpoint)},
	{"os-cacert", "FILE", "authorities to trust, instead of the system's", "OS_CACERT",
	 "cacert", TEXT(cacert)},
};

const size_t client_setting_count = ARRAY_SIZE(client_settings);

static int open_cloud(const char *name, Clouds **ret, Fault *f)
{
	int r = clouds_open(name, ret, f);

	if (r == CLOUDS_MISSING)
		return fault(f, -ENOENT, "no clouds.yaml names a cloud '%s'", name);
	return r;
}

static const char *find_setting(const ClientSetting *setting, const char *by_hand,
				const Clouds *clouds)
{
	if (by_hand)
		return by_hand;
	return clouds ? clouds_get(clouds, setting->path) : getenv(setting->variable);
}

/* As W3C has it, what names no trace is as good as none. */
static const char *find_trace(Arena *arena)
{
	const char *text = getenv("TRACEPARENT");

	return trace_is_parent(text) ? arena_strdup(arena, text) : NULL;
}

/* Whether what was found is enough to try. */
static int check_login(const ClientLogin *login, Fault *f)
{
	if (login->token && login->volume_endpoint)
		return 0;
	if (!login->auth_url)
		return fault(f, -EINVAL,
			     "no server is named: set OS_AUTH_URL (source an openrc file), or "
			     "name a cloud of clouds.yaml with --os-cloud");
	if (login->token)
		return 0;
	if (login->application_credential_secret &&
	    (login->application_credential_id ||
	     (login->application_credential_name && (login->username || login->user_id))))
		return 0;
	if (!login->username && !login->user_id)
		return fault(f, -EINVAL,
			     "nobody logs in: set OS_USERNAME, OS_PASSWORD and OS_PROJECT_NAME, or "
			     "OS_TOKEN");
	if (!login->password)
		return fault(f, -EINVAL, "the password is missing: set OS_PASSWORD");
	return 0;
}

int client_settings_read(Arena *arena, const char *cloud, ClientGiven given, void *ctx,
			 ClientLogin *ret, Fault *f)
{
	const char *name = cloud ? cloud : getenv("OS_CLOUD");
	_cleanup_(clouds_freep) Clouds *clouds = NULL;
	ClientLogin login = {0};
	int r = str_empty(name) ? 0 : open_cloud(name, &clouds, f);

	if (r)
		return r;
	for (size_t i = 0; i < client_setting_count; i++) {
		const ClientSetting *setting = &client_settings[i];
		const char *text = find_setting(setting, given(ctx, setting->name), clouds);

		*(const char **)((char *)&login + setting->offset) =
			str_empty(text) ? NULL : arena_strdup(arena, text);
	}
	login.traceparent = find_trace(arena);
	login.insecure = clouds && str_eq_nocase(clouds_get(clouds, "verify"), "false");
	r = check_login(&login, f);
	if (r == 0)
		*ret = login;
	return r;
}
