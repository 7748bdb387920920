/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * "text REGEXP pattern" for SQLite, which leaves the function to us. A compiled pattern is kept
 * with its statement for as long as the pattern stays the same, so it is compiled once a query.
 */
#include <regex.h>

#include "base/mem.h"
#include "store/sqlite/priv.h"

enum { PATTERN_ARG = 0, TEXT_ARG = 1 };

static void pattern_free(void *pattern)
{
	regfree(pattern);
	free(pattern);
}

static regex_t *pattern_compile(const char *text)
{
	regex_t *pattern = NEW(regex_t);

	if (regcomp(pattern, text, REG_EXTENDED | REG_NOSUB) == 0)
		return pattern;
	free(pattern);
	return NULL;
}

static void regexp_call(sqlite3_context *call, int count, sqlite3_value **args)
{
	const char *text = (const char *)sqlite3_value_text(args[TEXT_ARG]);
	const char *pattern_text = (const char *)sqlite3_value_text(args[PATTERN_ARG]);
	regex_t *pattern = sqlite3_get_auxdata(call, PATTERN_ARG);
	bool fresh = !pattern;

	(void)count; /* registered with two */
	if (!text || !pattern_text)
		return; /* the result is NULL */
	if (fresh)
		pattern = pattern_compile(pattern_text);
	if (!pattern) {
		sqlite3_result_error(call, "malformed regular expression", -1);
		return;
	}
	sqlite3_result_int(call, regexec(pattern, text, 0, NULL, 0) == 0);
	/* Last: SQLite may free it at once when it cannot be kept. */
	if (fresh)
		sqlite3_set_auxdata(call, PATTERN_ARG, pattern, pattern_free);
}

int regexp_register(sqlite3 *db, Fault *f)
{
	const int flags = SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_DIRECTONLY;

	if (sqlite3_create_function_v2(db, "regexp", 2, flags, NULL, regexp_call, NULL, NULL, NULL))
		return sqlite_fault(f, db, "register REGEXP");
	return 0;
}
