/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * A store to test on, in a directory of its own, and a few words to say what a test does with it.
 */
#pragma once

#include "contract/store.h"

typedef struct TestStore {
	char directory[64];
	char location[96];
	Store *store;
	unsigned touched; /* what on_commit said, over all commits so far */
	const void *told[8];
	size_t told_count;
} TestStore;

/* A fresh store without tables, or with those of the product. */
void test_store_open(TestStore *t);
void test_store_open_with_schema(TestStore *t);
/* Close it and open it again. */
void test_store_reopen(TestStore *t);
/* Close it and remove its directory. */
void test_store_done(TestStore *t);

/* Run one statement in a transaction of its own; must give 0. */
void test_store_run(TestStore *t, const char *sql);
/* Likewise several, separated by ';'. */
void test_store_script(TestStore *t, const char *sql);
/* The first column of the first row, as a reader sees it; -1: no row. */
int64_t test_store_number(TestStore *t, const char *sql);
