/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Files of one directory, and the ways out of it that are closed.
 */
#include "backend/file/dir.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "base/clock.h"
#include "tests/lib/test.h"

enum { REMOVERS = 16 };

/* fsync() as the code under test finds it: counted, held up, or failing. */
static atomic_uint flushes;
static atomic_bool hold_flush;
static atomic_int flush_error;

int fsync(int fd)
{
	atomic_fetch_add(&flushes, 1);
	while (atomic_load(&hold_flush))
		clock_sleep_ms(1);
	errno = atomic_load(&flush_error);
	return errno ? -1 : (int)syscall(SYS_fsync, fd);
}

static Dir *dir_gone(void)
{
	char path[] = "/tmp/test-dir-XXXXXX";
	Fault f = {0};
	Dir *dir = NULL;

	assert_non_null(mkdtemp(path));
	assert_int_equal(dir_open(path, &dir, &f), 0);
	assert_int_equal(rmdir(path), 0); /* lives on by its descriptor until ... */
	return dir;
}

/* A directory that is really there; removed by dir_drop(). */
static char path[64];

static const char *inside(const char *name)
{
	static char full[sizeof(path) + 16];

	(void)snprintf(full, sizeof(full), "%s/%s", path, name); /* fits */
	return full;
}

static Dir *dir_make(void)
{
	Fault f = {0};
	Dir *dir = NULL;

	(void)snprintf(path, sizeof(path), "/tmp/test-dir-XXXXXX"); /* fits */
	assert_non_null(mkdtemp(path));
	assert_int_equal(dir_open(path, &dir, &f), 0);
	return dir;
}

static void dir_drop(Dir *dir)
{
	Fault f = {0};

	assert_int_equal(dir_remove_file(dir, "a", &f), 0);
	assert_int_equal(dir_remove_file(dir, "b", &f), 0);
	assert_int_equal(dir_sweep(dir, &f), 0);
	assert_int_equal(rmdir(path), 0);
	(void)dir_close(dir);
}

static void file_make(Dir *dir, const char *name, const char *text)
{
	_cleanup_(closep) int fd = -1;
	Fault f = {0};

	assert_int_equal(dir_create_file(dir, ".new-1", &fd, &f), 0);
	assert_int_equal(dir_write(fd, text, strlen(text), &f), 0);
	assert_int_equal(dir_publish(dir, fd, ".new-1", name, &f), 0);
}

TEST(a_missing_parent_is_a_fault)
{
	Dir *dir = NULL;
	Fault f = {0};

	assert_true(dir_open("/tmp/no-such-parent/at/all", &dir, &f) < 0);
	assert_non_null(strstr(f.text, "/tmp/no-such-parent/at/all"));
}

TEST(a_file_appears_when_it_is_whole)
{
	_cleanup_(closep) int fd = -1;
	Dir *dir = dir_make();
	bool there = true;
	Fault f = {0};

	assert_int_equal(dir_create_file(dir, ".new-1", &fd, &f), 0);
	assert_int_equal(dir_has_file(dir, "a", &there, &f), 0);
	assert_false(there);
	assert_int_equal(dir_publish(dir, fd, ".new-1", "a", &f), 0);
	assert_int_equal(dir_has_file(dir, "a", &there, &f), 0);
	assert_true(there);
	assert_int_equal(dir_remove_file(dir, "a", &f), 0);
	assert_int_equal(dir_remove_file(dir, "a", &f), 0);
	assert_int_equal(dir_has_file(dir, "a", &there, &f), 0);
	assert_false(there);
	dir_drop(dir);
}

TEST(links_are_not_followed)
{
	_cleanup_(closep) int fd = -1;
	Dir *dir = dir_make();
	Fault f = {0};

	assert_int_equal(symlink("/etc/passwd", inside("a")), 0);
	assert_true(dir_open_file(dir, "a", O_RDONLY, &fd, &f) < 0);
	/* Making a file replaces the link, and never writes through it. */
	assert_int_equal(symlink("/etc/passwd", inside(".new-1")), 0);
	assert_int_equal(dir_create_file(dir, ".new-1", &fd, &f), 0);
	dir_drop(dir);
}

TEST(only_regular_files_are_opened)
{
	_cleanup_(closep) int fd = -1;
	Dir *dir = dir_make();
	Fault f = {0};

	assert_int_equal(mkfifo(inside("a"), 0600), 0);
	assert_true(dir_open_file(dir, "a", O_RDONLY, &fd, &f) < 0);
	assert_non_null(strstr(f.text, "not a regular file"));
	assert_int_equal(dir_open_file(dir, "b", O_RDONLY, &fd, &f), DIR_NO_FILE);
	dir_drop(dir);
}

TEST(sweeping_takes_only_what_is_unfinished)
{
	_cleanup_(closep) int left = -1;
	Dir *dir = dir_make();
	bool there = false;
	Fault f = {0};

	file_make(dir, "a", "whole");
	assert_int_equal(dir_create_file(dir, ".upload-1", &left, &f), 0);
	assert_int_equal(dir_sweep(dir, &f), 0);
	assert_int_equal(dir_has_file(dir, ".upload-1", &there, &f), 0);
	assert_false(there);
	assert_int_equal(dir_has_file(dir, "a", &there, &f), 0);
	assert_true(there);
	dir_drop(dir);
}

TEST(sweeping_leaves_what_others_have_there)
{
	static const char *const files[] = {".mine", ".nfs0000", ".snapshots", "new-1"};
	static const char *const directories[] = {".snapshot", ".copy-of-all"};
	Dir *dir = dir_make();
	Fault f = {0};

	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		_cleanup_(closep) int fd = -1;

		assert_int_equal(dir_create_file(dir, files[i], &fd, &f), 0);
	}
	for (size_t i = 0; i < ARRAY_SIZE(directories); i++)
		assert_int_equal(mkdir(inside(directories[i]), 0700), 0);
	if (dir_sweep(dir, &f))
		fail_msg("%s", f.text);
	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		assert_int_equal(unlink(inside(files[i])), 0);
	for (size_t i = 0; i < ARRAY_SIZE(directories); i++)
		assert_int_equal(rmdir(inside(directories[i])), 0);
	dir_drop(dir);
}

TEST(copies_keep_bytes_and_holes)
{
	_cleanup_(closep) int from = -1;
	_cleanup_(closep) int to = -1;
	static char bytes[8192], back[8192];
	const off_t far = 64 * 1024 * 1024;
	Dir *dir = dir_make();
	struct stat st;
	Fault f = {0};

	memset(bytes, 'x', sizeof(bytes));
	assert_int_equal(dir_create_file(dir, ".copy-from", &from, &f), 0);
	assert_int_equal(dir_create_file(dir, ".copy-to", &to, &f), 0);
	assert_int_equal(pwrite(from, bytes, sizeof(bytes), far), sizeof(bytes));
	assert_int_equal(dir_grow(from, 2 * far, &f), 0);
	assert_int_equal(dir_copy(from, to, &f), 0);
	assert_int_equal(fstat(to, &st), 0);
	assert_int_equal(st.st_size, 2 * far);
	assert_true(st.st_blocks * 512 < 1024 * 1024);
	assert_int_equal(pread(to, back, sizeof(back), far), sizeof(back));
	assert_memory_equal(bytes, back, sizeof(back));
	dir_drop(dir);
}

/* Images may lie in another file system than volumes; /dev/shm mostly is one. */
TEST(a_copy_comes_from_another_file_system)
{
	static char bytes[3 * 1024 * 1024], back[sizeof(bytes)];
	char name[] = "/dev/shm/test-dir-XXXXXX";
	_cleanup_(closep) int from = mkostemp(name, O_CLOEXEC);
	_cleanup_(closep) int to = -1;
	const off_t far = 16 * 1024 * 1024;
	Dir *dir = dir_make();
	Fault f = {0};

	assert_true(from >= 0 && unlink(name) == 0);
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (char)(i * 31 % 251);
	assert_int_equal(pwrite(from, bytes, sizeof(bytes), far), sizeof(bytes));
	assert_int_equal(dir_create_file(dir, ".copy-to", &to, &f), 0);
	if (dir_copy(from, to, &f))
		fail_msg("%s", f.text);
	assert_int_equal(pread(to, back, sizeof(back), far), sizeof(back));
	assert_memory_equal(bytes, back, sizeof(back));
	assert_int_equal(lseek(to, 0, SEEK_END), far + (off_t)sizeof(bytes));
	dir_drop(dir);
}

TEST(a_limit_reads_as_full)
{
	struct rlimit old, small = {.rlim_cur = 4096, .rlim_max = RLIM_INFINITY};
	static const char bytes[8192];
	_cleanup_(closep) int fd = -1;
	Dir *dir = dir_make();
	Fault f = {0};

	assert_int_equal(dir_create_file(dir, ".new-1", &fd, &f), 0);
	(void)signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	small.rlim_max = old.rlim_max;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	assert_int_equal(dir_grow(fd, 8192, &f), DIR_FULL);
	assert_int_equal(dir_write(fd, bytes, sizeof(bytes), &f), DIR_FULL);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
	assert_int_equal(dir_grow(fd, 8192, &f), 0);
	dir_drop(dir);
}

TEST(a_directory_that_is_gone_is_a_fault)
{
	_cleanup_(dir_closep) Dir *dir = dir_gone();
	_cleanup_(closep) int fd = -1;
	Fault f = {0};

	assert_int_equal(dir_create_file(dir, ".new-1", &fd, &f), -ENOENT);
	assert_string_equal(f.text, "the directory for .new-1 was removed under us");
}

typedef struct Remover {
	Dir *dir;
	char name[16];
	pthread_t thread;
	atomic_int tid;
	int result;
} Remover;

static void *remover_run(void *ctx)
{
	Remover *remover = ctx;
	Fault f = {0};

	atomic_store(&remover->tid, (int)gettid());
	remover->result = dir_remove_file(remover->dir, remover->name, &f);
	return NULL;
}

static void remover_start(Remover *remover, Dir *dir, int number)
{
	*remover = (Remover){.dir = dir};
	(void)snprintf(remover->name, sizeof(remover->name), "file-%d", number); /* fits */
	file_make(dir, remover->name, "");
}

static bool is_asleep(int tid)
{
	char name[64], stat[256] = "", *state;
	FILE *file;

	(void)snprintf(name, sizeof(name), "/proc/self/task/%d/stat", tid); /* fits */
	file = fopen(name, "re");
	assert_non_null(file);
	assert_non_null(fgets(stat, sizeof(stat), file));
	assert_int_equal(fclose(file), 0);
	state = strrchr(stat, ')');
	return state && state[2] == 'S';
}

/* Remove many files at once while a flush is held up; ends with the flush let go. */
static void remove_together(Remover *removers)
{
	atomic_store(&flushes, 0);
	atomic_store(&hold_flush, true);
	for (int i = 0; i < REMOVERS; i++)
		assert_int_equal(
			pthread_create(&removers[i].thread, NULL, remover_run, &removers[i]), 0);
	for (int i = 0; i < REMOVERS; i++)
		while (access(inside(removers[i].name), F_OK) == 0 || atomic_load(&flushes) == 0 ||
		       !is_asleep(atomic_load(&removers[i].tid)))
			clock_sleep_ms(1);
	atomic_store(&hold_flush, false);
	for (int i = 0; i < REMOVERS; i++)
		assert_int_equal(pthread_join(removers[i].thread, NULL), 0);
}

TEST(one_flush_serves_all_who_wait)
{
	Remover removers[REMOVERS];
	Dir *dir = dir_make();

	for (int i = 0; i < REMOVERS; i++)
		remover_start(&removers[i], dir, i);
	remove_together(removers);
	for (int i = 0; i < REMOVERS; i++)
		assert_int_equal(removers[i].result, 0);
	assert_in_range(atomic_load(&flushes), 1, REMOVERS / 4);
	dir_drop(dir);
}

TEST(a_flush_that_fails_fails_for_all)
{
	Remover removers[REMOVERS];
	Dir *dir = dir_make();

	for (int i = 0; i < REMOVERS; i++)
		remover_start(&removers[i], dir, i);
	atomic_store(&flush_error, EIO);
	remove_together(removers);
	atomic_store(&flush_error, 0);
	for (int i = 0; i < REMOVERS; i++)
		assert_int_equal(removers[i].result, -EIO);
	dir_drop(dir);
}

TEST(a_removal_that_is_repeated_is_flushed)
{
	Dir *dir = dir_make();
	Fault f = {0};

	file_make(dir, "a", "");
	assert_int_equal(unlink(inside("a")), 0); /* by somebody who died before flushing */
	atomic_store(&flushes, 0);
	assert_int_equal(dir_remove_file(dir, "a", &f), 0);
	assert_int_equal(atomic_load(&flushes), 1);
	dir_drop(dir);
}
