/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Limits and quota sets: what a project may have, and what it has of it. Quotas belong to projects;
 * single users have none of their own.
 */
#include <inttypes.h>

#include "api/compute/priv.h"

/* A quota as a member of limits or quota sets. */
typedef struct QuotaMember {
	const char *name;
	const char *resource; /* NULL: `fixed` is printed */
	int64_t fixed;
	bool used; /* print what is used instead of the limit */
	int since;
	int until;
} QuotaMember;

static const QuotaMember limit_members[] = {
	{.name = "maxTotalInstances", .resource = "instances"},
	{.name = "maxTotalCores", .resource = "cores"},
	{.name = "maxTotalRAMSize", .resource = "ram"},
	{.name = "maxServerMeta", .resource = "metadata_items"},
	{.name = "maxTotalKeypairs", .resource = "key_pairs"},
	{.name = "maxServerGroups", .resource = "server_groups"},
	{.name = "maxServerGroupMembers", .resource = "server_group_members"},
	{.name = "maxImageMeta", .fixed = 128, .until = V(38)},
	{.name = "maxPersonality", .resource = "injected_files", .until = V(56)},
	{.name = "maxPersonalitySize", .resource = "injected_file_content_bytes", .until = V(56)},
	{.name = "maxSecurityGroups", .fixed = -1, .until = V(35)},
	{.name = "maxSecurityGroupRules", .fixed = -1, .until = V(35)},
	{.name = "maxTotalFloatingIps", .fixed = -1, .until = V(35)},
	{.name = "totalInstancesUsed", .resource = "instances", .used = true},
	{.name = "totalCoresUsed", .resource = "cores", .used = true},
	{.name = "totalRAMUsed", .resource = "ram", .used = true},
	{.name = "totalServerGroupsUsed", .resource = "server_groups", .used = true},
	{.name = "totalSecurityGroupsUsed", .fixed = 0, .until = V(35)},
	{.name = "totalFloatingIpsUsed", .fixed = 0, .until = V(35)},
};

/* The first are those that can be set: a row of QuotaWish each. */
enum { QUOTAS_SET = 10 };

static const QuotaMember quota_members[] = {
	{.name = "instances", .resource = "instances"},
	{.name = "cores", .resource = "cores"},
	{.name = "ram", .resource = "ram"},
	{.name = "metadata_items", .resource = "metadata_items"},
	{.name = "key_pairs", .resource = "key_pairs"},
	{.name = "server_groups", .resource = "server_groups"},
	{.name = "server_group_members", .resource = "server_group_members"},
	{.name = "injected_files", .resource = "injected_files", .until = V(56)},
	{.name = "injected_file_content_bytes",
	 .resource = "injected_file_content_bytes",
	 .until = V(56)},
	{.name = "injected_file_path_bytes",
	 .resource = "injected_file_path_bytes",
	 .until = V(56)},
	{.name = "fixed_ips", .fixed = -1, .until = V(35)},
	{.name = "floating_ips", .fixed = -1, .until = V(35)},
	{.name = "security_groups", .fixed = -1, .until = V(35)},
	{.name = "security_group_rules", .fixed = -1, .until = V(35)},
};

/* Classes learned of groups of servers late. */
static const QuotaMember class_members[] = {
	{.name = "instances", .resource = "instances"},
	{.name = "cores", .resource = "cores"},
	{.name = "ram", .resource = "ram"},
	{.name = "metadata_items", .resource = "metadata_items"},
	{.name = "key_pairs", .resource = "key_pairs"},
	{.name = "server_groups", .resource = "server_groups", .since = V(50)},
	{.name = "server_group_members", .resource = "server_group_members", .since = V(50)},
	{.name = "injected_files", .resource = "injected_files", .until = V(56)},
	{.name = "injected_file_content_bytes",
	 .resource = "injected_file_content_bytes",
	 .until = V(56)},
	{.name = "injected_file_path_bytes",
	 .resource = "injected_file_path_bytes",
	 .until = V(56)},
	{.name = "fixed_ips", .fixed = -1, .until = V(49)},
	{.name = "floating_ips", .fixed = -1, .until = V(49)},
	{.name = "security_groups", .fixed = -1, .until = V(49)},
	{.name = "security_group_rules", .fixed = -1, .until = V(49)},
};

typedef struct QuotaWish {
	int64_t limits[QUOTAS_SET];
	bool wanted[QUOTAS_SET];
	bool force;
} QuotaWish;

/* Of a project or of a class. */
typedef struct QuotaBody {
	const QuotaWish *quota_set;
} QuotaBody;

#define LIMIT_ROW_UNTIL(index, text, last)                                                         \
	{                                                                                          \
		.name = (text), .type = JSON_INT_LOOSE, .min = -1, .max = INT32_MAX,               \
		.until = (last),                                                                   \
		.offset = offsetof(QuotaWish, limits) + (index) * sizeof(int64_t),                 \
		.present = offsetof(QuotaWish, wanted) + (index) * sizeof(bool) + 1                \
	}
#define LIMIT_ROW(index, text) LIMIT_ROW_UNTIL(index, text, 0)

static const JsonField wish_rows[] = {
	LIMIT_ROW(0, "instances"),
	LIMIT_ROW(1, "cores"),
	LIMIT_ROW(2, "ram"),
	LIMIT_ROW(3, "metadata_items"),
	LIMIT_ROW(4, "key_pairs"),
	LIMIT_ROW(5, "server_groups"),
	LIMIT_ROW(6, "server_group_members"),
	LIMIT_ROW_UNTIL(7, "injected_files", V(56)),
	LIMIT_ROW_UNTIL(8, "injected_file_content_bytes", V(56)),
	LIMIT_ROW_UNTIL(9, "injected_file_path_bytes", V(56)),
	{.name = "force", .type = JSON_BOOL_LOOSE, .offset = offsetof(QuotaWish, force)},
};
static const JsonFields wish_fields = JSON_FIELDS(wish_rows, QuotaWish);

static const JsonField body_rows[] = {
	{.name = "quota_set",
	 .type = JSON_OBJECT,
	 .flags = JSON_REQUIRED,
	 .fields = &wish_fields,
	 .offset = offsetof(QuotaBody, quota_set)},
};
static const JsonFields body_fields = JSON_FIELDS(body_rows, QuotaBody);

static const JsonField class_wish_rows[] = {
	LIMIT_ROW(0, "instances"),
	LIMIT_ROW(1, "cores"),
	LIMIT_ROW(2, "ram"),
	LIMIT_ROW(3, "metadata_items"),
	LIMIT_ROW(4, "key_pairs"),
	LIMIT_ROW(5, "server_groups"),
	LIMIT_ROW(6, "server_group_members"),
	LIMIT_ROW_UNTIL(7, "injected_files", V(56)),
	LIMIT_ROW_UNTIL(8, "injected_file_content_bytes", V(56)),
	LIMIT_ROW_UNTIL(9, "injected_file_path_bytes", V(56)),
};
static const JsonFields class_wish_fields = JSON_FIELDS(class_wish_rows, QuotaWish);

static const JsonField class_body_rows[] = {
	{.name = "quota_class_set",
	 .type = JSON_OBJECT,
	 .flags = JSON_REQUIRED,
	 .fields = &class_wish_fields,
	 .offset = offsetof(QuotaBody, quota_set)},
};
static const JsonFields class_body_fields = JSON_FIELDS(class_body_rows, QuotaBody);

/* How a quota is printed. */
typedef enum QuotaForm { QUOTA_PLAIN, QUOTA_DETAIL } QuotaForm;

static void out_quota(ApiRequest *r, const QuotaMember *row, const QuotaUsage *usage,
		      QuotaForm form)
{
	switch (form) {
	case QUOTA_PLAIN:
		json_out_int(&r->out, row->name, row->used ? usage->used : usage->limit);
		break;
	case QUOTA_DETAIL:
		json_out_begin(&r->out, row->name);
		json_out_int(&r->out, "in_use", usage->used);
		json_out_int(&r->out, "limit", usage->limit);
		json_out_int(&r->out, "reserved", 0); /* usage is taken at once */
		json_out_end(&r->out);
		break;
	}
}

static bool is_shown(const ApiRequest *r, const QuotaMember *row)
{
	return r->version >= row->since && (!row->until || r->version <= row->until);
}

static int out_quotas(ApiRequest *r, const QuotaMember *rows, size_t count, const char *project_id,
		      QuotaForm form, Fault *f)
{
	for (size_t i = 0; i < count; i++) {
		QuotaUsage usage = {.limit = rows[i].fixed};
		int k;

		if (!is_shown(r, &rows[i]))
			continue;
		if (rows[i].resource) {
			k = quota_get(r->work.tx, project_id, rows[i].resource, &usage, f);
			if (k)
				return fault_unexpected(f, k);
		}
		out_quota(r, &rows[i], &usage, form);
	}
	return 0;
}

static int limits_show(ApiRequest *r, Fault *f)
{
	const char *project = api_query(r, "tenant_id");
	int k;

	json_out_begin(&r->out, NULL);
	json_out_begin(&r->out, "limits");
	json_out_list_begin(&r->out, "rate");
	json_out_list_end(&r->out);
	json_out_begin(&r->out, "absolute");
	k = out_quotas(r, limit_members, ARRAY_SIZE(limit_members),
		       project ? project : r->caller.project_id, QUOTA_PLAIN, f);
	if (k)
		return k;
	json_out_end(&r->out);
	json_out_end(&r->out);
	json_out_end(&r->out);
	api_reply(r, 200);
	return 0;
}

/* `with_id`: the answer to a change is the one that has no id. */
static int reply_quotas(ApiRequest *r, QuotaForm form, bool with_id, Fault *f)
{
	const char *project = api_param(r, "quota_project_id");
	int k;

	json_out_begin(&r->out, NULL);
	json_out_begin(&r->out, "quota_set");
	if (with_id)
		json_out_text(&r->out, "id", project);
	k = out_quotas(r, quota_members, ARRAY_SIZE(quota_members), project, form, f);
	if (k)
		return k;
	json_out_end(&r->out);
	json_out_end(&r->out);
	api_reply(r, 200);
	return 0;
}

/* One's own quotas; any for admins. */
static int show_quotas(ApiRequest *r, QuotaForm form, Fault *f)
{
	if (!caller_is_admin(&r->caller) &&
	    !str_eq(api_param(r, "quota_project_id"), r->caller.project_id))
		return api_complain(r, API_DENIED, r->route->policy, NULL, NULL);
	return reply_quotas(r, form, true, f);
}

static int quotas_show(ApiRequest *r, Fault *f)
{
	return show_quotas(r, QUOTA_PLAIN, f);
}

static int quotas_detail(ApiRequest *r, Fault *f)
{
	return show_quotas(r, QUOTA_DETAIL, f);
}

/* The limits of a class: what holds where a project has none of its own. */
static int out_class(ApiRequest *r, const char *name, const QuotaMember *rows, size_t count,
		     Fault *f)
{
	for (size_t i = 0; i < count; i++) {
		int64_t limit = rows[i].fixed;
		int k;

		if (!is_shown(r, &rows[i]))
			continue;
		k = rows[i].resource
			    ? quota_class_get(r->work.tx, name, rows[i].resource, &limit, f)
			    : 0;
		if (k)
			return fault_unexpected(f, k);
		json_out_int(&r->out, rows[i].name, limit);
	}
	return 0;
}

static int quotas_defaults(ApiRequest *r, Fault *f)
{
	int k;

	json_out_begin(&r->out, NULL);
	json_out_begin(&r->out, "quota_set");
	json_out_text(&r->out, "id", api_param(r, "quota_project_id"));
	k = out_class(r, QUOTA_CLASS_DEFAULT, quota_members, ARRAY_SIZE(quota_members), f);
	if (k)
		return k;
	json_out_end(&r->out);
	json_out_end(&r->out);
	api_reply(r, 200);
	return 0;
}

/* `with_id`: as with projects, the answer to a change has none. */
static int reply_class(ApiRequest *r, bool with_id, Fault *f)
{
	const char *name = api_param(r, "quota_class");
	int k;

	json_out_begin(&r->out, NULL);
	json_out_begin(&r->out, "quota_class_set");
	if (with_id)
		json_out_text(&r->out, "id", name);
	k = out_class(r, name, class_members, ARRAY_SIZE(class_members), f);
	if (k)
		return k;
	json_out_end(&r->out);
	json_out_end(&r->out);
	api_reply(r, 200);
	return 0;
}

static int class_show(ApiRequest *r, Fault *f)
{
	return reply_class(r, true, f);
}

static int class_change(ApiRequest *r, Fault *f)
{
	const QuotaWish *wish = ((const QuotaBody *)r->body)->quota_set;

	if (strlen(api_param(r, "quota_class")) > LIMIT_NAME_CHARS)
		return api_refuse(r, 400, "The name of the class is too long.");
	for (size_t i = 0; i < QUOTAS_SET; i++) {
		int k = wish->wanted[i]
				? quota_class_set(r->work.tx, api_param(r, "quota_class"),
						  quota_members[i].resource, wish->limits[i], f)
				: 0;

		if (k)
			return fault_unexpected(f, k);
	}
	return reply_class(r, false, f);
}

/* False after a refusal: less than is used, and nobody insists. */
static bool limit_fits(ApiRequest *r, const char *resource, int64_t limit, const QuotaUsage *usage)
{
	if (limit < 0 || limit >= usage->used)
		return true;
	(void)api_refuse(r, 400,
			 "Quota limit %" PRId64 " for %s must be greater than or equal to already "
			 "used and reserved %" PRId64 ".",
			 limit, resource, usage->used); /* 0 */
	return false;
}

static int quotas_change(ApiRequest *r, Fault *f)
{
	const QuotaWish *wish = ((const QuotaBody *)r->body)->quota_set;
	const char *project = api_param(r, "quota_project_id");

	if (api_query(r, "user_id"))
		return api_refuse(r, 400, "Quotas belong to projects, not to single users.");
	for (size_t i = 0; i < QUOTAS_SET; i++) {
		const char *resource = quota_members[i].resource;
		QuotaUsage usage;
		int k;

		if (!wish->wanted[i])
			continue;
		k = quota_get(r->work.tx, project, resource, &usage, f);
		if (k)
			return fault_unexpected(f, k);
		if (!wish->force && !limit_fits(r, resource, wish->limits[i], &usage))
			return 0;
		k = quota_set(r->work.tx, project, resource, wish->limits[i], f);
		if (k)
			return k;
	}
	return reply_quotas(r, QUOTA_PLAIN, false, f);
}

static int quotas_reset(ApiRequest *r, Fault *f)
{
	for (size_t i = 0; i < QUOTAS_SET; i++) {
		int k = quota_reset(r->work.tx, api_param(r, "quota_project_id"),
				    quota_members[i].resource, f);

		if (k)
			return k;
	}
	api_reply(r, 202);
	return 0;
}

static const ApiParam limit_params[] = {
	{.name = "reserved"},
	{.name = "tenant_id", .rule = API_RULE_ADMIN},
	{0},
};
static const ApiParam quota_params[] = {{.name = "user_id"}, {0}};

static const ApiRoute routes[] = {
	{.method = "GET",
	 .pattern = "/limits",
	 .policy = "os_compute_api:limits",
	 .rule = API_RULE_SCOPED,
	 .mode = API_READ,
	 .params = limit_params,
	 .strict_params_since = V(75),
	 .handle = limits_show},
	{.method = "GET",
	 .pattern = "/os-quota-sets/{quota_project_id}",
	 .policy = "os_compute_api:os-quota-sets:show",
	 .rule = API_RULE_READER,
	 .mode = API_READ,
	 .params = quota_params,
	 .strict_params_since = V(75),
	 .handle = quotas_show},
	{.method = "GET",
	 .pattern = "/os-quota-sets/{quota_project_id}/detail",
	 .policy = "os_compute_api:os-quota-sets:detail",
	 .rule = API_RULE_READER,
	 .mode = API_READ,
	 .params = quota_params,
	 .strict_params_since = V(75),
	 .handle = quotas_detail},
	{.method = "GET",
	 .pattern = "/os-quota-sets/{quota_project_id}/defaults",
	 .policy = "os_compute_api:os-quota-sets:defaults",
	 .rule = API_RULE_SCOPED,
	 .mode = API_READ,
	 .handle = quotas_defaults},
	{.method = "PUT",
	 .pattern = "/os-quota-sets/{quota_project_id}",
	 .policy = "os_compute_api:os-quota-sets:update",
	 .rule = API_RULE_ADMIN,
	 .mode = API_WRITE,
	 .body = &body_fields,
	 .params = quota_params,
	 .handle = quotas_change},
	{.method = "DELETE",
	 .pattern = "/os-quota-sets/{quota_project_id}",
	 .policy = "os_compute_api:os-quota-sets:delete",
	 .rule = API_RULE_ADMIN,
	 .mode = API_WRITE,
	 .params = quota_params,
	 .strict_params_since = V(75),
	 .handle = quotas_reset},
	{.method = "GET",
	 .pattern = "/os-quota-class-sets/{quota_class}",
	 .policy = "os_compute_api:os-quota-class-sets:show",
	 .rule = API_RULE_ADMIN,
	 .mode = API_READ,
	 .handle = class_show},
	{.method = "PUT",
	 .pattern = "/os-quota-class-sets/{quota_class}",
	 .policy = "os_compute_api:os-quota-class-sets:update",
	 .rule = API_RULE_ADMIN,
	 .mode = API_WRITE,
	 .body = &class_body_fields,
	 .handle = class_change},
};
const ApiRoutes compute_quota_routes = API_ROUTES(routes);
