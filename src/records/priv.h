/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * What the files of this room share.
 */
#pragma once

#include "records/record.h"

enum { RECORD_COLUMNS_MAX = 80, RECORD_NAME_MAX = 64 };

/* The statements of one table, made once. */
struct RecordSql {
	char *select; /* "SELECT a, b FROM t", without conditions */
	char *get;
	char *insert;
	char *remove;
};

/* Thread-safe. */
const RecordSql *record_sql(const RecordTable *table);

/* A new struct in the arena from a row of `select`. */
_must_use_ int record_load(const RecordTable *table, const StoreRow *row, Arena *arena, void **ret,
			   Fault *f);

/* What a struct holds in a column. */
StoreValue record_value(const Column *column, const void *record);

/* Whether a pattern that a client wrote compiles and is harmless to run. */
bool record_pattern_valid(const char *pattern);

/* Rows of tables: a column each, named as its member, whose type is checked. */

#define MEMBER(Type, member, MemberType)                                                           \
	_Generic(((Type *)0)->member, MemberType : offsetof(Type, member))

#define TEXT_COLUMN(Type, member)                                                                  \
	{                                                                                          \
		.name = #member, .type = COLUMN_TEXT, .offset = MEMBER(Type, member, const char *) \
	}
#define INT_COLUMN(Type, member)                                                                   \
	{                                                                                          \
		.name = #member, .type = COLUMN_INT, .offset = MEMBER(Type, member, int64_t)       \
	}
#define BOOL_COLUMN(Type, member)                                                                  \
	{                                                                                          \
		.name = #member, .type = COLUMN_BOOL, .offset = MEMBER(Type, member, bool)         \
	}
#define ENUM_COLUMN(Type, member, values)                                                          \
	{                                                                                          \
		.name = #member, .type = COLUMN_ENUM, .offset = MEMBER(Type, member, int),         \
		.names = &(values)                                                                 \
	}

/* Columns that say whose a row is, or what it belongs to, for as long as it lives. */
#define FIXED_TEXT_COLUMN(Type, member)                                                            \
	{                                                                                          \
		.name = #member, .type = COLUMN_TEXT,                                              \
		.offset = MEMBER(Type, member, const char *), .fixed = true                        \
	}
#define FIXED_BOOL_COLUMN(Type, member)                                                            \
	{                                                                                          \
		.name = #member, .type = COLUMN_BOOL, .offset = MEMBER(Type, member, bool),        \
		.fixed = true                                                                      \
	}
#define FIXED_ENUM_COLUMN(Type, member, values)                                                    \
	{                                                                                          \
		.name = #member, .type = COLUMN_ENUM, .offset = MEMBER(Type, member, int),         \
		.names = &(values), .fixed = true                                                  \
	}

#define TABLE(Type, rows, ...)                                                                     \
	{                                                                                          \
		.columns = (rows), .count = ARRAY_SIZE(rows), .size = sizeof(Type),                \
		.sql = &(RecordSql *){NULL}, __VA_ARGS__                                           \
	}
