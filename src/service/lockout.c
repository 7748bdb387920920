/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * A table of places, searched from end to end: it is looked at once a login, beside a hash that
 * takes a thousand times as long. Names are kept as their hash, so that every name has one size.
 */
#include "service/lockout.h"

#include <pthread.h>

#include "base/mem.h"
#include "base/secret.h"

enum { LOCKOUT_PLACES = 1024, LOCKOUT_DOUBLINGS_MAX = 6 };

#define LOCKOUT_FIRST_US (60 * INT64_C(1000000))
/* After this long without a failure the count starts again. */
#define LOCKOUT_FORGET_US (3600 * INT64_C(1000000))

/* Failures in a row that are still free. */
static const int failures_free[] = {[LOCKOUT_USER] = 6, [LOCKOUT_ADDRESS] = 30};
static_assert(ARRAY_SIZE(failures_free) == _LOCKOUT_KIND_MAX, "a row for each");

typedef struct Place {
	LockoutKind kind;
	char name_hash[SECRET_HASH_TEXT]; /* "": free */
	int failures;
	int64_t last_us;
	int64_t locked_until_us;
} Place;

struct Lockout {
	pthread_mutex_t lock; /* guards all below */
	Place places[LOCKOUT_PLACES];
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

/* The place of a name, or NULL; *ret_oldest is the one to give away. */
static Place *find_place(Lockout *lockout, LockoutKind kind, const char *name_hash,
			 Place **ret_oldest)
{
	Place *oldest = &lockout->places[0];

	for (size_t i = 0; i < LOCKOUT_PLACES; i++) {
		Place *place = &lockout->places[i];

		if (place->kind == kind && strcmp(place->name_hash, name_hash) == 0)
			return place;
		if (place->last_us < oldest->last_us)
			oldest = place;
	}
	*ret_oldest = oldest;
	return NULL;
}

bool lockout_is_locked(Lockout *lockout, LockoutKind kind, const char *name, int64_t now_us)
{
	char name_hash[SECRET_HASH_TEXT];
	Place *oldest;
	const Place *place;
	bool locked;

	secret_hash(name, name_hash);
	pthread_mutex_lock(&lockout->lock);
	place = find_place(lockout, kind, name_hash, &oldest);
	locked = place && now_us < place->locked_until_us;
	pthread_mutex_unlock(&lockout->lock);
	return locked;
}

static void count_failure(Place *place, int64_t now_us)
{
	int over;

	if (now_us - place->last_us > LOCKOUT_FORGET_US)
		place->failures = 0;
	place->last_us = now_us;
	place->failures++;
	over = place->failures - failures_free[place->kind];
	if (over >= 0)
		place->locked_until_us =
			now_us + (LOCKOUT_FIRST_US << MIN(over, LOCKOUT_DOUBLINGS_MAX));
}

void lockout_failed(Lockout *lockout, LockoutKind kind, const char *name, int64_t now_us)
{
	char name_hash[SECRET_HASH_TEXT];
	Place *oldest = NULL;
	Place *place;

	secret_hash(name, name_hash);
	pthread_mutex_lock(&lockout->lock);
	place = find_place(lockout, kind, name_hash, &oldest);
	if (!place) {
		place = oldest;
		*place = (Place){.kind = kind};
		memcpy(place->name_hash, name_hash, sizeof(name_hash));
	}
	count_failure(place, now_us);
	pthread_mutex_unlock(&lockout->lock);
}

void lockout_clear(Lockout *lockout, LockoutKind kind, const char *name)
{
	char name_hash[SECRET_HASH_TEXT];
	Place *oldest;
	Place *place;

	secret_hash(name, name_hash);
	pthread_mutex_lock(&lockout->lock);
	place = find_place(lockout, kind, name_hash, &oldest);
	if (place)
		*place = (Place){0};
	pthread_mutex_unlock(&lockout->lock);
}
