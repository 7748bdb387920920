/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Logging in.
 *
 * What was said is checked outside of any transaction, because a password takes long; then the
 * token is issued in one, which loads the user again: a password that was changed in between, or
 * a user that was disabled, does not get a token any more.
 *
 * Every refusal looks the same and, for passwords, takes the same time, so that nobody learns
 * which users exist. A locked name is refused before its password is looked at, also a right one.
 */
#include "base/clock.h"
#include "base/secret.h"
#include "base/str.h"
#include "records/tables.h"
#include "service/identity-gate.h"
#include "service/identity.h"
#include "service/password.h"

/* What one login knows so far; its transactions fill it. */
typedef struct Visit {
	const LoginDesk *desk;
	const Login *login;
	User *user;
	AppCredential *credential;
	const char *token; /* issued */
	TokenView view;
} Visit;

static int64_t token_end_us(const LoginDesk *desk)
{
	return clock_now_us() + desk->settings->token_s * INT64_C(1000000);
}

/* The roles that a scope gives; IDENTITY_WRONG when it gives none. */
static int grant_project(Tx *tx, Arena *arena, const IdentityName *name, TokenGrant *grant,
			 Fault *f)
{
	Project *project;
	int r = identity_find_project(tx, arena, name, &project, f);

	if (r == IDENTITY_NOT_FOUND || (r == 0 && !project->enabled))
		return IDENTITY_WRONG;
	if (r == 0)
		r = identity_roles(tx, arena, grant->user->id, project->id, &grant->roles, f);
	if (r)
		return r;
	grant->project_id = project->id;
	return grant->roles ? 0 : IDENTITY_WRONG;
}

/* Whoever is admin of any project may speak for the whole system. */
static int grant_system(Tx *tx, Arena *arena, TokenGrant *grant, Fault *f)
{
	RecordQuery query = {0};
	Assignment **rows;
	size_t count;
	int r;

	record_where_text(&query, "user_id", RECORD_EQ, grant->user->id);
	r = assignment_find(tx, arena, &query, &rows, &count, f);
	if (r)
		return fault_unexpected(f, r);
	for (size_t i = 0; i < count; i++)
		if (role_set_has((RoleSet)rows[i]->roles, ROLE_ADMIN))
			grant->system = true;
	grant->roles = 1u << ROLE_ADMIN;
	return grant->system ? 0 : IDENTITY_WRONG;
}

static int grant_default(Tx *tx, Arena *arena, TokenGrant *grant, Fault *f)
{
	const IdentityName project = {.id = grant->user->default_project_id};
	int r;

	if (!project.id)
		return 0;
	r = grant_project(tx, arena, &project, grant, f);
	if (r != IDENTITY_WRONG)
		return r;
	grant->project_id = NULL;
	grant->roles = 0;
	return 0;
}

static int grant_scope(Tx *tx, Arena *arena, const Login *login, TokenGrant *grant, Fault *f)
{
	switch (login->scope) {
	case LOGIN_SCOPE_DEFAULT:
		return grant_default(tx, arena, grant, f);
	case LOGIN_SCOPE_NONE:
		return 0;
	case LOGIN_SCOPE_PROJECT:
		return grant_project(tx, arena, &login->project, grant, f);
	case LOGIN_SCOPE_DOMAIN:
		return IDENTITY_WRONG; /* roles are held in projects only */
	case LOGIN_SCOPE_SYSTEM:
		return grant_system(tx, arena, grant, f);
	}
	return IDENTITY_WRONG;
}

static int issue(Tx *tx, Visit *visit, const TokenGrant *grant, Fault *f)
{
	Arena *arena = visit->desk->arena;
	const char *token_id;
	int r = identity_issue(tx, arena, grant, &visit->token, &token_id, f);

	if (r == 0)
		r = identity_token_view(tx, arena, token_id, clock_now_us(), &visit->view, f);
	return fault_unexpected(f, r);
}

/* The user as it is now; IDENTITY_WRONG when it may not come in. */
static int load_user(Tx *tx, Visit *visit, const char *user_id, User **ret, Fault *f)
{
	const IdentityName name = {.id = user_id};
	int r = identity_find_user(tx, visit->desk->arena, &name, ret, f);

	if (r == IDENTITY_NOT_FOUND || (r == 0 && !(*ret)->enabled))
		return IDENTITY_WRONG;
	return r;
}

static int find_visitor(Tx *tx, void *ctx, Fault *f)
{
	Visit *visit = ctx;
	int r = identity_find_user(tx, visit->desk->arena, &visit->login->user, &visit->user, f);

	return r == IDENTITY_NOT_FOUND ? 0 : r;
}

static int issue_for_password(Tx *tx, void *ctx, Fault *f)
{
	Visit *visit = ctx;
	User *user;
	TokenGrant grant = {.methods = "password", .expires_us = token_end_us(visit->desk)};
	int r = load_user(tx, visit, visit->user->id, &user, f);

	if (r)
		return r;
	if (!str_eq(user->password_hash, visit->user->password_hash))
		return IDENTITY_WRONG;
	grant.user = user;
	r = grant_scope(tx, visit->desk->arena, visit->login, &grant, f);
	return r ? r : issue(tx, visit, &grant, f);
}

static int login_password(Visit *visit, Fault *f)
{
	const LoginDesk *desk = visit->desk;
	int r = store_read(desk->store, find_visitor, visit, f);

	if (r)
		return fault_unexpected(f, r);
	if (!password_matches(visit->login->password,
			      visit->user ? visit->user->password_hash : NULL))
		return IDENTITY_WRONG;
	return store_write(desk->store, issue_for_password, visit, f);
}

/* "token" in front of how the old token was got. */
static const char *token_methods(Arena *arena, const char *old)
{
	return str_after(old, "token") ? old : arena_printf(arena, "token,%s", old);
}

/* A token that came from an application credential stays bound to it. */
static int grant_as_before(Tx *tx, Visit *visit, const TokenView *old, TokenGrant *grant, Fault *f)
{
	const Token *token = old->token;

	if (token->app_credential_id) {
		if (visit->login->scope != LOGIN_SCOPE_DEFAULT)
			return IDENTITY_TOKEN_SCOPE;
		grant->project_id = token->project_id;
		grant->roles = (RoleSet)token->roles;
		grant->credential = old->credential;
		return 0;
	}
	if (token->system && (visit->login->scope == LOGIN_SCOPE_PROJECT ||
			      visit->login->scope == LOGIN_SCOPE_DOMAIN))
		return IDENTITY_SYSTEM_RESCOPE;
	return grant_scope(tx, visit->desk->arena, visit->login, grant, f);
}

static int issue_for_token(Tx *tx, void *ctx, Fault *f)
{
	Visit *visit = ctx;
	Arena *arena = visit->desk->arena;
	char token_id[SECRET_HASH_TEXT];
	TokenView old;
	TokenGrant grant;
	int r;

	secret_hash(visit->login->token, token_id);
	r = identity_token_view(tx, arena, token_id, clock_now_us(), &old, f);
	if (r == IDENTITY_NOT_FOUND)
		return IDENTITY_WRONG;
	if (r)
		return r;
	grant = (TokenGrant){
		.user = old.user,
		.methods = token_methods(arena, old.token->methods),
		.audit_parent =
			old.token->audit_parent ? old.token->audit_parent : old.token->audit_id,
		.expires_us = old.token->expires_us,
	};
	r = grant_as_before(tx, visit, &old, &grant, f);
	return r ? r : issue(tx, visit, &grant, f);
}

static int find_credential(Tx *tx, Visit *visit, AppCredential **ret, Fault *f)
{
	const Login *login = visit->login;
	Arena *arena = visit->desk->arena;
	RecordQuery query = {.limit = 1};
	AppCredential **rows;
	size_t count;
	User *user;
	int r;

	if (login->credential_id) {
		r = app_credential_get(tx, arena, login->credential_id, ret, f);
		return r == RECORD_NOT_FOUND ? IDENTITY_WRONG : fault_unexpected(f, r);
	}
	r = identity_find_user(tx, arena, &login->user, &user, f);
	if (r)
		return r == IDENTITY_NOT_FOUND ? IDENTITY_WRONG : r;
	record_where_text(&query, "user_id", RECORD_EQ, user->id);
	record_where_text(&query, "name", RECORD_EQ, login->credential_name);
	r = app_credential_find(tx, arena, &query, &rows, &count, f);
	if (r)
		return fault_unexpected(f, r);
	if (count == 0)
		return IDENTITY_WRONG;
	*ret = rows[0];
	return 0;
}

/* Its user must still hold every role that it carries. */
static int grant_credential(Tx *tx, Visit *visit, const AppCredential *credential,
			    TokenGrant *grant, Fault *f)
{
	Arena *arena = visit->desk->arena;
	const IdentityName project = {.id = credential->project_id};
	int r = grant_project(tx, arena, &project, grant, f);

	if (r)
		return r;
	if ((RoleSet)credential->roles & ~role_set_expand(grant->roles))
		return IDENTITY_WRONG;
	grant->roles = (RoleSet)credential->roles;
	grant->credential = credential;
	if (credential->expires_us)
		grant->expires_us = MIN(grant->expires_us, credential->expires_us);
	return grant->expires_us > clock_now_us() ? 0 : IDENTITY_WRONG;
}

static int issue_for_credential(Tx *tx, void *ctx, Fault *f)
{
	Visit *visit = ctx;
	char secret[SECRET_HASH_TEXT];
	AppCredential *credential;
	User *user;
	TokenGrant grant = {
		.methods = "application_credential",
		.expires_us = token_end_us(visit->desk),
	};
	int r = find_credential(tx, visit, &credential, f);

	if (r)
		return r;
	secret_hash(visit->login->secret, secret);
	if (!secret_equal(secret, credential->secret_hash))
		return IDENTITY_WRONG;
	r = load_user(tx, visit, credential->user_id, &user, f);
	if (r)
		return r;
	grant.user = user;
	r = grant_credential(tx, visit, credential, &grant, f);
	return r ? r : issue(tx, visit, &grant, f);
}

static int login_by_method(Visit *visit, Fault *f)
{
	switch (visit->login->method) {
	case LOGIN_PASSWORD:
		return login_password(visit, f);
	case LOGIN_TOKEN:
		return store_write(visit->desk->store, issue_for_token, visit, f);
	case LOGIN_CREDENTIAL:
		if (visit->login->scope != LOGIN_SCOPE_DEFAULT)
			return IDENTITY_CREDENTIAL_SCOPE;
		return store_write(visit->desk->store, issue_for_credential, visit, f);
	}
	return IDENTITY_WRONG;
}

int identity_login(const LoginDesk *desk, const Login *login, const char **ret_token,
		   TokenView *ret, Fault *f)
{
	Visit visit = {.desk = desk, .login = login};
	bool counted = login->method != LOGIN_TOKEN; /* a token cannot be guessed */
	int r = counted ? identity_gate_ask(desk, login) : 0;

	if (r)
		return r;
	r = login_by_method(&visit, f);
	if (counted)
		identity_gate_count(desk, login, r);
	if (r)
		return r;
	*ret_token = visit.token;
	*ret = visit.view;
	return 0;
}
