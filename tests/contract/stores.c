/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * See stores.h.
 */
#include "tests/contract/stores.h"

#include <dirent.h>

#include "records/tables.h"
#include "store/sqlite/sqlite.h"
#include "tests/lib/test.h"

static void note_touched(void *ctx, unsigned touched, const StoreNews *news)
{
	TestStore *t = ctx;

	t->touched |= touched;
	for (; news; news = news->next) {
		assert_true(t->told_count < ARRAY_SIZE(t->told));
		t->told[t->told_count++] = news->what;
	}
}

static void open_at_location(TestStore *t)
{
	const StoreConfig config = {
		.location = t->location,
		.on_commit = note_touched,
		.ctx = t,
	};
	Fault f = {0};

	if (store_open(&store_sqlite, &config, &t->store, &f))
		fail_msg("%s", f.text);
}

void test_store_open(TestStore *t)
{
	*t = (TestStore){.directory = "/tmp/cleat-test-XXXXXX"};
	assert_non_null(mkdtemp(t->directory));
	(void)snprintf(t->location, sizeof(t->location), "%s/db", t->directory);
	open_at_location(t);
}

void test_store_open_with_schema(TestStore *t)
{
	Fault f = {0};

	test_store_open(t);
	if (store_migrate(t->store, schema_migrations, schema_migration_count, &f))
		fail_msg("%s", f.text);
}

void test_store_reopen(TestStore *t)
{
	t->store = store_close(t->store);
	open_at_location(t);
}

void test_store_done(TestStore *t)
{
	DIR *directory;

	t->store = store_close(t->store);
	directory = opendir(t->directory);
	assert_non_null(directory);
	for (struct dirent *entry; (entry = readdir(directory));)
		if (entry->d_name[0] != '.')
			assert_int_equal(unlinkat(dirfd(directory), entry->d_name, 0), 0);
	assert_int_equal(closedir(directory), 0);
	assert_int_equal(rmdir(t->directory), 0);
}

static int run_statement(Tx *tx, void *ctx, Fault *f)
{
	return store_query(tx, ctx, STORE_NO_VALUES, NULL, NULL, f);
}

void test_store_run(TestStore *t, const char *sql)
{
	Fault f = {0};

	if (store_write(t->store, run_statement, (void *)(uintptr_t)sql, &f))
		fail_msg("%s: %s", sql, f.text);
}

static int run_script(Tx *tx, void *ctx, Fault *f)
{
	return tx->driver->script(tx, ctx, f);
}

void test_store_script(TestStore *t, const char *sql)
{
	Fault f = {0};

	if (store_write(t->store, run_script, (void *)(uintptr_t)sql, &f))
		fail_msg("%s", f.text);
}

typedef struct Number {
	const char *sql;
	int64_t value;
} Number;

static int keep_number(const StoreRow *row, void *ctx, Fault *f)
{
	Number *number = ctx;

	(void)f;
	number->value = store_row_int(row, 0);
	return 0;
}

static int read_number(Tx *tx, void *ctx, Fault *f)
{
	Number *number = ctx;

	return store_query(tx, number->sql, STORE_NO_VALUES, keep_number, number, f);
}

int64_t test_store_number(TestStore *t, const char *sql)
{
	Number number = {.sql = sql, .value = -1};
	Fault f = {0};

	if (store_read(t->store, read_number, &number, &f))
		fail_msg("%s: %s", sql, f.text);
	return number.value;
}
