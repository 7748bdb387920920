/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * POST /shares/{id}/action: sizes, statuses, and deletion by force or for later. Up to 2.6 the
 * names of all actions begin with "os-".
 */
#include "api/share/priv.h"
#include "service/share-snapshot.h"
#include "service/share.h"

typedef struct SizeFields {
	int64_t new_size;
	bool force;
} SizeFields;

typedef struct SizeBody {
	const SizeFields *wish;
} SizeBody;

#define NEW_SIZE                                                                                   \
	{                                                                                          \
		.name = "new_size", .type = JSON_INT_LOOSE, .flags = JSON_REQUIRED,                \
		.offset = offsetof(SizeFields, new_size)                                           \
	}

static const JsonField extend_rows[] = {
	NEW_SIZE,
	{.name = "force",
	 .type = JSON_BOOL_LOOSE,
	 .flags = JSON_NULLABLE | JSON_LETTERS,
	 .since = V(64),
	 .offset = offsetof(SizeFields, force)},
};
static const JsonFields extend_fields = JSON_FIELDS(extend_rows, SizeFields);
static const JsonField shrink_rows[] = {NEW_SIZE};
static const JsonFields shrink_fields = JSON_FIELDS(shrink_rows, SizeFields);

typedef struct RevertFields {
	const char *snapshot_id;
} RevertFields;

typedef struct RevertBody {
	const RevertFields *wish;
} RevertBody;

static const JsonField revert_rows[] = {
	{.name = "snapshot_id",
	 .type = JSON_TEXT,
	 .flags = JSON_REQUIRED,
	 .max = LIMIT_NAME_CHARS,
	 .offset = offsetof(RevertFields, snapshot_id)},
};
static const JsonFields revert_fields = JSON_FIELDS(revert_rows, RevertFields);

typedef struct TaskFields {
	const char *state;
} TaskFields;

typedef struct TaskBody {
	const TaskFields *wish;
} TaskBody;

static const JsonField task_rows[] = {
	{.name = "task_state",
	 .type = JSON_TEXT,
	 .flags = JSON_REQUIRED | JSON_NULLABLE,
	 .max = LIMIT_NAME_CHARS,
	 .offset = offsetof(TaskFields, state)},
};
static const JsonFields task_fields = JSON_FIELDS(task_rows, TaskFields);

SHARE_ACTION_BODY(extend_body, "extend", SizeBody, extend_fields);
SHARE_ACTION_BODY(os_extend_body, "os-extend", SizeBody, extend_fields);
SHARE_ACTION_BODY(shrink_body, "shrink", SizeBody, shrink_fields);
SHARE_ACTION_BODY(os_shrink_body, "os-shrink", SizeBody, shrink_fields);
SHARE_ACTION_BODY(task_body, "reset_task_state", TaskBody, task_fields);
SHARE_ACTION_BODY(revert_body, "revert", RevertBody, revert_fields);

/* Force passes by a scheduler that finds no room; there is none here, but it is for admins. */
static int share_extend(ApiRequest *r, Fault *f)
{
	const SizeFields *wish = ((const SizeBody *)r->body)->wish;

	if (wish->force && !api_allows(r, API_RULE_ADMIN))
		return api_complain(r, API_DENIED, "share:force_extend", NULL, NULL);
	return share_reply_accepted(
		r, service_extend_share(&r->work, api_param(r, "share_id"), wish->new_size, f));
}

static int share_shrink(ApiRequest *r, Fault *f)
{
	const SizeFields *wish = ((const SizeBody *)r->body)->wish;

	return share_reply_accepted(
		r, service_shrink_share(&r->work, api_param(r, "share_id"), wish->new_size, f));
}

int share_reset(ApiRequest *r, Fault *f)
{
	int status;

	if (!share_read_reset(r, &share_status_names, &status))
		return 0;
	return share_reply_accepted(
		r, service_reset_share(&r->work, api_param(r, "share_id"), (ShareStatus)status, f));
}

/* Tasks are parts of a migration, and no share migrates: none is the only state there is. */
static int share_reset_task(ApiRequest *r, Fault *f)
{
	const char *state = ((const TaskBody *)r->body)->wish->state;
	Share *share;

	if (state)
		return api_refuse(r, 400,
				  "Invalid input for field/attribute task_state. Value: %s. '%s' "
				  "is not one of [None]",
				  state, state);
	return share_reply_accepted(
		r, service_find_share(&r->work, api_param(r, "share_id"), &share, f));
}

int share_force_delete(ApiRequest *r, Fault *f)
{
	return share_reply_accepted(
		r, service_delete_share(&r->work, api_param(r, "share_id"), true, f));
}

static int share_soft_delete(ApiRequest *r, Fault *f)
{
	return share_reply_accepted(
		r, service_soft_delete_share(&r->work, api_param(r, "share_id"), f));
}

static int share_restore(ApiRequest *r, Fault *f)
{
	bool was;
	int k = service_restore_share(&r->work, api_param(r, "share_id"), &was, f);

	if (k)
		return k;
	api_reply(r, was ? 202 : 200);
	return 0;
}

static int share_revert(ApiRequest *r, Fault *f)
{
	const RevertFields *wish = ((const RevertBody *)r->body)->wish;

	return share_reply_accepted(
		r, service_revert_share(&r->work, api_param(r, "share_id"), wish->snapshot_id, f));
}

#define ACTION(key, name, who, table, what)                                                        \
	.method = "POST", .pattern = "/shares/{share_id}/action", .action = (key),                 \
	.policy = (name), .rule = (who), .mode = API_WRITE, .body = (table), .handle = (what)

static const ApiRoute routes[] = {
	{ACTION("extend", "share:extend", API_RULE_MEMBER, &extend_body, share_extend),
	 .since = SHARE_PLAIN},
	{ACTION("os-extend", "share:extend", API_RULE_MEMBER, &os_extend_body, share_extend),
	 .until = SHARE_PREFIXED},
	{ACTION("shrink", "share:shrink", API_RULE_MEMBER, &shrink_body, share_shrink),
	 .since = SHARE_PLAIN},
	{ACTION("os-shrink", "share:shrink", API_RULE_MEMBER, &os_shrink_body, share_shrink),
	 .until = SHARE_PREFIXED},
	{ACTION("reset_status", "share:reset_status", API_RULE_ADMIN, &share_reset_body,
		share_reset),
	 .since = SHARE_PLAIN},
	{ACTION("os-reset_status", "share:reset_status", API_RULE_ADMIN, &share_old_reset_body,
		share_reset),
	 .until = SHARE_PREFIXED},
	{ACTION("force_delete", "share:force_delete", API_RULE_ADMIN, NULL, share_force_delete),
	 .since = SHARE_PLAIN},
	{ACTION("os-force_delete", "share:force_delete", API_RULE_ADMIN, NULL, share_force_delete),
	 .until = SHARE_PREFIXED},
	{ACTION("reset_task_state", "share:reset_task_state", API_RULE_ADMIN, &task_body,
		share_reset_task),
	 .since = V(22)},
	{ACTION("revert", "share:revert_to_snapshot", API_RULE_MEMBER, &revert_body, share_revert),
	 .since = V(27)},
	{ACTION("soft_delete", "share:soft_delete", API_RULE_MEMBER, NULL, share_soft_delete),
	 .since = V(69)},
	{ACTION("restore", "share:restore", API_RULE_MEMBER, NULL, share_restore), .since = V(69)},
};
const ApiRoutes share_action_routes = API_ROUTES(routes);
