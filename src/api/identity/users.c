/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Users. Passwords that come in are hashed on a worker before the transaction that writes them.
 */
#include "api/identity/priv.h"
#include "base/limits.h"
#include "service/password.h"

typedef struct UserWish {
	const char *name;
	const char *password;
	const char *description;
	const char *email;
	const char *default_project_id;
	const char *domain_id;
	bool enabled;
	bool enabled_given;
	bool description_given;
	bool email_given;
	bool project_given;
} UserWish;

typedef struct UserBody {
	UserWish *user;
} UserBody;

#define USER_ROWS(name_flags)                                                                      \
	IDENTITY_NAME_ROW(UserWish, name_flags, LIMIT_NAME_CHARS),                                 \
		{.name = "password",                                                               \
		 .type = JSON_TEXT,                                                                \
		 .flags = JSON_NULLABLE,                                                           \
		 .offset = offsetof(UserWish, password),                                           \
		 .min = 1,                                                                         \
		 .max = LIMIT_PASSWORD_BYTES},                                                     \
		IDENTITY_TEXT_ROW(UserWish, description, description_given, LIMIT_NAME_CHARS),     \
		IDENTITY_TEXT_ROW(UserWish, email, email_given, LIMIT_NAME_CHARS),                 \
		IDENTITY_TEXT_ROW(UserWish, default_project_id, project_given, 64),                \
		IDENTITY_DOMAIN_ROW(UserWish), IDENTITY_ENABLED_ROW(UserWish)

static const JsonField create_rows[] = {USER_ROWS(JSON_REQUIRED)};
static const JsonField update_rows[] = {USER_ROWS(0)};
static const JsonFields create_wish = IDENTITY_OPEN_FIELDS(create_rows, UserWish);
static const JsonFields update_wish = IDENTITY_OPEN_FIELDS(update_rows, UserWish);

static const JsonField create_body_rows[] = {IDENTITY_OUTER_ROW(UserBody, user, &create_wish)};
static const JsonFields create_body = JSON_FIELDS(create_body_rows, UserBody);
static const JsonField update_body_rows[] = {IDENTITY_OUTER_ROW(UserBody, user, &update_wish)};
static const JsonFields update_body = JSON_FIELDS(update_body_rows, UserBody);

typedef struct PasswordWish {
	const char *original;
	const char *password;
} PasswordWish;

typedef struct PasswordBody {
	PasswordWish *user;
} PasswordBody;

static const JsonField password_rows[] = {
	{.name = "original_password",
	 .type = JSON_TEXT,
	 .flags = JSON_REQUIRED,
	 .offset = offsetof(PasswordWish, original),
	 .max = LIMIT_PASSWORD_BYTES},
	{.name = "password",
	 .type = JSON_TEXT,
	 .flags = JSON_REQUIRED,
	 .offset = offsetof(PasswordWish, password),
	 .min = 1,
	 .max = LIMIT_PASSWORD_BYTES},
};
static const JsonFields password_fields = JSON_FIELDS(password_rows, PasswordWish);
static const JsonField password_body_rows[] = {
	IDENTITY_OUTER_ROW(PasswordBody, user, &password_fields)};
static const JsonFields password_body = JSON_FIELDS(password_body_rows, PasswordBody);

static void out_user(ApiRequest *r, const char *key, const User *user)
{
	JsonOut *out = &r->out;

	json_out_begin(out, key);
	json_out_text(out, "id", user->id);
	json_out_text(out, "name", user->name);
	json_out_text(out, "domain_id", DEFAULT_DOMAIN_ID);
	json_out_bool(out, "enabled", user->enabled);
	if (user->default_project_id)
		json_out_text(out, "default_project_id", user->default_project_id);
	if (user->description)
		json_out_text(out, "description", user->description);
	if (user->email)
		json_out_text(out, "email", user->email);
	json_out_null(out, "password_expires_at");
	json_out_raw(out, "options", "{}");
	json_out_raw(out, "federated", "[]");
	identity_out_self(r, "users", user->id);
	json_out_end(out);
}

static int reply_user(ApiRequest *r, unsigned status, const User *user)
{
	json_out_begin(&r->out, NULL);
	out_user(r, "user", user);
	json_out_end(&r->out);
	api_reply(r, status);
	return 0;
}

static int list_users(ApiRequest *r, Fault *f)
{
	RecordQuery query = {0};
	User **rows = NULL;
	size_t count = 0;
	int result = 0;

	if (identity_list_filter(r, &query)) {
		record_sort(&query, "name", false);
		result = user_find(r->work.tx, r->arena, &query, &rows, &count, f);
	}
	if (result)
		return fault_unexpected(f, result);
	identity_list_begin(r, "users");
	for (size_t i = 0; i < count; i++)
		out_user(r, NULL, rows[i]);
	return identity_list_reply(r, count == LIMIT_LIST_PAGE);
}

static int show_user(ApiRequest *r, Fault *f)
{
	const IdentityName name = {.id = api_param(r, "user_id")};
	User *user;
	int result;

	if (!identity_is_admin(r) && !str_eq(name.id, r->caller.user_id))
		return identity_forbid(r);
	result = identity_find_user(r->work.tx, r->arena, &name, &user, f);
	if (result == IDENTITY_NOT_FOUND)
		return identity_not_found(r, "user", name.id);
	return result ? result : reply_user(r, 200, user);
}

/* A write that began on a worker, where the password was hashed. */
typedef struct Change {
	ApiRequest *r;
	const UserWish *wish;
	const char *password_hash; /* NULL: none was given */
	const char *user_id;       /* NULL: a new user */
	User *user;
	RefusalData refused;
} Change;

static void apply_wish(const Change *change)
{
	const UserWish *wish = change->wish;
	User *user = change->user;

	if (wish->name)
		user->name = wish->name;
	if (change->password_hash)
		user->password_hash = change->password_hash;
	if (wish->description_given)
		user->description = wish->description;
	if (wish->email_given)
		user->email = wish->email;
	if (wish->project_given)
		user->default_project_id = wish->default_project_id;
	if (wish->enabled_given)
		user->enabled = wish->enabled;
}

static int write_user(Tx *tx, void *ctx, Fault *f)
{
	Change *change = ctx;
	Work work = change->r->work;
	const IdentityName name = {.id = change->user_id};
	int result = 0;

	work.tx = tx;
	if (change->user_id) {
		result = identity_find_user(tx, work.arena, &name, &change->user, f);
		work.refused = (RefusalData){.attribute = "user", .id = change->user_id};
	} else {
		change->user = ARENA_NEW(work.arena, User);
		change->user->enabled = true;
	}
	if (result == 0) {
		apply_wish(change);
		result = change->user_id ? identity_update_user(&work, change->user, f)
					 : identity_create_user(&work, change->user, f);
	}
	change->refused = work.refused;
	return result;
}

static int change_user(ApiRequest *r, const char *user_id, unsigned status, Fault *f)
{
	Change change = {
		.r = r,
		.wish = ((const UserBody *)r->body)->user,
		.user_id = user_id,
	};
	int result = 0;

	if (!identity_check_domain(r, change.wish->domain_id))
		return 0;
	if (change.wish->password)
		result = password_hash(r->arena, change.wish->password, &change.password_hash, f);
	if (result == 0)
		result = store_write(r->config->store, write_user, &change, f);
	if (result)
		return identity_answer(r, &change.refused, result, f);
	return reply_user(r, status, change.user);
}

static int create_user(ApiRequest *r, Fault *f)
{
	return change_user(r, NULL, 201, f);
}

static int update_user(ApiRequest *r, Fault *f)
{
	return change_user(r, api_param(r, "user_id"), 200, f);
}

static int delete_user(ApiRequest *r, Fault *f)
{
	return identity_reply_nothing(r, identity_delete_user(&r->work, api_param(r, "user_id"), f),
				      f);
}

static int change_password(ApiRequest *r, Fault *f)
{
	const PasswordWish *wish = ((const PasswordBody *)r->body)->user;
	const LoginDesk desk = identity_desk(r);
	int result = identity_change_password(&desk, api_param(r, "user_id"), http_peer(r->http),
					      wish->original, wish->password, f);

	return identity_reply_nothing(r, result, f);
}

static const ApiRoute routes[] = {
	{
		.method = "GET",
		.pattern = "/users",
		.policy = "identity:list_users",
		.rule = API_RULE_ADMIN,
		.mode = API_READ,
		.handle = list_users,
	},
	{
		.method = "GET",
		.pattern = "/users/{user_id}",
		.policy = "identity:get_user",
		.rule = API_RULE_ANY,
		.mode = API_READ,
		.handle = show_user,
	},
	{
		.method = "POST",
		.pattern = "/users",
		.policy = "identity:create_user",
		.rule = API_RULE_ADMIN,
		.mode = API_WORK,
		.body = &create_body,
		.handle = create_user,
	},
	{
		.method = "PATCH",
		.pattern = "/users/{user_id}",
		.policy = "identity:update_user",
		.rule = API_RULE_ADMIN,
		.mode = API_WORK,
		.body = &update_body,
		.handle = update_user,
	},
	{
		.method = "DELETE",
		.pattern = "/users/{user_id}",
		.policy = "identity:delete_user",
		.rule = API_RULE_ADMIN,
		.mode = API_WRITE,
		.handle = delete_user,
	},
	{
		.method = "POST",
		.pattern = "/users/{user_id}/password",
		.rule = API_RULE_OPEN,
		.mode = API_WORK,
		.body = &password_body,
		.handle = change_password,
	},
};
const ApiRoutes identity_user_routes = API_ROUTES(routes);
