/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Quota sets of projects, and of classes: limits by name. Which names there are depends on the
 * volume types, so bodies are read member by member.
 *
 * A limit below what is used is always refused; the older parameter skip_validation, which some
 * clients send, asks for nothing.
 */
#include "api/volume/priv.h"
#include "service/quota.h"

static const ApiParam quota_params[] = {{.name = "usage"}, {0}};
static const ApiParam change_params[] = {{.name = "skip_validation"}, {0}};

/* The members are looked at one by one: a wrong name is an answer of its own. */
typedef struct QuotaBody {
	const char *set; /* JSON */
} QuotaBody;

#define QUOTA_BODY_ROW(key)                                                                        \
	{                                                                                          \
		.name = (key), .type = JSON_ANY, .flags = JSON_REQUIRED,                           \
		.offset = offsetof(QuotaBody, set)                                                 \
	}

static const JsonField project_rows[] = {QUOTA_BODY_ROW("quota_set")};
static const JsonFields project_fields = JSON_FIELDS(project_rows, QuotaBody);
static const JsonField class_rows[] = {QUOTA_BODY_ROW("quota_class_set")};
static const JsonFields class_fields = JSON_FIELDS(class_rows, QuotaBody);

static void out_usage(ApiRequest *r, const QuotaMember *member)
{
	json_out_begin(&r->out, member->name);
	json_out_int(&r->out, "limit", member->usage.limit);
	json_out_int(&r->out, "in_use", member->usage.used);
	json_out_int(&r->out, "reserved", 0); /* usage is taken at once */
	json_out_end(&r->out);
}

/* `id` NULL: the answer to a change is the one that has no id. */
static int reply_set(ApiRequest *r, const char *key, const char *id, const QuotaSet *set,
		     bool with_usage)
{
	json_out_begin(&r->out, NULL);
	json_out_begin(&r->out, key);
	if (id)
		json_out_text(&r->out, "id", id);
	for (size_t i = 0; i < set->count; i++) {
		if (with_usage)
			out_usage(r, &set->members[i]);
		else
			json_out_int(&r->out, set->members[i].name, set->members[i].usage.limit);
	}
	json_out_end(&r->out);
	json_out_end(&r->out);
	api_reply(r, 200);
	return 0;
}

/* One's own quotas; any for admins. */
static bool may_see(ApiRequest *r, const char *project_id)
{
	if (caller_is_admin(&r->caller) || str_eq(project_id, r->caller.project_id))
		return true;
	(void)api_complain(r, API_DENIED, r->route->policy, NULL, NULL); /* 0 */
	return false;
}

static int quota_set_show(ApiRequest *r, Fault *f)
{
	const char *project = api_param(r, "quota_project_id");
	bool with_usage;
	QuotaSet set;
	int k;

	if (!may_see(r, project) || !volume_query_bool(r, "usage", false, &with_usage))
		return 0;
	k = service_project_quotas(&r->work, project, with_usage, &set, f);
	return k ? k : reply_set(r, "quota_set", project, &set, with_usage);
}

static int quota_set_defaults(ApiRequest *r, Fault *f)
{
	const char *project = api_param(r, "quota_project_id");
	QuotaSet set;
	int k;

	if (!may_see(r, project))
		return 0;
	k = service_class_quotas(&r->work, QUOTA_CLASS_DEFAULT, &set, f);
	return k ? k : reply_set(r, "quota_set", project, &set, false);
}

/* A member of the body: the name of a limit and its number, which may be a string of digits. */
typedef struct LimitWish {
	const QuotaMember *member;
	int64_t limit;
} LimitWish;

typedef struct LimitWishes {
	LimitWish *items;
	size_t count;
} LimitWishes;

/* Clients send the project's id along; it says nothing new. */
static bool is_ignored(const char *name)
{
	return str_eq(name, "tenant_id") || str_eq(name, "id");
}

/* Names first, so that a wrong one is told whatever else is wrong. True when all are known. */
static bool check_names(ApiRequest *r, const char *key, const QuotaSet *set)
{
	int64_t count = json_get_count(r->doc, key);
	const char *bad = NULL;

	for (int64_t i = 0; i < count; i++) {
		const char *name = json_get_name(r->arena, r->doc, key, (size_t)i);

		if (!quota_set_member(set, name) && !is_ignored(name))
			bad = bad ? arena_printf(r->arena, "%s, %s", bad, name) : name;
	}
	if (bad)
		(void)api_refuse(r, 400, "Invalid input received: Bad key(s) in quota set: %s",
				 bad); /* 0 */
	return !bad;
}

/* A number, or a string of digits. */
static bool parse_limit(ApiRequest *r, const char *json, int64_t *ret)
{
	size_t length = strlen(json);

	if (*json == '"' && length >= 2)
		json = arena_strndup(r->arena, json + 1, length - 2);
	return str_parse_i64(json, ret);
}

/* The limit that is wished for. False after a 400. */
static bool read_limit(ApiRequest *r, const char *name, const char *json, int64_t *ret)
{
	const char *problem = NULL;

	if (!parse_limit(r, json, ret))
		problem = "an integer.";
	else if (*ret < -1)
		problem = ">= -1";
	else if (*ret > INT32_MAX)
		problem = "<= 2147483647";
	if (problem)
		(void)api_refuse(r, 400, "Invalid input received: %s must be %s", name,
				 problem); /* 0 */
	return !problem;
}

/* Read the body, `key` of it. False after a 400. */
static bool read_wishes(ApiRequest *r, const char *key, const QuotaSet *set, LimitWishes *ret)
{
	const QuotaBody *body = r->body;
	int64_t count = json_get_count(r->doc, key);

	if (*body->set != '{') {
		(void)api_refuse(r, 400,
				 "Invalid input for field/attribute %s. Value: %s. %s is not of "
				 "type 'object'",
				 key, body->set, body->set); /* 0 */
		return false;
	}
	if (!check_names(r, key, set))
		return false;
	*ret = (LimitWishes){.items = ARENA_ARRAY(r->arena, LimitWish, (size_t)count)};
	for (int64_t i = 0; i < count; i++) {
		const char *name = json_get_name(r->arena, r->doc, key, (size_t)i);
		LimitWish *wish = &ret->items[ret->count];

		if (is_ignored(name))
			continue;
		if (!read_limit(r, name, json_get_raw_at(r->arena, r->doc, key, (size_t)i),
				&wish->limit))
			return false;
		wish->member = quota_set_member(set, name);
		ret->count++;
	}
	return true;
}

static int quota_set_change(ApiRequest *r, Fault *f)
{
	const char *project = api_param(r, "quota_project_id");
	LimitWishes wishes;
	QuotaSet set;
	int k;

	k = service_quota_set(&r->work, &set, f);
	if (k || !read_wishes(r, "quota_set", &set, &wishes))
		return k;
	for (size_t i = 0; !k && i < wishes.count; i++)
		k = service_limit_quota(&r->work, project, wishes.items[i].member,
					wishes.items[i].limit, f);
	if (!k)
		k = service_project_quotas(&r->work, project, false, &set, f);
	return k ? k : reply_set(r, "quota_set", NULL, &set, false);
}

static int quota_set_reset(ApiRequest *r, Fault *f)
{
	int k = service_reset_quotas(&r->work, api_param(r, "quota_project_id"), f);

	if (k)
		return k;
	api_reply(r, 200);
	return 0;
}

static int quota_class_show(ApiRequest *r, Fault *f)
{
	const char *name = api_param(r, "quota_class");
	QuotaSet set;
	int k = service_class_quotas(&r->work, name, &set, f);

	return k ? k : reply_set(r, "quota_class_set", name, &set, false);
}

static int quota_class_change(ApiRequest *r, Fault *f)
{
	const char *name = api_param(r, "quota_class");
	LimitWishes wishes;
	QuotaSet set;
	int k;

	if (str_utf8_length(name) > LIMIT_NAME_CHARS)
		return api_refuse(r, 400, "quota_class_name has %zu characters, more than %d.",
				  str_utf8_length(name), LIMIT_NAME_CHARS);
	k = service_quota_set(&r->work, &set, f);
	if (k || !read_wishes(r, "quota_class_set", &set, &wishes))
		return k;
	for (size_t i = 0; !k && i < wishes.count; i++)
		k = quota_class_set(r->work.tx, name, wishes.items[i].member->resource,
				    wishes.items[i].limit, f);
	if (!k)
		k = service_class_quotas(&r->work, name, &set, f);
	return k ? k : reply_set(r, "quota_class_set", NULL, &set, false);
}

static const ApiRoute routes[] = {
	{.method = "GET",
	 .pattern = "/os-quota-sets/{quota_project_id}",
	 .policy = "volume_extension:quotas:show",
	 .rule = API_RULE_READER,
	 .mode = API_READ,
	 .params = quota_params,
	 .handle = quota_set_show},
	{.method = "PUT",
	 .pattern = "/os-quota-sets/{quota_project_id}",
	 .policy = "volume_extension:quotas:update",
	 .rule = API_RULE_ADMIN,
	 .mode = API_WRITE,
	 .body = &project_fields,
	 .params = change_params,
	 .handle = quota_set_change},
	{.method = "DELETE",
	 .pattern = "/os-quota-sets/{quota_project_id}",
	 .policy = "volume_extension:quotas:delete",
	 .rule = API_RULE_ADMIN,
	 .mode = API_WRITE,
	 .handle = quota_set_reset},
	{.method = "GET",
	 .pattern = "/os-quota-sets/{quota_project_id}/defaults",
	 .policy = "volume_extension:quotas:show",
	 .rule = API_RULE_READER,
	 .mode = API_READ,
	 .handle = quota_set_defaults},
	{.method = "GET",
	 .pattern = "/os-quota-class-sets/{quota_class}",
	 .policy = "volume_extension:quota_classes:get",
	 .rule = API_RULE_ADMIN,
	 .mode = API_READ,
	 .handle = quota_class_show},
	{.method = "PUT",
	 .pattern = "/os-quota-class-sets/{quota_class}",
	 .policy = "volume_extension:quota_classes:update",
	 .rule = API_RULE_ADMIN,
	 .mode = API_WRITE,
	 .body = &class_fields,
	 .handle = quota_class_change},
};
const ApiRoutes volume_quota_routes = API_ROUTES(routes);
