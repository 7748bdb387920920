/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Filters by what a stored text map holds: the map as a client writes it into a query, and the
 * pattern that finds one of its pairs in the stored text.
 */
#include "api/common/api.h"

/*
 * Clients write the map as Python does ('k': 'v') or as JSON. Returns JSON: what stands in single
 * quotes is put into double ones.
 */
static const char *as_json(ApiRequest *r, const char *text)
{
	Buf json = {0};
	const char *copy;
	char quote = '\0';

	for (; *text; text++) {
		if (quote && *text == '\\' && text[1]) {
			if (text[1] != '\'')
				buf_add_char(&json, '\\');
			buf_add_char(&json, *++text);
		} else if (!quote && (*text == '\'' || *text == '"')) {
			quote = *text;
			buf_add_char(&json, '"');
		} else if (*text == quote) {
			quote = '\0';
			buf_add_char(&json, '"');
		} else {
			buf_add(&json, *text == '"' ? "\\\"" : (const char[]){*text, '\0'});
		}
	}
	copy = arena_strdup(r->arena, buf_text(&json));
	buf_done(&json);
	return copy;
}

typedef struct MapFilter {
	JsonTextMap map;
} MapFilter;

static const JsonField map_rows[] = {
	{.name = "map",
	 .type = JSON_TEXT_MAP,
	 .flags = JSON_REQUIRED,
	 .offset = offsetof(MapFilter, map)},
};
static const JsonFields map_fields = JSON_FIELDS(map_rows, MapFilter);

bool api_read_map(ApiRequest *r, const char *value, size_t max, JsonTextMap *ret)
{
	_cleanup_(json_doc_freep) JsonDoc *doc = NULL;
	const char *json = arena_printf(r->arena, "{\"map\":%s}", as_json(r, value));
	JsonProblem problem;
	void *body;

	if (json_parse(r->arena, json, strlen(json), &doc, NULL) ||
	    json_decode(r->arena, doc, &map_fields, r->version, &body, &problem))
		return false;
	*ret = ((const MapFilter *)body)->map;
	return ret->count <= max;
}

const char *api_pair_pattern(const ApiRequest *r, const JsonPair *pair)
{
	JsonPair copied = *pair;
	const JsonTextMap map = {.pairs = &copied, .count = 1};
	const char *text = json_print_text_map(r->arena, &map);

	/* Without the braces. */
	return record_pattern_quote(r->arena, arena_strndup(r->arena, text + 1, strlen(text) - 2));
}
