/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * What a user may scope to, and a user's projects.
 */
#include "api/identity/priv.h"

static int out_user_projects(ApiRequest *r, const char *user_id, Fault *f)
{
	RecordQuery query = {0};
	Assignment **rows;
	size_t count;
	int result;

	record_where_text(&query, "user_id", RECORD_EQ, user_id);
	result = assignment_find(r->work.tx, r->arena, &query, &rows, &count, f);
	if (result)
		return fault_unexpected(f, result);
	for (size_t i = 0; i < count; i++) {
		Project *project;

		result = project_get(r->work.tx, r->arena, rows[i]->project_id, &project, f);
		if (result)
			return fault_unexpected(f, result);
		if (project->enabled)
			identity_out_project(r, NULL, project);
	}
	return 0;
}

static int list_projects_of(ApiRequest *r, const char *user_id, Fault *f)
{
	int result;

	identity_list_begin(r, "projects");
	result = out_user_projects(r, user_id, f);
	return result ? result : identity_list_reply(r, false);
}

static int list_own_projects(ApiRequest *r, Fault *f)
{
	return list_projects_of(r, r->caller.user_id, f);
}

static int list_user_projects(ApiRequest *r, Fault *f)
{
	const char *user_id = api_param(r, "user_id");

	if (!identity_is_admin(r) && !str_eq(user_id, r->caller.user_id))
		return identity_forbid(r);
	return list_projects_of(r, user_id, f);
}

/* [{"all": true}] for whoever is admin of any project. */
static int show_system(ApiRequest *r, Fault *f)
{
	JsonOut *out = &r->out;
	RecordQuery query = {0};
	Assignment **rows;
	size_t count;
	bool admin = false;
	int result;

	record_where_text(&query, "user_id", RECORD_EQ, r->caller.user_id);
	result = assignment_find(r->work.tx, r->arena, &query, &rows, &count, f);
	if (result)
		return fault_unexpected(f, result);
	for (size_t i = 0; i < count; i++)
		if (role_set_has((RoleSet)rows[i]->roles, ROLE_ADMIN))
			admin = true;
	identity_list_begin(r, "system");
	if (admin)
		json_out_raw(out, NULL, "{\"all\": true}");
	return identity_list_reply(r, false);
}

static const ApiRoute routes[] = {
	{
		.method = "GET",
		.pattern = "/auth/projects",
		.policy = "identity:get_auth_projects",
		.rule = API_RULE_ANY,
		.mode = API_READ,
		.handle = list_own_projects,
	},
	{
		.method = "GET",
		.pattern = "/auth/system",
		.policy = "identity:get_auth_system",
		.rule = API_RULE_ANY,
		.mode = API_READ,
		.handle = show_system,
	},
	{
		.method = "GET",
		.pattern = "/users/{user_id}/projects",
		.policy = "identity:list_user_projects",
		.rule = API_RULE_ANY,
		.mode = API_READ,
		.handle = list_user_projects,
	},
};
const ApiRoutes identity_self_routes = API_ROUTES(routes);
