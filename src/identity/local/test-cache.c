/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * The token cache: it remembers until the expiry, forgets on demand, does not believe what was
 * read before a commit, and stays within its places.
 */
#include "identity/local/cache.h"

#include "base/secret.h"
#include "base/str.h"
#include "tests/lib/test.h"

static Arena *arena;
static TokenCache *cache;

static void begin(void)
{
	arena = arena_new();
	cache = token_cache_new();
}

static void end(void)
{
	cache = token_cache_free(cache);
	arena = arena_free(arena);
}

static const char *put(const char *text, uint64_t generation, int64_t expires_us)
{
	char *id = arena_alloc(arena, SECRET_HASH_TEXT);
	Caller caller = {.user_id = "u", .roles = 1u << ROLE_READER, .token_id = id};

	secret_hash(text, id);
	token_cache_put(cache, generation, &caller, expires_us);
	return id;
}

TEST(remembers_until_expiry)
{
	Caller got = {0};
	const char *id;

	begin();
	id = put("a", token_cache_generation(cache), 100);
	assert_true(token_cache_get(cache, id, 99, arena, &got));
	assert_string_equal(got.user_id, "u");
	assert_null(got.project_id);
	assert_string_equal(got.token_id, id);
	assert_false(token_cache_get(cache, id, 100, arena, &got));
	end();
}

TEST(forgets_and_ignores_stale_reads)
{
	Caller got = {0};
	uint64_t before;
	const char *id;

	begin();
	before = token_cache_generation(cache);
	id = put("a", before, 100);
	token_cache_forget(cache);
	assert_false(token_cache_get(cache, id, 0, arena, &got));
	put("a", before, 100); /* its row was read before the commit */
	assert_false(token_cache_get(cache, id, 0, arena, &got));
	put("a", token_cache_generation(cache), 100);
	assert_true(token_cache_get(cache, id, 0, arena, &got));
	end();
}

TEST(is_bounded)
{
	Caller got = {0};
	size_t held = 0;
	enum { MANY = 5000 };

	begin();
	for (int i = 0; i < MANY; i++) {
		const char *id =
			put(arena_printf(arena, "%d", i), token_cache_generation(cache), 100);

		assert_true(token_cache_get(cache, id, 0, arena, &got));
	}
	for (int i = 0; i < MANY; i++) {
		char id[SECRET_HASH_TEXT];

		secret_hash(arena_printf(arena, "%d", i), id);
		held += token_cache_get(cache, id, 0, arena, &got);
	}
	assert_true(held > 0 && held <= 1024);
	end();
}
