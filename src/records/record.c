/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * One row by its key: get, insert, update, delete.
 *
 * The statements of a table are made at its first use and kept for ever, so that a get costs no
 * more than the query itself and the copies of its texts. Two threads may make them at once; one
 * of them wins and the other throws its own away.
 */
#include <errno.h>

#include "base/mem.h"
#include "base/str.h"
#include "records/priv.h"

static const Column *key_of(const RecordTable *table)
{
	return &table->columns[0];
}

static void names_add(Buf *sql, const RecordTable *table, const char *after_each)
{
	for (size_t i = 0; i < table->count; i++)
		buf_printf(sql, "%s%s%s", i ? ", " : "", table->columns[i].name, after_each);
}

static char *select_make(const RecordTable *table)
{
	Buf sql = {0};

	buf_add(&sql, "SELECT ");
	names_add(&sql, table, "");
	buf_printf(&sql, " FROM %s", table->name);
	return buf_take(&sql);
}

static char *insert_make(const RecordTable *table)
{
	Buf sql = {0};

	buf_printf(&sql, "INSERT INTO %s (", table->name);
	names_add(&sql, table, "");
	buf_add(&sql, ") VALUES (");
	for (size_t i = 0; i < table->count; i++)
		buf_add(&sql, i ? ", ?" : "?");
	buf_add(&sql, ")");
	return buf_take(&sql);
}

static char *with_key(const RecordTable *table, const char *verb)
{
	Buf sql = {0};

	buf_printf(&sql, "%s WHERE %s = ?", verb, key_of(table)->name);
	return buf_take(&sql);
}

static RecordSql *sql_make(const RecordTable *table)
{
	RecordSql *sql = NEW(RecordSql);
	Buf remove = {0};

	assert(table->count <= RECORD_COLUMNS_MAX);
	buf_printf(&remove, "DELETE FROM %s", table->name);
	sql->select = select_make(table);
	sql->get = with_key(table, sql->select);
	sql->insert = insert_make(table);
	sql->remove = with_key(table, buf_text(&remove));
	buf_done(&remove);
	return sql;
}

static void sql_free(RecordSql *sql)
{
	free(sql->select);
	free(sql->get);
	free(sql->insert);
	free(sql->remove);
	free(sql);
}

const RecordSql *record_sql(const RecordTable *table)
{
	RecordSql *sql = __atomic_load_n(table->sql, __ATOMIC_ACQUIRE);
	RecordSql *made;

	if (sql)
		return sql;
	made = sql_make(table);
	if (__atomic_compare_exchange_n(table->sql, &sql, made, false, __ATOMIC_ACQ_REL,
					__ATOMIC_ACQUIRE))
		return made;
	sql_free(made);
	return sql;
}

const Column *record_column(const RecordTable *table, const char *name)
{
	for (size_t i = 0; i < table->count; i++)
		if (str_eq(table->columns[i].name, name))
			return &table->columns[i];
	return NULL;
}

StoreValue record_value(const Column *column, const void *record)
{
	const void *member = (const char *)record + column->offset;

	switch (column->type) {
	case COLUMN_TEXT:
		return STORE_VALUE_TEXT(*(const char *const *)member);
	case COLUMN_INT:
		return STORE_VALUE_INT(*(const int64_t *)member);
	case COLUMN_BOOL:
		return STORE_VALUE_INT(*(const bool *)member);
	case COLUMN_ENUM:
		return STORE_VALUE_TEXT(enum_name(column->names, *(const int *)member));
	}
	abort(); /* a type outside the enum */
}

static int enum_load(const RecordTable *table, const Column *column, const char *name, int *ret,
		     Fault *f)
{
	int value = name ? enum_value(column->names, name) : -1;

	if (value < 0)
		return fault(f, -EBADMSG, "%s.%s holds '%s', which this release does not know",
			     table->name, column->name, name ? name : "NULL");
	*ret = value;
	return 0;
}

int record_load(const RecordTable *table, const StoreRow *row, Arena *arena, void **ret, Fault *f)
{
	char *record = arena_alloc(arena, table->size);
	int r = 0;

	for (size_t i = 0; i < table->count && r == 0; i++) {
		const Column *column = &table->columns[i];
		void *member = record + column->offset;

		switch (column->type) {
		case COLUMN_TEXT:
			*(const char **)member = arena_strdup(arena, store_row_text(row, i));
			break;
		case COLUMN_INT:
			*(int64_t *)member = store_row_int(row, i);
			break;
		case COLUMN_BOOL:
			*(bool *)member = store_row_int(row, i) != 0;
			break;
		case COLUMN_ENUM:
			r = enum_load(table, column, store_row_text(row, i), member, f);
			break;
		}
	}
	if (r == 0)
		*ret = record;
	return r;
}

void *record_copy(Arena *arena, const RecordTable *table, const void *record)
{
	char *copy = arena_alloc(arena, table->size);

	memcpy(copy, record, table->size);
	for (size_t i = 0; i < table->count; i++) {
		const char **text = (const char **)(copy + table->columns[i].offset);

		if (table->columns[i].type == COLUMN_TEXT)
			*text = arena_strdup(arena, *text);
	}
	return copy;
}

typedef struct OneRow {
	const RecordTable *table;
	Arena *arena;
	void *record; /* NULL: no row */
} OneRow;

static int one_row(const StoreRow *row, void *ctx, Fault *f)
{
	OneRow *one = ctx;

	return record_load(one->table, row, one->arena, &one->record, f);
}

int record_get(Tx *tx, Arena *arena, const RecordTable *table, const char *key, void **ret,
	       Fault *f)
{
	OneRow one = {.table = table, .arena = arena};
	int r;

	r = store_query(tx, record_sql(table)->get, STORE_VALUES(STORE_VALUE_TEXT(key)), one_row,
			&one, f);
	if (r)
		return fault_unexpected(f, r);
	if (!one.record)
		return RECORD_NOT_FOUND;
	*ret = one.record;
	return 0;
}

int record_insert(Tx *tx, const RecordTable *table, const void *record, Fault *f)
{
	StoreValue values[RECORD_COLUMNS_MAX];
	int r;

	for (size_t i = 0; i < table->count; i++)
		values[i] = record_value(&table->columns[i], record);
	r = store_query(tx, record_sql(table)->insert, (StoreValues){values, table->count}, NULL,
			NULL, f);
	if (r == STORE_CONFLICT)
		return RECORD_EXISTS;
	if (r)
		return fault_unexpected(f, r);
	store_touch(tx, table->insert_touches);
	return 0;
}

/* The end of an update or a delete of one row. */
static int changed_one(Tx *tx, const RecordTable *table)
{
	if (store_changes(tx) == 0)
		return RECORD_NOT_FOUND;
	store_touch(tx, table->change_touches);
	return 0;
}

/* Which columns of a row an update changes. */
typedef struct Change {
	const RecordTable *table;
	const void *record;
	bool found;
	size_t count;
	const Column *columns[RECORD_COLUMNS_MAX];
} Change;

static int change_row(const StoreRow *row, void *ctx, Fault *f _unused_)
{
	Change *change = ctx;

	change->found = true;
	for (size_t i = 1; i < change->table->count; i++) {
		const Column *column = &change->table->columns[i];
		StoreValue value = record_value(column, change->record);
		bool same = value.type == STORE_INT ? store_row_int(row, i) == value.number
						    : str_eq(store_row_text(row, i), value.text);

		if (!same)
			change->columns[change->count++] = column;
	}
	return 0;
}

/* Each index on a column that an update names is written anew, whether its value changes or not. */
static int change_write(Tx *tx, const Change *change, Fault *f)
{
	_cleanup_(buf_done) Buf sql = {0};
	StoreValue values[RECORD_COLUMNS_MAX];

	buf_printf(&sql, "UPDATE %s SET ", change->table->name);
	for (size_t i = 0; i < change->count; i++) {
		buf_printf(&sql, "%s%s = ?", i ? ", " : "", change->columns[i]->name);
		values[i] = record_value(change->columns[i], change->record);
	}
	buf_printf(&sql, " WHERE %s = ?", key_of(change->table)->name);
	values[change->count] = record_value(key_of(change->table), change->record);
	return store_query(tx, buf_text(&sql), (StoreValues){values, change->count + 1}, NULL, NULL,
			   f);
}

static int change_make(Tx *tx, const Change *change, Fault *f)
{
	int r;

	if (change->count == 0)
		return 0;
	r = change_write(tx, change, f);
	if (r == STORE_CONFLICT)
		return RECORD_EXISTS;
	if (r)
		return fault_unexpected(f, r);
	return changed_one(tx, change->table);
}

int record_update(Tx *tx, const RecordTable *table, const void *record, Fault *f)
{
	StoreValue key = record_value(key_of(table), record);
	Change change = {.table = table, .record = record};
	int r;

	r = store_query(tx, record_sql(table)->get, (StoreValues){&key, 1}, change_row, &change, f);
	if (r)
		return fault_unexpected(f, r);
	return change.found ? change_make(tx, &change, f) : RECORD_NOT_FOUND;
}

static bool is_same(const Column *column, const void *a, const void *b)
{
	StoreValue x = record_value(column, a), y = record_value(column, b);

	return x.type == STORE_INT ? x.number == y.number : str_eq(x.text, y.text);
}

int record_update_from(Tx *tx, const RecordTable *table, const void *was, const void *record,
		       Fault *f)
{
	Change change = {.table = table, .record = record};

	assert(is_same(key_of(table), was, record));
	for (size_t i = 1; i < table->count; i++)
		if (!is_same(&table->columns[i], was, record))
			change.columns[change.count++] = &table->columns[i];
	return change_make(tx, &change, f);
}

int record_delete(Tx *tx, const RecordTable *table, const char *key, Fault *f)
{
	int r;

	r = store_query(tx, record_sql(table)->remove, STORE_VALUES(STORE_VALUE_TEXT(key)), NULL,
			NULL, f);
	if (r)
		return fault_unexpected(f, r);
	return changed_one(tx, table);
}
