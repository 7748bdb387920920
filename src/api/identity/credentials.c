/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Application credentials of a user. The secret is shown once, in the answer that makes it.
 */
#include "api/identity/priv.h"
#include "base/limits.h"
#include "base/secret.h"

enum { SECRET_GIVEN_MAX = 255 };

typedef struct RoleWish {
	const char *id;
	const char *name;
} RoleWish;

typedef struct CredentialWish {
	const char *name;
	const char *description;
	const char *secret;
	const char *expires_at;
	JsonList roles;
	const char *project_id;
	bool unrestricted;
} CredentialWish;

typedef struct CredentialBody {
	CredentialWish *credential;
} CredentialBody;

static const JsonField role_rows[] = {
	{.name = "id", .type = JSON_TEXT, .offset = offsetof(RoleWish, id), .max = 64},
	{.name = "name", .type = JSON_TEXT, .offset = offsetof(RoleWish, name), .max = 64},
};
static const JsonFields role_fields = {
	.rows = role_rows,
	.count = ARRAY_SIZE(role_rows),
	.size = sizeof(RoleWish),
	.open = true,
};

static const JsonField wish_rows[] = {
	{.name = "name",
	 .type = JSON_TEXT,
	 .format = JSON_FORMAT_NAME,
	 .flags = JSON_REQUIRED,
	 .offset = offsetof(CredentialWish, name),
	 .min = 1,
	 .max = LIMIT_NAME_CHARS},
	{.name = "description",
	 .type = JSON_TEXT,
	 .flags = JSON_NULLABLE,
	 .offset = offsetof(CredentialWish, description),
	 .max = LIMIT_NAME_CHARS},
	{.name = "secret",
	 .type = JSON_TEXT,
	 .flags = JSON_NULLABLE,
	 .offset = offsetof(CredentialWish, secret),
	 .min = 1,
	 .max = SECRET_GIVEN_MAX},
	{.name = "expires_at",
	 .type = JSON_TEXT,
	 .flags = JSON_NULLABLE,
	 .offset = offsetof(CredentialWish, expires_at),
	 .max = 64},
	{.name = "roles",
	 .type = JSON_LIST,
	 .flags = JSON_NULLABLE,
	 .offset = offsetof(CredentialWish, roles),
	 .item = JSON_OBJECT,
	 .fields = &role_fields,
	 .max = 16},
	{.name = "project_id",
	 .type = JSON_TEXT,
	 .flags = JSON_NULLABLE,
	 .offset = offsetof(CredentialWish, project_id),
	 .max = 64},
	{.name = "unrestricted",
	 .type = JSON_BOOL,
	 .flags = JSON_NULLABLE,
	 .offset = offsetof(CredentialWish, unrestricted)},
};
static const JsonFields wish_fields = JSON_FIELDS(wish_rows, CredentialWish);

static const JsonField body_rows[] = {
	{.name = "application_credential",
	 .type = JSON_OBJECT,
	 .flags = JSON_REQUIRED,
	 .offset = offsetof(CredentialBody, credential),
	 .fields = &wish_fields},
};
static const JsonFields body_fields = JSON_FIELDS(body_rows, CredentialBody);

static void out_credential(ApiRequest *r, const char *key, const AppCredential *credential,
			   const char *secret)
{
	JsonOut *out = &r->out;

	json_out_begin(out, key);
	json_out_text(out, "id", credential->id);
	json_out_text(out, "name", credential->name);
	json_out_text(out, "description", credential->description);
	json_out_text(out, "user_id", credential->user_id);
	json_out_text(out, "project_id", credential->project_id);
	json_out_null(out, "system");
	json_out_date(out, "expires_at", credential->expires_us, CLOCK_MICROS);
	json_out_bool(out, "unrestricted", credential->unrestricted);
	json_out_list_begin(out, "roles");
	for (Role role = 0; role < _ROLE_MAX; role++)
		if (role_set_has((RoleSet)credential->roles, role))
			identity_out_role(r, NULL, role);
	json_out_list_end(out);
	if (secret)
		json_out_text(out, "secret", secret);
	json_out_begin(out, "links");
	json_out_printf(out, "self", "%s/users/%s/application_credentials/%s", api_prefix_url(r),
			credential->user_id, credential->id);
	json_out_end(out);
	json_out_end(out);
}

/* Users have their own credentials only; admins may look at and delete others'. */
static bool may_look(ApiRequest *r)
{
	return identity_is_admin(r) || str_eq(api_param(r, "user_id"), r->caller.user_id);
}

static int list_credentials(ApiRequest *r, Fault *f)
{
	const char *name = api_query(r, "name");
	RecordQuery query = {.limit = LIMIT_LIST_PAGE};
	AppCredential **rows;
	size_t count;
	int result;

	if (!may_look(r))
		return identity_forbid(r);
	record_where_text(&query, "user_id", RECORD_EQ, api_param(r, "user_id"));
	if (name)
		record_where_text(&query, "name", RECORD_EQ, name);
	result = app_credential_find(r->work.tx, r->arena, &query, &rows, &count, f);
	if (result)
		return fault_unexpected(f, result);
	identity_list_begin(r, "application_credentials");
	for (size_t i = 0; i < count; i++)
		out_credential(r, NULL, rows[i], NULL);
	return identity_list_reply(r, count == LIMIT_LIST_PAGE);
}

static int reply_credential(ApiRequest *r, unsigned status, const AppCredential *credential,
			    const char *secret)
{
	json_out_begin(&r->out, NULL);
	out_credential(r, "application_credential", credential, secret);
	json_out_end(&r->out);
	api_reply(r, status);
	return 0;
}

static int show_credential(ApiRequest *r, Fault *f)
{
	const char *id = api_param(r, "credential_id");
	AppCredential *credential;
	int result;

	if (!may_look(r))
		return identity_forbid(r);
	result = app_credential_get(r->work.tx, r->arena, id, &credential, f);
	if (result == RECORD_NOT_FOUND ||
	    (result == 0 && !str_eq(credential->user_id, api_param(r, "user_id"))))
		return identity_not_found(r, "Application Credential", id);
	return result ? fault_unexpected(f, result) : reply_credential(r, 200, credential, NULL);
}

/* Roles by id or by name; false after a reply. */
static bool take_roles(ApiRequest *r, const JsonList *list, RoleSet *ret)
{
	const RoleWish *wishes = list->items;

	*ret = 0;
	for (size_t i = 0; i < list->count; i++) {
		const RoleWish *wish = &wishes[i];
		int role = -1;

		if (wish->id)
			role = identity_role_by_id(wish->id);
		else if (wish->name)
			role = enum_value(&role_names, wish->name);
		if (role < 0)
			return identity_not_found(r, "role", wish->id ? wish->id : wish->name);
		*ret |= 1u << role;
	}
	return true;
}

static bool take_expiry(ApiRequest *r, const char *text, int64_t *ret_us)
{
	*ret_us = 0;
	if (!text || (clock_parse(text, ret_us) && *ret_us > 0))
		return true;
	return api_refuse(r, 400, "Invalid input for field 'expires_at': '%s' is not a date", text);
}

static int create_credential(ApiRequest *r, Fault *f)
{
	const CredentialWish *wish = ((const CredentialBody *)r->body)->credential;
	char made[SECRET_TEXT_MAX];
	const char *secret = wish->secret;
	RoleSet roles;
	AppCredential credential = {
		.name = wish->name,
		.description = wish->description,
		.unrestricted = wish->unrestricted,
	};
	int result;

	if (!str_eq(api_param(r, "user_id"), r->caller.user_id))
		return identity_forbid(r);
	if (!take_roles(r, &wish->roles, &roles) ||
	    !take_expiry(r, wish->expires_at, &credential.expires_us))
		return 0;
	credential.roles = roles;
	if (!secret) {
		secret_new(SECRET_BYTES_MAX, made);
		secret = made;
	}
	result = identity_create_credential(&r->work, &credential, secret, f);
	if (result)
		return identity_answer(r, &r->work.refused, result, f);
	return reply_credential(r, 201, &credential, secret);
}

static int delete_credential(ApiRequest *r, Fault *f)
{
	int result;

	if (!may_look(r))
		return identity_forbid(r);
	result = identity_delete_credential(&r->work, api_param(r, "user_id"),
					    api_param(r, "credential_id"), f);
	return identity_reply_nothing(r, result, f);
}

static const ApiRoute routes[] = {
	{
		.method = "GET",
		.pattern = "/users/{user_id}/application_credentials",
		.policy = "identity:list_application_credentials",
		.rule = API_RULE_ANY,
		.mode = API_READ,
		.handle = list_credentials,
	},
	{
		.method = "GET",
		.pattern = "/users/{user_id}/application_credentials/{credential_id}",
		.policy = "identity:get_application_credential",
		.rule = API_RULE_ANY,
		.mode = API_READ,
		.handle = show_credential,
	},
	{
		.method = "POST",
		.pattern = "/users/{user_id}/application_credentials",
		.policy = "identity:create_application_credential",
		.rule = API_RULE_ANY,
		.mode = API_WRITE,
		.body = &body_fields,
		.handle = create_credential,
	},
	{
		.method = "DELETE",
		.pattern = "/users/{user_id}/application_credentials/{credential_id}",
		.policy = "identity:delete_application_credential",
		.rule = API_RULE_ANY,
		.mode = API_WRITE,
		.handle = delete_credential,
	},
};
const ApiRoutes identity_credential_routes = API_ROUTES(routes);
