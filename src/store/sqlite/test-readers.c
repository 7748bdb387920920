/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Readers that keep their snapshots: they miss nothing, and the log does not grow because of them.
 */
#include <fcntl.h>
#include <pthread.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "store/sqlite/sqlite.h"
#include "tests/lib/test.h"

enum { WRITES = 60, BLOB_BYTES = 400 * 1024 };

static char folder[64];
static Store *store;
static bool over; /* read and written atomically */

static int make_table(Tx *tx, void *ctx, Fault *f)
{
	(void)ctx;
	return store_query(tx, "CREATE TABLE t (n BIGINT, blob TEXT)", STORE_NO_VALUES, NULL, NULL,
			   f);
}

static void store_make(void)
{
	char location[96];
	StoreConfig config = {.location = location};
	Fault f = {0};

	(void)snprintf(folder, sizeof(folder), "/tmp/test-readers-XXXXXX"); /* fits */
	assert_non_null(mkdtemp(folder));
	(void)snprintf(location, sizeof(location), "%s/t.db", folder); /* fits */
	assert_int_equal(store_open(&store_sqlite, &config, &store, &f), 0);
	assert_int_equal(store_write(store, make_table, NULL, &f), 0);
}

static off_t file_bytes(const char *name)
{
	char path[96];
	struct stat st;

	(void)snprintf(path, sizeof(path), "%s/%s", folder, name); /* fits */
	return stat(path, &st) ? 0 : st.st_size;
}

static void store_drop(void)
{
	static const char *const names[] = {"t.db", "t.db.lock"};

	store = store_close(store);
	assert_int_equal(file_bytes("t.db-wal"), 0); /* folded into the file */
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		char path[96];

		(void)snprintf(path, sizeof(path), "%s/%s", folder, names[i]); /* fits */
		(void)unlink(path);
	}
	assert_int_equal(rmdir(folder), 0);
}

static int add_row(Tx *tx, void *ctx, Fault *f)
{
	static char bytes[BLOB_BYTES + 1];
	const char *blob = memset(bytes, 'x', BLOB_BYTES);
	const int64_t *n = ctx;

	return store_query(tx, "INSERT INTO t VALUES (?, ?)",
			   STORE_VALUES(STORE_VALUE_INT(*n), STORE_VALUE_TEXT(blob)), NULL, NULL,
			   f);
}

static int take_count(const StoreRow *row, void *ctx, Fault *f)
{
	int64_t *count = ctx;

	(void)f;
	*count = store_row_int(row, 0);
	return 0;
}

static int count_rows(Tx *tx, void *ctx, Fault *f)
{
	return store_query(tx, "SELECT coalesce(max(rowid), 0) FROM t", STORE_NO_VALUES, take_count,
			   ctx, f);
}

static int64_t rows_seen(void)
{
	int64_t count = -1;
	Fault f = {0};

	assert_int_equal(store_read(store, count_rows, &count, &f), 0);
	return count;
}

TEST(everybody_reads_his_own_writes)
{
	Fault f = {0};

	store_make();
	for (int64_t n = 0; n < 5; n++) {
		assert_int_equal(rows_seen(), n);
		assert_int_equal(rows_seen(), n); /* goes on in the same snapshot */
		assert_int_equal(store_write(store, add_row, &n, &f), 0);
	}
	assert_int_equal(rows_seen(), 5);
	store_drop();
}

static int refuse(Tx *tx, void *ctx, Fault *f)
{
	int64_t n = 0;
	int r = add_row(tx, &n, f);

	(void)ctx;
	return r ? r : 7;
}

TEST(what_was_rolled_back_is_never_seen)
{
	Fault f = {0};

	store_make();
	assert_int_equal(rows_seen(), 0);
	assert_int_equal(store_write(store, refuse, NULL, &f), 7);
	assert_int_equal(rows_seen(), 0);
	store_drop();
}

static int mistake(Tx *tx, void *ctx, Fault *f)
{
	(void)ctx;
	return store_query(tx, "SELECT nothing FROM nowhere", STORE_NO_VALUES, NULL, NULL, f);
}

TEST(a_fault_ends_the_snapshot)
{
	Fault f = {0};

	store_make();
	assert_true(store_read(store, mistake, NULL, &f) < 0);
	assert_int_equal(rows_seen(), 0);
	store_drop();
}

/* A read that takes long enough for another to begin before it ends. */
static int count_slowly(Tx *tx, void *ctx, Fault *f)
{
	int r = count_rows(tx, ctx, f);

	clock_sleep_ms(2);
	return r;
}

static void *read_on(void *ctx)
{
	int64_t last = 0;

	(void)ctx;
	while (!__atomic_load_n(&over, __ATOMIC_ACQUIRE)) {
		int64_t now = -1;
		Fault f = {0};

		assert_int_equal(store_read(store, count_slowly, &now, &f), 0);
		assert_true(now >= last);
		last = now;
	}
	return NULL;
}

TEST(the_log_does_not_grow_under_readers)
{
	pthread_t threads[3];
	Fault f = {0};

	store_make();
	over = false;
	for (size_t i = 0; i < ARRAY_SIZE(threads); i++)
		assert_int_equal(pthread_create(&threads[i], NULL, read_on, NULL), 0);
	for (int64_t n = 0; n < WRITES; n++)
		assert_int_equal(store_write(store, add_row, &n, &f), 0);
	__atomic_store_n(&over, true, __ATOMIC_RELEASE);
	for (size_t i = 0; i < ARRAY_SIZE(threads); i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	assert_int_equal(rows_seen(), WRITES);
	/* All of it would be 24 MiB. */
	assert_true(file_bytes("t.db-wal") < 18 * 1024 * 1024);
	store_drop();
}
