/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Blocks in a list, newest first; each allocation is carved from the newest. A piece larger than
 * half a block gets a block of its own behind the newest, so that the space left is not lost.
 */
#include "base/arena.h"

#include "base/mem.h"

typedef struct ArenaBlock ArenaBlock;
struct ArenaBlock {
	ArenaBlock *next;
	size_t size;
	size_t used;
	_Alignas(max_align_t) char data[];
};

struct Arena {
	ArenaBlock *newest;
};

enum {
	BLOCK_SIZE = 8192 - sizeof(ArenaBlock) - 64,
	PRINT_BYTES = 128, /* most of what is printed is shorter: no second pass */
};

static ArenaBlock *block_new(size_t size)
{
	ArenaBlock *block = mem_resize(NULL, sizeof(ArenaBlock) + size);

	block->next = NULL;
	block->size = size;
	block->used = 0;
	return block;
}

Arena *arena_new(void)
{
	Arena *arena = NEW(Arena);

	arena->newest = block_new(BLOCK_SIZE);
	return arena;
}

Arena *arena_free(Arena *arena)
{
	if (!arena)
		return NULL;
	for (ArenaBlock *block = arena->newest, *next; block; block = next) {
		next = block->next;
		free(block);
	}
	free(arena);
	return NULL;
}

void arena_reset(Arena *arena)
{
	while (arena->newest->next) {
		ArenaBlock *block = arena->newest;

		arena->newest = block->next;
		free(block);
	}
	arena->newest->used = 0;
}

static ArenaBlock *block_with_room(Arena *arena, size_t size)
{
	ArenaBlock *block = arena->newest;

	if (block->size - block->used >= size)
		return block;
	if (size > BLOCK_SIZE / 2) {
		ArenaBlock *own = block_new(size);

		own->next = block->next;
		block->next = own;
		return own;
	}
	arena->newest = block_new(BLOCK_SIZE);
	arena->newest->next = block;
	return arena->newest;
}

void *arena_alloc(Arena *arena, size_t size)
{
	const size_t align = _Alignof(max_align_t);
	size_t rounded = (size + align - 1) / align * align;
	ArenaBlock *block = block_with_room(arena, rounded);
	char *piece = block->data + block->used;

	block->used += rounded;
	memset(piece, 0, rounded);
	return piece;
}

char *arena_strndup(Arena *arena, const char *text, size_t length)
{
	char *copy;

	if (!text)
		return NULL;
	copy = arena_alloc(arena, length + 1);
	memcpy(copy, text, length);
	return copy;
}

char *arena_strdup(Arena *arena, const char *text)
{
	return text ? arena_strndup(arena, text, strlen(text)) : NULL;
}

char *arena_stripped(Arena *arena, const char *text)
{
	static const char blanks[] = " \t\r\n";
	size_t length;

	if (!text)
		return NULL;
	text += strspn(text, blanks);
	length = strlen(text);
	while (length > 0 && strchr(blanks, text[length - 1]))
		length--;
	return arena_strndup(arena, text, length);
}

char *arena_vprintf(Arena *arena, const char *format, va_list ap)
{
	char text[PRINT_BYTES];
	char *copy;
	va_list again;
	int length;

	va_copy(again, ap);
	length = vsnprintf(text, sizeof(text), format, again);
	va_end(again);
	assert(length >= 0);
	if ((size_t)length < sizeof(text))
		return arena_strndup(arena, text, (size_t)length);
	copy = arena_alloc(arena, (size_t)length + 1);
	(void)vsnprintf(copy, (size_t)length + 1, format, ap); /* measured above */
	return copy;
}

char *arena_printf(Arena *arena, const char *format, ...)
{
	va_list ap;
	char *text;

	va_start(ap, format);
	text = arena_vprintf(arena, format, ap);
	va_end(ap);
	return text;
}

void *arena_grow(Arena *arena, void *items, size_t count, size_t item_size)
{
	void *more;

	if (count == 0)
		return arena_alloc(arena, 8 * item_size);
	if (count < 8 || (count & (count - 1)) != 0)
		return items;
	more = arena_alloc(arena, 2 * count * item_size);
	memcpy(more, items, count * item_size);
	return more;
}
