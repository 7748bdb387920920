/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Server groups: a list with one policy up to 2.63, one policy with its rules from 2.64 on.
 */
#include "api/compute/priv.h"
#include "service/server-group.h"

typedef struct GroupRules {
	int64_t max_per_host;
} GroupRules;

typedef struct GroupFields {
	const char *name;
	JsonList policies;
	const char *policy;
	const GroupRules *rules;
} GroupFields;

typedef struct GroupBody {
	const GroupFields *group;
} GroupBody;

static const char *const hard_policies[] = {"anti-affinity", "affinity", NULL};
static const char *const all_policies[] = {"anti-affinity", "affinity", "soft-anti-affinity",
					   "soft-affinity", NULL};

static const JsonField rules_rows[] = {
	{.name = "max_server_per_host",
	 .type = JSON_INT_LOOSE,
	 .min = 1,
	 .max = INT32_MAX,
	 .offset = offsetof(GroupRules, max_per_host)},
};
static const JsonFields rules_fields = JSON_FIELDS(rules_rows, GroupRules);

static const JsonField group_rows[] = {
	{.name = "name",
	 .type = JSON_TEXT,
	 .format = JSON_FORMAT_NAME,
	 .flags = JSON_REQUIRED,
	 .min = 1,
	 .max = LIMIT_NAME_CHARS,
	 .offset = offsetof(GroupFields, name)},
	{.name = "policies",
	 .type = JSON_LIST,
	 .item = JSON_TEXT,
	 .flags = JSON_REQUIRED,
	 .until = V(14),
	 .min = 1,
	 .max = 1,
	 .value_max = LIMIT_NAME_CHARS,
	 .choices = hard_policies,
	 .offset = offsetof(GroupFields, policies)},
	{.name = "policies",
	 .type = JSON_LIST,
	 .item = JSON_TEXT,
	 .flags = JSON_REQUIRED,
	 .since = V(15),
	 .until = V(63),
	 .min = 1,
	 .max = 1,
	 .value_max = LIMIT_NAME_CHARS,
	 .choices = all_policies,
	 .offset = offsetof(GroupFields, policies)},
	{.name = "policy",
	 .type = JSON_TEXT,
	 .flags = JSON_REQUIRED,
	 .since = V(64),
	 .choices = all_policies,
	 .offset = offsetof(GroupFields, policy)},
	{.name = "rules",
	 .type = JSON_OBJECT,
	 .since = V(64),
	 .fields = &rules_fields,
	 .offset = offsetof(GroupFields, rules)},
};
static const JsonFields group_fields = JSON_FIELDS(group_rows, GroupFields);

static const JsonField body_rows[] = {
	{.name = "server_group",
	 .type = JSON_OBJECT,
	 .flags = JSON_REQUIRED,
	 .fields = &group_fields,
	 .offset = offsetof(GroupBody, group)},
};
static const JsonFields body_fields = JSON_FIELDS(body_rows, GroupBody);

/* A group and who is in it. */
typedef struct GroupView {
	const ServerGroup *group;
	Server **members;
	size_t member_count;
} GroupView;

static void print_policies(JsonOut *out, const char *key, const void *object,
			   const void *context _unused_)
{
	const ServerGroup *group = object;

	json_out_list_begin(out, key);
	json_out_text(out, NULL, group->policy);
	json_out_list_end(out);
}

static void print_rules(JsonOut *out, const char *key, const void *object,
			const void *context _unused_)
{
	const ServerGroup *group = object;

	json_out_begin(out, key);
	if (group->max_per_host)
		json_out_int(out, "max_server_per_host", group->max_per_host);
	json_out_end(out);
}

static void print_members(JsonOut *out, const char *key, const void *object _unused_,
			  const void *context)
{
	const GroupView *view = context;

	json_out_list_begin(out, key);
	for (size_t i = 0; i < view->member_count; i++)
		json_out_text(out, NULL, view->members[i]->id);
	json_out_list_end(out);
}

static void print_metadata(JsonOut *out, const char *key, const void *object _unused_,
			   const void *context _unused_)
{
	json_out_begin(out, key); /* it was never possible to set any */
	json_out_end(out);
}

static const JsonOutField group_reply[] = {
	{.name = "id", .type = JSON_OUT_TEXT, .offset = offsetof(ServerGroup, id)},
	{.name = "name", .type = JSON_OUT_TEXT, .offset = offsetof(ServerGroup, name)},
	{.name = "policies", .type = JSON_OUT_CALL, .until = V(63), .print = print_policies},
	{.name = "policy",
	 .type = JSON_OUT_TEXT,
	 .since = V(64),
	 .offset = offsetof(ServerGroup, policy)},
	{.name = "rules", .type = JSON_OUT_CALL, .since = V(64), .print = print_rules},
	{.name = "members", .type = JSON_OUT_CALL, .print = print_members},
	{.name = "metadata", .type = JSON_OUT_CALL, .until = V(63), .print = print_metadata},
	{.name = "project_id",
	 .type = JSON_OUT_TEXT,
	 .since = V(13),
	 .offset = offsetof(ServerGroup, project_id)},
	{.name = "user_id",
	 .type = JSON_OUT_TEXT,
	 .since = V(13),
	 .offset = offsetof(ServerGroup, user_id)},
};

static int out_group(ApiRequest *r, const char *key, const ServerGroup *group, Fault *f)
{
	GroupView context = {.group = group};
	JsonOutView view = {.version = r->version, .context = &context};
	int k;

	k = service_server_group_members(&r->work, group, &context.members, &context.member_count,
					 f);
	if (k)
		return k;
	json_out_begin(&r->out, key);
	json_out_fields(&r->out, group_reply, ARRAY_SIZE(group_reply), group, &view);
	json_out_end(&r->out);
	return 0;
}

static int reply_group(ApiRequest *r, const ServerGroup *group, Fault *f)
{
	int k;

	json_out_begin(&r->out, NULL);
	k = out_group(r, "server_group", group, f);
	if (k)
		return k;
	json_out_end(&r->out);
	api_reply(r, 200);
	return 0;
}

static int group_create(ApiRequest *r, Fault *f)
{
	const GroupFields *fields = ((const GroupBody *)r->body)->group;
	const char *const *policies = fields->policies.items;
	ServerGroupWish wish = {
		.name = fields->name,
		.policy = fields->policy ? fields->policy : policies[0],
		.max_per_host = fields->rules ? fields->rules->max_per_host : 0,
	};
	ServerGroup *group;
	int k;

	if (wish.max_per_host && !str_eq(wish.policy, "anti-affinity"))
		return api_refuse(r, 400, "Only anti-affinity policy supports rules.");
	k = service_create_server_group(&r->work, &wish, &group, f);
	return k ? k : reply_group(r, group, f);
}

static int groups_list(ApiRequest *r, Fault *f)
{
	RecordQuery query = {0};
	ServerGroup **groups;
	size_t count;
	int k;

	if (!api_page(r, &query))
		return 0;
	query.marker = NULL; /* pages go by offset here */
	if (!api_query(r, "all_projects"))
		record_where_text(&query, "project_id", RECORD_EQ, r->caller.project_id);
	record_sort(&query, "created_us", false);
	k = server_group_find(r->work.tx, r->arena, &query, &groups, &count, f);
	if (k)
		return fault_unexpected(f, k);
	json_out_begin(&r->out, NULL);
	json_out_list_begin(&r->out, "server_groups");
	for (size_t i = 0; i < count; i++) {
		k = out_group(r, NULL, groups[i], f);
		if (k)
			return k;
	}
	json_out_list_end(&r->out);
	json_out_end(&r->out);
	api_reply(r, 200);
	return 0;
}

static int group_show(ApiRequest *r, Fault *f)
{
	ServerGroup *group;
	int k = service_find_server_group(&r->work, api_param(r, "group_id"), &group, f);

	return k ? k : reply_group(r, group, f);
}

static int group_remove(ApiRequest *r, Fault *f)
{
	int k = service_delete_server_group(&r->work, api_param(r, "group_id"), f);

	if (k)
		return k;
	api_reply(r, 204);
	return 0;
}

static const ApiParam list_params[] = {
	{.name = "limit", .format = "integer"},
	{.name = "offset", .format = "integer"},
	{.name = "all_projects", .rule = API_RULE_ADMIN},
	{0},
};

static const ApiRoute routes[] = {
	{.method = "GET",
	 .pattern = "/os-server-groups",
	 .policy = "os_compute_api:os-server-groups:index",
	 .rule = API_RULE_READER,
	 .mode = API_READ,
	 .params = list_params,
	 .strict_params_since = V(75),
	 .handle = groups_list},
	{.method = "POST",
	 .pattern = "/os-server-groups",
	 .policy = "os_compute_api:os-server-groups:create",
	 .rule = API_RULE_MEMBER,
	 .mode = API_WRITE,
	 .body = &body_fields,
	 .handle = group_create},
	{.method = "GET",
	 .pattern = "/os-server-groups/{group_id}",
	 .policy = "os_compute_api:os-server-groups:show",
	 .rule = API_RULE_READER,
	 .mode = API_READ,
	 .handle = group_show},
	{.method = "DELETE",
	 .pattern = "/os-server-groups/{group_id}",
	 .policy = "os_compute_api:os-server-groups:delete",
	 .rule = API_RULE_MEMBER,
	 .mode = API_WRITE,
	 .handle = group_remove},
};
const ApiRoutes compute_server_group_routes = API_ROUTES(routes);
