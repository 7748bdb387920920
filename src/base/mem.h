/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Memory that is always there: these calls abort when memory runs out, because recovery from
 * kill -9 is a tested path and half-done allocation paths are not. Sizes that come from outside
 * are checked against base/limits.h before they get here.
 */
#pragma once

#include <stddef.h>

#include "base/macros.h"

/* Zeroed memory; free() it. */
void *mem_new(size_t size);

/* As realloc; the added part is not cleared. */
void *mem_resize(void *old, size_t size);

char *mem_strdup(const char *text);
char *mem_strndup(const char *text, size_t length);

#define NEW(type) ((type *)mem_new(sizeof(type)))

/* A growable array. Zero-initialise it; vec_done() frees the items' storage, not what they own. */
#define VEC(type)                                                                                  \
	struct {                                                                                   \
		type *items;                                                                       \
		size_t count;                                                                      \
		size_t capacity;                                                                   \
	}

#define vec_push(v, item)                                                                          \
	do {                                                                                       \
		if ((v)->count == (v)->capacity) {                                                 \
			(v)->capacity = (v)->capacity ? (v)->capacity * 2 : 8;                     \
			(v)->items = mem_resize((v)->items, (v)->capacity * sizeof(*(v)->items));  \
		}                                                                                  \
		(v)->items[(v)->count++] = (item);                                                 \
	} while (0)

#define vec_done(v)                                                                                \
	do {                                                                                       \
		free((v)->items);                                                                  \
		(v)->items = NULL;                                                                 \
		(v)->count = (v)->capacity = 0;                                                    \
	} while (0)

#define VEC_FOREACH(v, it) for (size_t it = 0; it < (v)->count; it++)
