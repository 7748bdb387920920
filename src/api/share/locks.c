/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Resource locks, since 2.81; those on access rules since 2.82.
 */
#include "api/share/list.h"
#include "service/resource-lock.h"

enum { REASON_MAX = 1023 };

typedef struct LockFields {
	const char *resource_id;
	const char *resource_type;
	const char *action;
	const char *reason;
	bool has_reason;
} LockFields;

typedef struct LockBody {
	const LockFields *lock;
} LockBody;

static const char *const old_types[] = {LOCK_SHARE, NULL};
static const char *const types[] = {LOCK_SHARE, LOCK_RULE, NULL};
static const char *const old_actions[] = {LOCK_DELETE, NULL};
static const char *const actions[] = {LOCK_DELETE, LOCK_SHOW, NULL};

#define CHOICE(key, member, list, first, last)                                                     \
	{                                                                                          \
		.name = (key), .type = JSON_TEXT, .choices = (list), .since = (first),             \
		.until = (last), .offset = offsetof(LockFields, member)                            \
	}
#define ACTION_ROWS                                                                                \
	CHOICE("resource_action", action, old_actions, 0, V(81)),                                  \
		CHOICE("resource_action", action, actions, V(82), 0)
#define REASON_ROW                                                                                 \
	{                                                                                          \
		.name = "lock_reason", .type = JSON_TEXT, .flags = JSON_NULLABLE,                  \
		.max = REASON_MAX, .offset = offsetof(LockFields, reason),                         \
		.present = JSON_PRESENT(LockFields, has_reason)                                    \
	}

static const JsonField create_rows[] = {
	{.name = "resource_id",
	 .type = JSON_TEXT,
	 .format = JSON_FORMAT_UUID,
	 .flags = JSON_REQUIRED,
	 .offset = offsetof(LockFields, resource_id)},
	CHOICE("resource_type", resource_type, old_types, 0, V(81)),
	CHOICE("resource_type", resource_type, types, V(82), 0),
	ACTION_ROWS,
	REASON_ROW,
};
static const JsonFields create_fields = JSON_FIELDS(create_rows, LockFields);

static const JsonField create_body_rows[] = {
	{.name = "resource_lock",
	 .type = JSON_OBJECT,
	 .flags = JSON_REQUIRED,
	 .fields = &create_fields,
	 .offset = offsetof(LockBody, lock)},
};
static const JsonFields create_body = JSON_FIELDS(create_body_rows, LockBody);

/* Open: for other members there are words of their own. */
static const JsonField update_rows[] = {ACTION_ROWS, REASON_ROW};
static const JsonFields update_fields = {
	.rows = update_rows,
	.count = ARRAY_SIZE(update_rows),
	.size = sizeof(LockFields),
	.open = true,
};

static const JsonField update_body_rows[] = {
	{.name = "resource_lock",
	 .type = JSON_OBJECT,
	 .flags = JSON_REQUIRED,
	 .fields = &update_fields,
	 .offset = offsetof(LockBody, lock)},
};
static const JsonFields update_body = JSON_FIELDS(update_body_rows, LockBody);

/* --- replies --- */

#define TEXT(key, member)                                                                          \
	{                                                                                          \
		.name = (key), .type = JSON_OUT_TEXT, .offset = offsetof(ResourceLock, member)     \
	}

static const JsonOutField reply[] = {
	TEXT("id", id),
	TEXT("user_id", user_id),
	TEXT("project_id", project_id),
	TEXT("lock_context", context),
	TEXT("resource_type", resource_type),
	TEXT("resource_id", resource_id),
	TEXT("resource_action", action),
	TEXT("lock_reason", reason),
	{.name = "created_at",
	 .type = JSON_OUT_MICROS,
	 .offset = offsetof(ResourceLock, created_us)},
	{.name = "updated_at",
	 .type = JSON_OUT_MICROS,
	 .offset = offsetof(ResourceLock, updated_us)},
};

static void out_lock(ApiRequest *r, const char *key, const ResourceLock *lock)
{
	const JsonOutView view = {.version = r->version};

	json_out_begin(&r->out, key);
	json_out_fields(&r->out, reply, ARRAY_SIZE(reply), lock, &view);
	api_out_links(r, &r->out, "resource-locks", lock->id);
	json_out_end(&r->out);
}

static int reply_lock(ApiRequest *r, int k, ResourceLock *const *lock)
{
	if (k)
		return k;
	json_out_begin(&r->out, NULL);
	out_lock(r, "resource_lock", *lock);
	json_out_end(&r->out);
	api_reply(r, 200);
	return 0;
}

/* --- lists --- */

static const ShareFilter filters[] = {
	{.name = "user_id", .column = "user_id"},
	{.name = "project_id", .column = "project_id"},
	{.name = "resource_id", .column = "resource_id"},
	{.name = "resource_type", .column = "resource_type"},
	{.name = "resource_action", .column = "action"},
	{.name = "lock_context", .column = "context"},
	{.name = "lock_reason", .column = "reason"},
	{.name = "lock_reason~", .column = "reason", .kind = SHARE_FILTER_PART},
	{.name = "created_since", .column = "created_us", .kind = SHARE_FILTER_SINCE},
	{.name = "created_before", .column = "created_us", .kind = SHARE_FILTER_UNTIL},
	{0},
};

static const ApiSortKey sort_keys[] = {
	{"created_at", "created_us"},
	{"updated_at", "updated_us"},
	{"id", "id"},
	{"resource_id", "resource_id"},
	{"resource_type", "resource_type"},
	{"resource_action", "action"},
	{"lock_context", "context"},
	{"user_id", "user_id"},
	{"project_id", "project_id"},
	{0},
};

static const ShareListing listing = {
	.links = "resource_locks_links",
	.table = &resource_lock_table,
	.filters = filters,
	.sort_keys = sort_keys,
	.count_since = V(81),
};

static int locks_list(ApiRequest *r, Fault *f)
{
	ShareList list = {.listing = &listing};
	bool all;
	int k;

	if (!share_query_bool(r, "all_projects", false, &all))
		return 0;
	service_where_locks_visible(&r->work, &list.query, all);
	if (!share_list_read(r, &list, &k, f))
		return k;
	k = share_list_find(r, &list, f);
	if (k)
		return k;
	json_out_begin(&r->out, NULL);
	json_out_list_begin(&r->out, "resource_locks");
	for (size_t i = 0; i < list.rows.count; i++)
		out_lock(r, NULL, list.rows.records[i]);
	json_out_list_end(&r->out);
	k = share_list_end(r, &list, f);
	if (k)
		return k;
	json_out_end(&r->out);
	api_reply(r, 200);
	return 0;
}

/* --- one lock --- */

static int lock_show(ApiRequest *r, Fault *f)
{
	ResourceLock *lock;

	return reply_lock(
		r, service_find_resource_lock(&r->work, api_param(r, "lock_id"), &lock, f), &lock);
}

static int lock_create(ApiRequest *r, Fault *f)
{
	const LockFields *in = ((const LockBody *)r->body)->lock;
	const LockWish wish = {
		.resource_id = in->resource_id,
		.resource_type = in->resource_type ? in->resource_type : LOCK_SHARE,
		.action = in->action ? in->action : LOCK_DELETE,
		.reason = in->reason,
	};
	ResourceLock *lock;

	return reply_lock(r, service_create_resource_lock(&r->work, &wish, &lock, f), &lock);
}

static bool changes_others(const ApiRequest *r)
{
	const char *name;

	for (size_t i = 0; (name = json_get_name(r->arena, r->doc, "resource_lock", i)); i++)
		if (!str_eq(name, "resource_action") && !str_eq(name, "lock_reason"))
			return true;
	return false;
}

static int lock_update(ApiRequest *r, Fault *f)
{
	const LockFields *in = ((const LockBody *)r->body)->lock;
	const LockChange change = {
		.action = in->action,
		.reason = in->reason,
		.has_reason = in->has_reason,
	};
	ResourceLock *lock;

	if (changes_others(r))
		return api_refuse(r, 400,
				  "Only 'resource_action' and 'lock_reason' can be updated.");
	return reply_lock(
		r,
		service_change_resource_lock(&r->work, api_param(r, "lock_id"), &change, &lock, f),
		&lock);
}

static int lock_delete(ApiRequest *r, Fault *f)
{
	int k = service_delete_resource_lock(&r->work, api_param(r, "lock_id"), f);

	if (!k)
		api_reply(r, 204);
	return k;
}

static const ApiRoute routes[] = {
	{.method = "GET",
	 .pattern = "/resource-locks",
	 .policy = "resource_lock:get_all",
	 .rule = API_RULE_READER,
	 .mode = API_READ,
	 .since = V(81),
	 .handle = locks_list},
	{.method = "GET",
	 .pattern = "/resource-locks/{lock_id}",
	 .policy = "resource_lock:get",
	 .rule = API_RULE_READER,
	 .mode = API_READ,
	 .since = V(81),
	 .handle = lock_show},
	{.method = "POST",
	 .pattern = "/resource-locks",
	 .policy = "resource_lock:create",
	 .rule = API_RULE_MEMBER,
	 .mode = API_WRITE,
	 .since = V(81),
	 .body = &create_body,
	 .handle = lock_create},
	{.method = "PUT",
	 .pattern = "/resource-locks/{lock_id}",
	 .policy = "resource_lock:update",
	 .rule = API_RULE_MEMBER,
	 .mode = API_WRITE,
	 .since = V(81),
	 .body = &update_body,
	 .handle = lock_update},
	{.method = "DELETE",
	 .pattern = "/resource-locks/{lock_id}",
	 .policy = "resource_lock:delete",
	 .rule = API_RULE_MEMBER,
	 .mode = API_WRITE,
	 .since = V(81),
	 .handle = lock_delete},
};
const ApiRoutes share_lock_routes = API_ROUTES(routes);
