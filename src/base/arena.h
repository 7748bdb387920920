/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * An arena: many small pieces with one life, such as all that belongs to one request. Nothing in
 * it is freed alone. Not thread-safe: one thread uses an arena at a time.
 */
#pragma once

#include <stdarg.h>
#include <stddef.h>

#include "base/macros.h"

typedef struct Arena Arena;

Arena *arena_new(void);

/* Free everything; takes NULL, returns NULL. */
Arena *arena_free(Arena *arena);
DEFINE_CLEANUP(Arena, arena_free)

/* Make it empty and keep its first block. */
void arena_reset(Arena *arena);

/* Zeroed memory, aligned for any type. */
void *arena_alloc(Arena *arena, size_t size);
#define ARENA_NEW(arena, type) ((type *)arena_alloc((arena), sizeof(type)))
#define ARENA_ARRAY(arena, type, n) ((type *)arena_alloc((arena), sizeof(type) * (n)))

/* Copies; NULL gives NULL. */
char *arena_strdup(Arena *arena, const char *text);
char *arena_strndup(Arena *arena, const char *text, size_t length);
/* Likewise, without the blanks at both ends. */
char *arena_stripped(Arena *arena, const char *text);

char *arena_printf(Arena *arena, const char *format, ...) _printf_(2, 3);
char *arena_vprintf(Arena *arena, const char *format, va_list ap) _printf_(2, 0);

/*
 * Room for one more item in an array that lives in an arena: returns the array with space for
 * index `count`, moved when it had to grow. Capacities are powers of two from 8.
 */
void *arena_grow(Arena *arena, void *items, size_t count, size_t item_size);
