/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * The driver: the file and who owns it, and the table of slots.
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

#include "base/mem.h"
#include "store/sqlite/priv.h"

typedef struct Sqlite {
	char *location;
	int lock_fd;
	Readers *readers;
	Writer *writer;
} Sqlite;

static void *sqlite_free(Sqlite *s)
{
	if (!s)
		return NULL;
	/* The writer is the last to close the file, so that the WAL is folded into it. */
	if (s->readers)
		readers_close(s->readers);
	(void)writer_stop(s->writer);
	(void)readers_free(s->readers);
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

static int sqlite_open(const StoreConfig *config, void **ret, Fault *f)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	_cleanup_(sqlite_freep) Sqlite *s = NEW(Sqlite);
	Connection *connection;
	int r;

	(void)pthread_once(&once, library_set_up);
	s->location = mem_strdup(config->location);
	s->readers = readers_new(config->location, config->readers);
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
	r = writer_start(connection, config, s->readers, &s->writer, f);
	if (r)
		return r;
	*ret = TAKE(s);
	return 0;
}

static int sqlite_read(void *self, StoreWork work, void *ctx, Fault *f)
{
	Sqlite *s = self;

	return readers_run(s->readers, work, ctx, f);
}

static void sqlite_submit(void *self, StoreJob *job)
{
	Sqlite *s = self;

	writer_submit(s->writer, job);
}

static const StoreTimes *sqlite_times(void *self)
{
	const Sqlite *s = self;

	return writer_times(s->writer);
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
	.times = sqlite_times,
	.changes = sqlite_changes,
	.touch = sqlite_touch,
	.row_int = sqlite_row_int,
	.row_text = sqlite_row_text,
	.match_format = "%s REGEXP ?",
};
