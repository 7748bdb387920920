/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Limits and quota sets. Usage by volume type is counted when it is asked for: nothing is limited
 * by type.
 */
#include "api/volume/priv.h"
#include "service/quota.h"

typedef struct LimitMember {
	const char *name;
	const char *resource;
	bool used; /* print what is used instead of the limit */
} LimitMember;

static const LimitMember limit_members[] = {
	{.name = "maxTotalVolumes", .resource = "volumes"},
	{.name = "maxTotalVolumeGigabytes", .resource = "gigabytes"},
	{.name = "maxTotalSnapshots", .resource = "snapshots"},
	{.name = "maxTotalBackups", .resource = "backups"},
	{.name = "maxTotalBackupGigabytes", .resource = "backup_gigabytes"},
	{.name = "totalVolumesUsed", .resource = "volumes", .used = true},
	{.name = "totalGigabytesUsed", .resource = "gigabytes", .used = true},
	{.name = "totalSnapshotsUsed", .resource = "snapshots", .used = true},
	{.name = "totalBackupsUsed", .resource = "backups", .used = true},
	{.name = "totalBackupGigabytesUsed", .resource = "backup_gigabytes", .used = true},
};

/* The members of a quota set, before those that each type has. */
static const char *const resources[] = {
	"volumes",
	"snapshots",
	"gigabytes",
	"backups",
	"backup_gigabytes",
	"groups",
	"per_volume_gigabytes",
};

static const char *const type_resources[] = {"volumes", "gigabytes", "snapshots"};

static const ApiParam quota_params[] = {{.name = "usage"}, {0}};

/* The members are looked at one by one: a wrong name is an answer of its own. */
typedef struct QuotaBody {
	const char *quota_set;
} QuotaBody;

static const JsonField quota_rows[] = {
	{.name = "quota_set",
	 .type = JSON_ANY,
	 .flags = JSON_REQUIRED,
	 .offset = offsetof(QuotaBody, quota_set)},
};
static const JsonFields quota_fields = JSON_FIELDS(quota_rows, QuotaBody);

static int limits_show(ApiRequest *r, Fault *f)
{
	json_out_begin(&r->out, NULL);
	json_out_begin(&r->out, "limits");
	json_out_list_begin(&r->out, "rate");
	json_out_list_end(&r->out);
	json_out_begin(&r->out, "absolute");
	for (size_t i = 0; i < ARRAY_SIZE(limit_members); i++) {
		const LimitMember *member = &limit_members[i];
		QuotaUsage usage;
		int k = quota_get(r->work.tx, r->caller.project_id, member->resource, &usage, f);

		if (k)
			return fault_unexpected(f, k);
		json_out_int(&r->out, member->name, member->used ? usage.used : usage.limit);
	}
	json_out_end(&r->out);
	json_out_end(&r->out);
	json_out_end(&r->out);
	api_reply(r, 200);
	return 0;
}

static void out_quota(ApiRequest *r, const char *name, const QuotaUsage *usage, bool with_usage)
{
	if (!with_usage) {
		json_out_int(&r->out, name, usage->limit);
		return;
	}
	json_out_begin(&r->out, name);
	json_out_int(&r->out, "limit", usage->limit);
	json_out_int(&r->out, "in_use", usage->used);
	json_out_int(&r->out, "reserved", 0); /* usage is taken at once */
	json_out_end(&r->out);
}

/* How many volumes of a type a project has, and how large they are together. */
static int count_type(ApiRequest *r, const char *project_id, const VolumeType *type,
		      int64_t *ret_volumes, int64_t *ret_gigabytes, Fault *f)
{
	RecordQuery query = {0};
	Volume **volumes;
	size_t count;
	int k;

	record_where_text(&query, "project_id", RECORD_EQ, project_id);
	record_where_text(&query, "type_id", RECORD_EQ, type->id);
	k = volume_find(r->work.tx, r->arena, &query, &volumes, &count, f);
	if (k)
		return fault_unexpected(f, k);
	*ret_volumes = (int64_t)count;
	*ret_gigabytes = 0;
	for (size_t i = 0; i < count; i++)
		*ret_gigabytes += volumes[i]->size_gib;
	return 0;
}

/* "volumes_<type>" and the like; project NULL: the defaults, where nothing is used. */
static int out_types(ApiRequest *r, const char *project_id, bool with_usage, Fault *f)
{
	RecordQuery query = {0};
	VolumeType **types;
	size_t count;
	int k;

	k = volume_type_find(r->work.tx, r->arena, &query, &types, &count, f);
	if (k)
		return fault_unexpected(f, k);
	for (size_t i = 0; i < count; i++) {
		int64_t used[ARRAY_SIZE(type_resources)] = {0};

		k = with_usage ? count_type(r, project_id, types[i], &used[0], &used[1], f) : 0;
		if (k)
			return k;
		for (size_t j = 0; j < ARRAY_SIZE(type_resources); j++) {
			QuotaUsage usage = {.limit = -1, .used = used[j]};

			out_quota(
				r,
				arena_printf(r->arena, "%s_%s", type_resources[j], types[i]->name),
				&usage, with_usage);
		}
	}
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

/* `with_id`: the answer to a change is the one that has no id. */
static int out_quotas(ApiRequest *r, const char *project, bool with_usage, bool with_id, Fault *f)
{
	int k;

	json_out_begin(&r->out, NULL);
	json_out_begin(&r->out, "quota_set");
	if (with_id)
		json_out_text(&r->out, "id", project);
	for (size_t i = 0; i < ARRAY_SIZE(resources); i++) {
		QuotaUsage usage;

		k = quota_get(r->work.tx, project, resources[i], &usage, f);
		if (k)
			return fault_unexpected(f, k);
		out_quota(r, resources[i], &usage, with_usage);
	}
	k = out_types(r, project, with_usage, f);
	if (k)
		return k;
	json_out_end(&r->out);
	json_out_end(&r->out);
	api_reply(r, 200);
	return 0;
}

static int quota_set_show(ApiRequest *r, Fault *f)
{
	const char *project = api_param(r, "quota_project_id");
	bool with_usage;

	if (!may_see(r, project) || !volume_query_bool(r, "usage", false, &with_usage))
		return 0;
	return out_quotas(r, project, with_usage, true, f);
}

static int quota_set_defaults(ApiRequest *r, Fault *f)
{
	const char *project = api_param(r, "quota_project_id");
	int k;

	if (!may_see(r, project))
		return 0;
	json_out_begin(&r->out, NULL);
	json_out_begin(&r->out, "quota_set");
	json_out_text(&r->out, "id", project);
	for (size_t i = 0; i < ARRAY_SIZE(resources); i++)
		json_out_int(&r->out, resources[i], quota_default(resources[i]));
	k = out_types(r, project, false, f);
	if (k)
		return k;
	json_out_end(&r->out);
	json_out_end(&r->out);
	api_reply(r, 200);
	return 0;
}

static const char *known_resource(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(resources); i++)
		if (str_eq(resources[i], name))
			return resources[i];
	return NULL;
}

/* A number or a string of digits. */
static bool read_limit(ApiRequest *r, const char *name, int64_t *ret)
{
	const char *json =
		json_get_raw(r->arena, r->doc, arena_printf(r->arena, "quota_set.%s", name));
	const char *text =
		json_get_text(r->arena, r->doc, arena_printf(r->arena, "quota_set.%s", name));

	return str_parse_i64(text ? text : json, ret);
}

/* Clients send the project's id along; it says nothing new. */
static bool is_ignored(const char *name)
{
	return str_eq(name, "tenant_id") || str_eq(name, "id");
}

static int set_one(ApiRequest *r, const char *name, Fault *f)
{
	const char *resource = known_resource(name);
	int64_t limit;

	if (!read_limit(r, name, &limit)) {
		r->work.refused.value = arena_printf(
			r->arena,
			"Invalid input for field/attribute %s. Value: %s. It must be an integer "
			"greater than or equal to -1.",
			name,
			json_get_raw(r->arena, r->doc,
				     arena_printf(r->arena, "quota_set.%s", name)));
		return REFUSAL_BAD_INPUT;
	}
	return service_limit_quota(&r->work, api_param(r, "quota_project_id"), resource, limit, f);
}

/* Names first, so that a wrong one is told whatever else is wrong. True when all are known. */
static bool check_names(ApiRequest *r, int64_t count)
{
	const char *bad = NULL;

	for (int64_t i = 0; i < count; i++) {
		const char *name = json_get_name(r->arena, r->doc, "quota_set", (size_t)i);

		if (!known_resource(name) && !is_ignored(name))
			bad = bad ? arena_printf(r->arena, "%s, %s", bad, name) : name;
	}
	if (bad)
		(void)api_refuse(r, 400, "Invalid input received: Bad key(s) in quota set: %s",
				 bad); /* 0 */
	return !bad;
}

static int quota_set_change(ApiRequest *r, Fault *f)
{
	int64_t count = json_get_count(r->doc, "quota_set");
	const QuotaBody *body = r->body;

	if (*body->quota_set != '{')
		return api_refuse(r, 400,
				  "Invalid input for field/attribute quota_set. Value: %s. %s is "
				  "not of type 'object'",
				  body->quota_set, body->quota_set);
	if (!check_names(r, count))
		return 0;
	for (int64_t i = 0; i < count; i++) {
		const char *name = json_get_name(r->arena, r->doc, "quota_set", (size_t)i);
		int k = is_ignored(name) ? 0 : set_one(r, name, f);

		if (k)
			return k;
	}
	return out_quotas(r, api_param(r, "quota_project_id"), false, false, f);
}

static int quota_set_reset(ApiRequest *r, Fault *f)
{
	for (size_t i = 0; i < ARRAY_SIZE(resources); i++) {
		int k = quota_reset(r->work.tx, api_param(r, "quota_project_id"), resources[i], f);

		if (k)
			return k;
	}
	api_reply(r, 200);
	return 0;
}

static const ApiRoute routes[] = {
	{.method = "GET",
	 .pattern = "/limits",
	 .policy = "limits_extension:used_limits",
	 .rule = API_RULE_READER,
	 .mode = API_READ,
	 .handle = limits_show},
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
	 .body = &quota_fields,
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
};
const ApiRoutes volume_quota_routes = API_ROUTES(routes);
