/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * The identity dialect: how it words errors, and its version documents.
 */
#include "api/identity/identity.h"

#include <inttypes.h>

#include "api/identity/priv.h"

#define GENERAL_401 "The request you have made requires authentication."
#define CLIENT_ERROR                                                                               \
	"The server could not comply with the request since it is either malformed or otherwise "  \
	"incorrect. The client is assumed to be in error."

static const char *status_title(unsigned status)
{
	switch (status) {
	case 400:
		return "Bad Request";
	case 401:
		return "Unauthorized";
	case 403:
		return "Forbidden";
	case 404:
		return "Not Found";
	case 405:
		return "Method Not Allowed";
	case 409:
		return "Conflict";
	case 429:
		return "Too Many Requests";
	case 413:
		return "Request Entity Too Large";
	case 503:
		return "Service Unavailable";
	default:
		return "Internal Server Error";
	}
}

static void error_body(JsonOut *out, unsigned status, const char *message)
{
	json_out_begin(out, NULL);
	json_out_begin(out, "error");
	json_out_int(out, "code", status);
	json_out_text(out, "message", message);
	json_out_text(out, "title", status_title(status));
	json_out_end(out);
	json_out_end(out);
}

static const ApiWord words[] = {
	{API_NO_METHOD, 405, "The method is not allowed for the requested URL."},
	{API_DENIED, 403, "You are not authorized to perform the requested action: {1}."},
	{API_MEDIA_TYPE, 400,
	 "Expecting to find application/json in Content-Type header. " CLIENT_ERROR},
	{API_MALFORMED, 400, "Expecting to find valid JSON in request body. " CLIENT_ERROR},
	{0},
};

/* The member that a reason says is missing ("'auth' is a required property"), or NULL. */
static const char *missing_member(Arena *arena, const char *reason)
{
	const char *end = strstr(reason, "' is a required property");

	return end && reason[0] == '\''
		       ? arena_strndup(arena, reason + 1, (size_t)(end - reason) - 1)
		       : NULL;
}

static const char *problem_text(ApiRequest *r, const JsonProblem *problem)
{
	const char *missing = missing_member(r->arena, problem->reason);

	if (missing)
		return arena_printf(r->arena, "Expecting to find %s in %s. " CLIENT_ERROR, missing,
				    problem->top_level ? "request body" : problem->field);
	if (problem->top_level)
		return problem->reason;
	return arena_printf(r->arena, "Invalid input for field '%s': %s", problem->path,
			    problem->reason);
}

int identity_unauthorized(ApiRequest *r, const char *message)
{
	(void)api_refuse(r, 401, "%s", message ? message : GENERAL_401);
	api_reply_header(r, "WWW-Authenticate",
			 arena_printf(r->arena, "Keystone uri=\"%s\"", api_prefix_url(r)));
	return 0;
}

int identity_forbid(ApiRequest *r)
{
	return api_complain(r, API_DENIED, r->route->policy, NULL, NULL);
}

int identity_not_found(ApiRequest *r, const char *type, const char *id)
{
	return api_refuse(r, 404, "Could not find %s: %s.", type, id);
}

bool identity_check_domain(ApiRequest *r, const char *domain_id)
{
	if (!domain_id || str_eq(domain_id, DEFAULT_DOMAIN_ID))
		return true;
	(void)identity_not_found(r, "domain", domain_id); /* 0 */
	return false;
}

int identity_reply_nothing(ApiRequest *r, int result, Fault *f)
{
	if (result)
		return identity_answer(r, &r->work.refused, result, f);
	api_reply(r, 204);
	return 0;
}

int identity_expecting(ApiRequest *r, const char *part, const char *where)
{
	return api_refuse(r, 400, "Expecting to find %s in %s. " CLIENT_ERROR, part, where);
}

LoginDesk identity_desk(ApiRequest *r)
{
	return (LoginDesk){
		.store = r->config->store,
		.lockout = r->config->lockout,
		.settings = r->config->settings,
		.arena = r->arena,
		.refused = &r->work.refused,
	};
}

/* After the answer, which it is added to. */
static int ask_patience(ApiRequest *r, const RefusalData *refused)
{
	api_reply_header(r, "Retry-After", arena_printf(r->arena, "%" PRId64, refused->limit));
	return 0;
}

static int refuse_conflict(ApiRequest *r, const RefusalData *refused)
{
	return api_refuse(r, 409,
			  "Conflict occurred attempting to store %s - Duplicate entry found with "
			  "name %s at domain ID %s.",
			  refused->attribute, refused->value, DEFAULT_DOMAIN_ID);
}

int identity_answer(ApiRequest *r, const RefusalData *refused, int result, Fault *f)
{
	if (result <= 0)
		return result;
	switch ((IdentityRefusal)result) {
	case IDENTITY_WRONG:
		return identity_unauthorized(r, NULL);
	case IDENTITY_LOCKED: /* looks like a wrong password, and is the same for unknown users */
		(void)identity_unauthorized(r, NULL);
		return ask_patience(r, refused);
	case IDENTITY_CROWD:
		(void)api_refuse(r, 429, "Too many failed logins from this address.");
		return ask_patience(r, refused);
	case IDENTITY_CREDENTIAL_SCOPE:
		return identity_unauthorized(r, "Error authenticating with application credential: "
						"Application credentials cannot request a scope.");
	case IDENTITY_TOKEN_SCOPE:
		return api_refuse(r, 403,
				  "You are not authorized to perform the requested action: Using "
				  "an application credential token to create a scoped token is "
				  "not allowed.");
	case IDENTITY_SYSTEM_RESCOPE:
		return api_refuse(r, 403,
				  "You are not authorized to perform the requested action: rescope "
				  "a scoped token.");
	case IDENTITY_FORBIDDEN:
		return api_complain(r, API_DENIED, refused->action, NULL, NULL);
	case IDENTITY_NOT_FOUND:
		return identity_not_found(r, refused->attribute, refused->id);
	case IDENTITY_EXISTS:
		return refuse_conflict(r, refused);
	case IDENTITY_BAD_INPUT:
		return api_refuse(r, 400, "%s", refused->value);
	}
	return fault_unexpected(f, result);
}

static void out_version(ApiRequest *r, const char *key)
{
	JsonOut *out = &r->out;

	json_out_begin(out, key);
	json_out_text(out, "id", "v3.14");
	json_out_text(out, "status", "stable");
	json_out_text(out, "updated", "2020-04-07T00:00:00Z");
	json_out_list_begin(out, "links");
	json_out_begin(out, NULL);
	json_out_text(out, "rel", "self");
	json_out_printf(out, "href", "%s/", api_prefix_url(r));
	json_out_end(out);
	json_out_list_end(out);
	json_out_list_begin(out, "media-types");
	json_out_begin(out, NULL);
	json_out_text(out, "base", "application/json");
	json_out_text(out, "type", "application/vnd.openstack.identity-v3+json");
	json_out_end(out);
	json_out_list_end(out);
	json_out_end(out);
}

static int show_root(ApiRequest *r, Fault *f)
{
	(void)f; /* nothing here can fail */
	json_out_begin(&r->out, NULL);
	json_out_begin(&r->out, "versions");
	json_out_list_begin(&r->out, "values");
	out_version(r, NULL);
	json_out_list_end(&r->out);
	json_out_end(&r->out);
	json_out_end(&r->out);
	api_reply_header(r, "Location", arena_printf(r->arena, "%s/", api_prefix_url(r)));
	api_reply(r, 300);
	return 0;
}

static int show_version(ApiRequest *r, Fault *f)
{
	(void)f; /* nothing here can fail */
	json_out_begin(&r->out, NULL);
	out_version(r, "version");
	json_out_end(&r->out);
	api_reply(r, 200);
	return 0;
}

static const ApiRoute root = {
	.method = "GET",
	.pattern = "/",
	.rule = API_RULE_OPEN,
	.mode = API_PLAIN,
	.handle = show_root,
};

static const ApiRoute discovery[] = {
	{
		.method = "GET",
		.pattern = "/",
		.rule = API_RULE_OPEN,
		.mode = API_PLAIN,
		.handle = show_version,
	},
};
static const ApiRoutes discovery_routes = API_ROUTES(discovery);

static const ApiRoutes *const resources[] = {
	&discovery_routes,           &identity_token_routes,
	&identity_catalog_routes,    &identity_self_routes,
	&identity_project_routes,    &identity_user_routes,
	&identity_role_routes,       &identity_assignment_routes,
	&identity_credential_routes, NULL,
};

const ApiDialect identity_dialect = {
	.name = "identity",
	.service = "/identity",
	.prefix = "/identity/v3",
	.root = &root,
	.vary = "X-Auth-Token",
	.any_scope = true,
	.routes = resources,
	.words = words,
	.error_body = error_body,
	.problem = problem_text,
};
