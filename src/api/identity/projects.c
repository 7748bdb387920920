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

/* clang-format off: one row a member */
#define PROJECT_ROWS(name_flags)                                                                   \
	{.name = "name",                                                                           \
	 .type = JSON_TEXT,                                                                        \
	 .format = JSON_FORMAT_NAME,                                                               \
	 .flags = (name_flags),                                                                    \
	 .offset = offsetof(ProjectWish, name),                                                    \
	 .min = 1,                                                                                 \
	 .max = 64},                                                                               \
		{.name = "description",                                                            \
		 .type = JSON_TEXT,                                                                \
		 .flags = JSON_NULLABLE,                                                           \
		 .offset = offsetof(ProjectWish, description),                                     \
		 .present = JSON_PRESENT(ProjectWish, description_given),                          \
		 .max = LIMIT_NAME_CHARS},                                                         \
		{.name = "domain_id",                                                              \
		 .type = JSON_TEXT,                                                                \
		 .flags = JSON_NULLABLE,                                                           \
		 .offset = offsetof(ProjectWish, domain_id),                                       \
		 .max = 64},                                                                       \
	{                                                                                          \
		.name = "enabled", .type = JSON_BOOL, .offset = offsetof(ProjectWish, enabled),    \
		.present = JSON_PRESENT(ProjectWish, enabled_given)                                \
	}
/* clang-format on */

static const JsonField create_rows[] = {PROJECT_ROWS(JSON_REQUIRED)};
static const JsonField update_rows[] = {PROJECT_ROWS(0)};

/* Other members (tags, options, a parent) are let pass: clients send them as they got them. */
static const JsonFields create_wish = {
	.rows = create_rows,
	.count = ARRAY_SIZE(create_rows),
	.size = sizeof(ProjectWish),
	.open = true,
};
static const JsonFields update_wish = {
	.rows = update_rows,
	.count = ARRAY_SIZE(update_rows),
	.size = sizeof(ProjectWish),
	.open = true,
};

static const JsonField create_body_rows[] = {
	{.name = "project",
	 .type = JSON_OBJECT,
	 .flags = JSON_REQUIRED,
	 .offset = offsetof(ProjectBody, project),
	 .fields = &create_wish},
};
static const JsonFields create_body = JSON_FIELDS(create_body_rows, ProjectBody);
static const JsonField update_body_rows[] = {
	{.name = "project",
	 .type = JSON_OBJECT,
	 .flags = JSON_REQUIRED,
	 .offset = offsetof(ProjectBody, project),
	 .fields = &update_wish},
};
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

static bool check_domain(ApiRequest *r, const ProjectWish *wish)
{
	if (!wish->domain_id || strcmp(wish->domain_id, DEFAULT_DOMAIN_ID) == 0)
		return true;
	return identity_not_found(r, "domain", wish->domain_id);
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

	if (!check_domain(r, wish))
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
	int result = identity_delete_project(&r->work, api_param(r, "project_id"), f);

	if (result)
		return identity_answer(r, &r->work.refused, result, f);
	api_reply(r, 204);
	return 0;
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
