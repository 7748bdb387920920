/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * The cache of prepared statements.
 */
#include "base/mem.h"
#include "store/sqlite/priv.h"
#include "tests/lib/test.h"

typedef struct Bench {
	sqlite3 *db;
	StatementCache cache;
} Bench;

static void bench_open(Bench *b)
{
	*b = (Bench){0};
	assert_int_equal(sqlite3_open(":memory:", &b->db), SQLITE_OK);
}

static void bench_done(Bench *b)
{
	statements_done(&b->cache);
	assert_int_equal(sqlite3_close(b->db), SQLITE_OK);
}

static Statement *take(Bench *b, int number)
{
	char sql[32];
	Statement *statement;
	Fault f = {0};

	(void)snprintf(sql, sizeof(sql), "SELECT %d", number);
	if (statement_take(&b->cache, b->db, sql, &statement, &f))
		fail_msg("%s", f.text);
	assert_string_equal(statement->sql, sql);
	return statement;
}

TEST(a_text_is_prepared_once)
{
	sqlite3_stmt *handle;
	Statement *s;
	Bench b;

	bench_open(&b);
	s = take(&b, 1);
	handle = s->handle;
	statement_release(s);
	s = take(&b, 1);
	assert_ptr_equal(s->handle, handle);
	assert_int_equal(b.cache.count, 1);
	statement_release(s);
	bench_done(&b);
}

TEST(a_busy_statement_is_passed_over)
{
	Statement *outer, *inner;
	Bench b;

	bench_open(&b);
	outer = take(&b, 1);
	inner = take(&b, 1);
	assert_ptr_not_equal(outer->handle, inner->handle);
	statement_release(inner);
	statement_release(outer);
	bench_done(&b);
}

TEST(the_oldest_makes_room_and_a_busy_one_never)
{
	sqlite3_stmt *handle;
	Statement *busy, *kept;
	Bench b;

	bench_open(&b);
	busy = take(&b, 0);
	handle = busy->handle;
	statement_release(take(&b, 1));
	for (int i = 2; i < 3 * STATEMENTS_MAX; i++) {
		kept = take(&b, 1);
		statement_release(kept);
		statement_release(take(&b, i));
	}
	assert_int_equal(b.cache.count, STATEMENTS_MAX);
	assert_ptr_equal(busy->handle, handle);
	assert_string_equal(busy->sql, "SELECT 0");
	assert_ptr_equal(take(&b, 1), kept); /* used all the time, so still there */
	statement_release(kept);
	statement_release(busy);
	bench_done(&b);
}

TEST(too_many_busy_ones_are_a_fault)
{
	Statement *statements[STATEMENTS_MAX], *more;
	Fault f = {0};
	Bench b;

	bench_open(&b);
	for (int i = 0; i < STATEMENTS_MAX; i++)
		statements[i] = take(&b, i);
	assert_true(statement_take(&b.cache, b.db, "SELECT 'x'", &more, &f) < 0);
	for (int i = 0; i < STATEMENTS_MAX; i++)
		statement_release(statements[i]);
	statement_release(take(&b, STATEMENTS_MAX));
	bench_done(&b);
}
