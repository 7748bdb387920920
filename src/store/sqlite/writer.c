/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * The one writer: a thread that takes all the work that waits, at most LIMIT_STORE_BATCH pieces,
 * and commits it together. It never waits for a batch to fill: what queued up during the last
 * flush is the next batch, so the flush is shared by as many as are there, and one alone pays
 * for itself only.
 *
 *   readers give up their snapshots: see readers.c
 *   BEGIN IMMEDIATE
 *     SAVEPOINT piece -> work -> RELEASE piece             (result 0)
 *                             -> ROLLBACK TO, RELEASE      (any other result)
 *     ...
 *   COMMIT, or ROLLBACK when no piece wants to stay
 *   on_commit, then done() of every piece
 *
 * Invariants: nobody hears a result before the commit that it rests on is durable. When the
 * transaction as a whole fails (disk full, I/O), every piece of it gets that fault, outcomes
 * included, because they may rest on pieces that are gone; the writer goes on with the next.
 *
 * Crash points: CLEAT_CRASH=before:N|after:N in the environment, read once at start, makes the
 * process kill itself just before or just after its N-th COMMIT (migrations count).
 */
#include <errno.h>
#include <pthread.h>
#include <signal.h>

#include "base/clock.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/str.h"
#include "store/sqlite/priv.h"
#include "store/sqlite/sqlite.h"

/* Pages in the log at which readers have to wait until it is folded: 16 MiB. */
enum { LOG_PAGES_MAX = 4000 };

typedef struct CrashPoint {
	uint64_t before; /* the number of a commit; 0: none */
	uint64_t after;
} CrashPoint;

struct Writer {
	Connection *connection;
	Readers *readers;
	void (*on_commit)(void *ctx, unsigned touched, const StoreNews *news);
	void *ctx;
	CrashPoint crash;
	uint64_t commits;
	StoreTimes times;
	pthread_t thread;
	bool started;

	pthread_mutex_t lock; /* of what follows */
	pthread_cond_t queued;
	StoreJob *first;
	StoreJob **last;
	bool stopping;
};

static int crash_point_parse(const char *text, CrashPoint *ret, Fault *f)
{
	CrashPoint crash = {0};
	const char *number;
	uint64_t *side;

	if (!text)
		return 0;
	if ((number = str_after(text, "before:")))
		side = &crash.before;
	else if ((number = str_after(text, "after:")))
		side = &crash.after;
	if (!number || !str_parse_u64(number, side) || *side == 0)
		return fault(f, -EINVAL, "CLEAT_CRASH=%s: not before:N or after:N", text);
	*ret = crash;
	return 0;
}

static void crash_if(bool here)
{
	if (here)
		(void)raise(SIGKILL); /* does not return */
}

/* What is to be told of a commit. */
typedef struct Tidings {
	unsigned touched;
	StoreNews *first;
	StoreNews **last;
} Tidings;

static void tidings_add(Tidings *tidings, const SqliteTx *tx)
{
	tidings->touched |= tx->touched;
	if (!tx->news)
		return;
	*tidings->last = tx->news;
	tidings->last = &tx->news_last->next;
}

static int piece_run(Writer *w, StoreJob *job, Tidings *tidings, Fault *f)
{
	SqliteTx tx = {
		.tx = {.driver = &store_sqlite, .writes = true},
		.connection = w->connection,
	};
	int r;

	r = connection_run(w->connection, "SAVEPOINT piece", f);
	if (r)
		return r;
	job->result = job->work(&tx.tx, job->ctx, &job->fault);
	if (!connection_in_transaction(w->connection)) {
		/* SQLite gave up the whole of it, whatever the work made of that. */
		if (job->result >= 0)
			return fault(f, -EIO, "sqlite: the transaction is gone");
		*f = job->fault;
		return job->result;
	}
	if (job->result) {
		r = connection_run(w->connection, "ROLLBACK TO piece", f);
		if (r)
			return r;
	} else {
		tidings_add(tidings, &tx);
	}
	return connection_run(w->connection, "RELEASE piece", f);
}

static int batch_commit(Writer *w, size_t count, Fault *f)
{
	const int64_t began_us = clock_mono_us();
	int r;

	w->commits++;
	crash_if(w->crash.before == w->commits);
	r = connection_run(w->connection, "COMMIT", f);
	crash_if(w->crash.after == w->commits);
	histogram_add(&w->times.pieces, &histogram_counts, (int64_t)count);
	histogram_add(&w->times.commit, &histogram_times, clock_mono_us() - began_us);
	return r;
}

static int batch_run(Writer *w, StoreJob **jobs, size_t count, Tidings *tidings, Fault *f)
{
	bool wanted = false;
	int r;

	r = connection_run(w->connection, "BEGIN IMMEDIATE", f);
	for (size_t i = 0; i < count && r == 0; i++) {
		r = piece_run(w, jobs[i], tidings, f);
		wanted = wanted || jobs[i]->result == 0;
	}
	if (r == 0 && wanted)
		r = batch_commit(w, count, f);
	connection_roll_back(w->connection); /* unless it was committed */
	return r;
}

static void batch_finish(Writer *w, StoreJob **jobs, size_t count)
{
	Tidings tidings = {.last = &tidings.first};
	Fault f = {0};
	int r;

	readers_pause(w->readers);
	r = batch_run(w, jobs, count, &tidings, &f);
	readers_resume(w->readers);
	if (r == 0 && tidings.touched && w->on_commit)
		w->on_commit(w->ctx, tidings.touched, tidings.first);
	for (size_t i = 0; i < count; i++) {
		if (r) {
			jobs[i]->fault = f;
			jobs[i]->result = r;
		}
		jobs[i]->done(jobs[i], jobs[i]->result); /* may free the job */
	}
}

/* Readers without a gap between them kept the log from being begun anew: make one. */
static void log_tame(Writer *w)
{
	if (connection_log_pages(w->connection) < LOG_PAGES_MAX || !readers_stop(w->readers))
		return;
	connection_fold_log(w->connection);
	readers_resume(w->readers);
}

/* Wait for work and take it from the queue. Returns how many; 0: stop. */
static size_t batch_take(Writer *w, StoreJob **ret_jobs)
{
	size_t count = 0;

	(void)pthread_mutex_lock(&w->lock);
	while (!w->first && !w->stopping)
		(void)pthread_cond_wait(&w->queued, &w->lock);
	for (; w->first && count < LIMIT_STORE_BATCH; count++) {
		ret_jobs[count] = w->first;
		w->first = w->first->next;
	}
	if (!w->first)
		w->last = &w->first;
	(void)pthread_mutex_unlock(&w->lock);
	return count;
}

static void *writer_main(void *ctx)
{
	Writer *w = ctx;
	StoreJob *jobs[LIMIT_STORE_BATCH];
	size_t count;

	(void)pthread_setname_np(pthread_self(), "store-writer"); /* a name is a nicety */
	while ((count = batch_take(w, jobs)) > 0) {
		batch_finish(w, jobs, count);
		log_tame(w);
	}
	return NULL;
}

int writer_start(Connection *connection, const StoreConfig *config, Readers *readers, Writer **ret,
		 Fault *f)
{
	_cleanup_(writer_stopp) Writer *w = NEW(Writer);
	int r;

	w->connection = connection;
	w->readers = readers;
	w->on_commit = config->on_commit;
	w->ctx = config->ctx;
	w->last = &w->first;
	(void)pthread_mutex_init(&w->lock, NULL);
	(void)pthread_cond_init(&w->queued, NULL);
	r = crash_point_parse(getenv("CLEAT_CRASH"), &w->crash, f);
	if (r)
		return r;
	r = pthread_create(&w->thread, NULL, writer_main, w);
	if (r)
		return fault(f, -r, "start the store's writer");
	w->started = true;
	*ret = TAKE(w);
	return 0;
}

Writer *writer_stop(Writer *w)
{
	if (!w)
		return NULL;
	(void)pthread_mutex_lock(&w->lock);
	w->stopping = true;
	(void)pthread_cond_signal(&w->queued);
	(void)pthread_mutex_unlock(&w->lock);
	if (w->started)
		(void)pthread_join(w->thread, NULL);
	(void)pthread_cond_destroy(&w->queued);
	(void)pthread_mutex_destroy(&w->lock);
	(void)connection_close(w->connection);
	free(w);
	return NULL;
}

const StoreTimes *writer_times(const Writer *w)
{
	return &w->times;
}

void writer_submit(Writer *w, StoreJob *job)
{
	bool first;

	job->next = NULL;
	job->result = 0;
	(void)pthread_mutex_lock(&w->lock);
	first = !w->first;
	*w->last = job;
	w->last = &job->next;
	(void)pthread_mutex_unlock(&w->lock);
	if (first) /* else the writer has been woken already, or is awake */
		(void)pthread_cond_signal(&w->queued);
}
