/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * What the files of this room share: the document, values as text, and the formats of texts.
 */
#pragma once

/* Two of the library's names are ours as well; it goes by others in this room. */
#define JSON_OBJECT JANSSON_OBJECT
#include <jansson.h>
#undef JSON_OBJECT
#undef json_is_object

#include "json/json.h"

static inline bool jansson_is_object(const json_t *value)
{
	return value && json_typeof(value) == JANSSON_OBJECT;
}

struct JsonDoc {
	json_t *root;
};

/* Compact JSON of a value, cut at a character's edge below max bytes (0: whole). In the arena. */
char *json_render(Arena *arena, const json_t *value, size_t max);

/* Likewise, whole, with the members of every object sorted by name. */
char *json_render_sorted(Arena *arena, const json_t *value);

/*
 * A value as Python prints it, the way the usual schema validators quote it: 'text', None, True.
 * Cut when it is very long.
 */
char *json_render_python(Arena *arena, const json_t *value);
char *json_render_python_text(Arena *arena, const char *text);

/*
 * Check a text against a format. Returns the text to store (the same, or its canonical form in
 * the arena), or NULL when it does not fit.
 */
const char *json_format_check(Arena *arena, JsonFormat format, const char *text);

/* The validators' complaint about a value (already rendered) that does not fit the format. */
const char *json_format_complaint(Arena *arena, JsonFormat format, const char *value);

/* The regular expression that the validators would show, or NULL when the format has none. */
const char *json_format_pattern(JsonFormat format);
