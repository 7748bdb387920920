/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * The pool of read-only connections, and how long their snapshots live.
 *
 * Opening and ending a snapshot costs four file locks and two statements, more than a point read
 * does. As this process is the only writer, a snapshot stays the newest there is until the writer
 * commits: a connection in the pool keeps its own, and the next read goes on in it.
 *
 *     idle, with or without a snapshot --take--> reading --return--> idle
 *
 *   1. While the writer is at work no idle connection has a snapshot: a log that somebody still
 *      reads is neither folded back into the file nor begun anew, and would grow for ever.
 *   2. A snapshot from before a commit is not used after the writer said that it has committed,
 *      which it does before anybody hears of that commit: everybody reads his own writes.
 *   3. Readers that take turns without a gap would still keep the log from being begun anew. When
 *      it has grown, the writer lets nobody begin for a moment, and folds it.
 */
#include <pthread.h>
#include <sys/sysinfo.h>

#include "base/clock.h"
#include "base/mem.h"
#include "store/sqlite/priv.h"
#include "store/sqlite/sqlite.h"

enum { READERS_MAX = 64, READERS_MIN = 4, STOP_MS = 50 };

struct Readers {
	char *location;
	size_t open_max;

	pthread_mutex_t lock; /* of what follows */
	pthread_cond_t returned;
	Connection *idle[READERS_MAX];
	size_t idle_count;
	size_t open_count;
	uint64_t pauses; /* how often the writer set to work */
	bool paused;     /* it is at work */
	bool stopped;    /* nobody may begin to read */
};

/* A connection taken from the pool; NULL: there is room for one more, which the caller opens. */
typedef struct Taken {
	Connection *connection;
	uint64_t pauses; /* as it was then: a snapshot is kept if it still is */
} Taken;

Readers *readers_new(const char *location, unsigned wanted)
{
	Readers *readers = NEW(Readers);
	pthread_condattr_t monotonic;

	readers->location = mem_strdup(location);
	readers->open_max = wanted ? wanted : MAX((unsigned)get_nprocs(), READERS_MIN);
	readers->open_max = MIN(readers->open_max, READERS_MAX);
	(void)pthread_mutex_init(&readers->lock, NULL); /* none of these fails on Linux */
	(void)pthread_condattr_init(&monotonic);
	(void)pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	(void)pthread_cond_init(&readers->returned, &monotonic);
	(void)pthread_condattr_destroy(&monotonic);
	return readers;
}

void readers_close(Readers *readers)
{
	(void)pthread_mutex_lock(&readers->lock);
	assert(readers->idle_count == readers->open_count);
	while (readers->idle_count > 0)
		(void)connection_close(readers->idle[--readers->idle_count]);
	readers->open_count = 0;
	(void)pthread_mutex_unlock(&readers->lock);
}

Readers *readers_free(Readers *readers)
{
	if (!readers)
		return NULL;
	readers_close(readers);
	(void)pthread_cond_destroy(&readers->returned);
	(void)pthread_mutex_destroy(&readers->lock);
	free(readers->location);
	free(readers);
	return NULL;
}

static Taken reader_take(Readers *readers)
{
	Taken taken = {0};

	(void)pthread_mutex_lock(&readers->lock);
	while (readers->stopped ||
	       (readers->idle_count == 0 && readers->open_count == readers->open_max))
		(void)pthread_cond_wait(&readers->returned, &readers->lock);
	if (readers->idle_count > 0)
		/* the last used: its pages are warm */
		taken.connection = readers->idle[--readers->idle_count];
	else
		readers->open_count++;
	taken.pauses = readers->pauses;
	(void)pthread_mutex_unlock(&readers->lock);
	return taken;
}

/* Give it back; NULL: it could not be opened. */
static void reader_return(Readers *readers, const Taken *taken, bool keep)
{
	(void)pthread_mutex_lock(&readers->lock);
	if (taken->connection) {
		if (!keep || readers->paused || taken->pauses != readers->pauses)
			connection_roll_back(taken->connection);
		readers->idle[readers->idle_count++] = taken->connection;
	} else {
		readers->open_count--;
	}
	if (readers->stopped)
		(void)pthread_cond_broadcast(&readers->returned); /* one of them is the writer */
	else
		(void)pthread_cond_signal(&readers->returned);
	(void)pthread_mutex_unlock(&readers->lock);
}

static int snapshot_run(Connection *connection, StoreWork work, void *ctx, Fault *f)
{
	SqliteTx tx = {.tx = {.driver = &store_sqlite}, .connection = connection};

	if (!connection_in_transaction(connection)) {
		int r = connection_run(connection, "BEGIN", f);

		if (r)
			return r;
	}
	return work(&tx.tx, ctx, f);
}

int readers_run(Readers *readers, StoreWork work, void *ctx, Fault *f)
{
	Taken taken = reader_take(readers);
	int r = 0;

	if (!taken.connection)
		r = connection_open(readers->location, false, &taken.connection, f);
	if (r == 0)
		r = snapshot_run(taken.connection, work, ctx, f);
	reader_return(readers, &taken, r >= 0);
	return r;
}

void readers_pause(Readers *readers)
{
	(void)pthread_mutex_lock(&readers->lock);
	readers->paused = true;
	readers->pauses++;
	for (size_t i = 0; i < readers->idle_count; i++)
		connection_roll_back(readers->idle[i]);
	(void)pthread_mutex_unlock(&readers->lock);
}

void readers_resume(Readers *readers)
{
	(void)pthread_mutex_lock(&readers->lock);
	readers->paused = false;
	readers->pauses++; /* for those that were taken meanwhile */
	if (readers->stopped)
		(void)pthread_cond_broadcast(&readers->returned);
	readers->stopped = false;
	(void)pthread_mutex_unlock(&readers->lock);
}

bool readers_stop(Readers *readers)
{
	int64_t end_us = clock_mono_us() + STOP_MS * 1000;
	struct timespec end = {.tv_sec = end_us / 1000000, .tv_nsec = end_us % 1000000 * 1000};
	bool stopped;
	int r = 0;

	readers_pause(readers);
	(void)pthread_mutex_lock(&readers->lock);
	readers->stopped = true;
	while (readers->idle_count < readers->open_count && r == 0)
		r = pthread_cond_timedwait(&readers->returned, &readers->lock, &end);
	stopped = readers->idle_count == readers->open_count;
	(void)pthread_mutex_unlock(&readers->lock);
	if (!stopped)
		readers_resume(readers);
	return stopped;
}
