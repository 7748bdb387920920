/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * What the files of this room share.
 */
#pragma once

#include "records/record.h"

enum { RECORD_COLUMNS_MAX = 64, RECORD_NAME_MAX = 64 };

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
