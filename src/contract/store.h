/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * What a store must be: transactions over SQL that SQLite and PostgreSQL both speak.
 *
 * All state of the product lives behind this header, in one database. Typed reads and writes of
 * each noun are in the records room, written once over store_query().
 *
 * Writing: work is queued, and one writer runs what waits, each piece in a savepoint of its own,
 * and commits all of it at once (group commit). Work that returns anything but 0 leaves no trace.
 * So pieces of work never race: each sees the state that the one before it left.
 * Reading: on the calling thread, in a snapshot of its own, not disturbed by the writer.
 *
 * Thread-safety: store_*() from any thread; a Tx only inside the work it was handed to.
 */
#pragma once

#include "base/fault.h"
#include "base/metric.h"

typedef struct Store Store;
typedef struct StoreDriver StoreDriver;
typedef struct StoreConfig StoreConfig;
typedef struct StoreJob StoreJob;
typedef struct StoreRow StoreRow;
typedef struct StoreValue StoreValue;
typedef struct StoreValues StoreValues;
typedef struct StoreMigration StoreMigration;
typedef struct StoreNews StoreNews;
typedef struct StoreTimes StoreTimes;
typedef struct Tx Tx;

typedef enum StoreOutcome {
	STORE_CONFLICT = 1000, /* a unique key is taken already */
} StoreOutcome;

/* What a transaction touched that somebody keeps an eye on: see StoreConfig.on_commit. */
enum {
	STORE_TOUCHED_OPERATIONS = 1 << 0, /* the engine has new work */
	STORE_TOUCHED_IDENTITY = 1 << 1,   /* cached tokens are stale */
	STORE_TOUCHED_OUTBOX = 1 << 2,     /* there is something to deliver */
};

struct StoreConfig {
	const char *location; /* a file for sqlite, a connection string for postgres */
	unsigned readers;     /* read-only connections kept open; 0: one a core, at least 4 */
	/*
	 * After each commit that touched something, on the writer's thread; must be quick. `news`
	 * is what its work told, in the order of the work; NULL: nothing.
	 */
	void (*on_commit)(void *ctx, unsigned touched, const StoreNews *news);
	void *ctx;
};

/*
 * A piece of work. Returns 0 to commit; an outcome (> 0) or a fault (< 0) rolls back what this
 * piece did and is handed to whoever asked. May run again after a rolled back batch: no effects
 * outside the transaction and *ctx, and *ctx must bear being filled again.
 */
typedef int (*StoreWork)(Tx *tx, void *ctx, Fault *f);

/* Work queued without waiting for it. Owned by the caller until `done` is called. */
struct StoreJob {
	StoreWork work;
	void *ctx;
	/* On the writer's thread, after the commit or the rollback; must be quick. */
	void (*done)(StoreJob *job, int result);
	Fault fault;
	int result;     /* the store's */
	StoreJob *next; /* the store's */
};

/* Something that is to be known once it is durable. Lives until its work's `done` is called. */
struct StoreNews {
	StoreNews *next;
	const void *what; /* an Operation, where STORE_TOUCHED_OPERATIONS is touched with it */
};

typedef enum StoreType { STORE_NULL, STORE_INT, STORE_TEXT } StoreType;

struct StoreValue {
	StoreType type;
	int64_t number;
	const char *text; /* borrowed for the call */
};

#define STORE_VALUE_INT(n) ((StoreValue){.type = STORE_INT, .number = (n)})
#define STORE_VALUE_TEXT(t) ((StoreValue){.type = (t) ? STORE_TEXT : STORE_NULL, .text = (t)})

/* What the placeholders of a statement stand for, in order. */
struct StoreValues {
	const StoreValue *items;
	size_t count;
};

#define STORE_NO_VALUES ((StoreValues){0})
#define STORE_VALUES(...)                                                                          \
	((StoreValues){(const StoreValue[]){__VA_ARGS__},                                          \
		       sizeof((const StoreValue[]){__VA_ARGS__}) / sizeof(StoreValue)})

/* Called for each row, in order. Returning non-zero ends the query, and is its result. */
typedef int (*StoreRowFunction)(const StoreRow *row, void *ctx, Fault *f);

/* One step of the schema's history; numbers rise by one from 1 and never change once released. */
struct StoreMigration {
	int number;
	const char *sql; /* several statements separated by ';' */
};

/* How the writer fares. Counted by the driver, one for each commit of a batch. */
struct StoreTimes {
	Histogram pieces; /* in the batch; histogram_counts */
	Histogram commit; /* until it was durable, without the work itself; histogram_times */
};

/* A driver. Every slot must be there. */
struct StoreDriver {
	const char *name;
	size_t size; /* sizeof(StoreDriver) at the time the driver was compiled */
	/* Open or make the database. */
	int (*open)(const StoreConfig *config, void **ret, Fault *f);
	/* Waits for queued work. */
	void (*close)(void *self);
	/* Run several statements separated by ';', without rows; for migrations. */
	int (*script)(Tx *tx, const char *sql, Fault *f);
	/* Run work in a snapshot on the calling thread. */
	int (*read)(void *self, StoreWork work, void *ctx, Fault *f);
	/* Queue; on_commit comes before done, so whoever waits finds the caches fresh. */
	void (*submit)(void *self, StoreJob *job);
	/* A fault when the count of placeholders is not that of the values. */
	int (*query)(Tx *tx, const char *sql, StoreValues values, StoreRowFunction row, void *ctx,
		     Fault *f);
	const StoreTimes *(*times)(void *self);
	int64_t (*changes)(const Tx *tx);
	void (*touch)(Tx *tx, unsigned what, StoreNews *news);
	int64_t (*row_int)(const StoreRow *row, size_t column);
	const char *(*row_text)(const StoreRow *row, size_t column);
	/* How a match with a regular expression is written; one %s for the column, then a '?'. */
	const char *match_format;
};

/* Every Tx begins with this, so that the wrappers find its driver. */
struct Tx {
	const StoreDriver *driver;
	bool writes; /* false in store_read() */
};

struct StoreRow {
	const StoreDriver *driver;
	size_t columns;
};

_must_use_ int store_open(const StoreDriver *driver, const StoreConfig *config, Store **ret,
			  Fault *f);
Store *store_close(Store *store);
DEFINE_CLEANUP(Store, store_close)
/*
 * Run the migrations that the database has not seen, each in a transaction of its own. A fault
 * when the database has seen more than these: it belongs to a newer release.
 */
_must_use_ int store_migrate(Store *store, const StoreMigration *migrations, size_t count,
			     Fault *f);

/* Run work in a snapshot on this thread. Returns what it returned. Never from inside work. */
_must_use_ int store_read(Store *store, StoreWork work, void *ctx, Fault *f);

/* Queue work and wait for its commit. Never from the writer's own thread. */
_must_use_ int store_write(Store *store, StoreWork work, void *ctx, Fault *f);

/* Lives as long as the store. */
const StoreTimes *store_times(const Store *store);

/* Queue work; job->done is called in any case. */
void store_submit(Store *store, StoreJob *job);

/*
 * Run one statement with '?' placeholders. `row` may be NULL for statements without rows.
 * Returns 0, a fault, STORE_CONFLICT, or what `row` returned. Statements are prepared once.
 */
_must_use_ int store_query(Tx *tx, const char *sql, StoreValues values, StoreRowFunction row,
			   void *ctx, Fault *f);

/* Rows changed by the last statement of this transaction. */
int64_t store_changes(const Tx *tx);

/* Say what was touched; the bits reach on_commit once the transaction is durable. */
void store_touch(Tx *tx, unsigned what);
/* Likewise, with what it is; `news` belongs to the transaction. */
void store_tell(Tx *tx, unsigned what, StoreNews *news);

int64_t store_row_int(const StoreRow *row, size_t column); /* NULL reads as 0 */
/* Valid until the row function returns; NULL for NULL. */
const char *store_row_text(const StoreRow *row, size_t column);
const char *store_match_format(const Tx *tx);
