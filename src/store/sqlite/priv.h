/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * What the files of this room share: connections with their prepared statements, and the writer.
 */
#pragma once

#include <sqlite3.h>

#include "contract/store.h"

typedef struct Connection Connection;
typedef struct Statement Statement;
typedef struct StatementCache StatementCache;
typedef struct Readers Readers;
typedef struct SqliteTx SqliteTx;
typedef struct Writer Writer;

/* statements.c: the prepared statements of one connection, found by their text. */
enum { STATEMENTS_MAX = 128 };

struct Statement {
	sqlite3_stmt *handle;
	char *sql;
	uint64_t used; /* the cache's clock at the last use; the lowest is thrown out first */
	bool busy;     /* in use further up the stack, or by a row function's caller */
};

struct StatementCache {
	uint64_t hashes[STATEMENTS_MAX]; /* of statements[i].sql; apart, to be scanned fast */
	Statement statements[STATEMENTS_MAX];
	size_t count;
	uint64_t clock;
};

/* A statement that is not busy, prepared when there is none; busy until released. */
_must_use_ int statement_take(StatementCache *cache, sqlite3 *db, const char *sql, Statement **ret,
			      Fault *f);
void statement_release(Statement *statement);
void statements_done(StatementCache *cache);

/* connection.c */

/* A connection that may write makes the file. Used by one thread at a time. */
_must_use_ int connection_open(const char *path, bool writes, Connection **ret, Fault *f);
Connection *connection_close(Connection *connection);
DEFINE_CLEANUP(Connection, connection_close)

/* One statement without values and rows. */
_must_use_ int connection_run(Connection *connection, const char *sql, Fault *f);

/* Whether a transaction is open: SQLite may end one by itself when the disk fails. */
bool connection_in_transaction(const Connection *connection);

/* End a transaction that is still open. */
void connection_roll_back(Connection *connection);

/* Pages in the log after the last commit of this connection. */
int connection_log_pages(const Connection *connection);
/* Fold all of the log into the file, if nobody reads; otherwise it stays as it is. */
void connection_fold_log(Connection *connection);

/* The fault for what went wrong last on `db`; SQLite's code becomes an errno. */
int sqlite_fault(Fault *f, sqlite3 *db, const char *what);

/* A transaction as the work sees it. */
struct SqliteTx {
	Tx tx; /* first */
	Connection *connection;
	unsigned touched;
	StoreNews *news;
	StoreNews *news_last;
};

/* The slots that work on a Tx or a row; see StoreDriver. */
int sqlite_query(Tx *tx, const char *sql, StoreValues values, StoreRowFunction row, void *ctx,
		 Fault *f);
int sqlite_script(Tx *tx, const char *sql, Fault *f);
int64_t sqlite_changes(const Tx *tx);
void sqlite_touch(Tx *tx, unsigned what, StoreNews *news);
int64_t sqlite_row_int(const StoreRow *row, size_t column);
const char *sqlite_row_text(const StoreRow *row, size_t column);

/* regexp.c: operator REGEXP by POSIX extended regular expressions. */
_must_use_ int regexp_register(sqlite3 *db, Fault *f);

/* readers.c */

/* `wanted` connections at most, 0: one a core; they are opened when they are needed. */
Readers *readers_new(const char *location, unsigned wanted);
/* Close the connections: none may be in use. */
void readers_close(Readers *readers);
Readers *readers_free(Readers *readers);
DEFINE_CLEANUP(Readers, readers_free)
/* Run work in a snapshot, on a connection of the pool. */
_must_use_ int readers_run(Readers *readers, StoreWork work, void *ctx, Fault *f);
/* The writer sets to work; it has committed (or not), and nobody has heard of it yet. */
void readers_pause(Readers *readers);
void readers_resume(Readers *readers);
/* Wait a moment until nobody reads; then, if true, nobody can until readers_resume(). */
_must_use_ bool readers_stop(Readers *readers);

/* writer.c: takes the connection in any case; borrows the readers. */
_must_use_ int writer_start(Connection *connection, const StoreConfig *config, Readers *readers,
			    Writer **ret, Fault *f);
/* Runs what is queued first. */
Writer *writer_stop(Writer *writer);
DEFINE_CLEANUP(Writer, writer_stop)
void writer_submit(Writer *writer, StoreJob *job);
const StoreTimes *writer_times(const Writer *writer);
