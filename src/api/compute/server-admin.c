/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * POST /servers/{id}/action: locks, deletion for good, and what only admins do: saying what a
 * server's state is, and moving it.
 */
#include "api/compute/priv.h"
#include "service/server.h"

/* --- lock, unlock, forceDelete --- */

typedef struct LockFields {
	const char *reason;
} LockFields;

typedef struct LockBody {
	const LockFields *lock;
} LockBody;

static const JsonField lock_rows[] = {
	{.name = "locked_reason",
	 .type = JSON_TEXT,
	 .min = 1,
	 .max = 255,
	 .offset = offsetof(LockFields, reason)},
};
static const JsonFields lock_fields = JSON_FIELDS(lock_rows, LockFields);

static const JsonField lock_body_rows[] = {
	{.name = "lock",
	 .type = JSON_OBJECT,
	 .flags = JSON_REQUIRED | JSON_NULLABLE,
	 .fields = &lock_fields,
	 .offset = offsetof(LockBody, lock)},
};
static const JsonFields lock_body_fields = JSON_FIELDS(lock_body_rows, LockBody);

static int lock(ApiRequest *r, Fault *f)
{
	const LockBody *body = r->body;
	const char *reason = body && body->lock ? body->lock->reason : NULL;

	return compute_accepted(
		r, service_lock_server(&r->work, api_param(r, "server_id"), reason, f));
}

static int unlock(ApiRequest *r, Fault *f)
{
	return compute_accepted(r, service_unlock_server(&r->work, api_param(r, "server_id"), f));
}

static int force_delete(ApiRequest *r, Fault *f)
{
	return compute_accepted(r, service_delete_server(&r->work, api_param(r, "server_id"), f));
}

/* --- os-resetState --- */

typedef struct ResetFields {
	const char *state;
} ResetFields;

typedef struct ResetBody {
	const ResetFields *reset;
} ResetBody;

static const char *const reset_states[] = {"active", "error", NULL};

static const JsonField reset_rows[] = {
	{.name = "state",
	 .type = JSON_TEXT,
	 .flags = JSON_REQUIRED,
	 .choices = reset_states,
	 .offset = offsetof(ResetFields, state)},
};
static const JsonFields reset_fields = JSON_FIELDS(reset_rows, ResetFields);

static const JsonField reset_body_rows[] = {
	{.name = "os-resetState",
	 .type = JSON_OBJECT,
	 .flags = JSON_REQUIRED,
	 .fields = &reset_fields,
	 .offset = offsetof(ResetBody, reset)},
};
static const JsonFields reset_body_fields = JSON_FIELDS(reset_body_rows, ResetBody);

static int reset(ApiRequest *r, Fault *f)
{
	const ResetBody *body = r->body;
	VmState state = str_eq(body->reset->state, "active") ? VM_ACTIVE : VM_ERROR;

	return compute_accepted(
		r, service_reset_server(&r->work, api_param(r, "server_id"), state, f));
}

/* --- migrate, os-migrateLive, evacuate --- */

typedef struct MoveFields {
	const char *host;
	const char *admin_password;
	const char *block_migration; /* as JSON */
	bool disk_over_commit;
	bool on_shared_storage;
	bool force;
} MoveFields;

typedef struct MoveBody {
	const MoveFields *move;
} MoveBody;

static const JsonField migrate_rows[] = {
	{.name = "host",
	 .type = JSON_TEXT,
	 .flags = JSON_NULLABLE,
	 .min = 1,
	 .max = 255,
	 .offset = offsetof(MoveFields, host)},
};
static const JsonFields migrate_fields = JSON_FIELDS(migrate_rows, MoveFields);

static const JsonField live_rows[] = {
	{.name = "host",
	 .type = JSON_TEXT,
	 .flags = JSON_REQUIRED | JSON_NULLABLE,
	 .min = 1,
	 .max = 255,
	 .offset = offsetof(MoveFields, host)},
	{.name = "block_migration",
	 .type = JSON_ANY,
	 .flags = JSON_REQUIRED,
	 .offset = offsetof(MoveFields, block_migration)},
	{.name = "disk_over_commit",
	 .type = JSON_BOOL_LOOSE,
	 .flags = JSON_REQUIRED,
	 .until = V(24),
	 .offset = offsetof(MoveFields, disk_over_commit)},
	{.name = "force",
	 .type = JSON_BOOL_LOOSE,
	 .since = V(30),
	 .until = V(67),
	 .offset = offsetof(MoveFields, force)},
};
static const JsonFields live_fields = JSON_FIELDS(live_rows, MoveFields);

static const JsonField evacuate_rows[] = {
	{.name = "host",
	 .type = JSON_TEXT,
	 .min = 1,
	 .max = 255,
	 .offset = offsetof(MoveFields, host)},
	{.name = "adminPass", .type = JSON_TEXT, .offset = offsetof(MoveFields, admin_password)},
	{.name = "onSharedStorage",
	 .type = JSON_BOOL_LOOSE,
	 .flags = JSON_REQUIRED,
	 .until = V(13),
	 .offset = offsetof(MoveFields, on_shared_storage)},
	{.name = "force",
	 .type = JSON_BOOL_LOOSE,
	 .since = V(29),
	 .until = V(67),
	 .offset = offsetof(MoveFields, force)},
};
static const JsonFields evacuate_fields = JSON_FIELDS(evacuate_rows, MoveFields);

#define MOVE_BODY(key, table, more)                                                                \
	{                                                                                          \
		.name = (key), .type = JSON_OBJECT, .flags = JSON_REQUIRED | (more),               \
		.fields = &(table), .offset = offsetof(MoveBody, move)                             \
	}

static const JsonField migrate_body_rows[] = {MOVE_BODY("migrate", migrate_fields, JSON_NULLABLE)};
static const JsonFields migrate_body_fields = JSON_FIELDS(migrate_body_rows, MoveBody);
static const JsonField live_body_rows[] = {MOVE_BODY("os-migrateLive", live_fields, 0)};
static const JsonFields live_body_fields = JSON_FIELDS(live_body_rows, MoveBody);
static const JsonField evacuate_body_rows[] = {MOVE_BODY("evacuate", evacuate_fields, 0)};
static const JsonFields evacuate_body_fields = JSON_FIELDS(evacuate_body_rows, MoveBody);

static int move(ApiRequest *r, ServerAction action, Fault *f)
{
	const MoveBody *body = r->body;
	const char *host = body && body->move ? body->move->host : NULL;

	return compute_accepted(
		r, service_move_server(&r->work, api_param(r, "server_id"), action, host, f));
}

static int migrate(ApiRequest *r, Fault *f)
{
	return move(r, SERVER_MIGRATE, f);
}

/* A boolean in any of its spellings, or since 2.25 the word that leaves it to us. */
static bool is_block_migration(const ApiRequest *r, const char *json)
{
	static const char *const words[] = {
		"true",      "\"true\"",  "\"True\"",  "\"TRUE\"", "\"1\"",   "\"on\"",
		"\"On\"",    "\"ON\"",    "\"yes\"",   "\"Yes\"",  "\"YES\"", "false",
		"\"false\"", "\"False\"", "\"FALSE\"", "\"0\"",    "\"off\"", "\"Off\"",
		"\"OFF\"",   "\"no\"",    "\"No\"",    "\"NO\"",
	};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (str_eq(json, words[i]))
			return true;
	return r->version >= V(25) && str_eq(json, "\"auto\"");
}

static int migrate_live(ApiRequest *r, Fault *f)
{
	const MoveBody *body = r->body;
	const char *block = body->move->block_migration;

	if (!is_block_migration(r, block))
		return api_refuse(r, 400,
				  "Invalid input for field/attribute block_migration. Value: %s. "
				  "%s is not of type 'boolean'",
				  block, block);
	return move(r, SERVER_LIVE_MIGRATE, f);
}

static int evacuate(ApiRequest *r, Fault *f)
{
	return move(r, SERVER_EVACUATE, f);
}

static const ApiRoute routes[] = {
	{.method = "POST",
	 .pattern = "/servers/{server_id}/action",
	 .action = "lock",
	 .policy = "os_compute_api:os-lock-server:lock",
	 .rule = API_RULE_MEMBER,
	 .mode = API_WRITE,
	 .until = V(72),
	 .handle = lock},
	{.method = "POST",
	 .pattern = "/servers/{server_id}/action",
	 .action = "lock",
	 .policy = "os_compute_api:os-lock-server:lock",
	 .rule = API_RULE_MEMBER,
	 .mode = API_WRITE,
	 .since = V(73),
	 .body = &lock_body_fields,
	 .handle = lock},
	{.method = "POST",
	 .pattern = "/servers/{server_id}/action",
	 .action = "unlock",
	 .policy = "os_compute_api:os-lock-server:unlock",
	 .rule = API_RULE_MEMBER,
	 .mode = API_WRITE,
	 .handle = unlock},
	{.method = "POST",
	 .pattern = "/servers/{server_id}/action",
	 .action = "forceDelete",
	 .policy = "os_compute_api:os-deferred-delete:force",
	 .rule = API_RULE_MEMBER,
	 .mode = API_WRITE,
	 .handle = force_delete},
	{.method = "POST",
	 .pattern = "/servers/{server_id}/action",
	 .action = "os-resetState",
	 .policy = "os_compute_api:os-admin-actions:reset_state",
	 .rule = API_RULE_ADMIN,
	 .mode = API_WRITE,
	 .body = &reset_body_fields,
	 .handle = reset},
	{.method = "POST",
	 .pattern = "/servers/{server_id}/action",
	 .action = "migrate",
	 .policy = "os_compute_api:os-migrate-server:migrate",
	 .rule = API_RULE_MANAGER,
	 .mode = API_WRITE,
	 .until = V(55),
	 .handle = migrate},
	{.method = "POST",
	 .pattern = "/servers/{server_id}/action",
	 .action = "migrate",
	 .policy = "os_compute_api:os-migrate-server:migrate",
	 .rule = API_RULE_MANAGER,
	 .mode = API_WRITE,
	 .since = V(56),
	 .body = &migrate_body_fields,
	 .handle = migrate},
	{.method = "POST",
	 .pattern = "/servers/{server_id}/action",
	 .action = "os-migrateLive",
	 .policy = "os_compute_api:os-migrate-server:migrate_live",
	 .rule = API_RULE_MANAGER,
	 .mode = API_WRITE,
	 .body = &live_body_fields,
	 .handle = migrate_live},
	{.method = "POST",
	 .pattern = "/servers/{server_id}/action",
	 .action = "evacuate",
	 .policy = "os_compute_api:os-evacuate",
	 .rule = API_RULE_ADMIN,
	 .mode = API_WRITE,
	 .body = &evacuate_body_fields,
	 .handle = evacuate},
};
const ApiRoutes compute_server_admin_routes = API_ROUTES(routes);
