/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * One connection to the database: how it is opened, and how a query runs on it.
 *
 * The connection is set up so that it is durable (WAL with synchronous=FULL: each commit is
 * flushed) and small (page caches of some hundred KiB, no memory map: the kernel's page cache does
 * the rest). LIKE tells capitals apart, as in PostgreSQL.
 */
#include <errno.h>

#include "base/mem.h"
#include "store/sqlite/priv.h"
#include "store/sqlite/sqlite.h"

/* Pages in the log at which each commit folds back what no reader needs any more. */
enum { LOG_PAGES = 1000 };

struct Connection {
	sqlite3 *db;
	StatementCache cache;
	int log_pages; /* of a writing connection, after its last commit */
};

typedef struct SqliteRow {
	StoreRow row; /* first */
	sqlite3_stmt *handle;
} SqliteRow;

static const char settings[] = "PRAGMA busy_timeout = 5000;"
			       "PRAGMA case_sensitive_like = ON;"
			       "PRAGMA mmap_size = 0;"
			       "PRAGMA temp_store = MEMORY;";

static const char reader_settings[] = "PRAGMA cache_size = -512;";

static const char writer_settings[] = "PRAGMA cache_size = -2048;"
				      "PRAGMA journal_mode = WAL;"
				      "PRAGMA synchronous = FULL;"
				      "PRAGMA journal_size_limit = 8388608;";

static int errno_of(sqlite3 *db)
{
	int system_errno = sqlite3_system_errno(db);

	switch (sqlite3_errcode(db)) {
	case SQLITE_FULL:
		return -ENOSPC;
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return -EBUSY;
	case SQLITE_READONLY:
		return -EROFS;
	case SQLITE_CANTOPEN:
		return system_errno > 0 ? -system_errno : -EIO;
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return -EUCLEAN;
	case SQLITE_ERROR:
	case SQLITE_CONSTRAINT:
	case SQLITE_RANGE:
	case SQLITE_MISMATCH:
		return -EINVAL;
	default:
		return -EIO;
	}
}

int sqlite_fault(Fault *f, sqlite3 *db, const char *what)
{
	return fault(f, errno_of(db), "sqlite: %s (%d): %s", sqlite3_errmsg(db),
		     sqlite3_extended_errcode(db), what);
}

/* After each commit, with what the log holds now. */
static int log_grew(void *ctx, sqlite3 *db, const char *name, int pages)
{
	Connection *c = ctx;

	c->log_pages = pages;
	if (pages >= LOG_PAGES)
		(void)sqlite3_wal_checkpoint_v2(db, name, SQLITE_CHECKPOINT_PASSIVE, NULL,
						NULL); /* or after the next commit */
	return SQLITE_OK;
}

int connection_log_pages(const Connection *c)
{
	return c->log_pages;
}

void connection_fold_log(Connection *c)
{
	if (sqlite3_wal_checkpoint_v2(c->db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL) ==
	    SQLITE_OK)
		c->log_pages = 0;
}

static int connection_set_up(Connection *c, const char *path, bool writes, Fault *f)
{
	const char *more = writes ? writer_settings : reader_settings;

	if (sqlite3_exec(c->db, settings, NULL, NULL, NULL))
		return sqlite_fault(f, c->db, path);
	if (sqlite3_exec(c->db, more, NULL, NULL, NULL))
		return sqlite_fault(f, c->db, path);
	if (writes)
		(void)sqlite3_wal_hook(c->db, log_grew, c); /* the hook before: none */
	return regexp_register(c->db, f);
}

int connection_open(const char *path, bool writes, Connection **ret, Fault *f)
{
	_cleanup_(connection_closep) Connection *c = NEW(Connection);
	int flags = writes ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE : SQLITE_OPEN_READONLY;
	int r;

	/* Also on failure `db` is set, and closed with the connection. */
	if (sqlite3_open_v2(path, &c->db, flags | SQLITE_OPEN_NOMUTEX, NULL))
		return sqlite_fault(f, c->db, path);
	r = connection_set_up(c, path, writes, f);
	if (r)
		return r;
	*ret = TAKE(c);
	return 0;
}

Connection *connection_close(Connection *c)
{
	if (!c)
		return NULL;
	statements_done(&c->cache);
	(void)sqlite3_close(c->db); /* busy only with open statements: there are none */
	free(c);
	return NULL;
}

bool connection_in_transaction(const Connection *c)
{
	return !sqlite3_get_autocommit(c->db);
}

static int values_bind(Connection *c, Statement *statement, StoreValues values, Fault *f)
{
	int rc = SQLITE_OK;

	if (sqlite3_bind_parameter_count(statement->handle) != (int)values.count)
		return fault(f, -EINVAL, "%zu values for: %s", values.count, statement->sql);
	for (size_t i = 0; i < values.count && rc == SQLITE_OK; i++) {
		switch (values.items[i].type) {
		case STORE_NULL:
			break; /* what an unbound placeholder is */
		case STORE_INT:
			rc = sqlite3_bind_int64(statement->handle, (int)i + 1,
						values.items[i].number);
			break;
		case STORE_TEXT:
			rc = sqlite3_bind_text(statement->handle, (int)i + 1, values.items[i].text,
					       -1, SQLITE_STATIC);
			break;
		}
	}
	return rc == SQLITE_OK ? 0 : sqlite_fault(f, c->db, statement->sql);
}

/* Constraints that say "taken already"; others (NOT NULL) are mistakes of ours. */
static bool is_conflict(sqlite3 *db)
{
	int code = sqlite3_extended_errcode(db);

	return code == SQLITE_CONSTRAINT_UNIQUE || code == SQLITE_CONSTRAINT_PRIMARYKEY ||
	       code == SQLITE_CONSTRAINT_ROWID;
}

static int rows_visit(Connection *c, Statement *statement, StoreRowFunction row, void *ctx,
		      Fault *f)
{
	SqliteRow current = {
		.row = {.driver = &store_sqlite,
			.columns = (size_t)sqlite3_column_count(statement->handle)},
		.handle = statement->handle,
	};
	int rc, r;

	while ((rc = sqlite3_step(statement->handle)) == SQLITE_ROW) {
		r = row ? row(&current.row, ctx, f) : 0;
		if (r)
			return r;
	}
	if (rc == SQLITE_DONE)
		return 0;
	if (is_conflict(c->db))
		return STORE_CONFLICT;
	return sqlite_fault(f, c->db, statement->sql);
}

int sqlite_query(Tx *tx, const char *sql, StoreValues values, StoreRowFunction row, void *ctx,
		 Fault *f)
{
	Connection *c = ((SqliteTx *)tx)->connection;
	Statement *statement;
	int r;

	/* When the disk fails SQLite may end a transaction: what follows must not stand alone. */
	if (tx->writes && !connection_in_transaction(c))
		return fault(f, -EIO, "sqlite: the transaction is gone");
	r = statement_take(&c->cache, c->db, sql, &statement, f);
	if (r)
		return r;
	r = values_bind(c, statement, values, f);
	if (r == 0)
		r = rows_visit(c, statement, row, ctx, f);
	statement_release(statement);
	return r;
}

int connection_run(Connection *c, const char *sql, Fault *f)
{
	SqliteTx tx = {.connection = c};

	return fault_unexpected(f, sqlite_query(&tx.tx, sql, STORE_NO_VALUES, NULL, NULL, f));
}

void connection_roll_back(Connection *c)
{
	int r = 0;

	if (connection_in_transaction(c))
		r = connection_run(c, "ROLLBACK", NULL);
	assert(r == 0 || !connection_in_transaction(c));
}

int sqlite_script(Tx *tx, const char *sql, Fault *f)
{
	Connection *c = ((SqliteTx *)tx)->connection;

	if (sqlite3_exec(c->db, sql, NULL, NULL, NULL))
		return sqlite_fault(f, c->db, "script");
	return 0;
}

int64_t sqlite_changes(const Tx *tx)
{
	return sqlite3_changes64(((const SqliteTx *)tx)->connection->db);
}

void sqlite_touch(Tx *tx, unsigned what, StoreNews *news)
{
	SqliteTx *self = (SqliteTx *)tx;

	self->touched |= what;
	if (!news)
		return;
	news->next = NULL;
	if (self->news_last)
		self->news_last->next = news;
	else
		self->news = news;
	self->news_last = news;
}

int64_t sqlite_row_int(const StoreRow *row, size_t column)
{
	return sqlite3_column_int64(((const SqliteRow *)row)->handle, (int)column);
}

const char *sqlite_row_text(const StoreRow *row, size_t column)
{
	sqlite3_stmt *handle = ((const SqliteRow *)row)->handle;

	return (const char *)sqlite3_column_text(handle, (int)column);
}
