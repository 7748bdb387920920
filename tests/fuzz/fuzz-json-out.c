/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * The writer driven by bytes (what to write, then a text): the parser takes whatever comes out.
 */
#include "base/str.h"
#include "tests/fuzz/fuzz.h"
#include "json/out.h"

/* Write one thing; returns the depth afterwards. Only lists nest, so that no key comes twice. */
static unsigned write_one(JsonOut *out, uint8_t what, const char *text, unsigned depth)
{
	switch (what % 8) {
	case 0:
		json_out_int(out, NULL, (int64_t)strlen(text) - 3);
		return depth;
	case 1:
		json_out_real(out, NULL, (double)text[0] / 7);
		return depth;
	case 2:
		json_out_begin(out, NULL);
		json_out_text(out, text, text);
		json_out_end(out);
		return depth;
	case 3:
		if (depth == 20)
			return depth;
		json_out_list_begin(out, NULL);
		return depth + 1;
	case 4:
		if (depth > 1)
			json_out_list_end(out);
		return depth > 1 ? depth - 1 : depth;
	default:
		json_out_text(out, NULL, text);
		return depth;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();
	_cleanup_(json_doc_freep) JsonDoc *doc = NULL;
	_cleanup_(freep) char *json = NULL;
	unsigned depth = 1;
	JsonOut out = {0};
	size_t length;

	json_out_list_begin(&out, NULL);
	for (size_t i = 0; i < size; i += 8)
		depth = write_one(
			&out, data[i],
			arena_strndup(arena, (const char *)data + i + 1, MIN(size - i - 1, 7)),
			depth);
	for (; depth > 0; depth--)
		json_out_list_end(&out);
	json = json_out_take(&out, &length);
	if (json_parse(arena, json, length, &doc, NULL))
		abort();
	return 0;
}
