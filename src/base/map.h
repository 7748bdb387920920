/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * A map from text to pointer. Keys are copied; values are the caller's. Not thread-safe.
 */
#pragma once

#include "base/macros.h"

typedef struct Map Map;
typedef struct MapEntry MapEntry;

Map *map_new(void);
Map *map_free(Map *map);
DEFINE_CLEANUP(Map, map_free)

/* Set or replace; returns what was there before, or NULL. */
void *map_put(Map *map, const char *key, void *value);
void *map_get(const Map *map, const char *key);

/* Forget a key; returns its value, or NULL. */
void *map_remove(Map *map, const char *key);
size_t map_count(const Map *map);

/* Visit all in the order they were added; the visitor may not change the map. */
MapEntry *map_first(const Map *map);
MapEntry *map_next(const MapEntry *entry);
const char *map_key(const MapEntry *entry);
void *map_value(const MapEntry *entry);

#define MAP_FOREACH(map, e) for (MapEntry *e = map_first(map); e; e = map_next(e))
