/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * A method, a version and header lines: what passes has one reading only.
 */
#include "base/str.h"
#include "http/head.h"
#include "tests/fuzz/fuzz.h"

/* The text up to `end` or the end of all; the rest moves behind it. */
static const char *piece(const char **rest, size_t *left, char end, size_t *ret_length)
{
	const char *text = *rest, *stop = *left ? memchr(text, end, *left) : NULL;

	*ret_length = stop ? (size_t)(stop - text) : *left;
	*left -= *ret_length + (stop != NULL);
	*rest += *ret_length + (stop != NULL);
	return text;
}

static void check_passed(const HttpHead *head)
{
	if (head->hosts > 1 || head->lengths > 1 || head->encodings > 1)
		abort();
	if (head->hosts != 1 && !head->old)
		abort();
	if (head->lengths && head->encodings)
		abort();
	if (head->chunked != (head->encodings == 1) || (head->length && !head->lengths))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *rest = (const char *)data, *name, *value;
	char method[16], version[16];
	size_t name_length, value_length;
	HttpHead head;

	name = piece(&rest, &size, ' ', &name_length);
	(void)snprintf(method, sizeof(method), "%.*s", (int)MIN(name_length, 15), name);
	name = piece(&rest, &size, '\n', &name_length);
	(void)snprintf(version, sizeof(version), "%.*s", (int)MIN(name_length, 15), name);
	http_head_begin(&head, method, version);
	while (size > 0) {
		name = piece(&rest, &size, ':', &name_length);
		value = piece(&rest, &size, '\n', &value_length);
		http_head_field(&head, name, name_length, value, value_length);
	}
	http_head_end(&head);
	if (!head.problem)
		check_passed(&head);
	return 0;
}
