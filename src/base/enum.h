/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Enumerators and their names, from one table, so that both directions always agree. Tables are
 * indexed by enumerator and have a row for each; test tables with enum_names_complete().
 */
#pragma once

#include "base/macros.h"

typedef struct EnumNames EnumNames;
struct EnumNames {
	const char *const *names;
	int count;
};

#define ENUM_NAMES(table) ((EnumNames){.names = (table), .count = (int)ARRAY_SIZE(table)})

/* The name; asserts that the value is in the table. */
const char *enum_name(const EnumNames *names, int value);

/* The value of a name, or -1. */
int enum_value(const EnumNames *names, const char *name);

/* Whether no row was forgotten. */
bool enum_names_complete(const EnumNames *names);
