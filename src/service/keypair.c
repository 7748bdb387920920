/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * See keypair.h. The key of a row is made of user and name, so that looking one up is a point read
 * and two of one name cannot be.
 */
#include "service/keypair.h"

#include "base/str.h"
#include "service/key-material.h"
#include "service/priv.h"

static const char *row_id(Arena *arena, const char *user_id, const char *name)
{
	return arena_printf(arena, "%s/%s", user_id, name);
}

static int refuse_unknown(Work *work, const char *user_id, const char *name)
{
	work->refused = (RefusalData){.id = name, .other = user_id};
	return REFUSAL_NO_KEYPAIR;
}

int service_find_keypair(Work *work, const char *user_id, const char *name, Keypair **ret, Fault *f)
{
	int r = keypair_get(work->tx, work->arena, row_id(work->arena, user_id, name), ret, f);

	return r == RECORD_NOT_FOUND ? refuse_unknown(work, user_id, name) : r;
}

int service_list_keypairs(Work *work, const char *user_id, const RecordQuery *page,
			  KeypairList *ret, Fault *f)
{
	RecordQuery query = *page;

	record_where_text(&query, "user_id", RECORD_EQ, user_id);
	record_sort(&query, "name", false);
	if (page->marker)
		query.marker = row_id(work->arena, user_id, page->marker);
	return keypair_find(work->tx, work->arena, &query, &ret->keypairs, &ret->count, f);
}

static int check_name(Work *work, const KeypairWish *wish)
{
	static const char letters[] = "_- 0123456789"
				      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

	for (const char *p = wish->name; *p; p++)
		if (!strchr(letters, *p) && !(wish->any_name && strchr("@.", *p)))
			return work_refuse(
				work, REFUSAL_BAD_INPUT,
				"Keypair data is invalid: Keypair name contains unsafe characters");
	return 0;
}

/* The limit is the project's, and counts what the user has: that is how clients know it. */
static int check_quota(Work *work, const char *user_id, Fault *f)
{
	RecordQuery query = {0};
	QuotaUsage usage;
	int64_t count;
	int r;

	record_where_text(&query, "user_id", RECORD_EQ, user_id);
	r = record_count(work->tx, &keypair_table, &query, &count, f);
	if (r)
		return fault_unexpected(f, r);
	r = quota_get(work->tx, work->caller->project_id, "key_pairs", &usage, f);
	if (r)
		return fault_unexpected(f, r);
	if (usage.limit < 0 || count < usage.limit)
		return 0;
	work->refused = (RefusalData){
		.resource = "key_pairs",
		.requested = 1,
		.used = count,
		.limit = usage.limit,
	};
	return REFUSAL_QUOTA;
}

static int next_number(Work *work, int64_t *ret, Fault *f)
{
	RecordQuery query = {.limit = 1};
	Keypair **newest;
	size_t count;
	int r;

	record_sort(&query, "number", true);
	r = keypair_find(work->tx, work->arena, &query, &newest, &count, f);
	if (r)
		return fault_unexpected(f, r);
	*ret = count ? newest[0]->number + 1 : 1;
	return 0;
}

int service_create_keypair(Work *work, const KeypairWish *wish, Keypair **ret, Fault *f)
{
	Keypair *keypair = ARENA_NEW(work->arena, Keypair);
	char fingerprint[KEY_FINGERPRINT_TEXT];
	int r;

	*keypair = (Keypair){
		.id = row_id(work->arena, wish->user_id, wish->name),
		.user_id = wish->user_id,
		.name = wish->name,
		.type = (int)wish->type,
		.public_key = wish->public_key,
		.created_us = work->now_us,
	};
	r = check_name(work, wish);
	if (!r && key_fingerprint(wish->type, wish->public_key, fingerprint))
		r = work_refuse(work, REFUSAL_BAD_INPUT,
				"Keypair data is invalid: failed to generate fingerprint");
	if (!r)
		r = check_quota(work, wish->user_id, f);
	if (!r)
		r = next_number(work, &keypair->number, f);
	if (r)
		return r;
	keypair->fingerprint = arena_strdup(work->arena, fingerprint);
	r = keypair_insert(work->tx, keypair, f);
	if (r == RECORD_EXISTS)
		return work_refuse(work, REFUSAL_NAME_EXISTS, "Key pair '%s' already exists.",
				   wish->name);
	*ret = keypair;
	return fault_unexpected(f, r);
}

int service_delete_keypair(Work *work, const char *user_id, const char *name, Fault *f)
{
	int r = keypair_delete(work->tx, row_id(work->arena, user_id, name), f);

	return r == RECORD_NOT_FOUND ? refuse_unknown(work, user_id, name) : r;
}
