/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * What a client says to get a token: one method and at most one scope, read from the body of
 * POST /auth/tokens.
 */
#include "api/identity/priv.h"
#include "base/limits.h"

typedef struct DomainPart {
	const char *id;
	const char *name;
} DomainPart;

typedef struct UserPart {
	const char *id;
	const char *name;
	const char *password;
	DomainPart *domain;
} UserPart;

typedef struct PasswordPart {
	UserPart *user;
} PasswordPart;

typedef struct TokenPart {
	const char *id;
} TokenPart;

typedef struct CredentialPart {
	const char *id;
	const char *name;
	const char *secret;
	UserPart *user;
} CredentialPart;

typedef struct IdentityPart {
	JsonList methods;
	PasswordPart *password;
	TokenPart *token;
	CredentialPart *credential;
} IdentityPart;

typedef struct AuthPart {
	IdentityPart *identity;
	const char *scope; /* JSON text: an object or a word */
} AuthPart;

typedef struct AuthBody {
	AuthPart *auth;
} AuthBody;

typedef struct ProjectPart {
	const char *id;
	const char *name;
	DomainPart *domain;
} ProjectPart;

typedef struct SystemPart {
	bool all;
} SystemPart;

typedef struct ScopePart {
	ProjectPart *project;
	DomainPart *domain;
	SystemPart *system;
	const char *unscoped;
} ScopePart;

static const JsonField domain_rows[] = {
	{.name = "id", .type = JSON_TEXT, .offset = offsetof(DomainPart, id), .max = 64},
	{.name = "name",
	 .type = JSON_TEXT,
	 .offset = offsetof(DomainPart, name),
	 .max = LIMIT_NAME_CHARS},
};
static const JsonFields domain_fields = JSON_FIELDS(domain_rows, DomainPart);

static const JsonField user_rows[] = {
	{.name = "id", .type = JSON_TEXT, .offset = offsetof(UserPart, id), .max = 64},
	{.name = "name",
	 .type = JSON_TEXT,
	 .offset = offsetof(UserPart, name),
	 .max = LIMIT_NAME_CHARS},
	{.name = "password",
	 .type = JSON_TEXT,
	 .offset = offsetof(UserPart, password),
	 .max = LIMIT_PASSWORD_BYTES},
	{.name = "domain",
	 .type = JSON_OBJECT,
	 .offset = offsetof(UserPart, domain),
	 .fields = &domain_fields},
};
static const JsonFields user_fields = JSON_FIELDS(user_rows, UserPart);

static const JsonField password_rows[] = {
	{.name = "user",
	 .type = JSON_OBJECT,
	 .flags = JSON_REQUIRED,
	 .offset = offsetof(PasswordPart, user),
	 .fields = &user_fields},
};
static const JsonFields password_fields = JSON_FIELDS(password_rows, PasswordPart);

static const JsonField token_rows[] = {
	{.name = "id",
	 .type = JSON_TEXT,
	 .flags = JSON_REQUIRED,
	 .offset = offsetof(TokenPart, id),
	 .max = 255},
};
static const JsonFields token_fields = JSON_FIELDS(token_rows, TokenPart);

static const JsonField credential_rows[] = {
	{.name = "id", .type = JSON_TEXT, .offset = offsetof(CredentialPart, id), .max = 64},
	{.name = "name",
	 .type = JSON_TEXT,
	 .offset = offsetof(CredentialPart, name),
	 .max = LIMIT_NAME_CHARS},
	{.name = "secret",
	 .type = JSON_TEXT,
	 .flags = JSON_REQUIRED,
	 .offset = offsetof(CredentialPart, secret),
	 .max = LIMIT_PASSWORD_BYTES},
	{.name = "user",
	 .type = JSON_OBJECT,
	 .offset = offsetof(CredentialPart, user),
	 .fields = &user_fields},
};
static const JsonFields credential_fields = JSON_FIELDS(credential_rows, CredentialPart);

static const JsonField identity_rows[] = {
	{.name = "methods",
	 .type = JSON_LIST,
	 .flags = JSON_REQUIRED,
	 .offset = offsetof(IdentityPart, methods),
	 .item = JSON_TEXT,
	 .min = 1,
	 .max = 8,
	 .value_max = 64},
	{.name = "password",
	 .type = JSON_OBJECT,
	 .offset = offsetof(IdentityPart, password),
	 .fields = &password_fields},
	{.name = "token",
	 .type = JSON_OBJECT,
	 .offset = offsetof(IdentityPart, token),
	 .fields = &token_fields},
	{.name = "application_credential",
	 .type = JSON_OBJECT,
	 .offset = offsetof(IdentityPart, credential),
	 .fields = &credential_fields},
};
static const JsonFields identity_fields = {
	.rows = identity_rows,
	.count = ARRAY_SIZE(identity_rows),
	.size = sizeof(IdentityPart),
	.open = true, /* methods that are not ours are refused by name */
};

static const JsonField auth_rows[] = {
	{.name = "identity",
	 .type = JSON_OBJECT,
	 .flags = JSON_REQUIRED,
	 .offset = offsetof(AuthPart, identity),
	 .fields = &identity_fields},
	{.name = "scope",
	 .type = JSON_ANY,
	 .flags = JSON_NULLABLE,
	 .offset = offsetof(AuthPart, scope)},
};
static const JsonFields auth_fields = JSON_FIELDS(auth_rows, AuthPart);

static const JsonField body_rows[] = {
	{.name = "auth",
	 .type = JSON_OBJECT,
	 .flags = JSON_REQUIRED,
	 .offset = offsetof(AuthBody, auth),
	 .fields = &auth_fields},
};
const JsonFields identity_login_fields = JSON_FIELDS(body_rows, AuthBody);

static const JsonField project_rows[] = {
	{.name = "id", .type = JSON_TEXT, .offset = offsetof(ProjectPart, id), .max = 64},
	{.name = "name",
	 .type = JSON_TEXT,
	 .offset = offsetof(ProjectPart, name),
	 .max = LIMIT_NAME_CHARS},
	{.name = "domain",
	 .type = JSON_OBJECT,
	 .offset = offsetof(ProjectPart, domain),
	 .fields = &domain_fields},
};
static const JsonFields project_fields = JSON_FIELDS(project_rows, ProjectPart);

static const JsonField system_rows[] = {
	{.name = "all",
	 .type = JSON_BOOL,
	 .flags = JSON_REQUIRED,
	 .offset = offsetof(SystemPart, all)},
};
static const JsonFields system_fields = JSON_FIELDS(system_rows, SystemPart);

static const JsonField scope_rows[] = {
	{.name = "project",
	 .type = JSON_OBJECT,
	 .offset = offsetof(ScopePart, project),
	 .fields = &project_fields},
	{.name = "domain",
	 .type = JSON_OBJECT,
	 .offset = offsetof(ScopePart, domain),
	 .fields = &domain_fields},
	{.name = "system",
	 .type = JSON_OBJECT,
	 .offset = offsetof(ScopePart, system),
	 .fields = &system_fields},
	{.name = "unscoped", .type = JSON_ANY, .offset = offsetof(ScopePart, unscoped)},
};
static const JsonFields scope_fields = JSON_FIELDS(scope_rows, ScopePart);

/* A name needs a domain; an id does not. False after a reply. */
static bool take_name(ApiRequest *r, const char *where, const ProjectPart *part, IdentityName *ret)
{
	*ret = (IdentityName){.id = part->id, .name = part->name};
	if (part->domain) {
		ret->domain_id = part->domain->id;
		ret->domain_name = part->domain->name;
	}
	if (!part->id && !part->name)
		(void)identity_expecting(r, "id or name", where);
	else if (!part->id && !ret->domain_id && !ret->domain_name)
		(void)identity_expecting(r, "domain", where);
	else
		return true;
	return false;
}

static bool take_user(ApiRequest *r, const UserPart *user, IdentityName *ret)
{
	const ProjectPart part = {.id = user->id, .name = user->name, .domain = user->domain};

	return take_name(r, "user", &part, ret);
}

static bool take_password(ApiRequest *r, const IdentityPart *identity, Login *login)
{
	if (!identity->password) {
		(void)identity_expecting(r, "password", "identity");
		return false;
	}
	if (!identity->password->user->password) {
		(void)identity_expecting(r, "password", "user");
		return false;
	}
	login->method = LOGIN_PASSWORD;
	login->password = identity->password->user->password;
	return take_user(r, identity->password->user, &login->user);
}

static bool take_token(ApiRequest *r, const IdentityPart *identity, Login *login)
{
	if (!identity->token) {
		(void)identity_expecting(r, "token", "identity");
		return false;
	}
	login->method = LOGIN_TOKEN;
	login->token = identity->token->id;
	return true;
}

static bool take_credential(ApiRequest *r, const IdentityPart *identity, Login *login)
{
	const CredentialPart *part = identity->credential;

	if (!part) {
		(void)identity_expecting(r, "application_credential", "identity");
		return false;
	}
	login->method = LOGIN_CREDENTIAL;
	login->credential_id = part->id;
	login->credential_name = part->name;
	login->secret = part->secret;
	if (part->id)
		return true;
	if (!part->name || !part->user) {
		(void)identity_expecting(r, part->name ? "user" : "id or name",
					 "application_credential");
		return false;
	}
	return take_user(r, part->user, &login->user);
}

typedef struct MethodRow {
	const char *name;
	bool (*take)(ApiRequest *r, const IdentityPart *identity, Login *login);
} MethodRow;

static const MethodRow methods[] = {
	{.name = "password", .take = take_password},
	{.name = "token", .take = take_token},
	{.name = "application_credential", .take = take_credential},
};

static bool refuse_method(ApiRequest *r)
{
	JsonOut *out = &r->out;

	json_out_begin(out, NULL);
	json_out_begin(out, "error");
	json_out_int(out, "code", 401);
	json_out_text(out, "message", "Attempted to authenticate with an unsupported method.");
	json_out_text(out, "title", "Unauthorized");
	json_out_begin(out, "identity");
	json_out_list_begin(out, "methods");
	for (size_t i = 0; i < ARRAY_SIZE(methods); i++)
		json_out_text(out, NULL, methods[i].name);
	json_out_list_end(out);
	json_out_end(out);
	json_out_end(out);
	json_out_end(out);
	api_reply_header(r, "WWW-Authenticate",
			 arena_printf(r->arena, "Keystone uri=\"%s\"", api_prefix_url(r)));
	api_reply(r, 401);
	return false;
}

static bool take_method(ApiRequest *r, const IdentityPart *identity, Login *login)
{
	const char *const *names = identity->methods.items;

	if (identity->methods.count > 1) {
		(void)api_refuse(r, 400,
				 "Invalid input for field 'auth.identity.methods': one method at a "
				 "time is supported");
		return false;
	}
	for (size_t i = 0; i < ARRAY_SIZE(methods); i++)
		if (strcmp(methods[i].name, names[0]) == 0)
			return methods[i].take(r, identity, login);
	return refuse_method(r);
}

static bool refuse_scope(ApiRequest *r, const char *reason)
{
	(void)api_refuse(r, 400, "Invalid input for field 'auth.scope': %s", reason);
	return false;
}

static bool choose_scope(ApiRequest *r, const ScopePart *scope, Login *login)
{
	int named = !!scope->project + !!scope->domain + !!scope->system + !!scope->unscoped;

	if (named != 1)
		return refuse_scope(r, "exactly one of project, domain, system and unscoped");
	if (scope->unscoped)
		login->scope = LOGIN_SCOPE_NONE;
	else if (scope->domain)
		login->scope = LOGIN_SCOPE_DOMAIN;
	else if (scope->system && !scope->system->all)
		return refuse_scope(r, "the system is all or nothing");
	else if (scope->system)
		login->scope = LOGIN_SCOPE_SYSTEM;
	else
		login->scope = LOGIN_SCOPE_PROJECT;
	return !scope->project || take_name(r, "project", scope->project, &login->project);
}

/* An object with one kind of scope, or the word "unscoped". */
static bool take_scope(ApiRequest *r, const char *text, Login *login)
{
	_cleanup_(json_doc_freep) JsonDoc *doc = NULL;
	JsonProblem problem;
	void *scope;

	if (!text)
		return true;
	if (strcmp(text, "\"unscoped\"") == 0) {
		login->scope = LOGIN_SCOPE_NONE;
		return true;
	}
	if (json_parse(r->arena, text, strlen(text), &doc, NULL) || !json_is_object(doc))
		return refuse_scope(r, "not an object");
	if (json_decode(r->arena, doc, &scope_fields, 0, &scope, &problem))
		return refuse_scope(r, problem.reason);
	return choose_scope(r, scope, login);
}

bool identity_read_login(ApiRequest *r, Login *ret)
{
	const AuthBody *body = r->body;

	*ret = (Login){.source = http_peer(r->http)};
	return take_method(r, body->auth->identity, ret) && take_scope(r, body->auth->scope, ret);
}
