/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * /auth/tokens: log in, look at a token, revoke it.
 */
#include "api/identity/priv.h"
#include "base/secret.h"

static bool wants_catalog(const ApiRequest *r)
{
	return !http_query_value(r->http, "nocatalog");
}

static int create_token(ApiRequest *r, Fault *f)
{
	const LoginDesk desk = identity_desk(r);
	const char *token;
	TokenView view;
	Login login;
	int result;

	if (!identity_read_login(r, &login))
		return 0;
	result = identity_login(&desk, &login, &token, &view, f);
	if (result)
		return identity_answer(r, &r->work.refused, result, f);
	identity_out_token(r, &view, wants_catalog(r));
	api_reply_header(r, "X-Subject-Token", token);
	api_reply(r, 201);
	return 0;
}

/*
 * The token that the request is about. The caller may look at its own user's; admins and, where
 * `services` says so, services at anybody's. 0 after a reply when *ret->token is NULL.
 */
static int load_subject(ApiRequest *r, bool services, TokenView *ret, Fault *f)
{
	const char *text = http_header(r->http, "X-Subject-Token");
	char token_id[SECRET_HASH_TEXT];
	int result;

	*ret = (TokenView){0};
	if (str_empty(text))
		return api_refuse(r, 404, "No token in the request");
	secret_hash(text, token_id);
	result = identity_token_view(r->work.tx, r->arena, token_id, r->work.now_us, ret, f);
	if (result == IDENTITY_NOT_FOUND)
		return api_refuse(r, 404, "Failed to validate token");
	if (result)
		return result;
	if (identity_is_admin(r) || str_eq(ret->token->user_id, r->caller.user_id) ||
	    (services && role_set_has(r->caller.roles, ROLE_SERVICE)))
		return 0;
	*ret = (TokenView){0};
	return identity_forbid(r);
}

static int show_token(ApiRequest *r, Fault *f)
{
	bool services = strcmp(r->route->method, "HEAD") != 0;
	TokenView view;
	int result = load_subject(r, services, &view, f);

	if (result || !view.token)
		return result;
	api_reply_header(r, "X-Subject-Token", http_header(r->http, "X-Subject-Token"));
	if (services)
		identity_out_token(r, &view, wants_catalog(r));
	api_reply(r, 200);
	return 0;
}

static int delete_token(ApiRequest *r, Fault *f)
{
	TokenView view;
	int result = load_subject(r, false, &view, f);

	if (result || !view.token)
		return result;
	result = identity_revoke(r->work.tx, view.token->id, f);
	if (result == 0)
		api_reply(r, 204);
	return result;
}

static const ApiRoute routes[] = {
	{
		.method = "POST",
		.pattern = "/auth/tokens",
		.rule = API_RULE_OPEN,
		.mode = API_WORK,
		.body = &identity_login_fields,
		.handle = create_token,
	},
	{
		.method = "GET",
		.pattern = "/auth/tokens",
		.policy = "identity:validate_token",
		.rule = API_RULE_ANY,
		.mode = API_READ,
		.handle = show_token,
	},
	{
		.method = "HEAD",
		.pattern = "/auth/tokens",
		.policy = "identity:check_token",
		.rule = API_RULE_ANY,
		.mode = API_READ,
		.handle = show_token,
	},
	{
		.method = "DELETE",
		.pattern = "/auth/tokens",
		.policy = "identity:revoke_token",
		.rule = API_RULE_ANY,
		.mode = API_WRITE,
		.handle = delete_token,
	},
};
const ApiRoutes identity_token_routes = API_ROUTES(routes);
