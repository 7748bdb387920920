/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Any bytes: refused with a reason, or a document whose text parses to the same text again.
 */
#include "base/limits.h"
#include "base/str.h"
#include "tests/fuzz/fuzz.h"
#include "json/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();
	_cleanup_(json_doc_freep) JsonDoc *doc = NULL, *again = NULL;
	const char *reason = NULL, *text;

	if (json_parse(arena, (const char *)data, size, &doc, &reason)) {
		if (!reason || doc)
			abort();
		return 0;
	}
	text = json_get_raw(arena, doc, "");
	if (json_parse(arena, text, strlen(text), &again, NULL) ||
	    !str_eq(text, json_get_raw(arena, again, "")))
		abort();
	return 0;
}
