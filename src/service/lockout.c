/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Tables of places, searched from end to end: they are looked at once a login, beside a hash that
 * takes a thousand times as long. Names are kept as their hash, so that every name has one size.
 * Each kind has a table of its own, so that a flood of one kind does not push out another.
 */
#include "service/lockout.h"

#include <pthread.h>

#include "base/mem.h"
#include "base/secret.h"

enum { LOCKOUT_PLACES = 1024 };

#define LOCKOUT_FIRST_US (60 * INT64_C(1000000))
/* After this long without a failure or a lock the count starts again. */
#define LOCKOUT_FORGET_US (3600 * INT64_C(1000000))

typedef struct LockoutRow {
	int free;      /* failures in a row that cost nothing yet */
	int doublings; /* the lock grows no more after these */
} LockoutRow;

static const LockoutRow rows[] = {
	[LOCKOUT_VISITOR] = {.free = 6, .doublings = 6},
	[LOCKOUT_USER] = {.free = 100, .doublings = 3},
	[LOCKOUT_ADDRESS] = {.free = 30, .doublings = 6},
};
static_assert(ARRAY_SIZE(rows) == _LOCKOUT_KIND_MAX, "a row for each");

typedef struct Place {
	char name_hash[SECRET_HASH_TEXT]; /* "": free */
	int failures;
	int64_t last_us;
	int64_t locked_until_us;
} Place;

typedef struct PlaceTable {
	Place places[LOCKOUT_PLACES];
} PlaceTable;

struct Lockout {
	pthread_mutex_t lock; /* guards all below */
	PlaceTable failed[_LOCKOUT_KIND_MAX];
	PlaceTable welcome;
};

Lockout *lockout_new(void)
{
	Lockout *lockout = NEW(Lockout);

	pthread_mutex_init(&lockout->lock, NULL);
	return lockout;
}

Lockout *lockout_free(Lockout *lockout)
{
	if (!lockout)
		return NULL;
	pthread_mutex_destroy(&lockout->lock);
	free(lockout);
	return NULL;
}

static Place *table_find(PlaceTable *table, const char *name_hash)
{
	for (size_t i = 0; i < LOCKOUT_PLACES; i++)
		if (strcmp(table->places[i].name_hash, name_hash) == 0)
			return &table->places[i];
	return NULL;
}

static bool place_is_free(const Place *place)
{
	return !place->name_hash[0];
}

/* The place of a name; a new one is free or was touched longest ago. */
static Place *table_take(PlaceTable *table, const char *name_hash)
{
	Place *place = table_find(table, name_hash);

	if (place)
		return place;
	place = &table->places[0];
	for (size_t i = 0; i < LOCKOUT_PLACES && !place_is_free(place); i++)
		if (place_is_free(&table->places[i]) || table->places[i].last_us < place->last_us)
			place = &table->places[i];
	*place = (Place){0};
	memcpy(place->name_hash, name_hash, SECRET_HASH_TEXT);
	return place;
}

int64_t lockout_wait_us(Lockout *lockout, LockoutKind kind, const char *name, int64_t now_us)
{
	char name_hash[SECRET_HASH_TEXT];
	const Place *place;
	int64_t wait_us = 0;

	secret_hash(name, name_hash);
	pthread_mutex_lock(&lockout->lock);
	place = table_find(&lockout->failed[kind], name_hash);
	if (place)
		wait_us = MAX(place->locked_until_us - now_us, 0);
	pthread_mutex_unlock(&lockout->lock);
	return wait_us;
}

static void count_failure(Place *place, const LockoutRow *row, int64_t now_us)
{
	int over;

	if (now_us - MAX(place->last_us, place->locked_until_us) > LOCKOUT_FORGET_US)
		place->failures = 0;
	place->last_us = now_us;
	place->failures++;
	over = place->failures - row->free;
	if (over >= 0)
		place->locked_until_us = now_us + (LOCKOUT_FIRST_US << MIN(over, row->doublings));
}

void lockout_failed(Lockout *lockout, LockoutKind kind, const char *name, int64_t now_us)
{
	char name_hash[SECRET_HASH_TEXT];

	secret_hash(name, name_hash);
	pthread_mutex_lock(&lockout->lock);
	count_failure(table_take(&lockout->failed[kind], name_hash), &rows[kind], now_us);
	pthread_mutex_unlock(&lockout->lock);
}

void lockout_clear(Lockout *lockout, LockoutKind kind, const char *name)
{
	char name_hash[SECRET_HASH_TEXT];
	Place *place;

	secret_hash(name, name_hash);
	pthread_mutex_lock(&lockout->lock);
	place = table_find(&lockout->failed[kind], name_hash);
	if (place)
		*place = (Place){0};
	pthread_mutex_unlock(&lockout->lock);
}

void lockout_welcome(Lockout *lockout, const char *visitor, int64_t now_us)
{
	char name_hash[SECRET_HASH_TEXT];

	secret_hash(visitor, name_hash);
	pthread_mutex_lock(&lockout->lock);
	table_take(&lockout->welcome, name_hash)->last_us = now_us;
	pthread_mutex_unlock(&lockout->lock);
}

bool lockout_is_welcome(Lockout *lockout, const char *visitor)
{
	char name_hash[SECRET_HASH_TEXT];
	bool welcome;

	secret_hash(visitor, name_hash);
	pthread_mutex_lock(&lockout->lock);
	welcome = table_find(&lockout->welcome, name_hash) != NULL;
	pthread_mutex_unlock(&lockout->lock);
	return welcome;
}
