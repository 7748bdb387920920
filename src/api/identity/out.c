/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Printers that several resources share: lists, links, domains, projects, and the token.
 */
#include "api/identity/priv.h"
#include "base/limits.h"

void identity_list_begin(ApiRequest *r, const char *plural)
{
	json_out_begin(&r->out, NULL);
	json_out_list_begin(&r->out, plural);
}

int identity_list_reply(ApiRequest *r, bool truncated)
{
	JsonOut *out = &r->out;

	json_out_list_end(out);
	json_out_begin(out, "links");
	json_out_null(out, "next");
	json_out_printf(out, "self", "%s%s", api_base_url(r), http_path(r->http));
	json_out_null(out, "previous");
	json_out_end(out);
	if (truncated)
		json_out_bool(out, "truncated", true);
	json_out_end(out);
	api_reply(r, 200);
	return 0;
}

bool identity_list_filter(ApiRequest *r, RecordQuery *query)
{
	const char *name = api_query(r, "name");
	const char *enabled = api_query(r, "enabled");
	const char *domain = api_query(r, "domain_id");

	if (name)
		record_where_text(query, "name", RECORD_EQ, name);
	if (enabled)
		record_where_int(query, "enabled", RECORD_EQ,
				 !str_eq_nocase(enabled, "false") && strcmp(enabled, "0") != 0);
	query->limit = LIMIT_LIST_PAGE;
	return !domain || strcmp(domain, DEFAULT_DOMAIN_ID) == 0;
}

void identity_out_self(ApiRequest *r, const char *collection, const char *id)
{
	json_out_begin(&r->out, "links");
	json_out_printf(&r->out, "self", "%s/%s/%s", api_prefix_url(r), collection, id);
	json_out_end(&r->out);
}

void identity_out_domain(JsonOut *out, const char *key)
{
	json_out_begin(out, key);
	json_out_text(out, "id", DEFAULT_DOMAIN_ID);
	json_out_text(out, "name", DEFAULT_DOMAIN_NAME);
	json_out_end(out);
}

void identity_out_project(ApiRequest *r, const char *key, const Project *project)
{
	JsonOut *out = &r->out;

	json_out_begin(out, key);
	json_out_text(out, "id", project->id);
	json_out_text(out, "name", project->name);
	json_out_text(out, "domain_id", DEFAULT_DOMAIN_ID);
	json_out_text(out, "description", project->description ? project->description : "");
	json_out_bool(out, "enabled", project->enabled);
	json_out_text(out, "parent_id", DEFAULT_DOMAIN_ID);
	json_out_bool(out, "is_domain", false);
	json_out_raw(out, "tags", "[]");
	json_out_raw(out, "options", "{}");
	identity_out_self(r, "projects", project->id);
	json_out_end(out);
}

static void out_methods(JsonOut *out, Arena *arena, const char *methods)
{
	json_out_list_begin(out, "methods");
	while (*methods) {
		size_t length = strcspn(methods, ",");

		json_out_text(out, NULL, arena_strndup(arena, methods, length));
		methods += length + (methods[length] == ',');
	}
	json_out_list_end(out);
}

static void out_token_user(JsonOut *out, const User *user)
{
	json_out_begin(out, "user");
	json_out_text(out, "id", user->id);
	json_out_text(out, "name", user->name);
	identity_out_domain(out, "domain");
	json_out_null(out, "password_expires_at");
	json_out_end(out);
}

static void out_token_roles(JsonOut *out, RoleSet roles)
{
	json_out_list_begin(out, "roles");
	for (Role role = 0; role < _ROLE_MAX; role++) {
		if (!role_set_has(roles, role))
			continue;
		json_out_begin(out, NULL);
		json_out_text(out, "id", identity_role_id(role));
		json_out_text(out, "name", enum_name(&role_names, (int)role));
		json_out_end(out);
	}
	json_out_list_end(out);
}

static void out_scope(JsonOut *out, const TokenView *view)
{
	if (view->project) {
		json_out_begin(out, "project");
		json_out_text(out, "id", view->project->id);
		json_out_text(out, "name", view->project->name);
		identity_out_domain(out, "domain");
		json_out_end(out);
		json_out_bool(out, "is_domain", false);
	}
	if (view->token->system) {
		json_out_begin(out, "system");
		json_out_bool(out, "all", true);
		json_out_end(out);
	}
}

static void out_token_credential(JsonOut *out, const AppCredential *credential)
{
	json_out_begin(out, "application_credential");
	json_out_text(out, "id", credential->id);
	json_out_text(out, "name", credential->name);
	json_out_bool(out, "restricted", !credential->unrestricted);
	json_out_end(out);
}

void identity_out_token(ApiRequest *r, const TokenView *view, bool with_catalog)
{
	JsonOut *out = &r->out;
	const Token *token = view->token;
	bool scoped = view->project || token->system;

	json_out_begin(out, NULL);
	json_out_begin(out, "token");
	out_methods(out, r->arena, token->methods);
	out_token_user(out, view->user);
	json_out_list_begin(out, "audit_ids");
	json_out_text(out, NULL, token->audit_id);
	if (token->audit_parent)
		json_out_text(out, NULL, token->audit_parent);
	json_out_list_end(out);
	json_out_date(out, "expires_at", token->expires_us, CLOCK_MICROS_Z);
	json_out_date(out, "issued_at", token->issued_us, CLOCK_MICROS_Z);
	out_scope(out, view);
	if (scoped)
		out_token_roles(out, (RoleSet)token->roles);
	if (scoped && with_catalog)
		identity_out_catalog(r, token->project_id);
	if (view->credential)
		out_token_credential(out, view->credential);
	json_out_end(out);
	json_out_end(out);
}
