/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Lists: conditions, orders and pages over random rows with many ties and NULLs. The model is the
 * full list without pages: any way of cutting it must give it back.
 */
#include "base/limits.h"
#include "base/str.h"
#include "records/tables.h"
#include "tests/contract/stores.h"
#include "tests/lib/test.h"

enum { ROWS = 150 };

static unsigned dice_state;

/* The same throws in every run, so that a failure can be seen again. */
static unsigned dice(unsigned sides)
{
	dice_state = dice_state * 1103515245u + 12345u;
	return (dice_state >> 16) % sides;
}

static int fill_work(Tx *tx, void *ctx, Fault *f)
{
	static const char *const names[] = {NULL, "", "a", "b", "web-1", "Web-1", "\xc3\xa4"};
	int r = 0;

	(void)ctx;
	for (int i = 0; i < ROWS && r == 0; i++) {
		char id[16];
		const Volume volume = {
			.id = id,
			.project_id = dice(3) ? "p" : "other",
			.name = names[dice(ARRAY_SIZE(names))],
			.size_gib = dice(4),
			.status = (int)dice(3),
			.bootable = dice(2),
			.created_us = dice(10),
		};

		(void)snprintf(id, sizeof(id), "v%03u-%d", dice(1000), i);
		r = volume_insert(tx, &volume, f);
	}
	return r;
}

static void open_filled(TestStore *t)
{
	Fault f = {0};

	dice_state = 2;
	test_store_open_with_schema(t);
	assert_int_equal(store_write(t->store, fill_work, NULL, &f), 0);
}

typedef struct Find {
	RecordQuery query;
	Arena *arena;
	Volume **found;
	size_t count;
	int64_t counted;
} Find;

static int find_work(Tx *tx, void *ctx, Fault *f)
{
	Find *find = ctx;

	return volume_find(tx, find->arena, &find->query, &find->found, &find->count, f);
}

static int count_work(Tx *tx, void *ctx, Fault *f)
{
	Find *find = ctx;

	return record_count(tx, &volume_table, &find->query, &find->counted, f);
}

static int delete_work(Tx *tx, void *ctx, Fault *f)
{
	Find *find = ctx;

	return record_delete_where(tx, &volume_table, &find->query, f);
}

static void find_all(TestStore *t, Find *find)
{
	Fault f = {0};

	if (store_read(t->store, find_work, find, &f))
		fail_msg("%s", f.text);
}

/* Read the list in pages of random sizes and compare it with the whole. */
static void try_pages(TestStore *t, const Find *whole, unsigned page_max)
{
	Find page = {.query = whole->query, .arena = whole->arena};
	size_t seen = 0;

	for (;;) {
		page.query.limit = 1 + dice(page_max);
		find_all(t, &page);
		assert_true(page.count <= (size_t)page.query.limit);
		if (page.count == 0)
			break;
		for (size_t i = 0; i < page.count; i++) {
			assert_true(seen < whole->count);
			assert_string_equal(page.found[i]->id, whole->found[seen++]->id);
		}
		page.query.marker = page.found[page.count - 1]->id;
	}
	assert_int_equal(seen, whole->count);
}

static void try_offsets(TestStore *t, const Find *whole)
{
	Find page = {.query = whole->query, .arena = whole->arena};

	page.query.offset = dice(ROWS);
	find_all(t, &page);
	if ((size_t)page.query.offset >= whole->count) {
		assert_int_equal(page.count, 0);
		return;
	}
	assert_int_equal(page.count, whole->count - (size_t)page.query.offset);
	assert_string_equal(page.found[0]->id, whole->found[page.query.offset]->id);
}

TEST(pages_make_the_whole_list)
{
	static const char *const columns[] = {"created_us", "name",     "size_gib",
					      "status",     "bootable", "id"};
	TestStore t;

	open_filled(&t);
	for (int turn = 0; turn < 120; turn++) {
		_cleanup_(arena_freep) Arena *arena = arena_new();
		Find whole = {.arena = arena};

		for (unsigned n = dice(RECORD_SORTS_MAX + 1); n > 0; n--)
			record_sort(&whole.query, columns[dice(ARRAY_SIZE(columns))], dice(2));
		if (dice(2))
			record_where_text(&whole.query, "project_id", RECORD_EQ, "p");
		if (dice(2))
			record_where_int(&whole.query, "size_gib", RECORD_GE, dice(3));
		find_all(&t, &whole);
		try_pages(&t, &whole, 1 + dice(ROWS));
		try_offsets(&t, &whole);
	}
	test_store_done(&t);
}

TEST(null_comes_first_and_the_key_breaks_ties)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();
	Find find = {.arena = arena};
	TestStore t;

	open_filled(&t);
	record_sort(&find.query, "name", true);
	find_all(&t, &find);
	assert_int_equal(find.count, ROWS);
	assert_null(find.found[ROWS - 1]->name);
	for (size_t i = 1; i < find.count; i++) {
		const char *a = find.found[i - 1]->name;
		const char *b = find.found[i]->name;

		assert_true(a || !b);
		if (str_eq(a, b))
			assert_true(strcmp(find.found[i - 1]->id, find.found[i]->id) > 0);
		else
			assert_true(!b || strcmp(a, b) > 0);
	}
	test_store_done(&t);
}

static bool has_status(const Volume *volume, int status)
{
	return volume->status == status;
}

/* What one condition finds, counted by hand over the whole table. */
typedef struct ConditionCase {
	const char *column;
	RecordTest test;
	StoreValue value;
	bool (*expected)(const Volume *volume);
} ConditionCase;

static bool is_p(const Volume *v)
{
	return str_eq(v->project_id, "p");
}

static bool is_unnamed(const Volume *v)
{
	return !v->name;
}

static bool is_named(const Volume *v)
{
	return v->name;
}

static bool is_named_not_a(const Volume *v)
{
	return v->name && !str_eq(v->name, "a");
}

static bool is_big(const Volume *v)
{
	return v->size_gib > 1;
}

static bool is_small(const Volume *v)
{
	return v->size_gib <= 1;
}

static bool is_reserved(const Volume *v)
{
	return has_status(v, VOLUME_RESERVED);
}

static bool is_web(const Volume *v)
{
	return v->name && strstr(v->name, "eb-1");
}

static bool is_named_not_web(const Volume *v)
{
	return v->name && !strstr(v->name, "eb-1");
}

static bool is_bootable(const Volume *v)
{
	return v->bootable;
}

#define NUMBER(n)                                                                                  \
	{                                                                                          \
		.type = STORE_INT, .number = (n)                                                   \
	}
#define TEXT(t)                                                                                    \
	{                                                                                          \
		.type = STORE_TEXT, .text = (t)                                                    \
	}

static const ConditionCase cases[] = {
	{"project_id", RECORD_EQ, TEXT("p"), is_p},
	{"name", RECORD_EQ, {.type = STORE_NULL}, is_unnamed},
	{"name", RECORD_NE, {.type = STORE_NULL}, is_named},
	{"name", RECORD_IS_NULL, {.type = STORE_NULL}, is_unnamed},
	{"name", RECORD_NOT_NULL, {.type = STORE_NULL}, is_named},
	{"name", RECORD_NE, TEXT("a"), is_named_not_a},
	{"size_gib", RECORD_GT, NUMBER(1), is_big},
	{"size_gib", RECORD_GE, NUMBER(2), is_big},
	{"size_gib", RECORD_LT, NUMBER(2), is_small},
	{"size_gib", RECORD_LE, NUMBER(1), is_small},
	{"status", RECORD_EQ, TEXT("reserved"), is_reserved},
	{"status", RECORD_EQ, NUMBER(VOLUME_RESERVED), is_reserved},
	{"name", RECORD_MATCH, TEXT("[wW]eb-[0-9]$"), is_web},
	{"name", RECORD_NOT_MATCH, TEXT("[wW]eb-[0-9]$"), is_named_not_web},
	{"bootable", RECORD_EQ, NUMBER(1), is_bootable},
};

TEST(conditions_find_what_they_say)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();
	Find whole = {.arena = arena};
	TestStore t;
	Fault f = {0};

	open_filled(&t);
	find_all(&t, &whole);
	for (size_t c = 0; c < ARRAY_SIZE(cases); c++) {
		Find find = {.arena = arena};
		size_t expected = 0;

		for (size_t i = 0; i < whole.count; i++)
			expected += cases[c].expected(whole.found[i]);
		assert_true(expected > 0 && expected < whole.count);
		find.query.conditions[0] = (RecordCondition){
			.column = cases[c].column, .test = cases[c].test, .value = cases[c].value};
		find.query.condition_count = 1;
		find_all(&t, &find);
		assert_int_equal(find.count, expected);
		for (size_t i = 0; i < find.count; i++)
			assert_true(cases[c].expected(find.found[i]));
		assert_int_equal(store_read(t.store, count_work, &find, &f), 0);
		assert_int_equal(find.counted, expected);
	}
	test_store_done(&t);
}

TEST(lists_and_groups_of_conditions)
{
	static const char *const statuses[] = {"creating", "reserved", "in-use"};
	_cleanup_(arena_freep) Arena *arena = arena_new();
	Find in = {.arena = arena}, not_in = {.arena = arena}, none = {.arena = arena};
	Find either = {.arena = arena}, both = {.arena = arena};
	TestStore t;

	open_filled(&t);
	record_where_texts(&in.query, "status", RECORD_IN, statuses, ARRAY_SIZE(statuses));
	find_all(&t, &in);
	record_where_texts(&not_in.query, "status", RECORD_NOT_IN, statuses, ARRAY_SIZE(statuses));
	find_all(&t, &not_in);
	assert_true(in.count > 0 && not_in.count > 0);
	assert_int_equal(in.count + not_in.count, ROWS);
	record_where_texts(&none.query, "status", RECORD_IN, NULL, 0);
	find_all(&t, &none);
	assert_int_equal(none.count, 0);

	record_where_int(&either.query, "size_gib", RECORD_LT, 2);
	record_or(&either.query);
	record_where_text(&either.query, "name", RECORD_EQ, "a");
	record_where_text(&either.query, "project_id", RECORD_EQ, "p");
	find_all(&t, &either);
	record_where_text(&both.query, "project_id", RECORD_EQ, "p");
	find_all(&t, &both);
	for (size_t i = 0; i < both.count; i++)
		both.counted += is_small(both.found[i]) || str_eq(both.found[i]->name, "a");
	assert_int_equal(either.count, both.counted);
	test_store_done(&t);
}

TEST(a_marker_belongs_to_the_list)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();
	Find find = {.arena = arena}, foreign = {.arena = arena};
	TestStore t;
	Fault f = {0};

	open_filled(&t);
	record_where_text(&find.query, "project_id", RECORD_EQ, "p");
	find.query.marker = "no-such-volume";
	assert_int_equal(store_read(t.store, find_work, &find, &f), RECORD_NO_MARKER);

	record_where_text(&foreign.query, "project_id", RECORD_EQ, "other");
	find_all(&t, &foreign);
	find.query.marker = foreign.found[0]->id;
	assert_int_equal(store_read(t.store, find_work, &find, &f), RECORD_NO_MARKER);
	test_store_done(&t);
}

TEST(a_marker_may_have_left_the_filter)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();
	Find all = {.arena = arena}, find = {.arena = arena};
	TestStore t;

	open_filled(&t);
	record_where_text(&all.query, "project_id", RECORD_EQ, "p");
	find_all(&t, &all);
	find.query = all.query;
	record_where_text(&find.query, "status", RECORD_EQ, "error");
	find.query.marker = all.found[0]->id;
	find_all(&t, &find);
	assert_int_equal(find.count, 0);
	test_store_done(&t);
}

TEST(bad_patterns_are_an_outcome)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();
	Find find = {.arena = arena};
	TestStore t;
	Fault f = {0};

	open_filled(&t);
	record_where_text(&find.query, "name", RECORD_MATCH, "(");
	assert_int_equal(store_read(t.store, find_work, &find, &f), RECORD_BAD_PATTERN);
	assert_int_equal(store_read(t.store, count_work, &find, &f), RECORD_BAD_PATTERN);
	test_store_done(&t);
}

TEST(rows_are_deleted_by_condition)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();
	Find some = {.arena = arena}, rest = {.arena = arena};
	TestStore t;
	Fault f = {0};

	open_filled(&t);
	record_where_text(&some.query, "project_id", RECORD_EQ, "p");
	find_all(&t, &some);
	assert_int_equal(store_write(t.store, delete_work, &some, &f), 0);
	find_all(&t, &rest);
	assert_int_equal(rest.count, ROWS - some.count);
	find_all(&t, &some);
	assert_int_equal(some.count, 0);
	test_store_done(&t);
}
