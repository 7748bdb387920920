/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Limits: what a project may have, and what it has, in the names that clients show.
 */
#include "api/volume/priv.h"

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

/* Admins may ask for any project. */
static const ApiParam params[] = {
	{.name = "project_id", .since = V(39), .rule = API_RULE_ADMIN},
	{.name = "tenant_id", .since = V(39), .rule = API_RULE_ADMIN},
	{0},
};

static const char *project_asked(ApiRequest *r)
{
	const char *project = api_query(r, "project_id");

	if (!project)
		project = api_query(r, "tenant_id");
	return project ? project : r->caller.project_id;
}

static int limits_show(ApiRequest *r, Fault *f)
{
	const char *project = project_asked(r);

	json_out_begin(&r->out, NULL);
	json_out_begin(&r->out, "limits");
	json_out_list_begin(&r->out, "rate");
	json_out_list_end(&r->out);
	json_out_begin(&r->out, "absolute");
	for (size_t i = 0; i < ARRAY_SIZE(limit_members); i++) {
		const LimitMember *member = &limit_members[i];
		QuotaUsage usage;
		int k = quota_get(r->work.tx, project, member->resource, &usage, f);

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

static const ApiRoute routes[] = {
	{.method = "GET",
	 .pattern = "/limits",
	 .policy = "limits_extension:used_limits",
	 .rule = API_RULE_READER,
	 .mode = API_READ,
	 .params = params,
	 .handle = limits_show},
};
const ApiRoutes volume_limit_routes = API_ROUTES(routes);
