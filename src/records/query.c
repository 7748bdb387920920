/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Putting a RecordQuery together, and the check of patterns that clients write.
 */
#include <regex.h>

#include "base/limits.h"
#include "base/str.h"
#include "records/priv.h"

static RecordCondition *condition_add(RecordQuery *query, const char *column, RecordTest test)
{
	RecordCondition *condition = &query->conditions[query->condition_count];

	assert(query->condition_count < RECORD_CONDITIONS_MAX);
	query->condition_count++;
	*condition = (RecordCondition){.column = column, .test = test};
	return condition;
}

void record_where_text(RecordQuery *query, const char *column, RecordTest test, const char *text)
{
	condition_add(query, column, test)->value = STORE_VALUE_TEXT(text);
}

void record_where_int(RecordQuery *query, const char *column, RecordTest test, int64_t number)
{
	condition_add(query, column, test)->value = STORE_VALUE_INT(number);
}

void record_where_texts(RecordQuery *query, const char *column, RecordTest test,
			const char *const *texts, size_t count)
{
	RecordCondition *condition = condition_add(query, column, test);

	assert(test == RECORD_IN || test == RECORD_NOT_IN);
	condition->texts = texts;
	condition->count = count;
}

void record_or(RecordQuery *query)
{
	assert(query->condition_count > 0);
	query->conditions[query->condition_count - 1].or_next = true;
}

void record_sort(RecordQuery *query, const char *column, bool descending)
{
	assert(query->sort_count < RECORD_SORTS_MAX);
	query->sorts[query->sort_count++] = (RecordSort){column, descending};
}

/*
 * The C library expands repetitions when it compiles, so that a few nested ones take gigabytes,
 * and runs back references in exponential time: neither has a use in a filter.
 */
bool record_pattern_valid(const char *pattern)
{
	regex_t compiled;

	if (strlen(pattern) > LIMIT_NAME_CHARS || strchr(pattern, '{'))
		return false;
	for (const char *p = strchr(pattern, '\\'); p && p[1]; p = strchr(p + 2, '\\'))
		if (p[1] >= '1' && p[1] <= '9')
			return false;
	if (regcomp(&compiled, pattern, REG_EXTENDED | REG_NOSUB))
		return false;
	regfree(&compiled);
	return true;
}

bool record_pattern_matches(const char *pattern, const char *text)
{
	regex_t compiled;
	regmatch_t match;
	bool found;

	if (!record_pattern_valid(pattern) || regcomp(&compiled, pattern, REG_EXTENDED))
		return false;
	found = regexec(&compiled, text, 1, &match, 0) == 0 && match.rm_so == 0;
	regfree(&compiled);
	return found;
}

const char *record_pattern_quote(Arena *arena, const char *text)
{
	char *quoted = arena_alloc(arena, 2 * strlen(text) + 1), *to = quoted;

	for (; *text; text++) {
		if (strchr("\\.[]()*+?|^$", *text))
			*to++ = '\\';
		*to = *text;
		if (*to == '{')
			*to = '.'; /* a repetition, which is not allowed */
		to++;
	}
	return quoted;
}
