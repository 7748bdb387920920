/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Callers by token hash, in memory of a fixed size. Thread-safe.
 *
 * Forgetting is a generation number: an entry counts only while the generation is the one that was
 * current before its row was read, so that a commit between the read and the entry cannot be
 * missed.
 */
#pragma once

#include "base/arena.h"
#include "model/identity.h"

typedef struct TokenCache TokenCache;

TokenCache *token_cache_new(void);
TokenCache *token_cache_free(TokenCache *cache);
DEFINE_CLEANUP(TokenCache, token_cache_free)

/* Forget everything. */
void token_cache_forget(TokenCache *cache);

/* To be taken before the row is read, and given to token_cache_put(). */
uint64_t token_cache_generation(TokenCache *cache);

/* Whether the token is known and has not expired; texts of *ret in the arena. */
_must_use_ bool token_cache_get(TokenCache *cache, const char *token_id, int64_t now_us,
				Arena *arena, Caller *ret);
void token_cache_put(TokenCache *cache, uint64_t generation, const Caller *caller,
		     int64_t expires_us);
