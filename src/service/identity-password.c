/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * A user's own new password. The old one is checked and the new one hashed outside of any
 * transaction; the one that writes makes sure that the old one is still the old one.
 */
#include "base/str.h"
#include "records/tables.h"
#include "service/identity-gate.h"
#include "service/password.h"

/* A change of password: who, and both texts hashed or checked already. */
typedef struct Change {
	const LoginDesk *desk;
	const char *user_id;
	User *user;
	const char *new_hash;
} Change;

static int find_changer(Tx *tx, void *ctx, Fault *f)
{
	Change *change = ctx;
	const IdentityName name = {.id = change->user_id};
	int r = identity_find_user(tx, change->desk->arena, &name, &change->user, f);

	return r == IDENTITY_NOT_FOUND ? 0 : r;
}

static int write_password(Tx *tx, void *ctx, Fault *f)
{
	Change *change = ctx;
	const char *old_hash = change->user->password_hash;
	User *user;
	int r = user_get(tx, change->desk->arena, change->user_id, &user, f);

	if (r == RECORD_NOT_FOUND)
		return IDENTITY_WRONG;
	if (r)
		return fault_unexpected(f, r);
	if (!user->enabled || !str_eq(user->password_hash, old_hash))
		return IDENTITY_WRONG;
	user->password_hash = change->new_hash;
	r = user_update(tx, user, f);
	return r ? fault_unexpected(f, r) : identity_revoke_user(tx, user->id, f);
}

static int change_password(Change *change, const char *old_password, const char *new_password,
			   Fault *f)
{
	const LoginDesk *desk = change->desk;
	int r = store_read(desk->store, find_changer, change, f);

	if (r)
		return fault_unexpected(f, r);
	if (!password_matches(old_password, change->user ? change->user->password_hash : NULL))
		return IDENTITY_WRONG;
	r = password_hash(desk->arena, new_password, &change->new_hash, f);
	return r ? r : store_write(desk->store, write_password, change, f);
}

int identity_change_password(const LoginDesk *desk, const char *user_id, const char *source,
			     const char *old_password, const char *new_password, Fault *f)
{
	const Login login = {.user = {.id = user_id}, .source = source};
	Change change = {.desk = desk, .user_id = user_id};
	int r = identity_gate_ask(desk, &login);

	if (r)
		return r;
	r = change_password(&change, old_password, new_password, f);
	identity_gate_count(desk, &login, r);
	return r;
}
