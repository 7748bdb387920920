/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * The checked wrappers round a store, waiting for queued work, and the order of migrations, which
 * is the same on every database: table schema_version holds the numbers that were run.
 */
#include "contract/store.h"

#include <errno.h>
#include <inttypes.h>
#include <semaphore.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"

struct Store {
	const StoreDriver *driver;
	void *self;
};

static bool slots_are_filled(const StoreDriver *d)
{
	return d->open && d->close && d->script && d->read && d->submit && d->query && d->times &&
	       d->changes && d->touch && d->row_int && d->row_text && d->match_format;
}

int store_open(const StoreDriver *driver, const StoreConfig *config, Store **ret, Fault *f)
{
	void *self = NULL;
	int r;

	assert(slots_are_filled(driver));
	assert(config->location);
	if (driver->size != sizeof(StoreDriver))
		return fault(f, -ELIBBAD, "store driver %s was built for another contract",
			     driver->name);
	log_debug("store: open driver=%s", driver->name);
	r = driver->open(config, &self, f);
	if (r)
		return fault_unexpected(f, r);
	*ret = NEW(Store);
	**ret = (Store){.driver = driver, .self = self};
	return 0;
}

Store *store_close(Store *store)
{
	if (!store)
		return NULL;
	log_debug("store: close driver=%s", store->driver->name);
	store->driver->close(store->self);
	free(store);
	return NULL;
}

const StoreTimes *store_times(const Store *store)
{
	return store->driver->times(store->self);
}

int store_read(Store *store, StoreWork work, void *ctx, Fault *f)
{
	return store->driver->read(store->self, work, ctx, f);
}

void store_submit(Store *store, StoreJob *job)
{
	assert(job->work && job->done);
	job->fault = (Fault){0};
	store->driver->submit(store->self, job);
}

/* A job somebody waits for; `job` comes first, so that done() finds the rest. */
typedef struct WaitedJob {
	StoreJob job;
	sem_t done;
	int result;
} WaitedJob;

static void waited_job_done(StoreJob *job, int result)
{
	WaitedJob *waited = (WaitedJob *)job;

	waited->result = result;
	(void)sem_post(&waited->done); /* fails only past SEM_VALUE_MAX */
}

int store_write(Store *store, StoreWork work, void *ctx, Fault *f)
{
	WaitedJob waited = {.job = {.work = work, .ctx = ctx, .done = waited_job_done}};

	(void)sem_init(&waited.done, 0, 0); /* fails only for a value out of range */
	store_submit(store, &waited.job);
	while (sem_wait(&waited.done) < 0)
		assert(errno == EINTR);
	(void)sem_destroy(&waited.done); /* as sem_init() */
	if (waited.result < 0 && f)
		*f = waited.job.fault;
	return waited.result;
}

int store_query(Tx *tx, const char *sql, StoreValues values, StoreRowFunction row, void *ctx,
		Fault *f)
{
	return tx->driver->query(tx, sql, values, row, ctx, f);
}

int64_t store_changes(const Tx *tx)
{
	return tx->driver->changes(tx);
}

void store_touch(Tx *tx, unsigned what)
{
	assert(tx->writes);
	tx->driver->touch(tx, what, NULL);
}

void store_tell(Tx *tx, unsigned what, StoreNews *news)
{
	assert(tx->writes);
	tx->driver->touch(tx, what, news);
}

int64_t store_row_int(const StoreRow *row, size_t column)
{
	assert(column < row->columns);
	return row->driver->row_int(row, column);
}

const char *store_row_text(const StoreRow *row, size_t column)
{
	assert(column < row->columns);
	return row->driver->row_text(row, column);
}

const char *store_match_format(const Tx *tx)
{
	return tx->driver->match_format;
}

static int keep_number(const StoreRow *row, void *ctx, Fault *f)
{
	int64_t *number = ctx;

	(void)f;
	*number = store_row_int(row, 0);
	return 0;
}

static int version_read(Tx *tx, void *ctx, Fault *f)
{
	int r;

	r = store_query(tx,
			"CREATE TABLE IF NOT EXISTS schema_version "
			"(number BIGINT PRIMARY KEY, applied_us BIGINT NOT NULL)",
			STORE_NO_VALUES, NULL, NULL, f);
	if (r)
		return fault_unexpected(f, r);
	return store_query(tx, "SELECT MAX(number) FROM schema_version", STORE_NO_VALUES,
			   keep_number, ctx, f);
}

static int migration_run(Tx *tx, void *ctx, Fault *f)
{
	const StoreMigration *migration = ctx;
	int r;

	r = tx->driver->script(tx, migration->sql, f);
	if (r)
		return fault_unexpected(f, r);
	return store_query(
		tx, "INSERT INTO schema_version (number, applied_us) VALUES (?, ?)",
		STORE_VALUES(STORE_VALUE_INT(migration->number), STORE_VALUE_INT(clock_now_us())),
		NULL, NULL, f);
}

int store_migrate(Store *store, const StoreMigration *migrations, size_t count, Fault *f)
{
	int64_t version = 0;
	int r;

	r = store_write(store, version_read, &version, f);
	if (r)
		return fault_unexpected(f, r);
	if (version > (int64_t)count)
		return fault(f, -EPROTO,
			     "the store has schema %" PRId64 ", this release knows %zu: "
			     "it belongs to a newer release",
			     version, count);
	for (size_t i = (size_t)version; i < count; i++) {
		StoreMigration migration = migrations[i];

		assert(migration.number == (int)i + 1);
		log_debug("store: migrate number=%d", migration.number);
		r = store_write(store, migration_run, &migration, f);
		if (r < 0)
			return fault_context(f, "migration %d", migration.number);
		if (r)
			return fault_unexpected(f, r);
	}
	return 0;
}
