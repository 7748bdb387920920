/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * A set-associative cache: the first byte of a token's hash chooses one of a few sets, each with
 * its own lock and a few places that are given out in turn.
 */
#include "identity/local/cache.h"

#include <pthread.h>
#include <stdatomic.h>

#include "base/mem.h"
#include "base/secret.h"
#include "base/str.h"

enum { CACHE_SETS = 64, CACHE_PLACES = 16, CACHE_ID_TEXT = 64 };

typedef struct Place {
	char token_id[SECRET_HASH_TEXT]; /* "": free */
	char user_id[CACHE_ID_TEXT];
	char project_id[CACHE_ID_TEXT]; /* "": none */
	RoleSet roles;
	uint64_t generation;
	int64_t expires_us;
} Place;

typedef struct Set {
	pthread_mutex_t lock; /* guards all below */
	size_t next;          /* the place to give out */
	Place places[CACHE_PLACES];
} Set;

struct TokenCache {
	atomic_uint_fast64_t generation;
	Set sets[CACHE_SETS];
};

TokenCache *token_cache_new(void)
{
	TokenCache *cache = NEW(TokenCache);

	for (size_t i = 0; i < CACHE_SETS; i++)
		pthread_mutex_init(&cache->sets[i].lock, NULL);
	return cache;
}

TokenCache *token_cache_free(TokenCache *cache)
{
	if (!cache)
		return NULL;
	for (size_t i = 0; i < CACHE_SETS; i++)
		pthread_mutex_destroy(&cache->sets[i].lock);
	free(cache);
	return NULL;
}

void token_cache_forget(TokenCache *cache)
{
	atomic_fetch_add(&cache->generation, 1);
}

uint64_t token_cache_generation(TokenCache *cache)
{
	return atomic_load(&cache->generation);
}

static unsigned hex_value(char c)
{
	return (unsigned)(c >= 'a' ? c - 'a' + 10 : c - '0');
}

static Set *find_set(TokenCache *cache, const char *token_id)
{
	return &cache->sets[(hex_value(token_id[0]) * 16 + hex_value(token_id[1])) % CACHE_SETS];
}

static Place *find_place(Set *set, const char *token_id)
{
	for (size_t i = 0; i < CACHE_PLACES; i++)
		if (strcmp(set->places[i].token_id, token_id) == 0)
			return &set->places[i];
	return NULL;
}

bool token_cache_get(TokenCache *cache, const char *token_id, int64_t now_us, Arena *arena,
		     Caller *ret)
{
	Set *set = find_set(cache, token_id);
	uint64_t generation = token_cache_generation(cache);
	const Place *place;
	bool found = false;

	pthread_mutex_lock(&set->lock);
	place = find_place(set, token_id);
	if (place && place->generation == generation && place->expires_us > now_us) {
		*ret = (Caller){
			.user_id = arena_strdup(arena, place->user_id),
			.roles = place->roles,
			.token_id = arena_strdup(arena, token_id),
		};
		if (place->project_id[0])
			ret->project_id = arena_strdup(arena, place->project_id);
		found = true;
	}
	pthread_mutex_unlock(&set->lock);
	return found;
}

static bool fits(const char *id)
{
	return !id || strlen(id) < CACHE_ID_TEXT;
}

static void copy_id(char out[static CACHE_ID_TEXT], const char *id)
{
	size_t length = id ? strlen(id) : 0;

	if (id)
		memcpy(out, id, length);
	out[length] = '\0';
}

void token_cache_put(TokenCache *cache, uint64_t generation, const Caller *caller,
		     int64_t expires_us)
{
	Set *set = find_set(cache, caller->token_id);
	Place *place;

	if (!fits(caller->user_id) || !fits(caller->project_id))
		return;
	pthread_mutex_lock(&set->lock);
	place = find_place(set, caller->token_id);
	if (!place) {
		place = &set->places[set->next];
		set->next = (set->next + 1) % CACHE_PLACES;
	}
	memcpy(place->token_id, caller->token_id, SECRET_HASH_TEXT);
	copy_id(place->user_id, caller->user_id);
	copy_id(place->project_id, caller->project_id);
	place->roles = caller->roles;
	place->generation = generation;
	place->expires_us = expires_us;
	pthread_mutex_unlock(&set->lock);
}
