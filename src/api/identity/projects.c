/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Projects: /projects, and those of a user.
 */
#include "api/identity/priv.h"
#include "base/limits.h"

typedef struct ProjectWish {
	const char *name;
	const char *description;
	const char *domain_id;
	bool enabled;
	bool enabled_given;
	bool description_given;
} ProjectWish;

typedef struct ProjectBody {
	ProjectWish *project;
} ProjectBody;

#define PROJECT_ROWS(name_flags)                                                                   \
	IDENTITY_NAME_ROW(ProjectWish, name_flags, 64),                                            \
		IDENTITY_TEXT_ROW(ProjectWish, description, description_given, LIMIT_NAME_CHARS),  \
		IDENTITY_DOMAIN_ROW(ProjectWish), IDENTITY_ENABLED_ROW(ProjectWish)

static const JsonField create_rows[] = {PROJECT_ROWS(JSON_REQUIRED)};
static const JsonField update_rows[] = {PROJECT_ROWS(0)};
static const JsonFields create_wish = IDENTITY_OPEN_FIELDS(create_rows, ProjectWish);
static const JsonFields update_wish = IDENTITY_OPEN_FIELDS(update_rows, ProjectWish);

static const JsonField create_body_rows[] = {
	IDENTITY_OUTER_ROW(ProjectBody, project, &create_wish)};
static const JsonFields create_body = JSON_FIELDS(create_body_rows, ProjectBody);
static const JsonField update_body_rows[] = {
	IDENTITY_OUTER_ROW(ProjectBody, project, &update_wish)};
static const JsonFields update_body = JSON_FIELDS(update_body_rows, ProjectBody);

static int reply_project(ApiRequest *r, unsigned status, const Project *project)
{
	json_out_begin(&r->out, NULL);
	identity_out_project(r, "project", project);
	json_out_end(&r->out);
	api_reply(r, status);
	return 0;
}

static int list_projects(ApiRequest *r, Fault *f)
{
	const char *parent = api_query(r, "parent_id");
	const char *is_domain = api_query(r, "is_domain");
	RecordQuery query = {0};
	Project **rows = NULL;
	size_t count = 0;
	bool possible = identity_list_filter(r, &query);
	int result = 0;

	if (parent && strcmp(parent, DEFAULT_DOMAIN_ID) != 0)
		possible = false;
	if (is_domain && (str_eq_nocase(is_domain, "true") || strcmp(is_domain, "1") == 0))
		possible = false;
	record_sort(&query, "name", false);
	if (possible)
		result = project_find(r->work.tx, r->arena, &query, &rows, &count, f);
	if (result)
		return fault_unexpected(f, result);
	identity_list_begin(r, "projects");
	for (size_t i = 0; i < count; i++)
		identity_out_project(r, NULL, rows[i]);
	return identity_list_reply(r, count == LIMIT_LIST_PAGE);
}

/* Others than admins see the project of their token, and learn of no other whether it exists. */
static int show_project(ApiRequest *r, Fault *f)
{
	const IdentityName name = {.id = api_param(r, "project_id")};
	Project *project;
	int result;

	if (!identity_is_admin(r) && !str_eq(name.id, r->caller.project_id))
		return identity_forbid(r);
	result = identity_find_project(r->work.tx, r->arena, &name, &project, f);
	if (result == IDENTITY_NOT_FOUND)
		return identity_not_found(r, "project", name.id);
	return result ? result : reply_project(r, 200, project);
}

static int create_project(ApiRequest *r, Fault *f)
{
	const ProjectWish *wish = ((const ProjectBody *)r->body)->project;
	Project project = {
		.name = wish->name,
		.description = wish->description,
		.enabled = !wish->enabled_given || wish->enabled,
	};
	int result;

	if (!identity_check_domain(r, wish->domain_id))
		return 0;
	result = identity_create_project(&r->work, &project, f);
	if (result)
		return identity_answer(r, &r->work.refused, result, f);
	return reply_project(r, 201, &project);
}

static int update_project(ApiRequest *r, Fault *f)
{
	const ProjectWish *wish = ((const ProjectBody *)r->body)->project;
	const IdentityName name = {.id = api_param(r, "project_id")};
	Project *project;
	int result = identity_find_project(r->work.tx, r->arena, &name, &project, f);

	if (result == IDENTITY_NOT_FOUND)
		return identity_not_found(r, "project", name.id);
	if (result)
		return result;
	if (wish->name)
		project->name = wish->name;
	if (wish->description_given)
		project->description = wish->description;
	if (wish->enabled_given)
		project->enabled = wish->enabled;
	result = identity_update_project(&r->work, project, f);
	if (result)
		return identity_answer(r, &r->work.refused, result, f);
	return reply_project(r, 200, project);
}

static int delete_project(ApiRequest *r, Fault *f)
{
	return identity_reply_nothing(
		r, identity_delete_project(&r->work, api_param(r, "project_id"), f), f);
}

static const ApiRoute routes[] = {
	{
		.method = "GET",
		.pattern = "/projects",
		.policy = "identity:list_projects",
		.rule = API_RULE_ADMIN,
		.mode = API_READ,
		.handle = list_projects,
	},
	{
		.method = "GET",
		.pattern = "/projects/{project_id}",
		.policy = "identity:get_project",
		.rule = API_RULE_ANY,
		.mode = API_READ,
		.handle = show_project,
	},
	{
		.method = "POST",
		.pattern = "/projects",
		.policy = "identity:create_project",
		.rule = API_RULE_ADMIN,
		.mode = API_WRITE,
		.body = &create_body,
		.handle = create_project,
	},
	{
		.method = "PATCH",
		.pattern = "/projects/{project_id}",
		.policy = "identity:update_project",
		.rule = API_RULE_ADMIN,
		.mode = API_WRITE,
		.body = &update_body,
		.handle = update_project,
	},
	{
		.method = "DELETE",
		.pattern = "/projects/{project_id}",
		.policy = "identity:delete_project",
		.rule = API_RULE_ADMIN,
		.mode = API_WRITE,
		.handle = delete_project,
	},
};
const ApiRoutes identity_project_routes = API_ROUTES(routes);
