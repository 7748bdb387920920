/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * See dir.h. How a flush is shared:
 *
 *   1. Flushes come in rounds. Who wants one waits in a list; he is served by the first round that
 *      begins after he changed the directory, which takes the whole list.
 *   2. A round is run by one of those it serves: who comes when none runs, or has waited in vain
 *      for a moment after a removal; else the one whom the round before appointed, the first in
 *      the list who is pressing. From then until its end the directory is busy.
 *   3. Each is woken for himself, with the result of his round, and takes no lock again.
 */
#include "backend/file/dir.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <pthread.h>
#include <semaphore.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "base/beneath.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/str.h"

enum { REMOVAL_WAIT_MS = 2, COPY_BYTES = 256 * 1024 };

/* Who wants a flush; on his stack. */
typedef struct Waiter Waiter;
struct Waiter {
	sem_t called; /* he is served, or leads the next round */
	int error;    /* the errno of his round */
	/* Under the lock. */
	Waiter *next;
	bool pressing; /* does not only wait for somebody else's round */
	bool taken;    /* by a round, which calls him at its end */
	bool leads;
};

struct Dir {
	int fd;
	pthread_mutex_t lock; /* guards what follows */
	bool busy;            /* a round runs, or somebody was appointed to run it */
	Waiter *first;        /* those who wait for the next */
	Waiter **last;
};

DEFINE_CLEANUP(DIR, closedir)

/* DIR_FULL for what means "full", otherwise a fault from errno. */
static int write_failed(Fault *f, const char *what)
{
	if (errno == ENOSPC || errno == EDQUOT || errno == EFBIG)
		return DIR_FULL;
	return fault(f, -errno, "%s: %s", what, strerror(errno));
}

static void name_check(const char *name)
{
	assert(!str_empty(name) && !strchr(name, '/') && !str_eq(name, ".") && !str_eq(name, ".."));
}

static Dir *dir_new(int fd)
{
	Dir *dir = NEW(Dir);

	dir->fd = fd;
	dir->last = &dir->first;
	(void)pthread_mutex_init(&dir->lock, NULL); /* does not fail on Linux */
	return dir;
}

Dir *dir_close(Dir *dir)
{
	if (!dir)
		return NULL;
	(void)pthread_mutex_destroy(&dir->lock);
	closep(&dir->fd);
	free(dir);
	return NULL;
}

int dir_open(const char *path, Dir **ret, Fault *f)
{
	int fd;

	if (mkdir(path, 0700) && errno != EEXIST)
		return fault(f, -errno, "make directory %s: %s", path, strerror(errno));
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return fault(f, -errno, "open directory %s: %s", path, strerror(errno));
	*ret = dir_new(fd);
	return 0;
}

int dir_open_inside(const Dir *dir, const char *name, Dir **ret, Fault *f)
{
	int fd;

	name_check(name);
	if (mkdirat(dir->fd, name, 0700) && errno != EEXIST)
		return fault(f, -errno, "make directory %s: %s", name, strerror(errno));
	fd = open_entry(dir->fd, name, O_RDONLY | O_DIRECTORY);
	if (fd < 0)
		return fault(f, -errno, "open directory %s: %s", name, strerror(errno));
	*ret = dir_new(fd);
	return 0;
}

int dir_space(const Dir *dir, int64_t *ret_total_bytes, int64_t *ret_free_bytes, Fault *f)
{
	struct statvfs st;

	if (fstatvfs(dir->fd, &st))
		return fault(f, -errno, "statvfs: %s", strerror(errno));
	*ret_total_bytes = (int64_t)(st.f_blocks * st.f_frsize);
	*ret_free_bytes = (int64_t)(st.f_bavail * st.f_frsize);
	return 0;
}

int dir_device(const Dir *dir, dev_t *ret, Fault *f)
{
	struct stat st;

	if (fstat(dir->fd, &st))
		return fault(f, -errno, "stat: %s", strerror(errno));
	*ret = st.st_dev;
	return 0;
}

static void list_add(Dir *dir, Waiter *waiter)
{
	*dir->last = waiter;
	dir->last = &waiter->next;
}

/* All who wait; they belong to a round now. */
static Waiter *list_take(Dir *dir)
{
	Waiter *taken = dir->first;

	for (Waiter *waiter = taken; waiter; waiter = waiter->next)
		waiter->taken = true;
	dir->first = NULL;
	dir->last = &dir->first;
	return taken;
}

/* The next round is run by whom this returns, if anybody is pressing. */
static Waiter *leader_appoint(Dir *dir)
{
	Waiter *leader = dir->first;

	while (leader && !leader->pressing)
		leader = leader->next;
	if (leader)
		leader->leads = true;
	dir->busy = leader != NULL;
	return leader;
}

static void round_run(Dir *dir, const Waiter *self)
{
	Waiter *served, *leader, *next;
	int error;

	(void)pthread_mutex_lock(&dir->lock);
	served = list_take(dir);
	(void)pthread_mutex_unlock(&dir->lock);
	error = fsync(dir->fd) ? errno : 0;
	(void)pthread_mutex_lock(&dir->lock);
	leader = leader_appoint(dir);
	(void)pthread_mutex_unlock(&dir->lock);
	if (leader)
		(void)sem_post(&leader->called);
	for (; served; served = next) {
		next = served->next; /* who is called may be gone */
		served->error = error;
		if (served != self)
			(void)sem_post(&served->called);
	}
}

/* Whether he has to lead a round, as nobody else has. */
static bool press(Dir *dir, Waiter *self)
{
	bool leads;

	(void)pthread_mutex_lock(&dir->lock);
	self->pressing = true;
	leads = !dir->busy && !self->taken;
	dir->busy = dir->busy || leads;
	(void)pthread_mutex_unlock(&dir->lock);
	return leads;
}

/* Wait to be called; false: not until then. */
static bool await_call(Waiter *self, const struct timespec *until)
{
	int r;

	do
		r = until ? sem_clockwait(&self->called, CLOCK_MONOTONIC, until)
			  : sem_wait(&self->called);
	while (r && errno == EINTR);
	return r == 0;
}

/* Wait for a flush of everything until now; until `patient_us` only for somebody else's. */
static int flush_share(Dir *dir, int64_t patient_us)
{
	const struct timespec until = {
		.tv_sec = patient_us / 1000000,
		.tv_nsec = patient_us % 1000000 * 1000,
	};
	Waiter self = {0};
	bool called;

	(void)sem_init(&self.called, 0, 0);
	(void)pthread_mutex_lock(&dir->lock);
	list_add(dir, &self);
	(void)pthread_mutex_unlock(&dir->lock);
	called = patient_us && await_call(&self, &until);
	if (!called && press(dir, &self))
		self.leads = true;
	else if (!called)
		(void)await_call(&self, NULL);
	if (self.leads)
		round_run(dir, &self);
	(void)sem_destroy(&self.called);
	errno = self.error;
	return self.error ? -1 : 0;
}

int dir_flush(Dir *dir, Fault *f)
{
	return flush_share(dir, 0) ? write_failed(f, "flush the directory") : 0;
}

int dir_open_file(const Dir *dir, const char *name, int flags, int *ret_fd, Fault *f)
{
	_cleanup_(closep) int fd = -1;
	struct stat st;

	/* O_NONBLOCK: a FIFO in the place of a file must not hold us up. */
	fd = open_entry(dir->fd, name, flags | O_NONBLOCK);
	if (fd < 0 && errno == ENOENT)
		return DIR_NO_FILE;
	if (fd < 0)
		return fault(f, -errno, "open %s: %s", name, strerror(errno));
	if (fstat(fd, &st))
		return fault(f, -errno, "stat %s: %s", name, strerror(errno));
	if (!S_ISREG(st.st_mode))
		return fault(f, -EMEDIUMTYPE, "%s is not a regular file", name);
	*ret_fd = TAKE_FD(fd);
	return 0;
}

int dir_create_file(const Dir *dir, const char *name, int *ret_fd, Fault *f)
{
	const int flags = O_RDWR | O_CREAT | O_EXCL;
	int fd = open_entry(dir->fd, name, flags);

	if (fd < 0 && errno == EEXIST) {
		if (unlinkat(dir->fd, name, 0) && errno != ENOENT)
			return fault(f, -errno, "remove left-over %s: %s", name, strerror(errno));
		fd = open_entry(dir->fd, name, flags);
	}
	if (fd < 0 && errno == ENOENT)
		return fault(f, -ENOENT, "the directory for %s was removed under us", name);
	if (fd < 0)
		return write_failed(f, name);
	*ret_fd = fd;
	return 0;
}

int dir_publish(Dir *dir, int fd, const char *temporary, const char *name, Fault *f)
{
	if (fsync(fd))
		return write_failed(f, temporary);
	if (renameat(dir->fd, temporary, dir->fd, name))
		return write_failed(f, name);
	return dir_flush(dir, f);
}

int dir_rename_file(Dir *dir, const char *from, const char *to, Fault *f)
{
	name_check(from);
	name_check(to);
	if (renameat(dir->fd, from, dir->fd, to))
		return write_failed(f, to);
	return dir_flush(dir, f);
}

int dir_remove_file(Dir *dir, const char *name, Fault *f)
{
	name_check(name);
	if (unlinkat(dir->fd, name, 0) && errno != ENOENT)
		return fault(f, -errno, "remove %s: %s", name, strerror(errno));
	if (flush_share(dir, clock_mono_us() + REMOVAL_WAIT_MS * 1000))
		return fault(f, -errno, "sync the directory of %s: %s", name, strerror(errno));
	return 0;
}

void dir_discard_file(const Dir *dir, const char *temporary)
{
	name_check(temporary);
	(void)unlinkat(dir->fd, temporary, 0); /* see the header */
}

int dir_has_file(const Dir *dir, const char *name, bool *ret, Fault *f)
{
	_cleanup_(closep) int fd = -1;
	int r = dir_open_file(dir, name, O_RDONLY, &fd, f);

	if (r < 0)
		return r;
	*ret = r == 0;
	return 0;
}

/* The root of an export has dot files of others, too. */
static bool is_left_over(const Dir *dir, const char *name)
{
	static const char *const kinds[] = {
		"new-", "copy-", "snap-", "draft-", "shares-", "disk-", "upload-",
	};
	const char *rest = str_after(name, DIR_TEMPORARY);
	struct stat st;
	size_t i = 0;

	while (rest && i < ARRAY_SIZE(kinds) && !str_after(rest, kinds[i]))
		i++;
	return rest && i < ARRAY_SIZE(kinds) &&
	       fstatat(dir->fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode);
}

int dir_sweep(const Dir *dir, Fault *f)
{
	_cleanup_(closedirp) DIR *list = NULL;
	_cleanup_(closep) int fd = openat(dir->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	list = fd < 0 ? NULL : fdopendir(fd);
	if (!list)
		return fault(f, -errno, "list a directory: %s", strerror(errno));
	(void)TAKE_FD(fd); /* closedir() closes it */
	for (;;) {
		const struct dirent *entry;

		errno = 0;
		entry = readdir(list);
		if (!entry)
			return errno ? fault(f, -errno, "list a directory: %s", strerror(errno))
				     : 0;
		if (!is_left_over(dir, entry->d_name))
			continue;
		if (unlinkat(dir->fd, entry->d_name, 0) && errno != ENOENT)
			return fault(f, -errno, "remove %s: %s", entry->d_name, strerror(errno));
	}
}

int dir_write(int fd, const void *bytes, size_t n, Fault *f)
{
	const char *rest = bytes;

	while (n > 0) {
		ssize_t written = write(fd, rest, n);

		if (written < 0 && errno == EINTR)
			continue;
		if (written < 0)
			return write_failed(f, "write");
		rest += written;
		n -= (size_t)written;
	}
	return 0;
}

int dir_grow(int fd, int64_t size_bytes, Fault *f)
{
	struct stat st;

	if (fstat(fd, &st))
		return fault(f, -errno, "stat: %s", strerror(errno));
	if (st.st_size < size_bytes && ftruncate(fd, size_bytes))
		return write_failed(f, "grow");
	return 0;
}

/* Some bytes of [at, end), by the kernel; with a block through it. */
static ssize_t copy_some(int source, int target, off_t at, off_t end, char *block)
{
	off_t in = at, out = at;
	ssize_t n;

	if (!block)
		return copy_file_range(source, &in, target, &out, (size_t)(end - at), 0);
	n = pread(source, block, (size_t)MIN(end - at, (off_t)COPY_BYTES), at);
	return n <= 0 ? n : pwrite(target, block, (size_t)n, at);
}

/* Copy the bytes of [from, end); both files have the same offsets. */
static int copy_range(int source, int target, off_t from, off_t end, Fault *f)
{
	_cleanup_(freep) char *block = NULL;

	while (from < end) {
		ssize_t n = copy_some(source, target, from, end, block);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EXDEV && !block) { /* two file systems */
			block = mem_new(COPY_BYTES);
			continue;
		}
		if (n < 0)
			return write_failed(f, "copy");
		if (n == 0)
			return fault(f, -EIO, "the source became shorter while it was copied");
		from += n;
	}
	return 0;
}

/* Data where the source has data, holes where it has holes. */
static int copy_sparse(int from, int to, off_t size, Fault *f)
{
	off_t at = 0;
	int r;

	if (ftruncate(to, size))
		return write_failed(f, "grow");
	while (at < size) {
		off_t data = lseek(from, at, SEEK_DATA);
		off_t hole;

		if (data < 0 && errno == ENXIO)
			return 0; /* nothing but a hole up to the end */
		hole = data < 0 ? -1 : lseek(from, data, SEEK_HOLE);
		if (hole < 0)
			return fault(f, -errno, "seek: %s", strerror(errno));
		r = copy_range(from, to, data, hole, f);
		if (r)
			return r;
		at = hole;
	}
	return 0;
}

int dir_copy(int from, int to, Fault *f)
{
	struct stat st;

	if (ioctl(to, FICLONE, from) == 0)
		return 0;
	if (fstat(from, &st))
		return fault(f, -errno, "stat: %s", strerror(errno));
	return copy_sparse(from, to, st.st_size, f);
}

bool dir_shares_blocks(const Dir *dir)
{
	static const char *const names[] = {DIR_TEMPORARY "shares-from", DIR_TEMPORARY "shares-to"};
	int fds[ARRAY_SIZE(names)] = {-1, -1};
	bool shares;

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (dir_create_file(dir, names[i], &fds[i], NULL))
			break;
	shares = fds[0] >= 0 && fds[1] >= 0 && dir_write(fds[0], names[0], 1, NULL) == 0 &&
		 ioctl(fds[1], FICLONE, fds[0]) == 0;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		closep(&fds[i]);
		dir_discard_file(dir, names[i]);
	}
	return shares;
}
