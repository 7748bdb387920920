/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * See map.h. uthash does the hashing; its macros stay in this file.
 */
#include "base/map.h"

#include <uthash.h>

#include "base/mem.h"

struct MapEntry {
	UT_hash_handle hh;
	void *value;
	char key[];
};

struct Map {
	MapEntry *entries;
};

Map *map_new(void)
{
	return NEW(Map);
}

Map *map_free(Map *map)
{
	MapEntry *entry, *next;

	if (!map)
		return NULL;
	HASH_ITER(hh, map->entries, entry, next)
	{
		HASH_DEL(map->entries, entry);
		free(entry);
	}
	free(map);
	return NULL;
}

static MapEntry *find(const Map *map, const char *key)
{
	MapEntry *entry;

	HASH_FIND_STR(map->entries, key, entry);
	return entry;
}

void *map_put(Map *map, const char *key, void *value)
{
	MapEntry *entry = find(map, key);
	size_t length = strlen(key);
	void *before;

	if (entry) {
		before = entry->value;
		entry->value = value;
		return before;
	}
	entry = mem_new(sizeof(*entry) + length + 1);
	memcpy(entry->key, key, length + 1);
	entry->value = value;
	HASH_ADD_KEYPTR(hh, map->entries, entry->key, length, entry);
	return NULL;
}

void *map_get(const Map *map, const char *key)
{
	MapEntry *entry = find(map, key);

	return entry ? entry->value : NULL;
}

void *map_remove(Map *map, const char *key)
{
	MapEntry *entry = find(map, key);
	void *value;

	if (!entry)
		return NULL;
	value = entry->value;
	HASH_DEL(map->entries, entry);
	free(entry);
	return value;
}

size_t map_count(const Map *map)
{
	return HASH_COUNT(map->entries);
}

MapEntry *map_first(const Map *map)
{
	return map->entries;
}

MapEntry *map_next(const MapEntry *entry)
{
	return entry->hh.next;
}

const char *map_key(const MapEntry *entry)
{
	return entry->key;
}

void *map_value(const MapEntry *entry)
{
	return entry->value;
}
