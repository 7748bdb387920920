/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * What every store promises: pieces of work that leave all or nothing, group commit, snapshots,
 * nested queries, a full disk, a kill at any commit, one process a store.
 */
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "base/mem.h"
#include "base/str.h"
#include "store/sqlite/sqlite.h"
#include "tests/contract/stores.h"
#include "tests/lib/test.h"

#define TABLE_SQL "CREATE TABLE things (id BIGINT PRIMARY KEY, name TEXT, UNIQUE (name))"

enum { SOME_OUTCOME = 77 };

/* A piece of work: insert `id`, then end with `result`. */
typedef struct Insert {
	StoreJob job;
	int64_t id;
	const char *name;
	int result;
	unsigned touches;
	StoreNews news[2]; /* told when there is something in them */
	sem_t *done;
	int heard;
} Insert;

static int insert_work(Tx *tx, void *ctx, Fault *f)
{
	Insert *insert = ctx;
	const StoreValues values =
		STORE_VALUES(STORE_VALUE_INT(insert->id), STORE_VALUE_TEXT(insert->name));
	int r;

	r = store_query(tx, "INSERT INTO things (id, name) VALUES (?, ?)", values, NULL, NULL, f);
	if (r)
		return r;
	assert_int_equal(store_changes(tx), 1);
	if (insert->touches)
		store_touch(tx, insert->touches);
	for (size_t i = 0; i < ARRAY_SIZE(insert->news); i++)
		if (insert->news[i].what)
			store_tell(tx, STORE_TOUCHED_OPERATIONS, &insert->news[i]);
	return insert->result < 0 ? fault(f, insert->result, "wanted") : insert->result;
}

static void insert_done(StoreJob *job, int result)
{
	Insert *insert = (Insert *)job;

	insert->heard = result;
	assert_int_equal(sem_post(insert->done), 0);
}

static int insert(TestStore *t, int64_t id, const char *name, Fault *f)
{
	Insert i = {.id = id, .name = name};

	return store_write(t->store, insert_work, &i, f);
}

static void open_with_things(TestStore *t)
{
	test_store_open(t);
	test_store_run(t, TABLE_SQL);
}

TEST(what_is_committed_stays)
{
	TestStore t;
	Fault f = {0};

	open_with_things(&t);
	assert_int_equal(insert(&t, 1, "a", &f), 0);
	test_store_reopen(&t);
	assert_int_equal(test_store_number(&t, "SELECT COUNT(*) FROM things"), 1);
	test_store_done(&t);
}

TEST(a_taken_key_is_a_conflict)
{
	TestStore t;
	Fault f = {0};

	open_with_things(&t);
	assert_int_equal(insert(&t, 1, "a", &f), 0);
	assert_int_equal(insert(&t, 1, "b", &f), STORE_CONFLICT);
	assert_int_equal(insert(&t, 2, "a", &f), STORE_CONFLICT);
	assert_int_equal(insert(&t, 2, "b", &f), 0);
	test_store_done(&t);
}

TEST(mistakes_in_sql_are_faults)
{
	TestStore t;
	Fault f = {0};
	Insert i = {.id = 1};

	test_store_open(&t);
	assert_true(store_write(t.store, insert_work, &i, &f) < 0);
	assert_non_null(strstr(f.text, "no such table"));
	test_store_done(&t);
}

static int wrong_count_work(Tx *tx, void *ctx, Fault *f)
{
	(void)ctx;
	return store_query(tx, "SELECT ?", STORE_NO_VALUES, NULL, NULL, f);
}

static int two_statements_work(Tx *tx, void *ctx, Fault *f)
{
	(void)ctx;
	return store_query(tx, "SELECT 1; SELECT 2", STORE_NO_VALUES, NULL, NULL, f);
}

TEST(a_query_is_one_statement_with_all_its_values)
{
	TestStore t;
	Fault f = {0};

	test_store_open(&t);
	assert_int_equal(store_read(t.store, wrong_count_work, NULL, &f), -EINVAL);
	assert_int_equal(store_read(t.store, two_statements_work, NULL, &f), -EINVAL);
	test_store_done(&t);
}

static int write_in_read(Tx *tx, void *ctx, Fault *f)
{
	(void)ctx;
	assert_false(tx->writes);
	return store_query(tx, "DELETE FROM things", STORE_NO_VALUES, NULL, NULL, f);
}

TEST(readers_cannot_write)
{
	TestStore t;
	Fault f = {0};

	open_with_things(&t);
	assert_true(store_read(t.store, write_in_read, NULL, &f) < 0);
	test_store_done(&t);
}

/* Holds the writer until it is let go, so that what comes meanwhile is one batch. */
typedef struct Gate {
	StoreJob job;
	sem_t entered;
	sem_t open;
	sem_t done;
} Gate;

static int gate_work(Tx *tx, void *ctx, Fault *f)
{
	Gate *gate = ctx;

	(void)tx;
	(void)f;
	assert_int_equal(sem_post(&gate->entered), 0);
	while (sem_wait(&gate->open) < 0)
		assert_int_equal(errno, EINTR);
	return 0;
}

static void gate_done(StoreJob *job, int result)
{
	assert_int_equal(result, 0);
	assert_int_equal(sem_post(&((Gate *)job)->done), 0);
}

static void gate_shut(Gate *gate, Store *store)
{
	*gate = (Gate){.job = {.work = gate_work, .ctx = gate, .done = gate_done}};
	assert_int_equal(sem_init(&gate->entered, 0, 0), 0);
	assert_int_equal(sem_init(&gate->open, 0, 0), 0);
	assert_int_equal(sem_init(&gate->done, 0, 0), 0);
	store_submit(store, &gate->job);
	assert_int_equal(sem_wait(&gate->entered), 0);
}

static void gate_let_go(Gate *gate)
{
	assert_int_equal(sem_post(&gate->open), 0);
	assert_int_equal(sem_wait(&gate->done), 0);
}

/* Submit all of them while the writer is held, let it go, and wait for all. */
static void run_as_one_batch(TestStore *t, Insert *inserts, size_t count)
{
	Gate gate;
	sem_t done;

	assert_int_equal(sem_init(&done, 0, 0), 0);
	gate_shut(&gate, t->store);
	for (size_t i = 0; i < count; i++) {
		inserts[i].job =
			(StoreJob){.work = insert_work, .ctx = &inserts[i], .done = insert_done};
		inserts[i].done = &done;
		store_submit(t->store, &inserts[i].job);
	}
	gate_let_go(&gate);
	for (size_t i = 0; i < count; i++)
		assert_int_equal(sem_wait(&done), 0);
}

TEST(one_piece_rolls_back_alone)
{
	Insert inserts[] = {
		{.id = 1},
		{.id = 2, .result = SOME_OUTCOME, .touches = STORE_TOUCHED_IDENTITY},
		{.id = 3, .result = -EIO},
		{.id = 1},
		{.id = 4, .touches = STORE_TOUCHED_OPERATIONS},
	};
	TestStore t;

	open_with_things(&t);
	run_as_one_batch(&t, inserts, ARRAY_SIZE(inserts));
	assert_int_equal(inserts[0].heard, 0);
	assert_int_equal(inserts[1].heard, SOME_OUTCOME);
	assert_int_equal(inserts[2].heard, -EIO);
	assert_string_equal(inserts[2].job.fault.text, "wanted");
	assert_int_equal(inserts[3].heard, STORE_CONFLICT);
	assert_int_equal(inserts[4].heard, 0);
	assert_int_equal(t.touched, STORE_TOUCHED_OPERATIONS);
	assert_int_equal(test_store_number(&t, "SELECT COUNT(*) FROM things"), 2);
	assert_int_equal(test_store_number(&t, "SELECT SUM(id) FROM things"), 5);
	test_store_done(&t);
}

TEST(what_was_told_is_heard_in_order_once_it_is_durable)
{
	static const char one[] = "1", two[] = "2", three[] = "3", lost[] = "lost";
	Insert inserts[] = {
		{.id = 1, .news = {{.what = one}, {.what = two}}},
		{.id = 2, .news = {{.what = lost}, {.what = lost}}, .result = SOME_OUTCOME},
		{.id = 3},
		{.id = 4, .news = {{.what = three}}},
	};
	TestStore t;

	open_with_things(&t);
	t.told_count = 0;
	run_as_one_batch(&t, inserts, ARRAY_SIZE(inserts));
	assert_int_equal(t.told_count, 3);
	assert_ptr_equal(t.told[0], one);
	assert_ptr_equal(t.told[1], two);
	assert_ptr_equal(t.told[2], three);
	test_store_done(&t);
}

TEST(more_than_one_batch_waits_in_order)
{
	enum { MANY = 200 };
	Insert inserts[MANY] = {0};
	TestStore t;

	open_with_things(&t);
	for (int i = 0; i < MANY; i++)
		inserts[i].id = i + 1;
	run_as_one_batch(&t, inserts, MANY);
	for (int i = 0; i < MANY; i++)
		assert_int_equal(inserts[i].heard, 0);
	assert_int_equal(test_store_number(&t, "SELECT COUNT(*) FROM things"), MANY);
	test_store_done(&t);
}

typedef struct Hammer {
	TestStore *t;
	int64_t first;
	int failures;
} Hammer;

enum { HAMMERS = 8, BLOWS = 40 };

static void *hammer_main(void *ctx)
{
	Hammer *hammer = ctx;

	for (int64_t i = 0; i < BLOWS; i++) {
		if (insert(hammer->t, hammer->first + i, NULL, NULL))
			hammer->failures++;
		if (test_store_number(hammer->t, "SELECT COUNT(*) FROM things") < i + 1)
			hammer->failures++;
	}
	return NULL;
}

TEST(threads_write_and_read_together)
{
	pthread_t threads[HAMMERS];
	Hammer hammers[HAMMERS];
	TestStore t;

	open_with_things(&t);
	for (int i = 0; i < HAMMERS; i++) {
		hammers[i] = (Hammer){.t = &t, .first = (int64_t)i * BLOWS};
		assert_int_equal(pthread_create(&threads[i], NULL, hammer_main, &hammers[i]), 0);
	}
	for (int i = 0; i < HAMMERS; i++) {
		assert_int_equal(pthread_join(threads[i], NULL), 0);
		assert_int_equal(hammers[i].failures, 0);
	}
	assert_int_equal(test_store_number(&t, "SELECT COUNT(*) FROM things"), HAMMERS * BLOWS);
	test_store_done(&t);
}

/* Counts twice in one snapshot, with a write by somebody else in between. */
static int count_row(const StoreRow *row, void *ctx, Fault *f)
{
	(void)f;
	*(int64_t *)ctx = store_row_int(row, 0);
	return 0;
}

static int snapshot_work(Tx *tx, void *ctx, Fault *f)
{
	TestStore *t = ctx;
	int64_t before = -1, after = -1;
	int r;

	r = store_query(tx, "SELECT COUNT(*) FROM things", STORE_NO_VALUES, count_row, &before, f);
	assert_int_equal(r, 0);
	assert_int_equal(insert(t, 1, NULL, f), 0);
	r = store_query(tx, "SELECT COUNT(*) FROM things", STORE_NO_VALUES, count_row, &after, f);
	assert_int_equal(r, 0);
	assert_int_equal(before, 0);
	assert_int_equal(after, 0);
	return SOME_OUTCOME;
}

TEST(a_reader_sees_one_moment)
{
	TestStore t;
	Fault f = {0};

	open_with_things(&t);
	assert_int_equal(store_read(t.store, snapshot_work, &t, &f), SOME_OUTCOME);
	assert_int_equal(test_store_number(&t, "SELECT COUNT(*) FROM things"), 1);
	test_store_done(&t);
}

TEST(a_reader_does_not_wait_for_the_writer)
{
	TestStore t;
	Gate gate;

	open_with_things(&t);
	gate_shut(&gate, t.store);
	assert_int_equal(test_store_number(&t, "SELECT COUNT(*) FROM things"), 0);
	gate_let_go(&gate);
	test_store_done(&t);
}

/* For each thing, all things again with the same text, and so on down to `depth`. */
typedef struct Nest {
	Tx *tx;
	int depth;
	int rows;
} Nest;

static int nest_row(const StoreRow *row, void *ctx, Fault *f)
{
	Nest *nest = ctx;
	int64_t id = store_row_int(row, 0);
	int r = 0;

	nest->rows++;
	if (nest->depth > 0) {
		nest->depth--;
		r = store_query(nest->tx, "SELECT id FROM things", STORE_NO_VALUES, nest_row, nest,
				f);
		nest->depth++;
	}
	assert_int_equal(store_row_int(row, 0), id);
	return r;
}

static int nest_work(Tx *tx, void *ctx, Fault *f)
{
	Nest *nest = ctx;

	nest->tx = tx;
	return store_query(tx, "SELECT id FROM things", STORE_NO_VALUES, nest_row, nest, f);
}

TEST(queries_nest)
{
	Nest nest = {.depth = 3};
	TestStore t;
	Fault f = {0};

	open_with_things(&t);
	for (int64_t i = 0; i < 3; i++)
		assert_int_equal(insert(&t, i, NULL, &f), 0);
	assert_int_equal(store_read(t.store, nest_work, &nest, &f), 0);
	assert_int_equal(nest.rows, 3 + 9 + 27 + 81);
	nest.depth = 1000; /* deeper than statements are kept */
	assert_int_equal(store_read(t.store, nest_work, &nest, &f), -ELOOP);
	nest = (Nest){.depth = 1};
	assert_int_equal(store_read(t.store, nest_work, &nest, &f), 0);
	assert_int_equal(nest.rows, 3 + 9);
	test_store_done(&t);
}

static int stop_row(const StoreRow *row, void *ctx, Fault *f)
{
	(void)row;
	(void)f;
	(*(int *)ctx)++;
	return SOME_OUTCOME;
}

static int stop_work(Tx *tx, void *ctx, Fault *f)
{
	return store_query(tx, "SELECT id FROM things", STORE_NO_VALUES, stop_row, ctx, f);
}

TEST(a_row_function_ends_the_query)
{
	TestStore t;
	Fault f = {0};
	int rows = 0;

	open_with_things(&t);
	for (int64_t i = 0; i < 3; i++)
		assert_int_equal(insert(&t, i, NULL, &f), 0);
	assert_int_equal(store_read(t.store, stop_work, &rows, &f), SOME_OUTCOME);
	assert_int_equal(rows, 1);
	test_store_done(&t);
}

static int match_work(Tx *tx, void *ctx, Fault *f)
{
	static const char before[] = "SELECT COUNT(*) FROM things WHERE ";
	_cleanup_(buf_done) Buf sql = {0};
	const char *format = store_match_format(tx);
	const char *place = strstr(format, "%s");

	buf_add(&sql, before);
	buf_append(&sql, format, (size_t)(place - format));
	buf_printf(&sql, "name%s", place + 2);
	return store_query(tx, buf_text(&sql), STORE_VALUES(STORE_VALUE_TEXT("^a.*z$")), count_row,
			   ctx, f);
}

TEST(names_match_patterns)
{
	TestStore t;
	Fault f = {0};
	int64_t count = 0;

	open_with_things(&t);
	assert_int_equal(insert(&t, 1, "a to z", &f), 0);
	assert_int_equal(insert(&t, 2, "b to z", &f), 0);
	assert_int_equal(insert(&t, 3, NULL, &f), 0);
	assert_int_equal(store_read(t.store, match_work, &count, &f), 0);
	assert_int_equal(count, 1);
	test_store_done(&t);
}

static const StoreMigration history[] = {
	{.number = 1, .sql = "CREATE TABLE a (x BIGINT); CREATE TABLE b (x BIGINT)"},
	{.number = 2, .sql = "ALTER TABLE a ADD COLUMN y BIGINT"},
	{.number = 3, .sql = "CREATE TABLE c (x BIGINT); CREATE TABLE b (x BIGINT)"},
};

TEST(migrations_run_once)
{
	TestStore t;
	Fault f = {0};

	test_store_open(&t);
	assert_int_equal(store_migrate(t.store, history, 1, &f), 0);
	test_store_reopen(&t);
	assert_int_equal(store_migrate(t.store, history, 2, &f), 0);
	assert_int_equal(store_migrate(t.store, history, 2, &f), 0);
	test_store_run(&t, "INSERT INTO a (x, y) VALUES (1, 2)");
	test_store_done(&t);
}

TEST(a_failing_migration_leaves_nothing)
{
	TestStore t;
	Fault f = {0};

	test_store_open(&t);
	assert_true(store_migrate(t.store, history, 3, &f) < 0);
	assert_non_null(str_after(f.text, "migration 3: "));
	assert_int_equal(test_store_number(&t, "SELECT MAX(number) FROM schema_version"), 2);
	test_store_run(&t, "CREATE TABLE c (x BIGINT)"); /* not there yet */
	test_store_done(&t);
}

TEST(a_newer_schema_is_refused)
{
	TestStore t;
	Fault f = {0};

	test_store_open(&t);
	assert_int_equal(store_migrate(t.store, history, 2, &f), 0);
	assert_true(store_migrate(t.store, history, 1, &f) < 0);
	assert_non_null(strstr(f.text, "newer release"));
	test_store_done(&t);
}

/* Run `child` in a process of its own, which must not use the parent's store. */
static int in_child(int (*child)(const char *location), const char *location)
{
	pid_t pid = fork();
	int status;

	assert_true(pid >= 0);
	if (pid == 0)
		_exit(child(location));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

static int child_open(const char *location, Store **ret)
{
	const StoreConfig config = {.location = location};

	return store_open(&store_sqlite, &config, ret, NULL);
}

static int second_owner(const char *location)
{
	const StoreConfig config = {.location = location};
	Store *store;
	Fault f = {0};
	int r = store_open(&store_sqlite, &config, &store, &f);

	return r == -EBUSY && strstr(f.text, "in use by process") ? 0 : 1;
}

TEST(a_second_process_is_refused)
{
	TestStore t;

	open_with_things(&t);
	assert_int_equal(in_child(second_owner, t.location), 0);
	assert_int_equal(test_store_number(&t, "SELECT COUNT(*) FROM things"), 0);
	test_store_done(&t);
}

static int child_insert(Store *store, int64_t id, const char *name)
{
	Insert i = {.id = id, .name = name};

	return store_write(store, insert_work, &i, NULL);
}

/* Dies at its second commit: the first makes the row 1, the second the row 2. */
static int two_inserts(const char *location)
{
	Store *store;

	if (child_open(location, &store) || child_insert(store, 1, NULL) ||
	    child_insert(store, 2, NULL))
		return 1;
	return 2; /* should be dead by now */
}

static void try_crash(const char *point, int64_t rows)
{
	TestStore t;
	int status;

	open_with_things(&t);
	t.store = store_close(t.store);
	assert_int_equal(setenv("CLEAT_CRASH", point, 1), 0);
	status = in_child(two_inserts, t.location);
	assert_int_equal(unsetenv("CLEAT_CRASH"), 0);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	test_store_reopen(&t);
	assert_int_equal(test_store_number(&t, "SELECT COUNT(*) FROM things"), rows);
	test_store_done(&t);
}

TEST(a_crash_before_a_commit_loses_only_that)
{
	try_crash("before:2", 1);
}

TEST(a_crash_after_a_commit_loses_nothing)
{
	try_crash("after:2", 2);
}

TEST(a_wrong_crash_point_is_refused)
{
	TestStore t;
	Fault f = {0};
	Store *store;

	open_with_things(&t);
	t.store = store_close(t.store);
	assert_int_equal(setenv("CLEAT_CRASH", "sometimes:1", 1), 0);
	assert_int_equal(
		store_open(&store_sqlite, &(StoreConfig){.location = t.location}, &store, &f),
		-EINVAL);
	assert_int_equal(unsetenv("CLEAT_CRASH"), 0);
	test_store_reopen(&t);
	test_store_done(&t);
}

static void limit_file_size(rlim_t bytes)
{
	struct rlimit limit = {.rlim_cur = bytes, .rlim_max = RLIM_INFINITY};

	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

/* Writes until the file may not grow, which must fault and not stop the writer. */
static int write_past_limit(const char *location)
{
	static char big[20000];
	Store *store;
	int64_t rows = 0;
	int r = 0;

	memset(big, 'x', sizeof(big) - 8);
	(void)signal(SIGXFSZ, SIG_IGN);
	if (child_open(location, &store))
		return 1;
	limit_file_size(256 * 1024);
	while (r == 0 && rows < 1000) {
		(void)snprintf(big + sizeof(big) - 8, 8, "%d", (int)rows);
		r = child_insert(store, ++rows, big);
	}
	if (r != -EIO || child_insert(store, 2000, big) != -EIO)
		return 2;
	limit_file_size(RLIM_INFINITY);
	if (child_insert(store, 2000, NULL))
		return 3;
	/* The rows that were promised, and nothing of those that were not. */
	if (child_insert(store, rows - 1, NULL) != STORE_CONFLICT ||
	    child_insert(store, rows, NULL))
		return 4;
	(void)store_close(store);
	return 0;
}

TEST(a_failing_commit_faults_and_passes)
{
	TestStore t;

	open_with_things(&t);
	t.store = store_close(t.store);
	assert_int_equal(in_child(write_past_limit, t.location), 0);
	test_store_reopen(&t);
	assert_int_equal(test_store_number(&t, "SELECT COUNT(*) FROM things WHERE id = 2000"), 1);
	test_store_done(&t);
}

TEST(a_full_disk_faults_and_passes)
{
	static char big[20000];
	Insert inserts[] = {{.id = 1}, {.id = 2, .name = big}, {.id = 3}};
	TestStore t;

	memset(big, 'x', sizeof(big) - 1);
	open_with_things(&t);
	test_store_run(&t, "PRAGMA max_page_count = 6");
	run_as_one_batch(&t, inserts, ARRAY_SIZE(inserts));
	assert_int_equal(inserts[1].heard, -ENOSPC);
	/* Whoever was told 0 is there, and nobody else. */
	for (size_t i = 0; i < ARRAY_SIZE(inserts); i++) {
		char sql[64];

		(void)snprintf(sql, sizeof(sql), "SELECT COUNT(*) FROM things WHERE id = %d",
			       (int)i + 1);
		assert_int_equal(test_store_number(&t, sql), inserts[i].heard == 0);
	}
	test_store_run(&t, "PRAGMA max_page_count = 1000000");
	assert_int_equal(insert(&t, 2, big, NULL), 0);
	test_store_done(&t);
}
