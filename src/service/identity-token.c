/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Token rows: issued, looked at, deleted. Only the hash of a token is stored.
 */
#include "base/clock.h"
#include "base/limits.h"
#include "base/secret.h"
#include "base/str.h"
#include "records/tables.h"
#include "service/identity.h"

enum { TOKEN_SECRET_BYTES = 32, AUDIT_BYTES = 16, ROOM_TOKENS = 100 };

/*
 * A user may hold so many tokens and no more: the oldest make room for new ones, a hundred at a
 * time, so that a client which logs in for every call does not pay for it at each login.
 */
static int make_room(Tx *tx, Arena *arena, const char *user_id, Fault *f)
{
	RecordQuery query = {0};
	int64_t held;
	Token **oldest;
	size_t count;
	int r;

	record_where_text(&query, "user_id", RECORD_EQ, user_id);
	r = record_count(tx, &token_table, &query, &held, f);
	if (r || held < LIMIT_USER_TOKENS)
		return fault_unexpected(f, r);
	record_sort(&query, "issued_us", false);
	query.limit = ROOM_TOKENS;
	r = token_find(tx, arena, &query, &oldest, &count, f);
	for (size_t i = 0; r == 0 && i < count; i++)
		r = token_delete(tx, oldest[i]->id, f);
	return fault_unexpected(f, r);
}

int identity_issue(Tx *tx, Arena *arena, const TokenGrant *grant, const char **ret_token,
		   const char **ret_token_id, Fault *f)
{
	char secret[SECRET_TEXT_MAX];
	char audit_id[SECRET_TEXT_MAX];
	char *token_id = arena_alloc(arena, SECRET_HASH_TEXT);
	const char *text;
	Token token = {
		.id = token_id,
		.user_id = grant->user->id,
		.project_id = grant->project_id,
		.roles = role_set_expand(grant->roles),
		.methods = grant->methods,
		.audit_id = audit_id,
		.audit_parent = grant->audit_parent,
		.system = grant->system,
		.issued_us = clock_now_us(),
		.expires_us = grant->expires_us,
	};
	int r;

	secret_new(TOKEN_SECRET_BYTES, secret);
	secret_new(AUDIT_BYTES, audit_id);
	text = arena_printf(arena, "%s%s", TOKEN_PREFIX, secret);
	secret_hash(text, token_id);
	if (grant->credential) {
		token.app_credential_id = grant->credential->id;
		token.restricted = !grant->credential->unrestricted;
	}
	r = make_room(tx, arena, token.user_id, f);
	if (r)
		return r;
	r = token_insert(tx, &token, f);
	if (r)
		return fault_unexpected(f, r);
	*ret_token = text;
	*ret_token_id = token_id;
	return 0;
}

/* What the row names must exist: the commits that delete those delete the row too. */
static int load_owners(Tx *tx, Arena *arena, TokenView *view, Fault *f)
{
	const Token *token = view->token;
	int r = user_get(tx, arena, token->user_id, &view->user, f);

	if (r == 0 && token->project_id)
		r = project_get(tx, arena, token->project_id, &view->project, f);
	if (r == 0 && token->app_credential_id)
		r = app_credential_get(tx, arena, token->app_credential_id, &view->credential, f);
	return fault_unexpected(f, r);
}

int identity_token_view(Tx *tx, Arena *arena, const char *token_id, int64_t now_us, TokenView *ret,
			Fault *f)
{
	TokenView view = {0};
	int r = token_get(tx, arena, token_id, &view.token, f);

	if (r == RECORD_NOT_FOUND || (r == 0 && view.token->expires_us <= now_us))
		return IDENTITY_NOT_FOUND;
	if (r == 0)
		r = load_owners(tx, arena, &view, f);
	if (r)
		return fault_unexpected(f, r);
	*ret = view;
	return 0;
}

int identity_revoke(Tx *tx, const char *token_id, Fault *f)
{
	int r = token_delete(tx, token_id, f);

	return r == RECORD_NOT_FOUND ? 0 : fault_unexpected(f, r);
}

static int delete_tokens(Tx *tx, const RecordQuery *query, Fault *f)
{
	return fault_unexpected(f, record_delete_where(tx, &token_table, query, f));
}

int identity_prune(Tx *tx, void *ctx, Fault *f)
{
	RecordQuery query = {0};

	(void)ctx; /* the clock is all it needs */
	record_where_int(&query, "expires_us", RECORD_LE, clock_now_us());
	return delete_tokens(tx, &query, f);
}

int identity_revoke_user(Tx *tx, const char *user_id, Fault *f)
{
	RecordQuery query = {0};

	record_where_text(&query, "user_id", RECORD_EQ, user_id);
	return delete_tokens(tx, &query, f);
}

int identity_revoke_scope(Tx *tx, const char *user_id, const char *project_id, Fault *f)
{
	RecordQuery of_project = {0};
	RecordQuery of_system = {0};
	int r;

	record_where_text(&of_project, "user_id", RECORD_EQ, user_id);
	record_where_text(&of_project, "project_id", RECORD_EQ, project_id);
	record_where_text(&of_system, "user_id", RECORD_EQ, user_id);
	record_where_int(&of_system, "system", RECORD_NE, 0);
	r = delete_tokens(tx, &of_project, f);
	return r ? r : delete_tokens(tx, &of_system, f);
}
