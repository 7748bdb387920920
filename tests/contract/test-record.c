/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Every noun through a real store and back, and the outcomes of single rows.
 */
#include "tests/contract/nouns.h"
#include "tests/contract/stores.h"
#include "tests/lib/test.h"

/* A test's work, and what it finds out. */
typedef struct Work {
	Arena *arena;
	const RecordTable *table;
	const void *was;
	const void *record;
	const char *key;
	void *found;
} Work;

static int work_insert(Tx *tx, void *ctx, Fault *f)
{
	Work *w = ctx;

	return record_insert(tx, w->table, w->record, f);
}

static int work_update(Tx *tx, void *ctx, Fault *f)
{
	Work *w = ctx;

	return record_update(tx, w->table, w->record, f);
}

static int work_update_from(Tx *tx, void *ctx, Fault *f)
{
	Work *w = ctx;

	return record_update_from(tx, w->table, w->was, w->record, f);
}

static int work_delete(Tx *tx, void *ctx, Fault *f)
{
	Work *w = ctx;

	return record_delete(tx, w->table, w->key, f);
}

static int work_get(Tx *tx, void *ctx, Fault *f)
{
	Work *w = ctx;

	return record_get(tx, w->arena, w->table, w->key, &w->found, f);
}

static void try_table(TestStore *t, Arena *arena, const RecordTable *table)
{
	Work w = {.arena = arena, .table = table, .key = "key"};
	Fault f = {0};

	assert_int_equal(store_read(t->store, work_get, &w, &f), RECORD_NOT_FOUND);
	w.record = noun_fill(arena, table, 1);
	assert_int_equal(store_write(t->store, work_update, &w, &f), RECORD_NOT_FOUND);
	if (store_write(t->store, work_insert, &w, &f))
		fail_msg("%s: %s", table->name, f.text);
	assert_int_equal(store_write(t->store, work_insert, &w, &f), RECORD_EXISTS);
	assert_int_equal(store_read(t->store, work_get, &w, &f), 0);
	noun_assert_same(table, w.record, w.found);

	w.record = noun_fill(arena, table, 2);
	assert_int_equal(store_write(t->store, work_update, &w, &f), 0);
	assert_int_equal(store_read(t->store, work_get, &w, &f), 0);
	noun_assert_same(table, w.record, w.found);

	w.was = w.record;
	w.record = noun_fill(arena, table, 1);
	assert_int_equal(store_write(t->store, work_update_from, &w, &f), 0);
	assert_int_equal(store_read(t->store, work_get, &w, &f), 0);
	noun_assert_same(table, w.record, w.found);

	assert_int_equal(store_write(t->store, work_delete, &w, &f), 0);
	assert_int_equal(store_write(t->store, work_update_from, &w, &f), RECORD_NOT_FOUND);
	assert_int_equal(store_write(t->store, work_delete, &w, &f), RECORD_NOT_FOUND);
	assert_int_equal(store_read(t->store, work_get, &w, &f), RECORD_NOT_FOUND);
}

TEST(every_noun_survives_the_store)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();
	TestStore t;

	test_store_open_with_schema(&t);
	for (size_t i = 0; i < NOUN_COUNT; i++)
		try_table(&t, arena, noun_tables[i]);
	test_store_done(&t);
}

TEST(null_texts_stay_null)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();
	const Volume volume = {.id = "v1"};
	Work w = {.arena = arena, .table = &volume_table, .record = &volume, .key = "v1"};
	TestStore t;
	Fault f = {0};

	test_store_open_with_schema(&t);
	assert_int_equal(store_write(t.store, work_insert, &w, &f), 0);
	assert_int_equal(store_read(t.store, work_get, &w, &f), 0);
	noun_assert_same(&volume_table, &volume, w.found);
	assert_null(((Volume *)w.found)->name);
	test_store_done(&t);
}

TEST(an_update_from_what_was_writes_what_differs)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();
	const Volume row = {.id = "v1", .name = "a", .size_gib = 1};
	const Volume was = {.id = "v1", .name = "a", .size_gib = 7};
	const Volume now = {.id = "v1", .description = "d", .size_gib = 7};
	const Volume expected = {.id = "v1", .description = "d", .size_gib = 1};
	Work w = {.arena = arena, .table = &volume_table, .record = &row, .key = "v1"};
	TestStore t;
	Fault f = {0};

	test_store_open_with_schema(&t);
	assert_int_equal(store_write(t.store, work_insert, &w, &f), 0);
	w.was = &was;
	w.record = &now;
	assert_int_equal(store_write(t.store, work_update_from, &w, &f), 0);
	assert_int_equal(store_read(t.store, work_get, &w, &f), 0);
	noun_assert_same(&volume_table, &expected, w.found);
	w.was = &now;
	assert_int_equal(store_write(t.store, work_update_from, &w, &f), 0);
	test_store_done(&t);
}

TEST(a_copy_has_texts_of_its_own)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();
	char name[] = "a";
	const Volume volume = {.id = "v1", .name = name, .size_gib = 3};
	const Volume *copy = record_copy(arena, &volume_table, &volume);

	noun_assert_same(&volume_table, &volume, copy);
	name[0] = 'b';
	assert_string_equal(copy->name, "a");
	assert_null(copy->description);
}

TEST(names_are_unique)
{
	const Flavor one = {.id = "1", .name = "m1.tiny"};
	const Flavor other = {.id = "2", .name = "m1.tiny"};
	const Flavor second = {.id = "2", .name = "m1.small"};
	Work w = {.table = &flavor_table};
	TestStore t;
	Fault f = {0};

	test_store_open_with_schema(&t);
	w.record = &one;
	assert_int_equal(store_write(t.store, work_insert, &w, &f), 0);
	w.record = &other;
	assert_int_equal(store_write(t.store, work_insert, &w, &f), RECORD_EXISTS);
	w.record = &second;
	assert_int_equal(store_write(t.store, work_insert, &w, &f), 0);
	w.record = &other;
	assert_int_equal(store_write(t.store, work_update, &w, &f), RECORD_EXISTS);
	test_store_done(&t);
}

/* Among its devices; attachments that hold it for a server elsewhere are free. */
TEST(a_volume_is_on_a_server_once)
{
	const Attachment one = {.id = "a1", .volume_id = "v", .server_id = "s", .mapping_id = "m1"};
	const Attachment again = {
		.id = "a2", .volume_id = "v", .server_id = "s", .mapping_id = "m2"};
	const Attachment host_a = {.id = "a3", .volume_id = "v", .server_id = "s"};
	const Attachment host_b = {.id = "a4", .volume_id = "v", .server_id = "s"};
	Work w = {.table = &attachment_table};
	TestStore t;
	Fault f = {0};

	test_store_open_with_schema(&t);
	w.record = &one;
	assert_int_equal(store_write(t.store, work_insert, &w, &f), 0);
	w.record = &again;
	assert_int_equal(store_write(t.store, work_insert, &w, &f), RECORD_EXISTS);
	w.record = &host_a;
	assert_int_equal(store_write(t.store, work_insert, &w, &f), 0);
	w.record = &host_b;
	assert_int_equal(store_write(t.store, work_insert, &w, &f), 0);
	test_store_done(&t);
}

TEST(an_unknown_name_is_a_fault)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();
	const Volume volume = {.id = "v1"};
	Work w = {.arena = arena, .table = &volume_table, .record = &volume, .key = "v1"};
	TestStore t;
	Fault f = {0};

	test_store_open_with_schema(&t);
	assert_int_equal(store_write(t.store, work_insert, &w, &f), 0);
	test_store_run(&t, "UPDATE volumes SET status = 'from-the-future'");
	assert_true(store_read(t.store, work_get, &w, &f) < 0);
	assert_non_null(strstr(f.text, "volumes.status"));
	test_store_done(&t);
}

TEST(changes_that_matter_are_announced)
{
	const Volume volume = {.id = "v1"};
	const Operation operation = {.id = "o1"};
	User user = {.id = "u1", .name = "demo"};
	Work w = {.table = &volume_table, .record = &volume};
	TestStore t;
	Fault f = {0};

	test_store_open_with_schema(&t);
	assert_int_equal(store_write(t.store, work_insert, &w, &f), 0);
	assert_int_equal(t.touched, 0);
	w = (Work){.table = &operation_table, .record = &operation};
	assert_int_equal(store_write(t.store, work_insert, &w, &f), 0);
	assert_int_equal(t.touched, STORE_TOUCHED_OPERATIONS);
	t.touched = 0;
	w = (Work){.table = &user_table, .record = &user};
	assert_int_equal(store_write(t.store, work_insert, &w, &f), 0);
	assert_int_equal(t.touched, 0);
	assert_int_equal(store_write(t.store, work_update, &w, &f), 0);
	assert_int_equal(t.touched, 0); /* it is so already */
	user.name = NULL;
	assert_int_equal(store_write(t.store, work_update, &w, &f), 0);
	assert_int_equal(t.touched, STORE_TOUCHED_IDENTITY);
	test_store_done(&t);
}

/* What the volumes of a project come to. */
typedef struct Totals {
	const char *project_id;
	int64_t size_gib;
	RecordTexts metadata;
} Totals;

static int work_total(Tx *tx, void *ctx, Fault *f)
{
	Totals *totals = ctx;
	RecordQuery query = {0};
	int r;

	record_where_text(&query, "project_id", RECORD_EQ, totals->project_id);
	r = record_sum(tx, &volume_table, &query, "size_gib", &totals->size_gib, f);
	return r ? r : record_distinct(tx, &volume_table, &query, "metadata", &totals->metadata, f);
}

TEST(rows_are_summed_up)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();
	const Volume volumes[] = {
		{.id = "1", .project_id = "p", .size_gib = 2, .metadata = "{\"a\":\"b\"}"},
		{.id = "2", .project_id = "p", .size_gib = 3, .metadata = "{\"a\":\"b\"}"},
		{.id = "3", .project_id = "p", .size_gib = 5},
		{.id = "4", .project_id = "q", .size_gib = 7, .metadata = "{}"},
	};
	Totals totals = {.project_id = "p", .metadata.arena = arena};
	Totals nothing = {.project_id = "nobody", .metadata.arena = arena};
	Work w = {.table = &volume_table};
	TestStore t;
	Fault f = {0};

	test_store_open_with_schema(&t);
	for (size_t i = 0; i < ARRAY_SIZE(volumes); i++) {
		w.record = &volumes[i];
		assert_int_equal(store_write(t.store, work_insert, &w, &f), 0);
	}
	assert_int_equal(store_read(t.store, work_total, &totals, &f), 0);
	assert_int_equal(totals.size_gib, 10);
	assert_int_equal(totals.metadata.count, 1); /* each text once, and no NULL */
	assert_string_equal(totals.metadata.texts[0], "{\"a\":\"b\"}");
	assert_int_equal(store_read(t.store, work_total, &nothing, &f), 0);
	assert_int_equal(nothing.size_gib, 0);
	assert_int_equal(nothing.metadata.count, 0);
	test_store_done(&t);
}
