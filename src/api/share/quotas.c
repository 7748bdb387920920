/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Quota sets of projects and of classes, and the limits that every project can see. Some members
 * are of what there is none of here: clients want them, and admins may set them.
 *
 * Limits are kept by project. Who asks for those of one user or share type sees the project's, and
 * cannot set any.
 */
#include "api/share/priv.h"
#include "service/share-limit.h"

typedef struct QuotaMember {
	const char *name; /* as clients know it */
	const char *resource;
	int since;
} QuotaMember;

static const QuotaMember members[] = {
	{.name = "shares", .resource = "shares"},
	{.name = "gigabytes", .resource = "share_gigabytes"},
	{.name = "snapshots", .resource = "share_snapshots"},
	{.name = "snapshot_gigabytes", .resource = "share_snapshot_gigabytes"},
	{.name = "share_networks", .resource = "share_networks"},
	{.name = "share_groups", .resource = "share_groups", .since = V(40)},
	{.name = "share_group_snapshots", .resource = "share_group_snapshots", .since = V(40)},
	{.name = "share_replicas", .resource = "share_replicas", .since = V(53)},
	{.name = "replica_gigabytes", .resource = "share_replica_gigabytes", .since = V(53)},
	{.name = "per_share_gigabytes", .resource = "share_per_gigabytes", .since = V(62)},
	{.name = "backups", .resource = "share_backups", .since = V(80)},
	{.name = "backup_gigabytes", .resource = "share_backup_gigabytes", .since = V(80)},
};

static const QuotaMember *find_member(const ApiRequest *r, const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(members); i++)
		if (str_eq(members[i].name, name) && r->version >= members[i].since)
			return &members[i];
	return NULL;
}

/* Whose limits are printed: a project's, or those of a class. */
typedef struct Whose {
	const char *project_id;
	const char *class_name;
	bool detail; /* with what is used */
} Whose;

static int out_member(ApiRequest *r, const Whose *whose, const QuotaMember *member, Fault *f)
{
	JsonOut *out = &r->out;
	QuotaUsage usage = {0};
	int k = whose->class_name
			? quota_class_get(r->work.tx, whose->class_name, member->resource,
					  &usage.limit, f)
			: quota_get(r->work.tx, whose->project_id, member->resource, &usage, f);

	if (k)
		return fault_unexpected(f, k);
	if (!whose->detail) {
		json_out_int(out, member->name, usage.limit);
		return 0;
	}
	json_out_begin(out, member->name);
	json_out_int(out, "limit", usage.limit);
	json_out_int(out, "in_use", usage.used);
	json_out_int(out, "reserved", 0); /* usage is taken at once */
	json_out_end(out);
	return 0;
}

/* `id` NULL: the answer to a change is the one that has no id. */
static int reply_set(ApiRequest *r, const char *key, const char *id, const Whose *whose, Fault *f)
{
	int k = 0;

	json_out_begin(&r->out, NULL);
	json_out_begin(&r->out, key);
	if (id)
		json_out_text(&r->out, "id", id);
	for (size_t i = 0; !k && i < ARRAY_SIZE(members); i++)
		if (r->version >= members[i].since)
			k = out_member(r, whose, &members[i], f);
	if (k)
		return k;
	json_out_end(&r->out);
	json_out_end(&r->out);
	api_reply(r, 200);
	return 0;
}

/* One's own quotas; any for admins. */
static int show_set(ApiRequest *r, const Whose *whose, Fault *f)
{
	const char *project = api_param(r, "quota_project_id");

	if (!caller_is_admin(&r->caller) && !str_eq(project, r->caller.project_id))
		return api_complain(r, API_DENIED, r->route->policy, NULL, NULL);
	return reply_set(r, "quota_set", project, whose, f);
}

static int quotas_show(ApiRequest *r, Fault *f)
{
	const Whose whose = {.project_id = api_param(r, "quota_project_id")};

	return show_set(r, &whose, f);
}

static int quotas_detail(ApiRequest *r, Fault *f)
{
	const Whose whose = {.project_id = api_param(r, "quota_project_id"), .detail = true};

	return show_set(r, &whose, f);
}

static int quotas_defaults(ApiRequest *r, Fault *f)
{
	const Whose whose = {.class_name = QUOTA_CLASS_DEFAULT};

	return show_set(r, &whose, f);
}

/* The wishes of a body: a limit for each member. */
typedef struct Wishes {
	ShareLimit limits[ARRAY_SIZE(members)];
	size_t count;
	bool force; /* also below what is used */
} Wishes;

/* Names first, so that a wrong one is told whatever else is wrong. False after a 400. */
static bool check_names(ApiRequest *r, const char *key)
{
	int64_t count = json_get_count(r->doc, key);
	const char *bad = NULL;

	for (int64_t i = 0; i < count; i++) {
		const char *name = json_get_name(r->arena, r->doc, key, (size_t)i);

		if (!find_member(r, name) && !str_eq(name, "tenant_id") && !str_eq(name, "id") &&
		    !str_eq(name, "force") && !str_eq(name, "class_name"))
			bad = bad ? arena_printf(r->arena, "%s, %s", bad, name) : name;
	}
	if (bad)
		(void)api_refuse(r, 400, "Bad key(s) in quota_set: %s", bad); /* 0 */
	return !bad;
}

/* A number, or a string of digits. False after a 400. */
static bool read_limit(ApiRequest *r, const char *name, const char *json, int64_t *ret)
{
	size_t length = strlen(json);
	const char *text =
		*json == '"' && length >= 2 ? arena_strndup(r->arena, json + 1, length - 2) : json;

	if (!str_parse_i64(text, ret) || *ret > INT32_MAX)
		(void)api_refuse(r, 400, "Invalid input received: %s must be an integer: %s", name,
				 text); /* 0 */
	else if (*ret < -1)
		(void)api_refuse(r, 400, "Quota limit must be -1 or greater."); /* 0 */
	else
		return true;
	return false;
}

/* What is null is not wished for. False after a 400. */
static bool read_wishes(ApiRequest *r, const char *key, Wishes *ret)
{
	int64_t count = json_get_count(r->doc, key);
	const char *raw = json_get_raw(r->arena, r->doc, key);

	*ret = (Wishes){0};
	if (!raw || *raw != '{') {
		(void)api_complain(r, API_MALFORMED, NULL, NULL, NULL); /* 0 */
		return false;
	}
	if (!check_names(r, key))
		return false;
	for (int64_t i = 0; i < count; i++) {
		const char *name = json_get_name(r->arena, r->doc, key, (size_t)i);
		const char *json = json_get_raw_at(r->arena, r->doc, key, (size_t)i);
		const QuotaMember *member = find_member(r, name);
		ShareLimit *limit = &ret->limits[ret->count];

		if (str_eq(json, "null"))
			continue;
		if (str_eq(name, "force") && !share_read_bool(r, json, &ret->force))
			return false;
		if (!member)
			continue;
		*limit = (ShareLimit){.name = member->name, .resource = member->resource};
		if (!read_limit(r, name, json, &limit->limit))
			return false;
		ret->count++;
	}
	return true;
}

static bool is_narrowed(ApiRequest *r)
{
	if (!api_query(r, "user_id") && !api_query(r, "share_type"))
		return false;
	(void)api_refuse(r, 400,
			 "Limits are kept for projects, and not for single users or share "
			 "types."); /* 0 */
	return true;
}

static int quotas_change(ApiRequest *r, Fault *f)
{
	const Whose whose = {.project_id = api_param(r, "quota_project_id")};
	Wishes wishes;
	int k = 0;

	if (is_narrowed(r) || !read_wishes(r, "quota_set", &wishes))
		return 0;
	for (size_t i = 0; !k && i < wishes.count; i++)
		k = service_limit_share_quota(&r->work, whose.project_id, &wishes.limits[i],
					      wishes.force, f);
	return k ? k : reply_set(r, "quota_set", NULL, &whose, f);
}

static int quotas_reset(ApiRequest *r, Fault *f)
{
	const char *project = api_param(r, "quota_project_id");
	int k = 0;

	if (is_narrowed(r))
		return 0;
	for (size_t i = 0; !k && i < ARRAY_SIZE(members); i++)
		k = quota_reset(r->work.tx, project, members[i].resource, f);
	if (k)
		return fault_unexpected(f, k);
	api_reply(r, 202);
	return 0;
}

static int class_show(ApiRequest *r, Fault *f)
{
	const Whose whose = {.class_name = api_param(r, "quota_class")};

	return reply_set(r, "quota_class_set", whose.class_name, &whose, f);
}

static int class_change(ApiRequest *r, Fault *f)
{
	const Whose whose = {.class_name = api_param(r, "quota_class")};
	Wishes wishes;
	int k = 0;

	if (str_utf8_length(whose.class_name) > LIMIT_NAME_CHARS)
		return api_refuse(r, 400, "The name of a quota class has at most %d characters.",
				  LIMIT_NAME_CHARS);
	if (!read_wishes(r, "quota_class_set", &wishes))
		return 0;
	for (size_t i = 0; !k && i < wishes.count; i++)
		k = quota_class_set(r->work.tx, whose.class_name, wishes.limits[i].resource,
				    wishes.limits[i].limit, f);
	return k ? fault_unexpected(f, k) : reply_set(r, "quota_class_set", NULL, &whose, f);
}

typedef struct LimitMember {
	const char *name;
	const char *resource;
	int since;
	bool used; /* print what is used instead of the limit */
} LimitMember;

static const LimitMember limit_members[] = {
	{.name = "maxTotalShares", .resource = "shares"},
	{.name = "maxTotalShareGigabytes", .resource = "share_gigabytes"},
	{.name = "maxTotalShareSnapshots", .resource = "share_snapshots"},
	{.name = "maxTotalSnapshotGigabytes", .resource = "share_snapshot_gigabytes"},
	{.name = "maxTotalShareNetworks", .resource = "share_networks"},
	{.name = "maxTotalShareReplicas", .resource = "share_replicas", .since = V(53)},
	{.name = "maxTotalReplicaGigabytes", .resource = "share_replica_gigabytes", .since = V(53)},
	{.name = "maxTotalShareGroups", .resource = "share_groups", .since = V(58)},
	{.name = "maxTotalShareGroupSnapshots",
	 .resource = "share_group_snapshots",
	 .since = V(58)},
	{.name = "maxTotalShareBackups", .resource = "share_backups", .since = V(80)},
	{.name = "maxTotalBackupGigabytes", .resource = "share_backup_gigabytes", .since = V(80)},
	{.name = "totalSharesUsed", .resource = "shares", .used = true},
	{.name = "totalShareGigabytesUsed", .resource = "share_gigabytes", .used = true},
	{.name = "totalShareSnapshotsUsed", .resource = "share_snapshots", .used = true},
	{.name = "totalSnapshotGigabytesUsed",
	 .resource = "share_snapshot_gigabytes",
	 .used = true},
	{.name = "totalShareNetworksUsed", .resource = "share_networks", .used = true},
	{.name = "totalShareReplicasUsed",
	 .resource = "share_replicas",
	 .since = V(53),
	 .used = true},
	{.name = "totalReplicaGigabytesUsed",
	 .resource = "share_replica_gigabytes",
	 .since = V(53),
	 .used = true},
	{.name = "totalShareGroupsUsed", .resource = "share_groups", .since = V(58), .used = true},
	{.name = "totalShareGroupSnapshotsUsed",
	 .resource = "share_group_snapshots",
	 .since = V(58),
	 .used = true},
	{.name = "totalShareBackupsUsed",
	 .resource = "share_backups",
	 .since = V(80),
	 .used = true},
	{.name = "totalBackupGigabytesUsed",
	 .resource = "share_backup_gigabytes",
	 .since = V(80),
	 .used = true},
};

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
		int k;

		if (r->version < member->since)
			continue;
		k = quota_get(r->work.tx, r->caller.project_id, member->resource, &usage, f);
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

/* The older name and the newer one. */
/* clang-format off */
#define ROW(verb, tail, name, who, how, ...)                                                       \
	{.method = (verb), .pattern = "/os-quota-" tail, .policy = (name), .rule = (who),          \
	 .mode = (how), .until = SHARE_PREFIXED, __VA_ARGS__},                                     \
	{.method = (verb), .pattern = "/quota-" tail, .policy = (name), .rule = (who),             \
	 .mode = (how), .since = SHARE_PLAIN, __VA_ARGS__}
/* clang-format on */

static const ApiRoute routes[] = {
	ROW("GET", "sets/{quota_project_id}", "quota_set:show", API_RULE_READER, API_READ,
	    .handle = quotas_show),
	ROW("PUT", "sets/{quota_project_id}", "quota_set:update", API_RULE_ADMIN, API_WRITE,
	    .body = &api_any_object, .handle = quotas_change),
	ROW("DELETE", "sets/{quota_project_id}", "quota_set:delete", API_RULE_ADMIN, API_WRITE,
	    .handle = quotas_reset),
	ROW("GET", "sets/{quota_project_id}/defaults", "quota_set:show", API_RULE_READER, API_READ,
	    .handle = quotas_defaults),
	ROW("GET", "class-sets/{quota_class}", "quota_class_set:show", API_RULE_READER, API_READ,
	    .handle = class_show),
	ROW("PUT", "class-sets/{quota_class}", "quota_class_set:update", API_RULE_ADMIN, API_WRITE,
	    .body = &api_any_object, .handle = class_change),
	{.method = "GET",
	 .pattern = "/quota-sets/{quota_project_id}/detail",
	 .policy = "quota_set:show",
	 .rule = API_RULE_READER,
	 .mode = API_READ,
	 .since = V(25),
	 .handle = quotas_detail},
	{.method = "GET",
	 .pattern = "/limits",
	 .policy = "limits:index",
	 .rule = API_RULE_READER,
	 .mode = API_READ,
	 .handle = limits_show},
};
const ApiRoutes share_quota_routes = API_ROUTES(routes);
