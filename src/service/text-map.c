/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * See text-map.h.
 */
#include "service/text-map.h"

#include "base/str.h"
#include "json/out.h"

static JsonPair *find(const JsonTextMap *map, const char *key)
{
	for (size_t i = 0; i < map->count; i++)
		if (str_eq(map->pairs[i].key, key))
			return &map->pairs[i];
	return NULL;
}

const char *text_map_merge(Arena *arena, const char *stored, const JsonTextMap *set)
{
	JsonTextMap old = json_text_map(arena, stored), merged = {0};

	merged.pairs = ARENA_ARRAY(arena, JsonPair, old.count + set->count);
	for (size_t i = 0; i < old.count; i++)
		merged.pairs[merged.count++] = old.pairs[i];
	for (size_t i = 0; i < set->count; i++) {
		JsonPair *there = find(&merged, set->pairs[i].key);

		if (there)
			there->value = set->pairs[i].value;
		else
			merged.pairs[merged.count++] = set->pairs[i];
	}
	return json_print_text_map(arena, &merged);
}

const char *text_map_without(Arena *arena, const char *stored, const char *key)
{
	JsonTextMap map = json_text_map(arena, stored);
	JsonPair *gone = find(&map, key);

	if (!gone)
		return NULL;
	map.count--;
	for (JsonPair *pair = gone; pair < map.pairs + map.count; pair++)
		*pair = pair[1];
	return json_print_text_map(arena, &map);
}

const char *text_map_value(Arena *arena, const char *stored, const char *key)
{
	JsonTextMap map = json_text_map(arena, stored);
	JsonPair *pair = find(&map, key);

	return pair ? pair->value : NULL;
}
