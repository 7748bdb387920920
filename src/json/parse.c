/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Bytes to a document. jansson refuses what is wrong (with duplicates asked for); what is added
 * here is our own, lower, depth limit.
 */
#include "base/limits.h"
#include "base/mem.h"
#include "json/priv.h"

/* Whether a value nests more than `left` containers; itself nests no deeper than `left`. */
static bool too_deep(const json_t *value, unsigned left)
{
	if (!jansson_is_object(value) && !json_is_array(value))
		return false;
	if (left == 0)
		return true;
	if (jansson_is_object(value)) {
		json_t *members = (json_t *)(uintptr_t)value; /* iterating takes no const */

		for (void *it = json_object_iter(members); it;
		     it = json_object_iter_next(members, it))
			if (too_deep(json_object_iter_value(it), left - 1))
				return true;
		return false;
	}
	for (size_t i = 0; i < json_array_size(value); i++)
		if (too_deep(json_array_get(value, i), left - 1))
			return true;
	return false;
}

int json_parse(Arena *arena, const char *bytes, size_t length, JsonDoc **ret,
	       const char **ret_reason)
{
	_cleanup_(json_doc_freep) JsonDoc *doc = NEW(JsonDoc);
	json_error_t error;

	doc->root = json_loadb(bytes, length, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);
	if (!doc->root) {
		if (ret_reason)
			*ret_reason = arena_printf(arena, "%s at line %d column %d", error.text,
						   error.line, error.column);
		return JSON_MALFORMED;
	}
	if (too_deep(doc->root, LIMIT_JSON_DEPTH)) {
		if (ret_reason)
			*ret_reason = arena_printf(arena, "nested deeper than %d levels",
						   LIMIT_JSON_DEPTH);
		return JSON_MALFORMED;
	}
	*ret = TAKE(doc);
	return 0;
}

JsonDoc *json_doc_free(JsonDoc *doc)
{
	if (!doc)
		return NULL;
	json_decref(doc->root);
	free(doc);
	return NULL;
}
