/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Who calls, and whether the route is open to them.
 *
 * A service token that came along must be valid and hold the role "service", or the whole request
 * is refused, also when the user's own token is good. A 401 has one form in all dialects, because
 * clients know it from the token filter that stands before the services elsewhere.
 */
#include "api/common/priv.h"

static bool refuse_token(ApiCall *call)
{
	ApiRequest *r = &call->r;
	JsonOut *out = &r->out;

	reply_reset(call);
	json_out_begin(out, NULL);
	json_out_begin(out, "error");
	json_out_int(out, "code", 401);
	json_out_text(out, "title", "Unauthorized");
	json_out_text(out, "message", "The request you have made requires authentication.");
	json_out_end(out);
	json_out_end(out);
	api_reply_header(
		r, "WWW-Authenticate",
		arena_printf(r->arena, "Keystone uri=\"%s/identity/v3\"", api_base_url(r)));
	api_reply(r, 401);
	return false;
}

/* Validate one token; false when the call was answered. */
static bool take_token(ApiCall *call, const char *token, Caller *ret)
{
	int outcome;

	if (str_empty(token))
		return refuse_token(call);
	outcome = identity_validate(call->api->config.identity, token, call->r.arena, ret,
				    &call->job.fault);
	if (outcome == IDENTITY_INVALID)
		return refuse_token(call);
	if (outcome) {
		(void)fault_unexpected(&call->job.fault, outcome);
		reply_fault(call, &call->job.fault);
		return false;
	}
	return true;
}

static bool take_service_token(ApiCall *call)
{
	const char *token = http_header(call->r.http, "X-Service-Token");
	Caller service;

	if (!token)
		return true;
	if (!take_token(call, token, &service))
		return false;
	if (!role_set_has(service.roles, ROLE_SERVICE))
		return refuse_token(call);
	call->r.caller.service_request = true;
	call->r.caller.service_user_id = service.user_id;
	return true;
}

bool auth_admit(ApiCall *call)
{
	ApiRequest *r = &call->r;

	/* Below a project nothing is open, not even the service's document. */
	if (r->route->rule == API_RULE_OPEN && !r->project_segment)
		return true;
	return take_token(call, http_header(r->http, "X-Auth-Token"), &r->caller) &&
	       take_service_token(call);
}

static bool roles_satisfy(RoleSet roles, ApiRule rule)
{
	switch (rule) {
	case API_RULE_OPEN:
	case API_RULE_ANY:
	case API_RULE_SCOPED:
		return true;
	case API_RULE_READER:
		return role_set_has(roles, ROLE_READER);
	case API_RULE_MEMBER:
		return role_set_has(roles, ROLE_MEMBER);
	case API_RULE_MANAGER:
		return role_set_has(roles, ROLE_MANAGER);
	case API_RULE_ADMIN:
		return role_set_has(roles, ROLE_ADMIN);
	case API_RULE_SERVICE:
		return role_set_has(roles, ROLE_SERVICE) || role_set_has(roles, ROLE_ADMIN);
	}
	return false;
}

bool api_allows(const ApiRequest *r, ApiRule rule)
{
	if (rule >= API_RULE_SCOPED && !r->caller.project_id && !r->dialect->any_scope)
		return false;
	return roles_satisfy(r->caller.roles, rule);
}

bool auth_allow(ApiCall *call)
{
	ApiRequest *r = &call->r;

	if (api_allows(r, r->route->rule))
		return true;
	(void)api_complain(r, API_DENIED, r->route->policy, NULL, NULL);
	return false;
}

unsigned api_audience(const ApiRequest *r)
{
	unsigned audience = 0;

	if (role_set_has(r->caller.roles, ROLE_ADMIN))
		audience |= API_AUDIENCE_ADMIN;
	if (role_set_has(r->caller.roles, ROLE_SERVICE) || r->caller.service_request)
		audience |= API_AUDIENCE_SERVICE;
	return audience;
}
