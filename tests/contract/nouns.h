/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Every table of records, and a record of each that has something different in every column.
 */
#pragma once

#include "records/tables.h"

enum { NOUN_COUNT = 36 };

extern const RecordTable *const noun_tables[NOUN_COUNT];

/* A record with key "key"; `turn` varies the rest. */
void *noun_fill(Arena *arena, const RecordTable *table, int turn);

/* Fails the test, naming the column, when two records differ. */
void noun_assert_same(const RecordTable *table, const void *a, const void *b);
