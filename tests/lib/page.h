/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Pages of docs/ that end with what a program knows: the tables that the code goes by.
 */
#pragma once

/*
 * Hold what follows `mark` in docs/<name> against a text; with REGEN=1 write it anew. `program` is
 * what to call for that, as a hint. Fails the test that calls it.
 */
void page_check(const char *name, const char *mark, const char *text, const char *program);
