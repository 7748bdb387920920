/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * The prepared statements of one connection. Preparing costs more than running, so each text is
 * prepared once and found again by its content; callers may make texts anew for each call.
 *
 * A statement that is still running (a row function that asks again with the same text) is busy
 * and passed over; the text is then there twice. When the cache is full, the idle statement that
 * was not used for longest makes room.
 */
#include <errno.h>

#include "base/mem.h"
#include "store/sqlite/priv.h"

/* Eight bytes a round: texts have some hundred bytes and this runs once a query. */
static uint64_t text_hash(const char *text, size_t length)
{
	uint64_t hash = length * 0x9e3779b97f4a7c15u;
	uint64_t word;

	for (; length >= sizeof(word); text += sizeof(word), length -= sizeof(word)) {
		memcpy(&word, text, sizeof(word));
		hash = (hash ^ word) * 0xff51afd7ed558ccdu;
		hash ^= hash >> 32;
	}
	word = 0;
	memcpy(&word, text, length);
	hash = (hash ^ word) * 0xc4ceb9fe1a85ec53u;
	return hash ^ (hash >> 29);
}

static Statement *statement_find(StatementCache *cache, uint64_t hash, const char *sql)
{
	for (size_t i = 0; i < cache->count; i++) {
		Statement *statement = &cache->statements[i];

		if (cache->hashes[i] == hash && !statement->busy &&
		    strcmp(statement->sql, sql) == 0)
			return statement;
	}
	return NULL;
}

static void statement_done(Statement *statement)
{
	(void)sqlite3_finalize(statement->handle); /* repeats the last step's error */
	free(statement->sql);
	*statement = (Statement){0};
}

/* The place for one more; NULL when every statement is busy. */
static Statement *statement_make_room(StatementCache *cache)
{
	Statement *oldest = NULL;

	if (cache->count < STATEMENTS_MAX)
		return &cache->statements[cache->count++];
	for (size_t i = 0; i < STATEMENTS_MAX; i++) {
		Statement *statement = &cache->statements[i];

		if (!statement->busy && (!oldest || statement->used < oldest->used))
			oldest = statement;
	}
	if (oldest)
		statement_done(oldest);
	return oldest;
}

static int statement_prepare(sqlite3 *db, const char *sql, size_t length, sqlite3_stmt **ret,
			     Fault *f)
{
	const char *rest;

	if (sqlite3_prepare_v3(db, sql, (int)length + 1, SQLITE_PREPARE_PERSISTENT, ret, &rest))
		return sqlite_fault(f, db, sql);
	if (*ret && !*rest)
		return 0;
	(void)sqlite3_finalize(*ret); /* never stepped */
	return fault(f, -EINVAL, "not one statement: %s", sql);
}

int statement_take(StatementCache *cache, sqlite3 *db, const char *sql, Statement **ret, Fault *f)
{
	size_t length = strlen(sql);
	uint64_t hash = text_hash(sql, length);
	Statement *statement = statement_find(cache, hash, sql);
	sqlite3_stmt *handle;
	int r;

	if (!statement) {
		r = statement_prepare(db, sql, length, &handle, f);
		if (r)
			return r;
		statement = statement_make_room(cache);
		if (!statement) {
			(void)sqlite3_finalize(handle); /* never stepped */
			return fault(f, -ELOOP, "queries nested too deeply: %s", sql);
		}
		cache->hashes[statement - cache->statements] = hash;
		*statement = (Statement){.handle = handle, .sql = mem_strdup(sql)};
	}
	statement->used = ++cache->clock;
	statement->busy = true;
	*ret = statement;
	return 0;
}

void statement_release(Statement *statement)
{
	(void)sqlite3_reset(statement->handle); /* repeats the last step's error */
	(void)sqlite3_clear_bindings(statement->handle);
	statement->busy = false;
}

void statements_done(StatementCache *cache)
{
	for (size_t i = 0; i < cache->count; i++)
		statement_done(&cache->statements[i]);
	cache->count = 0;
}
