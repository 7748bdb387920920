/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * The driver: the file and who owns it, the pool of readers, and the table of slots.
 *
 * The database belongs to the process that holds a lock on "<location>.lock"; a second one is
 * told who that is instead of racing it. The lock dies with the process, so kill -9 leaves
 * nothing to clean up. Files are readable by their owner only: password hashes are in them.
 */
#include "store/sqlite/sqlite.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <pthread.h>
#include <sys/file.h>
#include <sys/sysinfo.h>

#include "base/mem.h"
#include "store/sqlite/priv.h"

enum { READERS_MAX = 64, READERS_MIN = 4 };

typedef struct Sqlite {
	char *location;
	int lock_fd;
	Writer *writer;

	pthread_mutex_t lock; /* of what follows */
	pthread_cond_t returned;
	Connection *idle[READERS_MAX];
	size_t idle_count;
	size_t open_count;
	size_t open_max;
} Sqlite;

static void *sqlite_free(Sqlite *s)
{
	if (!s)
		return NULL;
	assert(s->idle_count == s->open_count);
	for (size_t i = 0; i < s->idle_count; i++)
		(void)connection_close(s->idle[i]);
	/* Last, so that closing folds the WAL into the file. */
	(void)writer_stop(s->writer);
	(void)pthread_cond_destroy(&s->returned);
	(void)pthread_mutex_destroy(&s->lock);
	closep(&s->lock_fd);
	free(s->location);
	free(s);
	return NULL;
}
DEFINE_CLEANUP(Sqlite, sqlite_free)

static void sqlite_close(void *self)
{
	(void)sqlite_free(self);
}

static int lock_refused(int fd, const char *location, Fault *f)
{
	char owner[32] = "";
	ssize_t n = pread(fd, owner, sizeof(owner) - 1, 0);

	return fault(f, -EBUSY, "%s is in use by process %s", location, n > 0 ? owner : "?");
}

static int lock_take(const char *location, int *ret, Fault *f)
{
	_cleanup_(closep) int fd = -1;
	char path[4096];
	int n = snprintf(path, sizeof(path), "%s.lock", location);

	if (n >= (int)sizeof(path))
		return fault(f, -ENAMETOOLONG, "%s", location);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return fault(f, -errno, "open %s: %m", path);
	if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		if (errno == EWOULDBLOCK)
			return lock_refused(fd, location, f);
		return fault(f, -errno, "lock %s: %m", path);
	}
	/* For the message above only: nothing depends on it. */
	if (ftruncate(fd, 0) == 0)
		(void)dprintf(fd, "%d", (int)getpid());
	*ret = TAKE_FD(fd);
	return 0;
}

/* Flush the directory, so that a new file's name outlives a power cut. */
static int directory_sync(const char *location, Fault *f)
{
	_cleanup_(freep) char *copy = mem_strdup(location);
	const char *directory = dirname(copy);
	_cleanup_(closep) int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0 || fsync(fd) < 0)
		return fault(f, -errno, "sync %s: %m", directory);
	return 0;
}

/* Make the file before SQLite would: its other files take over the mode of this one. */
static int file_make(const char *location, Fault *f)
{
	_cleanup_(closep) int fd = open(location, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	if (fd < 0 && errno == EEXIST)
		return 0;
	if (fd < 0)
		return fault(f, -errno, "create %s: %m", location);
	return directory_sync(location, f);
}

static void library_set_up(void)
{
	/* Without statistics no connection waits for another in malloc; fails only if too late. */
	(void)sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

static size_t readers_wanted(const StoreConfig *config)
{
	size_t wanted = config->readers;

	if (wanted == 0)
		wanted = MAX((size_t)get_nprocs(), READERS_MIN);
	return MIN(wanted, READERS_MAX);
}

static int sqlite_open(const StoreConfig *config, void **ret, Fault *f)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	_cleanup_(sqlite_freep) Sqlite *s = NEW(Sqlite);
	Connection *connection;
	int r;

	(void)pthread_once(&once, library_set_up);
	(void)pthread_mutex_init(&s->lock, NULL);
	(void)pthread_cond_init(&s->returned, NULL);
	s->location = mem_strdup(config->location);
	s->open_max = readers_wanted(config);
	s->lock_fd = -1;
	r = lock_take(s->location, &s->lock_fd, f);
	if (r)
		return r;
	r = file_make(s->location, f);
	if (r)
		return r;
	r = connection_open(s->location, true, &connection, f);
	if (r)
		return r;
	r = writer_start(connection, config, &s->writer, f);
	if (r)
		return r;
	*ret = TAKE(s);
	return 0;
}

/* Take a reader from the pool; NULL: there is room for one more, which the caller opens. */
static Connection *reader_wait(Sqlite *s)
{
	Connection *connection = NULL;

	(void)pthread_mutex_lock(&s->lock);
	while (s->idle_count == 0 && s->open_count == s->open_max)
		(void)pthread_cond_wait(&s->returned, &s->lock);
	if (s->idle_count > 0)
		connection = s->idle[--s->idle_count]; /* the last used: its pages are warm */
	else
		s->open_count++;
	(void)pthread_mutex_unlock(&s->lock);
	return connection;
}

/* Give it back; NULL: it could not be opened. */
static void reader_return(Sqlite *s, Connection *connection)
{
	(void)pthread_mutex_lock(&s->lock);
	if (connection)
		s->idle[s->idle_count++] = connection;
	else
		s->open_count--;
	(void)pthread_cond_signal(&s->returned);
	(void)pthread_mutex_unlock(&s->lock);
}

static int snapshot_run(Connection *connection, StoreWork work, void *ctx, Fault *f)
{
	SqliteTx tx = {.tx = {.driver = &store_sqlite}, .connection = connection};
	int r;

	r = connection_run(connection, "BEGIN", f);
	if (r)
		return r;
	r = work(&tx.tx, ctx, f);
	/* Nothing was written: a commit only ends the snapshot, and is cheaper than a rollback. */
	if (connection_run(connection, "COMMIT", NULL))
		connection_roll_back(connection);
	return r;
}

static int sqlite_read(void *self, StoreWork work, void *ctx, Fault *f)
{
	Sqlite *s = self;
	Connection *connection = reader_wait(s);
	int r = 0;

	if (!connection)
		r = connection_open(s->location, false, &connection, f);
	if (r == 0)
		r = snapshot_run(connection, work, ctx, f);
	reader_return(s, connection);
	return r;
}

static void sqlite_submit(void *self, StoreJob *job)
{
	Sqlite *s = self;

	writer_submit(s->writer, job);
}

const StoreDriver store_sqlite = {
	.name = "sqlite",
	.size = sizeof(StoreDriver),
	.open = sqlite_open,
	.close = sqlite_close,
	.script = sqlite_script,
	.read = sqlite_read,
	.submit = sqlite_submit,
	.query = sqlite_query,
	.changes = sqlite_changes,
	.touch = sqlite_touch,
	.row_int = sqlite_row_int,
	.row_text = sqlite_row_text,
	.match_format = "%s REGEXP ?",
};
