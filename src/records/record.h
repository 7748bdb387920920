/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Records: a struct, a table, and a row of columns that ties them, so that each noun is read and
 * written by the same few functions. Rows are loaded into an arena.
 *
 * DEFINE_RECORD(volume, Volume) in tables.h gives typed functions: volume_get(), volume_insert(),
 * volume_update(), volume_update_from(), volume_delete(), volume_find().
 */
#pragma once

#include "base/arena.h"
#include "base/enum.h"
#include "base/fault.h"
#include "contract/store.h"

typedef enum RecordOutcome {
	RECORD_NOT_FOUND = 1500,
	RECORD_EXISTS,      /* the key, or another unique column, is taken */
	RECORD_BAD_PATTERN, /* no regular expression, or one that is too costly to run */
	RECORD_NO_MARKER,   /* a list's marker does not exist among what the query may see */
} RecordOutcome;

/* The C type at a column's offset. */
typedef enum ColumnType {
	COLUMN_TEXT, /* const char *; NULL is NULL */
	COLUMN_INT,  /* int64_t */
	COLUMN_BOOL, /* bool, stored as 0 and 1 */
	COLUMN_ENUM, /* int, stored as its name */
} ColumnType;

typedef struct Column {
	const char *name;
	ColumnType type;
	size_t offset;
	const EnumNames *names;
	bool fixed; /* says whose the row is, and never changes; see RecordQuery.marker */
} Column;

typedef struct RecordSql RecordSql;

/* The first column is the key. */
typedef struct RecordTable {
	const char *name;
	const Column *columns;
	size_t count;
	size_t size;             /* of the struct */
	unsigned insert_touches; /* STORE_TOUCHED_*: what an insert touches, */
	unsigned change_touches; /* and what an update or a delete touches */
	RecordSql **sql;         /* its statements, made at first use */
} RecordTable;

typedef enum RecordTest {
	RECORD_EQ,
	RECORD_NE,
	RECORD_LT,
	RECORD_LE,
	RECORD_GT,
	RECORD_GE,
	RECORD_IS_NULL,
	RECORD_NOT_NULL,
	RECORD_IN, /* .texts and .count */
	RECORD_NOT_IN,
	RECORD_MATCH,     /* a POSIX extended regular expression, anywhere in the text */
	RECORD_NOT_MATCH, /* as with each test but RECORD_IS_NULL, a NULL does not meet it */
} RecordTest;

typedef struct RecordCondition {
	const char *column;
	RecordTest test;
	StoreValue value;
	const char *const *texts;
	size_t count;
	bool or_next; /* this one or the next: several in a row make one group */
} RecordCondition;

enum { RECORD_CONDITIONS_MAX = 24, RECORD_SORTS_MAX = 4 };

typedef struct RecordSort {
	const char *column;
	bool descending;
} RecordSort;

/*
 * Which rows, in which order. Without sorts the order is that of the key. The key is always added
 * as the last sort (in the direction of the one before), so that paging is exact.
 */
typedef struct RecordQuery {
	RecordCondition conditions[RECORD_CONDITIONS_MAX];
	size_t condition_count;
	RecordSort sorts[RECORD_SORTS_MAX];
	size_t sort_count;
	/*
	 * Key of the last row already seen, or NULL. The row must be there and meet the conditions
	 * on fixed columns; the others are filters, which it may have ceased to meet.
	 */
	const char *marker;
	int64_t limit; /* 0: no limit */
	int64_t offset;
} RecordQuery;

/* What was found: pointers to structs, in an arena. */
typedef struct RecordList {
	void **records;
	size_t count;
} RecordList;

/*
 * Add conditions; assert that there is room and the column exists. A text that is NULL means IS
 * NULL for RECORD_EQ and IS NOT NULL for RECORD_NE. Enumerators may be given by name or number.
 */
void record_where_text(RecordQuery *query, const char *column, RecordTest test, const char *text);
void record_where_int(RecordQuery *query, const char *column, RecordTest test, int64_t number);
void record_where_texts(RecordQuery *query, const char *column, RecordTest test,
			const char *const *texts, size_t count);
/* The condition added last, or the one that is added next. */
void record_or(RecordQuery *query);
void record_sort(RecordQuery *query, const char *column, bool descending);

/*
 * A text as a pattern that matches just it, in the arena (a brace, which patterns may not have,
 * matches any one character).
 */
const char *record_pattern_quote(Arena *arena, const char *text);

/* Whether a text, of no row, begins with what a pattern matches; a bad pattern matches nothing. */
bool record_pattern_matches(const char *pattern, const char *text);

/* A column by name, or NULL: for filters and sort keys that clients write. */
const Column *record_column(const RecordTable *table, const char *name);

/* A copy with all its texts, in the arena. */
void *record_copy(Arena *arena, const RecordTable *table, const void *record);

/* 0 or RECORD_NOT_FOUND. */
_must_use_ int record_get(Tx *tx, Arena *arena, const RecordTable *table, const char *key,
			  void **ret, Fault *f);
/* 0 or RECORD_EXISTS. */
_must_use_ int record_insert(Tx *tx, const RecordTable *table, const void *record, Fault *f);
/* Write every column of the row with this key. 0, RECORD_NOT_FOUND or RECORD_EXISTS. */
_must_use_ int record_update(Tx *tx, const RecordTable *table, const void *record, Fault *f);
/* Likewise, when it is known what the row is: only columns that differ are written. */
_must_use_ int record_update_from(Tx *tx, const RecordTable *table, const void *was,
				  const void *record, Fault *f);
/* 0 or RECORD_NOT_FOUND. */
_must_use_ int record_delete(Tx *tx, const RecordTable *table, const char *key, Fault *f);
/* Delete what a query's conditions name; the rest of the query does not count. */
_must_use_ int record_delete_where(Tx *tx, const RecordTable *table, const RecordQuery *query,
				   Fault *f);
/* The rows in order. 0, RECORD_NO_MARKER or RECORD_BAD_PATTERN. */
_must_use_ int record_find(Tx *tx, Arena *arena, const RecordTable *table, const RecordQuery *query,
			   RecordList *ret, Fault *f);
/* How many rows the conditions name. 0 or RECORD_BAD_PATTERN. */
_must_use_ int record_count(Tx *tx, const RecordTable *table, const RecordQuery *query,
			    int64_t *ret, Fault *f);
/* The sum of a column of numbers over the rows that the conditions name. Likewise. */
_must_use_ int record_sum(Tx *tx, const RecordTable *table, const RecordQuery *query,
			  const char *column, int64_t *ret, Fault *f);

typedef struct RecordTexts {
	Arena *arena; /* set by the caller: where the texts go */
	const char **texts;
	size_t count;
} RecordTexts;

/* The different texts, without NULL, in a column of the rows that the conditions name. Likewise. */
_must_use_ int record_distinct(Tx *tx, const RecordTable *table, const RecordQuery *query,
			       const char *column, RecordTexts *ret, Fault *f);

#define DEFINE_RECORD(prefix, Type)                                                                \
	extern const RecordTable prefix##_table;                                                   \
	_unused_ _must_use_ static inline int prefix##_get(Tx *tx, Arena *arena, const char *key,  \
							   Type **ret, Fault *f)                   \
	{                                                                                          \
		return record_get(tx, arena, &prefix##_table, key, (void **)ret, f);               \
	}                                                                                          \
	_unused_ _must_use_ static inline int prefix##_insert(Tx *tx, const Type *record,          \
							      Fault *f)                            \
	{                                                                                          \
		return record_insert(tx, &prefix##_table, record, f);                              \
	}                                                                                          \
	_unused_ _must_use_ static inline int prefix##_update(Tx *tx, const Type *record,          \
							      Fault *f)                            \
	{                                                                                          \
		return record_update(tx, &prefix##_table, record, f);                              \
	}                                                                                          \
	_unused_ _must_use_ static inline int prefix##_update_from(Tx *tx, const Type *was,        \
								   const Type *record, Fault *f)   \
	{                                                                                          \
		return record_update_from(tx, &prefix##_table, was, record, f);                    \
	}                                                                                          \
	_unused_ _must_use_ static inline int prefix##_delete(Tx *tx, const char *key, Fault *f)   \
	{                                                                                          \
		return record_delete(tx, &prefix##_table, key, f);                                 \
	}                                                                                          \
	_unused_ _must_use_ static inline int prefix##_find(Tx *tx, Arena *arena,                  \
							    const RecordQuery *query, Type ***ret, \
							    size_t *ret_count, Fault *f)           \
	{                                                                                          \
		RecordList list;                                                                   \
		int r = record_find(tx, arena, &prefix##_table, query, &list, f);                  \
		if (r)                                                                             \
			return r;                                                                  \
		*ret = (Type **)list.records;                                                      \
		*ret_count = list.count;                                                           \
		return 0;                                                                          \
	}
