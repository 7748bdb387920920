/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * The users that a store begins with. Each is there, with its password and its role, or nothing of
 * it is; what is there already is left as it is.
 */
#include "base/clock.h"
#include "base/secret.h"
#include "records/tables.h"
#include "service/identity.h"
#include "service/password.h"

enum { FIRST_PASSWORD_BYTES = 15 };

/* All seeds, with their passwords hashed before the transaction. */
typedef struct Sowing {
	Arena *arena;
	const IdentitySeed *seeds;
	const char **hashes;
	size_t count;
} Sowing;

static int need_project(Work *work, const char *name, const char **ret_id, Fault *f)
{
	const IdentityName wanted = {.name = name, .domain_id = DEFAULT_DOMAIN_ID};
	Project *found;
	Project project = {.name = name, .description = "", .enabled = true};
	int r = identity_find_project(work->tx, work->arena, &wanted, &found, f);

	if (r == IDENTITY_NOT_FOUND) {
		r = identity_create_project(work, &project, f);
		found = &project;
	}
	*ret_id = found->id;
	return fault_unexpected(f, r);
}

/* *ret_made says that the user is new. */
static int need_user(Work *work, const IdentitySeed *seed, const char *hash, User *user,
		     bool *ret_made, Fault *f)
{
	const IdentityName wanted = {.name = seed->user, .domain_id = DEFAULT_DOMAIN_ID};
	User *found;
	int r = identity_find_user(work->tx, work->arena, &wanted, &found, f);

	*ret_made = r == IDENTITY_NOT_FOUND;
	if (r == 0)
		*user = *found;
	if (!*ret_made)
		return r;
	user->name = seed->user;
	user->password_hash = hash;
	user->enabled = true;
	return identity_create_user(work, user, f);
}

static int sow_one(Work *work, const IdentitySeed *seed, const char *hash, Fault *f)
{
	const char *project_id;
	User user = {0};
	bool made;
	int r = need_project(work, seed->project, &project_id, f);

	if (r)
		return r;
	user.default_project_id = project_id;
	r = need_user(work, seed, hash, &user, &made, f);
	if (r == 0 && made)
		r = identity_grant(work, user.id, project_id, seed->roles, f);
	return fault_unexpected(f, r);
}

static int sow(Tx *tx, void *ctx, Fault *f)
{
	Sowing *sowing = ctx;
	Work work = {.tx = tx, .arena = sowing->arena, .now_us = clock_now_us()};

	for (size_t i = 0; i < sowing->count; i++) {
		int r = sow_one(&work, &sowing->seeds[i], sowing->hashes[i], f);

		if (r)
			return r;
	}
	return 0;
}

int identity_seed(Store *store, Arena *arena, const IdentitySeed *seeds, size_t count, Fault *f)
{
	Sowing sowing = {
		.arena = arena,
		.seeds = seeds,
		.hashes = ARENA_ARRAY(arena, const char *, count),
		.count = count,
	};

	for (size_t i = 0; i < count; i++) {
		int r = password_hash(arena, seeds[i].password, &sowing.hashes[i], f);

		if (r)
			return r;
	}
	return fault_unexpected(f, store_write(store, sow, &sowing, f));
}

static int count_users(Tx *tx, void *ctx, Fault *f)
{
	const RecordQuery all = {0};

	return fault_unexpected(f, record_count(tx, &user_table, &all, ctx, f));
}

int identity_is_empty(Store *store, bool *ret, Fault *f)
{
	int64_t users = 0;
	int r = store_read(store, count_users, &users, f);

	*ret = users == 0;
	return fault_unexpected(f, r);
}

int identity_begin(Store *store, Arena *arena, const char **ret_password, Fault *f)
{
	char *password = arena_alloc(arena, SECRET_TEXT_MAX);
	char service_password[SECRET_TEXT_MAX];
	const IdentitySeed seeds[] = {
		{.user = "admin",
		 .password = password,
		 .project = "admin",
		 .roles = 1u << ROLE_ADMIN},
		{.user = "service",
		 .password = service_password,
		 .project = "admin",
		 .roles = 1u << ROLE_ADMIN | 1u << ROLE_SERVICE},
	};
	bool empty;
	int r = identity_is_empty(store, &empty, f);

	if (r)
		return r;
	*ret_password = NULL;
	if (!empty)
		return 0;
	secret_new(FIRST_PASSWORD_BYTES, password);
	secret_new(FIRST_PASSWORD_BYTES, service_password);
	r = identity_seed(store, arena, seeds, ARRAY_SIZE(seeds), f);
	if (r)
		return r;
	*ret_password = password;
	return 0;
}

/* A new password for one user, hashed before the transaction. */
typedef struct Reset {
	Arena *arena;
	const char *user;
	const char *hash;
} Reset;

static int write_reset(Tx *tx, void *ctx, Fault *f)
{
	const Reset *reset = ctx;
	const IdentityName name = {.name = reset->user, .domain_id = DEFAULT_DOMAIN_ID};
	User *user;
	int r = identity_find_user(tx, reset->arena, &name, &user, f);

	if (r)
		return r;
	user->password_hash = reset->hash;
	user->enabled = true;
	r = user_update(tx, user, f);
	return r ? fault_unexpected(f, r) : identity_revoke_user(tx, user->id, f);
}

int identity_reset_password(Store *store, Arena *arena, const char *user, const char **ret_password,
			    Fault *f)
{
	char *password = arena_alloc(arena, SECRET_TEXT_MAX);
	Reset reset = {.arena = arena, .user = user};
	int r;

	secret_new(FIRST_PASSWORD_BYTES, password);
	r = password_hash(arena, password, &reset.hash, f);
	if (r == 0)
		r = store_write(store, write_reset, &reset, f);
	if (r == 0)
		*ret_password = password;
	return r;
}
