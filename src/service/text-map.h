/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Metadata and extra specs as they are stored: JSON text maps, changed by key. All results are in
 * the arena.
 */
#pragma once

#include "json/json.h"

/* `stored` with some keys set; keys that were there keep their place. */
const char *text_map_merge(Arena *arena, const char *stored, const JsonTextMap *set);

/* `stored` without a key, or NULL when it has none such. */
const char *text_map_without(Arena *arena, const char *stored, const char *key);

/* The value of a key, or NULL. */
const char *text_map_value(Arena *arena, const char *stored, const char *key);
