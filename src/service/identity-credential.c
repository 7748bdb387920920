/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Application credentials: made by a user for a project, with some of the roles it holds there.
 * Their secrets are random and long, so that one SHA-256 is enough to keep them.
 */
#include "base/secret.h"
#include "base/str.h"
#include "base/uuid.h"
#include "records/tables.h"
#include "service/identity.h"

/* The caller's token row; a delegated one may not make further credentials. */
static int load_caller_token(Work *work, Token **ret, Fault *f)
{
	int r = token_get(work->tx, work->arena, work->caller->token_id, ret, f);

	if (r == RECORD_NOT_FOUND || (r == 0 && ((*ret)->restricted || !(*ret)->project_id))) {
		work->refused.action = "identity:create_application_credential";
		return IDENTITY_FORBIDDEN;
	}
	return fault_unexpected(f, r);
}

static int check_name(Work *work, const char *user_id, const char *name, Fault *f)
{
	RecordQuery query = {0};
	int64_t count;
	int r;

	record_where_text(&query, "user_id", RECORD_EQ, user_id);
	record_where_text(&query, "name", RECORD_EQ, name);
	r = record_count(work->tx, &app_credential_table, &query, &count, f);
	if (r)
		return fault_unexpected(f, r);
	if (count == 0)
		return 0;
	work->refused.attribute = "application_credential";
	work->refused.value = name;
	return IDENTITY_EXISTS;
}

static int check_wish(Work *work, const AppCredential *credential, const Token *token)
{
	if ((RoleSet)credential->roles & ~(RoleSet)token->roles)
		work->refused.value = "Could not grant a role that the user does not hold.";
	else if (credential->expires_us && credential->expires_us <= work->now_us)
		work->refused.value = "Invalid input for field 'expires_at': it is in the past";
	else
		return 0;
	return IDENTITY_BAD_INPUT;
}

int identity_create_credential(Work *work, AppCredential *credential, const char *secret, Fault *f)
{
	char id[HEX_ID_TEXT];
	char *secret_text = arena_alloc(work->arena, SECRET_HASH_TEXT);
	Token *token;
	int r = load_caller_token(work, &token, f);

	if (r == 0)
		r = check_wish(work, credential, token);
	if (r == 0)
		r = check_name(work, token->user_id, credential->name, f);
	if (r)
		return r;
	uuid_new_hex(id);
	secret_hash(secret, secret_text);
	credential->id = arena_strdup(work->arena, id);
	credential->user_id = token->user_id;
	credential->project_id = token->project_id;
	credential->secret_hash = secret_text;
	credential->created_us = work->now_us;
	if (!credential->roles)
		credential->roles = token->roles;
	return fault_unexpected(f, app_credential_insert(work->tx, credential, f));
}

/* Whether the caller acts through a credential that may not touch credentials. */
static int refuse_restricted(Work *work, Fault *f)
{
	Token *token;
	int r = token_get(work->tx, work->arena, work->caller->token_id, &token, f);

	if (r == RECORD_NOT_FOUND || (r == 0 && token->restricted)) {
		work->refused.action = "identity:delete_application_credential";
		return IDENTITY_FORBIDDEN;
	}
	return fault_unexpected(f, r);
}

int identity_delete_credential(Work *work, const char *user_id, const char *id, Fault *f)
{
	RecordQuery tokens = {0};
	AppCredential *credential;
	int r = refuse_restricted(work, f);

	if (r)
		return r;
	r = app_credential_get(work->tx, work->arena, id, &credential, f);
	if (r == RECORD_NOT_FOUND || (r == 0 && !str_eq(credential->user_id, user_id))) {
		work->refused.attribute = "application credential";
		work->refused.id = id;
		return IDENTITY_NOT_FOUND;
	}
	if (r == 0)
		r = app_credential_delete(work->tx, id, f);
	record_where_text(&tokens, "app_credential_id", RECORD_EQ, id);
	if (r == 0)
		r = record_delete_where(work->tx, &token_table, &tokens, f);
	return fault_unexpected(f, r);
}
