/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * For tests of this room: records in a directory of their own.
 */
#pragma once

#include <fcntl.h>
#include <stdio.h>
#include <sys/syscall.h>

#include "plugin/holders.h"
#include "tests/lib/test.h"

typedef struct TestPlace {
	char folder[64];
	Arena *arena;
	Holders *holders;
} TestPlace;

static inline TestPlace place_make(void)
{
	TestPlace place = {.folder = "/tmp/test-plugin-XXXXXX", .arena = arena_new()};

	assert_non_null(mkdtemp(place.folder));
	assert_int_equal(holders_open(place.folder, &place.holders, NULL), 0);
	return place;
}

/* Whether a file of that name is there. */
static inline bool place_has(const TestPlace *place, const char *name)
{
	return access(arena_printf(place->arena, "%s/%s", place->folder, name), F_OK) == 0;
}

/* One name was used. */
static inline void place_done(TestPlace *place)
{
	static const char *const files[] = {"data.json", "data.json.tmp"};

	holders_close(place->holders);
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		const char *path = arena_printf(place->arena, "%s/%s", place->folder, files[i]);

		(void)syscall(SYS_unlinkat, AT_FDCWD, path, 0); /* seldom both are there */
	}
	assert_int_equal(rmdir(place->folder), 0);
	arena_free(place->arena);
}
