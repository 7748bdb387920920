/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Arenas: alignment, growth past a block, arrays that move.
 */
#include "base/arena.h"
#include "tests/lib/test.h"

TEST(pieces_are_zeroed_and_aligned)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();

	for (size_t n = 1; n < 20000; n = n * 3 + 1) {
		char *piece = arena_alloc(arena, n);

		assert_int_equal((uintptr_t)piece % _Alignof(max_align_t), 0);
		for (size_t i = 0; i < n; i++)
			assert_int_equal(piece[i], 0);
		memset(piece, 0xff, n);
	}
}

TEST(text_survives_more_blocks)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();
	char *first = arena_printf(arena, "%s-%d", "first", 1);

	for (int i = 0; i < 1000; i++)
		assert_non_null(arena_strdup(arena, "something to fill the blocks with"));
	assert_string_equal(first, "first-1");
	assert_null(arena_strdup(arena, NULL));
}

TEST(arrays_grow)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();
	int *items = NULL;

	for (int i = 0; i < 1000; i++) {
		items = arena_grow(arena, items, (size_t)i, sizeof(*items));
		items[i] = i;
	}
	for (int i = 0; i < 1000; i++)
		assert_int_equal(items[i], i);
}

TEST(reset_keeps_it_usable)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();

	assert_non_null(arena_alloc(arena, 100000));
	for (int i = 0; i < 5000; i++)
		assert_non_null(arena_alloc(arena, 64));
	arena_reset(arena);
	assert_string_equal(arena_strdup(arena, "again"), "again");
}

TEST(prints_texts_of_any_length)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();

	for (int n = 120; n < 140; n++) {
		const char *text = arena_printf(arena, "%0*d", n, 7);

		assert_int_equal(strlen(text), n);
		assert_int_equal(text[n - 1], '7');
	}
}

TEST(strips_blanks_at_both_ends)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();

	assert_null(arena_stripped(arena, NULL));
	assert_string_equal(arena_stripped(arena, " \t a b\n"), "a b");
	assert_string_equal(arena_stripped(arena, "   "), "");
}
