/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Who holds which role where: /role_assignments and the roles of a user in a project.
 */
#include "api/identity/priv.h"
#include "base/limits.h"

/* One member {"id": …}, with the name and the domain when they were asked for. */
static void out_party(JsonOut *out, const char *key, const char *id, const char *name)
{
	json_out_begin(out, key);
	json_out_text(out, "id", id);
	if (name) {
		json_out_text(out, "name", name);
		identity_out_domain(out, "domain");
	}
	json_out_end(out);
}

static void out_assignment(ApiRequest *r, const Assignment *assignment, Role role,
			   const char *user_name, const char *project_name)
{
	JsonOut *out = &r->out;

	json_out_begin(out, NULL);
	json_out_begin(out, "scope");
	out_party(out, "project", assignment->project_id, project_name);
	json_out_end(out);
	json_out_begin(out, "role");
	json_out_text(out, "id", identity_role_id(role));
	if (user_name)
		json_out_text(out, "name", enum_name(&role_names, (int)role));
	json_out_end(out);
	out_party(out, "user", assignment->user_id, user_name);
	json_out_begin(out, "links");
	json_out_printf(out, "assignment", "%s/projects/%s/users/%s/roles/%s", api_prefix_url(r),
			assignment->project_id, assignment->user_id, identity_role_id(role));
	json_out_end(out);
	json_out_end(out);
}

/* A query flag is set when it is there and not an obvious no. */
static bool flag_is_set(const ApiRequest *r, const char *name)
{
	const char *value = http_query_value(r->http, name);

	return value && strcmp(value, "0") != 0 && !str_eq_nocase(value, "false");
}

static int out_roles(ApiRequest *r, const Assignment *assignment, Fault *f)
{
	const char *wanted = api_query(r, "role.id");
	RoleSet roles = (RoleSet)assignment->roles;
	Project *project = NULL;
	User *user = NULL;
	int result = 0;

	if (flag_is_set(r, "effective"))
		roles = role_set_expand(roles);
	if (flag_is_set(r, "include_names")) {
		result = user_get(r->work.tx, r->arena, assignment->user_id, &user, f);
		if (result == 0)
			result = project_get(r->work.tx, r->arena, assignment->project_id, &project,
					     f);
	}
	if (result)
		return fault_unexpected(f, result);
	for (Role role = 0; role < _ROLE_MAX; role++)
		if (role_set_has(roles, role) &&
		    (!wanted || strcmp(wanted, identity_role_id(role)) == 0))
			out_assignment(r, assignment, role, user ? user->name : NULL,
				       project ? project->name : NULL);
	return 0;
}

static int list_assignments(ApiRequest *r, Fault *f)
{
	const char *user_id = api_query(r, "user.id");
	const char *project_id = api_query(r, "scope.project.id");
	bool elsewhere = api_query(r, "scope.domain.id") || api_query(r, "scope.system") ||
			 api_query(r, "group.id");
	RecordQuery query = {.limit = LIMIT_LIST_PAGE};
	Assignment **rows = NULL;
	size_t count = 0;
	int result = 0;

	if (user_id)
		record_where_text(&query, "user_id", RECORD_EQ, user_id);
	if (project_id)
		record_where_text(&query, "project_id", RECORD_EQ, project_id);
	if (!elsewhere)
		result = assignment_find(r->work.tx, r->arena, &query, &rows, &count, f);
	if (result)
		return fault_unexpected(f, result);
	identity_list_begin(r, "role_assignments");
	for (size_t i = 0; i < count; i++) {
		result = out_roles(r, rows[i], f);
		if (result)
			return result;
	}
	return identity_list_reply(r, count == LIMIT_LIST_PAGE);
}

/* The user, the project and the role of the path; false after a reply. */
static bool take_role(ApiRequest *r, RoleSet *ret)
{
	const char *id = api_param(r, "role_id");
	int role = identity_role_by_id(id);

	if (role < 0)
		return identity_not_found(r, "role", id);
	*ret = 1u << role;
	return true;
}

static int list_roles(ApiRequest *r, Fault *f)
{
	RoleSet roles;
	int result = identity_roles(r->work.tx, r->arena, api_param(r, "user_id"),
				    api_param(r, "project_id"), &roles, f);

	if (result)
		return result;
	identity_list_begin(r, "roles");
	for (Role role = 0; role < _ROLE_MAX; role++)
		if (role_set_has(roles, role))
			identity_out_role(r, NULL, role);
	return identity_list_reply(r, false);
}

static int check_role(ApiRequest *r, Fault *f)
{
	RoleSet wanted = 0;
	RoleSet roles;
	int result;

	if (!take_role(r, &wanted))
		return 0;
	result = identity_roles(r->work.tx, r->arena, api_param(r, "user_id"),
				api_param(r, "project_id"), &roles, f);
	if (result)
		return result;
	if (!(roles & wanted))
		return identity_not_found(r, "role assignment", api_param(r, "role_id"));
	api_reply(r, 204);
	return 0;
}

static int change_role(ApiRequest *r,
		       int (*change)(Work *, const char *, const char *, RoleSet, Fault *),
		       Fault *f)
{
	RoleSet roles = 0;
	int result;

	if (!take_role(r, &roles))
		return 0;
	result = change(&r->work, api_param(r, "user_id"), api_param(r, "project_id"), roles, f);
	return identity_reply_nothing(r, result, f);
}

static int add_role(ApiRequest *r, Fault *f)
{
	return change_role(r, identity_grant, f);
}

static int remove_role(ApiRequest *r, Fault *f)
{
	return change_role(r, identity_ungrant, f);
}

static const ApiRoute routes[] = {
	{
		.method = "GET",
		.pattern = "/role_assignments",
		.policy = "identity:list_role_assignments",
		.rule = API_RULE_ADMIN,
		.mode = API_READ,
		.handle = list_assignments,
	},
	{
		.method = "GET",
		.pattern = "/projects/{project_id}/users/{user_id}/roles",
		.policy = "identity:list_grants",
		.rule = API_RULE_ADMIN,
		.mode = API_READ,
		.handle = list_roles,
	},
	{
		.method = "GET",
		.pattern = "/projects/{project_id}/users/{user_id}/roles/{role_id}",
		.policy = "identity:check_grant",
		.rule = API_RULE_ADMIN,
		.mode = API_READ,
		.handle = check_role,
	},
	{
		.method = "PUT",
		.pattern = "/projects/{project_id}/users/{user_id}/roles/{role_id}",
		.policy = "identity:create_grant",
		.rule = API_RULE_ADMIN,
		.mode = API_WRITE,
		.handle = add_role,
	},
	{
		.method = "DELETE",
		.pattern = "/projects/{project_id}/users/{user_id}/roles/{role_id}",
		.policy = "identity:revoke_grant",
		.rule = API_RULE_ADMIN,
		.mode = API_WRITE,
		.handle = remove_role,
	},
};
const ApiRoutes identity_assignment_routes = API_ROUTES(routes);
