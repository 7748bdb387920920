/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * What several servers here have at once, and whose turn it is to work on it. Servers are worked on
 * side by side, each in its lane, so that such a thing has a turn of its own round what is done
 * to it.
 *
 * Who needs it say the rows, read within that turn. But who has let go keeps its row until the
 * operation's last mark; two servers that let go at once would each see the other's and leave the
 * connection open for ever. So who has let go is remembered here until the rows are gone. A crash
 * forgets it: steps that were not marked then run again, and let go again. So the step that lets go
 * has to be the last of an operation that takes the row away: who let go last, in this process,
 * then sees all the others gone.
 *
 * Locks: Uses.lock alone, which guards everything and is not held while a driver is called.
 */
#include "base/str.h"
#include "engine/priv.h"

struct Use {
	size_t users; /* who has its turn, or waits for one */
	bool busy;
	VEC(char *) gone; /* the ids of those that have let go of it */
};

struct Uses {
	pthread_mutex_t lock;
	pthread_cond_t free;
	Map *uses; /* by id */
};

Uses *uses_new(void)
{
	Uses *uses = NEW(Uses);

	(void)pthread_mutex_init(&uses->lock, NULL);
	(void)pthread_cond_init(&uses->free, NULL);
	uses->uses = map_new();
	return uses;
}

static void use_free(Use *use)
{
	VEC_FOREACH (&use->gone, i)
		free(use->gone.items[i]);
	vec_done(&use->gone);
	free(use);
}

Uses *uses_free(Uses *uses)
{
	if (!uses)
		return NULL;
	MAP_FOREACH (uses->uses, e)
		use_free(map_value(e));
	(void)map_free(uses->uses);
	(void)pthread_cond_destroy(&uses->free);
	(void)pthread_mutex_destroy(&uses->lock);
	free(uses);
	return NULL;
}

Use *use_begin(Uses *uses, const char *id)
{
	Use *use;

	(void)pthread_mutex_lock(&uses->lock);
	use = map_get(uses->uses, id);
	if (!use) {
		use = NEW(Use);
		(void)map_put(uses->uses, id, use);
	}
	use->users++;
	while (use->busy)
		(void)pthread_cond_wait(&uses->free, &uses->lock);
	use->busy = true;
	(void)pthread_mutex_unlock(&uses->lock);
	return use;
}

void use_end(Uses *uses, const char *id, Use *use)
{
	(void)pthread_mutex_lock(&uses->lock);
	use->busy = false;
	if (--use->users > 0)
		(void)pthread_cond_broadcast(&uses->free);
	else if (use->gone.count == 0)
		use_free(map_remove(uses->uses, id));
	(void)pthread_mutex_unlock(&uses->lock);
}

/* What follows is called by whoever has the turn. */

bool use_has_gone(const Use *use, const char *user_id)
{
	VEC_FOREACH (&use->gone, i)
		if (str_eq(use->gone.items[i], user_id))
			return true;
	return false;
}

static void forget_at(Use *use, size_t i)
{
	free(use->gone.items[i]);
	use->gone.items[i] = use->gone.items[--use->gone.count];
}

void use_goes(Use *use, const char *user_id)
{
	if (!use_has_gone(use, user_id))
		vec_push(&use->gone, mem_strdup(user_id));
}

void use_comes_back(Use *use, const char *user_id)
{
	for (size_t i = use->gone.count; i-- > 0;)
		if (str_eq(use->gone.items[i], user_id))
			forget_at(use, i);
}

static bool is_among(const char *const *ids, size_t count, const char *id)
{
	for (size_t i = 0; i < count; i++)
		if (str_eq(ids[i], id))
			return true;
	return false;
}

void use_forget(Use *use, const char *const *user_ids, size_t count)
{
	for (size_t i = use->gone.count; i-- > 0;)
		if (!is_among(user_ids, count, use->gone.items[i]))
			forget_at(use, i);
}
