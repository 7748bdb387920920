/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * See page.h.
 */
#include "tests/lib/page.h"

#include <stdio.h>

#include "tests/lib/test.h"

enum { FILE_BYTES = 256 * 1024, PATH_BYTES = 4096 };

static void page_path(const char *name, char path[static PATH_BYTES])
{
	const char *file = __FILE__;
	int n = snprintf(path, PATH_BYTES, "%.*s../../docs/%s",
			 (int)(strrchr(file, '/') + 1 - file), file, name);

	assert_true(n > 0 && n < PATH_BYTES);
}

static void page_read(const char *path, char text[static FILE_BYTES])
{
	FILE *file = fopen(path, "r");
	size_t length;

	assert_non_null(file);
	length = fread(text, 1, FILE_BYTES - 1, file);
	assert_int_equal(fclose(file), 0);
	text[length] = '\0';
}

static void page_write(const char *path, const char *head, const char *mark, const char *tail)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_true(fputs(head, file) >= 0 && fputs(mark, file) >= 0 && fputs(tail, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

void page_check(const char *name, const char *mark, const char *text, const char *program)
{
	static char page[FILE_BYTES];
	char path[PATH_BYTES];
	char *tail;

	page_path(name, path);
	page_read(path, page);
	tail = strstr(page, mark);
	if (getenv("REGEN")) {
		if (tail)
			*tail = '\0';
		page_write(path, page, mark, text);
		return;
	}
	assert_non_null(tail);
	if (strcmp(tail + strlen(mark), text) != 0)
		print_message("# cd build && REGEN=1 src/%s\n", program);
	assert_string_equal(tail + strlen(mark), text);
}
