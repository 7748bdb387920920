/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Roles and domains: both are fixed, and so are their ids.
 */
#include "api/identity/priv.h"

static const char *const role_ids[] = {
	[ROLE_READER] = "c1ea7000000000000000000000000001",
	[ROLE_MEMBER] = "c1ea7000000000000000000000000002",
	[ROLE_MANAGER] = "c1ea7000000000000000000000000003",
	[ROLE_ADMIN] = "c1ea7000000000000000000000000004",
	[ROLE_SERVICE] = "c1ea7000000000000000000000000005",
};
static_assert(ARRAY_SIZE(role_ids) == _ROLE_MAX, "a row for each");

const char *identity_role_id(Role role)
{
	return role_ids[role];
}

int identity_role_by_id(const char *id)
{
	for (int role = 0; role < _ROLE_MAX; role++)
		if (strcmp(role_ids[role], id) == 0)
			return role;
	return -1;
}

void identity_out_role(ApiRequest *r, const char *key, Role role)
{
	JsonOut *out = &r->out;

	json_out_begin(out, key);
	json_out_text(out, "id", role_ids[role]);
	json_out_text(out, "name", enum_name(&role_names, (int)role));
	json_out_null(out, "domain_id");
	json_out_null(out, "description");
	json_out_raw(out, "options", "{}");
	identity_out_self(r, "roles", role_ids[role]);
	json_out_end(out);
}

static int list_roles(ApiRequest *r, Fault *f)
{
	const char *name = api_query(r, "name");
	const char *domain = api_query(r, "domain_id");

	(void)f; /* nothing here can fail */
	identity_list_begin(r, "roles");
	for (Role role = 0; role < _ROLE_MAX && !domain; role++)
		if (!name || strcmp(name, enum_name(&role_names, (int)role)) == 0)
			identity_out_role(r, NULL, role);
	return identity_list_reply(r, false);
}

static int show_role(ApiRequest *r, Fault *f)
{
	const char *id = api_param(r, "role_id");
	int role = identity_role_by_id(id);

	(void)f; /* nothing here can fail */
	if (role < 0)
		return identity_not_found(r, "role", id);
	json_out_begin(&r->out, NULL);
	identity_out_role(r, "role", (Role)role);
	json_out_end(&r->out);
	api_reply(r, 200);
	return 0;
}

static void out_domain(ApiRequest *r, const char *key)
{
	JsonOut *out = &r->out;

	json_out_begin(out, key);
	json_out_text(out, "id", DEFAULT_DOMAIN_ID);
	json_out_text(out, "name", DEFAULT_DOMAIN_NAME);
	json_out_text(out, "description", "The default domain");
	json_out_bool(out, "enabled", true);
	json_out_raw(out, "tags", "[]");
	json_out_raw(out, "options", "{}");
	identity_out_self(r, "domains", DEFAULT_DOMAIN_ID);
	json_out_end(out);
}

static int list_domains(ApiRequest *r, Fault *f)
{
	const char *name = api_query(r, "name");

	(void)f; /* nothing here can fail */
	identity_list_begin(r, "domains");
	if (!name || strcmp(name, DEFAULT_DOMAIN_NAME) == 0)
		out_domain(r, NULL);
	return identity_list_reply(r, false);
}

/* Everybody is of this domain and may look at it. */
static int show_domain(ApiRequest *r, Fault *f)
{
	const char *id = api_param(r, "domain_id");

	(void)f; /* nothing here can fail */
	if (strcmp(id, DEFAULT_DOMAIN_ID) != 0)
		return identity_is_admin(r) ? identity_not_found(r, "domain", id)
					    : identity_forbid(r);
	json_out_begin(&r->out, NULL);
	out_domain(r, "domain");
	json_out_end(&r->out);
	api_reply(r, 200);
	return 0;
}

static int list_own_domains(ApiRequest *r, Fault *f)
{
	(void)f; /* nothing here can fail */
	identity_list_begin(r, "domains");
	return identity_list_reply(r, false);
}

static const ApiRoute routes[] = {
	{
		.method = "GET",
		.pattern = "/roles",
		.policy = "identity:list_roles",
		.rule = API_RULE_ADMIN,
		.mode = API_PLAIN,
		.handle = list_roles,
	},
	{
		.method = "GET",
		.pattern = "/roles/{role_id}",
		.policy = "identity:get_role",
		.rule = API_RULE_ADMIN,
		.mode = API_PLAIN,
		.handle = show_role,
	},
	{
		.method = "GET",
		.pattern = "/domains",
		.policy = "identity:list_domains",
		.rule = API_RULE_ADMIN,
		.mode = API_PLAIN,
		.handle = list_domains,
	},
	{
		.method = "GET",
		.pattern = "/domains/{domain_id}",
		.policy = "identity:get_domain",
		.rule = API_RULE_ANY,
		.mode = API_PLAIN,
		.handle = show_domain,
	},
	{
		/* roles are held in projects only: nobody has a domain's */
		.method = "GET",
		.pattern = "/auth/domains",
		.policy = "identity:get_auth_domains",
		.rule = API_RULE_ANY,
		.mode = API_PLAIN,
		.handle = list_own_domains,
	},
};
const ApiRoutes identity_role_routes = API_ROUTES(routes);
