/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Many rows: find, count, delete by conditions.
 *
 * A page begins behind its marker, the last row of the page before. The marker's own row is read
 * first; the page is then what comes after its values in the order of the sorts (s1, s2, ... key):
 *
 *   s1 >= m1 AND (s1 > m1 OR (s1 = m1 AND s2 > m2) OR (s1 = m1 AND s2 = m2 AND key > mk))
 *
 * The key makes the order total, so pages neither repeat nor lose a row while rows come and go.
 * The first term repeats what follows in a form that both databases turn into the start of an
 * index range, so that a late page costs no more than the first. NULL sorts before every text.
 */
#include <errno.h>

#include "base/mem.h"
#include "base/str.h"
#include "records/priv.h"

typedef struct Order {
	const Column *column;
	bool descending;
} Order;

/* A statement while it is written. */
typedef struct Draft {
	Tx *tx;
	const RecordTable *table;
	Buf sql;
	VEC(StoreValue) values;
	const char *joint; /* before the next condition: " WHERE " or " AND " */
} Draft;

static void draft_done(Draft *draft)
{
	buf_done(&draft->sql);
	vec_done(&draft->values);
}

static void value_add(Draft *draft, const char *sql, StoreValue value)
{
	buf_add(&draft->sql, sql);
	vec_push(&draft->values, value);
}

static void joint_add(Draft *draft)
{
	buf_add(&draft->sql, draft->joint);
	draft->joint = " AND ";
}

static const char *const comparisons[] = {
	[RECORD_EQ] = " = ?",  [RECORD_NE] = " <> ?", [RECORD_LT] = " < ?",
	[RECORD_LE] = " <= ?", [RECORD_GT] = " > ?",  [RECORD_GE] = " >= ?",
};

/* The name of an enumerator: a word of ours, of which there are few. */
static bool is_name(const Column *column, StoreValue value)
{
	return column->type == COLUMN_ENUM && value.type == STORE_TEXT &&
	       enum_value(column->names, value.text) >= 0;
}

/*
 * Names of enumerators stand in the text itself: only so can the database see that an index over
 * some of the rows (those not deleted) is enough.
 */
static void compare_add(Draft *draft, const Column *column, RecordTest test, StoreValue value)
{
	if (value.type == STORE_NULL) {
		assert(test == RECORD_EQ || test == RECORD_NE);
		buf_printf(&draft->sql, "%s IS %sNULL", column->name,
			   test == RECORD_EQ ? "" : "NOT ");
		return;
	}
	if (column->type == COLUMN_ENUM && value.type == STORE_INT)
		value = STORE_VALUE_TEXT(enum_name(column->names, (int)value.number));
	if (is_name(column, value) && (test == RECORD_EQ || test == RECORD_NE)) {
		buf_printf(&draft->sql, "%s %s '%s'", column->name, test == RECORD_EQ ? "=" : "<>",
			   value.text);
		return;
	}
	buf_add(&draft->sql, column->name);
	value_add(draft, comparisons[test], value);
}

/* The count of placeholders is rounded up, so that few texts of statements are ever made. */
static void list_add(Draft *draft, const Column *column, const RecordCondition *condition)
{
	size_t places = 1;

	if (condition->count == 0) {
		buf_add(&draft->sql, condition->test == RECORD_IN ? "1 = 0" : "1 = 1");
		return;
	}
	while (places < condition->count)
		places *= 2;
	buf_printf(&draft->sql, "%s %s (", column->name,
		   condition->test == RECORD_IN ? "IN" : "NOT IN");
	for (size_t i = 0; i < places; i++) {
		size_t at = MIN(i, condition->count - 1);

		value_add(draft, i ? ", ?" : "?", STORE_VALUE_TEXT(condition->texts[at]));
	}
	buf_add(&draft->sql, ")");
}

static void match_add(Draft *draft, const Column *column, StoreValue pattern)
{
	const char *format = store_match_format(draft->tx);
	const char *place = strstr(format, "%s");

	assert(place);
	buf_append(&draft->sql, format, (size_t)(place - format));
	buf_add(&draft->sql, column->name);
	value_add(draft, place + strlen("%s"), pattern);
}

static void condition_add(Draft *draft, const RecordCondition *condition)
{
	const Column *column = record_column(draft->table, condition->column);

	assert(column);
	switch (condition->test) {
	case RECORD_EQ:
	case RECORD_NE:
	case RECORD_LT:
	case RECORD_LE:
	case RECORD_GT:
	case RECORD_GE:
		compare_add(draft, column, condition->test, condition->value);
		break;
	case RECORD_IS_NULL:
		buf_printf(&draft->sql, "%s IS NULL", column->name);
		break;
	case RECORD_NOT_NULL:
		buf_printf(&draft->sql, "%s IS NOT NULL", column->name);
		break;
	case RECORD_IN:
	case RECORD_NOT_IN:
		list_add(draft, column, condition);
		break;
	case RECORD_NOT_MATCH:
		buf_add(&draft->sql, "NOT ");
		match_add(draft, column, condition->value);
		break;
	case RECORD_MATCH:
		match_add(draft, column, condition->value);
		break;
	}
}

/* 0 or RECORD_BAD_PATTERN. */
static int patterns_check(const RecordQuery *query)
{
	for (size_t i = 0; i < query->condition_count; i++) {
		const RecordCondition *condition = &query->conditions[i];

		if (condition->test != RECORD_MATCH && condition->test != RECORD_NOT_MATCH)
			continue;
		assert(condition->value.type == STORE_TEXT);
		if (!record_pattern_valid(condition->value.text))
			return RECORD_BAD_PATTERN;
	}
	return 0;
}

/* How many conditions make the group that begins at `first`, and whether one is on a fixed one. */
static size_t group_length(const RecordTable *table, const RecordQuery *query, size_t first,
			   bool *ret_fixed)
{
	size_t i = first;

	*ret_fixed = false;
	for (;; i++) {
		const Column *column = record_column(table, query->conditions[i].column);

		*ret_fixed = *ret_fixed || (column && column->fixed);
		if (!query->conditions[i].or_next || i + 1 == query->condition_count)
			return i + 1 - first;
	}
}

static void conditions_add(Draft *draft, const RecordQuery *query, bool only_fixed)
{
	size_t length;
	bool fixed;

	for (size_t i = 0; i < query->condition_count; i += length) {
		length = group_length(draft->table, query, i, &fixed);
		if (only_fixed && !fixed)
			continue;
		joint_add(draft);
		for (size_t j = 0; j < length; j++) {
			buf_add(&draft->sql, j ? " OR " : "(");
			condition_add(draft, &query->conditions[i + j]);
		}
		buf_add(&draft->sql, ")");
	}
}

/* The sorts that count: up to the key, which ends every order. Returns how many. */
static size_t orders_of(const RecordTable *table, const RecordQuery *query,
			Order ret[static RECORD_SORTS_MAX + 1])
{
	const Column *key = &table->columns[0];
	size_t count = 0;

	for (size_t i = 0; i < query->sort_count; i++) {
		const RecordSort *sort = &query->sorts[i];

		ret[count] = (Order){record_column(table, sort->column), sort->descending};
		assert(ret[count].column);
		if (ret[count++].column == key)
			return count;
	}
	ret[count] = (Order){key, count > 0 && ret[count - 1].descending};
	return count + 1;
}

static bool may_be_null(const RecordTable *table, const Column *column)
{
	return column->type == COLUMN_TEXT && column != &table->columns[0];
}

/* Whether anything can come after `value` in this order. */
static bool has_after(const Order *order, StoreValue value)
{
	return value.type != STORE_NULL || !order->descending;
}

static void after_add(Draft *draft, const Order *order, StoreValue value)
{
	const char *name = order->column->name;

	if (value.type == STORE_NULL) {
		buf_printf(&draft->sql, "%s IS NOT NULL", name);
	} else if (order->descending && may_be_null(draft->table, order->column)) {
		buf_printf(&draft->sql, "(%s < ", name);
		value_add(draft, "?", value);
		buf_printf(&draft->sql, " OR %s IS NULL)", name);
	} else {
		compare_add(draft, order->column, order->descending ? RECORD_LT : RECORD_GT, value);
	}
}

/* "The orders before `last` are equal and `last` comes after", as one term of the OR. */
static void step_add(Draft *draft, const Order *orders, size_t last, const void *marker)
{
	buf_add(&draft->sql, "(");
	for (size_t i = 0; i < last; i++) {
		compare_add(draft, orders[i].column, RECORD_EQ,
			    record_value(orders[i].column, marker));
		buf_add(&draft->sql, " AND ");
	}
	after_add(draft, &orders[last], record_value(orders[last].column, marker));
	buf_add(&draft->sql, ")");
}

static void marker_add(Draft *draft, const Order *orders, size_t count, const void *marker)
{
	const char *joint = "(";

	joint_add(draft);
	if (!may_be_null(draft->table, orders[0].column)) {
		compare_add(draft, orders[0].column, orders[0].descending ? RECORD_LE : RECORD_GE,
			    record_value(orders[0].column, marker));
		joint_add(draft);
	}
	for (size_t i = 0; i < count; i++) {
		if (!has_after(&orders[i], record_value(orders[i].column, marker)))
			continue;
		buf_add(&draft->sql, joint);
		step_add(draft, orders, i, marker);
		joint = " OR ";
	}
	buf_add(&draft->sql, ")"); /* the key is never NULL, so there is a term */
}

static void orders_add(Draft *draft, const Order *orders, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		bool descending = orders[i].descending;

		buf_printf(&draft->sql, "%s%s %s", i ? ", " : " ORDER BY ", orders[i].column->name,
			   descending ? "DESC" : "ASC");
		if (may_be_null(draft->table, orders[i].column))
			buf_add(&draft->sql, descending ? " NULLS LAST" : " NULLS FIRST");
	}
}

static void window_add(Draft *draft, const RecordQuery *query)
{
	if (query->limit == 0 && query->offset == 0)
		return;
	value_add(draft, " LIMIT ?", STORE_VALUE_INT(query->limit ? query->limit : INT64_MAX));
	value_add(draft, " OFFSET ?", STORE_VALUE_INT(query->offset));
}

typedef struct Found {
	const RecordTable *table;
	Arena *arena;
	RecordList list;
} Found;

static int found_row(const StoreRow *row, void *ctx, Fault *f)
{
	Found *found = ctx;
	RecordList *list = &found->list;
	void *record;
	int r;

	r = record_load(found->table, row, found->arena, &record, f);
	if (r)
		return r;
	list->records = arena_grow(found->arena, list->records, list->count, sizeof(void *));
	list->records[list->count++] = record;
	return 0;
}

static int draft_run(Draft *draft, StoreRowFunction row, void *ctx, Fault *f)
{
	const StoreValues values = {draft->values.items, draft->values.count};

	return fault_unexpected(f,
				store_query(draft->tx, buf_text(&draft->sql), values, row, ctx, f));
}

static int marker_find(Tx *tx, Arena *arena, const RecordTable *table, const RecordQuery *query,
		       void **ret, Fault *f)
{
	_cleanup_(draft_done) Draft draft = {.tx = tx, .table = table, .joint = " WHERE "};
	Found found = {.table = table, .arena = arena};
	int r;

	buf_add(&draft.sql, record_sql(table)->select);
	conditions_add(&draft, query, true);
	joint_add(&draft);
	compare_add(&draft, &table->columns[0], RECORD_EQ, STORE_VALUE_TEXT(query->marker));
	r = draft_run(&draft, found_row, &found, f);
	if (r)
		return r;
	if (found.list.count == 0)
		return RECORD_NO_MARKER;
	*ret = found.list.records[0];
	return 0;
}

int record_find(Tx *tx, Arena *arena, const RecordTable *table, const RecordQuery *query,
		RecordList *ret, Fault *f)
{
	_cleanup_(draft_done) Draft draft = {.tx = tx, .table = table, .joint = " WHERE "};
	Found found = {.table = table, .arena = arena};
	Order orders[RECORD_SORTS_MAX + 1];
	size_t order_count = orders_of(table, query, orders);
	void *marker;
	int r;

	r = patterns_check(query);
	if (r)
		return r;
	buf_add(&draft.sql, record_sql(table)->select);
	conditions_add(&draft, query, false);
	if (query->marker) {
		r = marker_find(tx, arena, table, query, &marker, f);
		if (r)
			return r;
		marker_add(&draft, orders, order_count, marker);
	}
	orders_add(&draft, orders, order_count);
	window_add(&draft, query);
	r = draft_run(&draft, found_row, &found, f);
	if (r)
		return r;
	*ret = found.list;
	return 0;
}

/* What to select, and what to do with a row of it. */
typedef struct Selection {
	const char *what;
	StoreRowFunction row;
	void *ctx;
} Selection;

static int select_run(Tx *tx, const RecordTable *table, const RecordQuery *query,
		      const Selection *selection, Fault *f)
{
	_cleanup_(draft_done) Draft draft = {.tx = tx, .table = table, .joint = " WHERE "};
	int r;

	r = patterns_check(query);
	if (r)
		return r;
	buf_printf(&draft.sql, "SELECT %s FROM %s", selection->what, table->name);
	conditions_add(&draft, query, false);
	return draft_run(&draft, selection->row, selection->ctx, f);
}

static int keep_number(const StoreRow *row, void *ctx, Fault *f)
{
	int64_t *number = ctx;

	(void)f;
	*number = store_row_int(row, 0);
	return 0;
}

int record_count(Tx *tx, const RecordTable *table, const RecordQuery *query, int64_t *ret, Fault *f)
{
	const Selection count = {.what = "COUNT(*)", .row = keep_number, .ctx = ret};

	return select_run(tx, table, query, &count, f);
}

int record_sum(Tx *tx, const RecordTable *table, const RecordQuery *query, const char *column,
	       int64_t *ret, Fault *f)
{
	char what[RECORD_NAME_MAX];
	const Selection sum = {.what = what, .row = keep_number, .ctx = ret};

	assert(record_column(table, column)->type == COLUMN_INT);
	(void)snprintf(what, sizeof(what), "COALESCE(SUM(%s), 0)", column); /* names are ours */
	return select_run(tx, table, query, &sum, f);
}

static int keep_text(const StoreRow *row, void *ctx, Fault *f)
{
	RecordTexts *texts = ctx;
	const char *text = store_row_text(row, 0);

	(void)f;
	if (!text)
		return 0;
	texts->texts = arena_grow(texts->arena, texts->texts, texts->count, sizeof(*texts->texts));
	texts->texts[texts->count++] = arena_strdup(texts->arena, text);
	return 0;
}

int record_distinct(Tx *tx, const RecordTable *table, const RecordQuery *query, const char *column,
		    RecordTexts *ret, Fault *f)
{
	char what[RECORD_NAME_MAX];
	const Selection distinct = {.what = what, .row = keep_text, .ctx = ret};

	assert(record_column(table, column)->type == COLUMN_TEXT);
	(void)snprintf(what, sizeof(what), "DISTINCT %s", column); /* names are ours */
	return select_run(tx, table, query, &distinct, f);
}

int record_delete_where(Tx *tx, const RecordTable *table, const RecordQuery *query, Fault *f)
{
	_cleanup_(draft_done) Draft draft = {.tx = tx, .table = table, .joint = " WHERE "};
	int r;

	assert(patterns_check(query) == 0);
	buf_printf(&draft.sql, "DELETE FROM %s", table->name);
	conditions_add(&draft, query, false);
	r = draft_run(&draft, NULL, NULL, f);
	if (r)
		return r;
	if (store_changes(tx) > 0)
		store_touch(tx, table->change_touches);
	return 0;
}
