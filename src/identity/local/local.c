/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Validation of our own tokens.
 *
 * A token row is complete: whatever takes rights away (a disabled user, a removed role, a changed
 * password) deletes the rows it concerns in the same commit. So one point read by the token's hash
 * decides, and only the expiry is looked at besides.
 */
#include "identity/local/local.h"

#include "base/clock.h"
#include "base/mem.h"
#include "base/secret.h"
#include "identity/local/cache.h"
#include "records/tables.h"

enum { TOKEN_TEXT_MAX = 255 };

typedef struct Local {
	Store *store;
	TokenCache *cache;
} Local;

static int local_open(Store *store, void **ret, Fault *f)
{
	Local *local = NEW(Local);

	(void)f; /* nothing here can fail */
	local->store = store;
	local->cache = token_cache_new();
	*ret = local;
	return 0;
}

static void local_close(void *self)
{
	Local *local = self;

	token_cache_free(local->cache);
	free(local);
}

typedef struct Lookup {
	const char *token_id;
	Arena *arena;
	Token *token;
} Lookup;

static int load_token(Tx *tx, void *ctx, Fault *f)
{
	Lookup *lookup = ctx;

	return token_get(tx, lookup->arena, lookup->token_id, &lookup->token, f);
}

static int local_validate(void *self, const char *text, Arena *arena, Caller *ret, Fault *f)
{
	Local *local = self;
	char token_id[SECRET_HASH_TEXT];
	int64_t now_us = clock_now_us();
	Lookup lookup = {.token_id = token_id, .arena = arena};
	uint64_t generation;
	int r;

	if (strlen(text) > TOKEN_TEXT_MAX)
		return IDENTITY_INVALID;
	secret_hash(text, token_id);
	if (token_cache_get(local->cache, token_id, now_us, arena, ret))
		return 0;
	generation = token_cache_generation(local->cache);
	r = store_read(local->store, load_token, &lookup, f);
	if (r == RECORD_NOT_FOUND)
		return IDENTITY_INVALID;
	if (r)
		return fault_unexpected(f, r);
	if (lookup.token->expires_us <= now_us)
		return IDENTITY_INVALID;
	*ret = (Caller){
		.user_id = lookup.token->user_id,
		.project_id = lookup.token->project_id,
		.roles = (RoleSet)lookup.token->roles,
		.token_id = lookup.token->id,
	};
	token_cache_put(local->cache, generation, ret, lookup.token->expires_us);
	return 0;
}

static void local_invalidate(void *self)
{
	Local *local = self;

	token_cache_forget(local->cache);
}

const IdentityDriver identity_local = {
	.name = "local",
	.size = sizeof(IdentityDriver),
	.open = local_open,
	.close = local_close,
	.validate = local_validate,
	.invalidate = local_invalidate,
};
