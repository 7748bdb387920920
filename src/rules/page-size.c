/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * See page-size.h.
 */
#include "rules/page-size.h"

#include "base/str.h"

enum { LARGEST_MIB = 1024 * 1024 };

static const struct {
	const char *text;
	int64_t wish;
} words[] = {{"small", PAGES_ORDINARY}, {"any", PAGES_ORDINARY}, {"large", PAGES_HUGE}};

static const struct {
	const char *text;
	int64_t kib;
} units[] = {
	{"", 1},      {"K", 1},      {"KB", 1},          {"KiB", 1},          {"M", 1024},
	{"MB", 1024}, {"MiB", 1024}, {"G", 1024 * 1024}, {"GB", 1024 * 1024}, {"GiB", 1024 * 1024}};

static bool find_unit(const char *text, int64_t *ret_kib)
{
	for (size_t i = 0; i < ARRAY_SIZE(units); i++)
		if (str_eq(units[i].text, text)) {
			*ret_kib = units[i].kib;
			return true;
		}
	return false;
}

bool page_size_parse(const char *text, int64_t *ret_wish)
{
	int64_t number = 0, unit;
	size_t digits = 0;

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (str_eq(words[i].text, text)) {
			*ret_wish = words[i].wish;
			return true;
		}
	for (; text[digits] >= '0' && text[digits] <= '9'; digits++) {
		number = number * 10 + (text[digits] - '0');
		if (number > (int64_t)LARGEST_MIB * 1024)
			return false;
	}
	if (number == 0 || !find_unit(text + digits, &unit))
		return false;
	*ret_wish = number * unit;
	return true;
}

bool page_size_choose(int64_t wish, const int64_t host_kib[HOST_PAGE_SIZES], int64_t ram_mib,
		      int64_t *ret_kib)
{
	*ret_kib = 0;
	if (wish == PAGES_ORDINARY || wish == ORDINARY_PAGE_KIB)
		return true;
	for (size_t i = 0; i < HOST_PAGE_SIZES && host_kib[i]; i++) {
		if ((wish != PAGES_HUGE && wish != host_kib[i]) || ram_mib * 1024 % host_kib[i])
			continue;
		*ret_kib = host_kib[i];
		return true;
	}
	return false;
}
