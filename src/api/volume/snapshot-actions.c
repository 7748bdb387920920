/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * POST /snapshots/{id}/action: os-reset_status, os-force_delete, and os-update_snapshot_status, by
 * which a compute service tells how far a snapshot is that it makes itself. And a volume's way
 * back: POST /volumes/{id}/action: revert (3.40).
 */
#include "api/volume/priv.h"
#include "service/snapshot.h"

static const char *const statuses[] = {"available", "creating",       "deleting",
				       "error",     "error_deleting", NULL};

/* --- os-reset_status --- */

typedef struct ResetFields {
	const char *status;
} ResetFields;

typedef struct ResetBody {
	const ResetFields *reset;
} ResetBody;

static const JsonField reset_rows[] = {
	{.name = "status",
	 .type = JSON_TEXT,
	 .flags = JSON_REQUIRED,
	 .choices = statuses,
	 .offset = offsetof(ResetFields, status)},
};
static const JsonFields reset_fields = JSON_FIELDS(reset_rows, ResetFields);

static const JsonField reset_body_rows[] = {
	{.name = "os-reset_status",
	 .type = JSON_OBJECT,
	 .flags = JSON_REQUIRED,
	 .fields = &reset_fields,
	 .offset = offsetof(ResetBody, reset)},
};
static const JsonFields reset_body_fields = JSON_FIELDS(reset_body_rows, ResetBody);

static int reset_status(ApiRequest *r, Fault *f)
{
	const char *status = ((const ResetBody *)r->body)->reset->status;
	int k = service_reset_snapshot_status(
		&r->work, api_param(r, "snapshot_id"),
		(SnapshotStatus)enum_value(&snapshot_status_names, status), f);

	if (k)
		return k;
	api_reply(r, 202);
	return 0;
}

/* --- os-update_snapshot_status --- */

typedef struct ReportFields {
	const char *status;
	const char *progress;
} ReportFields;

typedef struct ReportBody {
	const ReportFields *report;
} ReportBody;

static const JsonField report_rows[] = {
	{.name = "status",
	 .type = JSON_TEXT,
	 .flags = JSON_REQUIRED,
	 .choices = statuses,
	 .offset = offsetof(ReportFields, status)},
	{.name = "progress",
	 .type = JSON_TEXT,
	 .flags = JSON_NULLABLE,
	 .offset = offsetof(ReportFields, progress)},
};
static const JsonFields report_fields = JSON_FIELDS(report_rows, ReportFields);

static const JsonField report_body_rows[] = {
	{.name = "os-update_snapshot_status",
	 .type = JSON_OBJECT,
	 .flags = JSON_REQUIRED,
	 .fields = &report_fields,
	 .offset = offsetof(ReportBody, report)},
};
static const JsonFields report_body_fields = JSON_FIELDS(report_body_rows, ReportBody);

/* "0%" to "100%". */
static bool is_progress(Arena *arena, const char *text)
{
	size_t length = strlen(text);
	int64_t percent;

	return length > 1 && text[length - 1] == '%' &&
	       str_parse_i64(arena_strndup(arena, text, length - 1), &percent) && percent >= 0 &&
	       percent <= 100;
}

static int report_status(ApiRequest *r, Fault *f)
{
	const ReportFields *in = ((const ReportBody *)r->body)->report;
	int k;

	if (in->progress && !is_progress(r->arena, in->progress))
		return api_refuse(r, 400, "progress must be an integer percentage");
	k = service_report_snapshot_status(
		&r->work, api_param(r, "snapshot_id"),
		(SnapshotStatus)enum_value(&snapshot_status_names, in->status), in->progress, f);
	if (k)
		return k;
	api_reply(r, 202);
	return 0;
}

/* --- os-force_delete --- */

static int force_delete(ApiRequest *r, Fault *f)
{
	int k = service_delete_snapshot(&r->work, api_param(r, "snapshot_id"), true, f);

	if (k)
		return k;
	api_reply(r, 202);
	return 0;
}

/* --- revert --- */

typedef struct RevertFields {
	const char *snapshot_id;
} RevertFields;

typedef struct RevertBody {
	const RevertFields *revert;
} RevertBody;

static const JsonField revert_rows[] = {
	{.name = "snapshot_id",
	 .type = JSON_TEXT,
	 .format = JSON_FORMAT_UUID,
	 .flags = JSON_REQUIRED,
	 .offset = offsetof(RevertFields, snapshot_id)},
};
static const JsonFields revert_fields = JSON_FIELDS(revert_rows, RevertFields);

static const JsonField revert_body_rows[] = {
	{.name = "revert",
	 .type = JSON_OBJECT,
	 .flags = JSON_REQUIRED,
	 .fields = &revert_fields,
	 .offset = offsetof(RevertBody, revert)},
};
static const JsonFields revert_body_fields = JSON_FIELDS(revert_body_rows, RevertBody);

static int revert(ApiRequest *r, Fault *f)
{
	const RevertBody *body = r->body;
	int k = service_revert_volume(&r->work, api_param(r, "volume_id"),
				      body->revert->snapshot_id, f);

	if (k)
		return k;
	api_reply(r, 202);
	return 0;
}

static const ApiRoute routes[] = {
	{.method = "POST",
	 .pattern = "/snapshots/{snapshot_id}/action",
	 .action = "os-reset_status",
	 .policy = "volume_extension:snapshot_admin_actions:reset_status",
	 .rule = API_RULE_ADMIN,
	 .mode = API_WRITE,
	 .body = &reset_body_fields,
	 .handle = reset_status},
	{.method = "POST",
	 .pattern = "/snapshots/{snapshot_id}/action",
	 .action = "os-force_delete",
	 .policy = "volume_extension:snapshot_admin_actions:force_delete",
	 .rule = API_RULE_ADMIN,
	 .mode = API_WRITE,
	 .handle = force_delete},
	{.method = "POST",
	 .pattern = "/snapshots/{snapshot_id}/action",
	 .action = "os-update_snapshot_status",
	 .policy = "snapshot_extension:snapshot_actions:update_snapshot_status",
	 .rule = API_RULE_MEMBER,
	 .mode = API_WRITE,
	 .body = &report_body_fields,
	 .handle = report_status},
	{.method = "POST",
	 .pattern = "/volumes/{volume_id}/action",
	 .action = "revert",
	 .policy = "volume:revert_to_snapshot",
	 .rule = API_RULE_MEMBER,
	 .mode = API_WRITE,
	 .since = V(40),
	 .body = &revert_body_fields,
	 .handle = revert},
};
const ApiRoutes volume_snapshot_action_routes = API_ROUTES(routes);
