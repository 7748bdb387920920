/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * The crash sweep: a child makes a journey and dies at its n-th touch of the world, for n = 1, 2,
 * 3… until it gets through; then somebody else recovers. Whatever n was, the volume is attached
 * with all that belongs to it, or there is no trace of it. Holds H-18.
 *
 * It dies before a touch: what is after one is before the next. The world is touched by the calls
 * below, which this program has in place of libc's, and by the commands and the connector of the
 * test.
 */
#include <stdio.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "local/test-fake.h"
#include "run/script.h"

enum { DIED = 99, TOUCHES_MAX = 400 };

static int touches_left; /* until the end; 0: it does not come */
static int writes_left;  /* until one finds the disk full; 0: none does */

/* Whether this write is the one. */
static bool is_full(void)
{
	bool full = writes_left > 0 && --writes_left == 0;

	if (full)
		errno = ENOSPC;
	return full;
}

static void touch(void)
{
	if (touches_left > 0 && --touches_left == 0)
		_exit(DIED);
}

int fsync(int fd _unused_)
{
	return is_full() ? -1 : 0; /* the page cache outlives the process */
}

int renameat(int old_dir, const char *old, int new_dir, const char *new)
{
	touch();
	if (is_full())
		return -1;
	return (int)syscall(SYS_renameat2, old_dir, old, new_dir, new, 0);
}

int rename(const char *old, const char *new)
{
	return renameat(AT_FDCWD, old, AT_FDCWD, new);
}

int unlinkat(int dir, const char *name, int flags)
{
	touch();
	return (int)syscall(SYS_unlinkat, dir, name, flags);
}

int unlink(const char *name)
{
	return unlinkat(AT_FDCWD, name, 0);
}

int symlink(const char *target, const char *name)
{
	touch();
	if (is_full())
		return -1;
	return (int)syscall(SYS_symlinkat, target, AT_FDCWD, name);
}

/* What mount(8) and umount(8) do to a machine that is a directory. */
static void on_mount(void *ctx, const RunSpec *spec _unused_)
{
	Tree *tree = ctx;

	touch();
	tree_file(tree, "/proc/self/mountinfo",
		  arena_printf(tree->arena, "40 1 8:16 / %s/data rw - ext4 /dev/sda rw\n",
			       tree->root));
}

static void on_unmount(void *ctx, const RunSpec *spec _unused_)
{
	touch();
	tree_file(ctx, "/proc/self/mountinfo", "");
}

static bool is_mounted(const Place *place)
{
	const char *list =
		host_peek(&place->tree->host, place->tree->arena, "%s", "/proc/self/mountinfo");

	return list && *list;
}

static void play(Place *place, const char *script)
{
	run_script_hook("mount", on_mount, place->tree);
	run_script_hook("umount", on_unmount, place->tree);
	assert_int_equal(run_script_play(script, NULL), 0);
}

static void attach(Place *place)
{
	const char *data = host_path(&place->tree->host, place->tree->arena, "/data");
	const LocalMount mount = {.directory = data};
	LocalRecord record;
	ConnectorDisk disk;

	play(place, "$ mount -t auto -o nosuid,nodev,_netdev -- /dev/sda */data\n@ mount\n");
	if (place_attach(place, "t1", "sda", ",\"block\":true", &record, &disk))
		_exit(1);
	if (local_mount(place->work, &record, &disk, &mount, NULL))
		_exit(2);
}

static void detach(Place *place)
{
	LocalRecord **records;

	play(place, "$ umount -- */data\n@ umount\n$ blockdev --flushbufs */dev/sda\n");
	if (place_records(place, &records) != 1)
		_exit(3);
	(void)place_begin(place, "sda");
	if (local_disconnect(place->work, records[0], false, NULL))
		_exit(4);
	if (local_forget(place->work, records[0], NULL))
		_exit(5);
}

static void attach_in_vain(Place *place)
{
	LocalRecord record;
	ConnectorDisk disk;

	if (place_attach(place, "t1", "sda", "", &record, &disk) != LOCAL_NO_DISK)
		_exit(6);
	if (local_forget(place->work, &record, NULL))
		_exit(7);
}

/* Whether the child died, rather than got through. */
static bool run_child(Place *place, void (*journey)(Place *place), int touches)
{
	pid_t child = fork();
	int status = 0;

	assert_true(child >= 0);
	if (child == 0) {
		touches_left = touches;
		fake_point = touch;
		journey(place);
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_true(WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == DIED);
	return WEXITSTATUS(status) == DIED;
}

/* What `cleat local-recover` does, without a server that knows of attachments. */
static void recover(Place *place)
{
	LocalRecord **records;
	size_t count;

	local_close(place->local);
	place->local = place_open_again(place);
	count = place_records(place, &records);
	play(place, is_mounted(place) && count == 1 && records[0]->state != LOCAL_CONNECTED
			    ? "$ umount -- */data\n@ umount\n$ blockdev --flushbufs */dev/sda\n"
			    : "$ blockdev --flushbufs */dev/sda\n");
	for (size_t i = 0; i < count; i++) {
		(void)place_begin(place, "sda");
		assert_int_equal(local_recover(place->work, records[i], NULL), 0);
		if (records[i]->state == LOCAL_CONNECTED)
			continue;
		assert_int_equal(local_forget(place->work, records[i], NULL), 0);
	}
	place->work = local_end(place->work);
	if (run_script_end(NULL))
		return; /* it had less to do */
}

static size_t count_files(Place *place, const char *pattern)
{
	const char **paths;
	size_t count;

	assert_int_equal(
		host_glob(&place->tree->host, place->tree->arena, pattern, &paths, &count, NULL),
		0);
	return count;
}

static void assert_whole(Place *place)
{
	LocalRecord **records;
	ConnectorDisk disk;

	assert_int_equal(place_records(place, &records), 1);
	assert_int_equal(records[0]->state, LOCAL_CONNECTED);
	(void)place_begin(place, "sda");
	assert_int_equal(local_verify(place->work, records[0], &disk, NULL), 0);
	assert_true(place_linked(place, records[0]));
	place->work = local_end(place->work);
}

static void assert_nothing(Place *place)
{
	assert_int_equal(count_files(place, "/state/records/*"), 0);
	assert_int_equal(count_files(place, "/state/targets/*"), 0);
	assert_int_equal(count_files(place, "/dev/cleat/*"), 0);
	assert_int_equal(count_files(place, "/world/session-*"), 0);
	assert_int_equal(count_files(place, "/sys/block/sda/identity"), 0);
	assert_false(is_mounted(place));
}

/* Die at every point of a journey. */
static void sweep(void (*before)(Place *place), void (*journey)(Place *place), const char *world)
{
	bool died = true;
	int touches;

	for (touches = 1; died; touches++) {
		_cleanup_(place_done) Place place = place_make();
		LocalRecord **records;

		assert_true(touches < TOUCHES_MAX);
		tree_file(place.tree, "/sys/block/sda/dev", "8:16\n");
		tree_file(place.tree, world, "");
		if (before)
			assert_false(run_child(&place, before, 0));
		died = run_child(&place, journey, touches);
		recover(&place);
		if (place_records(&place, &records) > 0)
			assert_whole(&place);
		else
			assert_nothing(&place);
	}
	assert_true(touches > 10); /* it did die on the way */
}

TEST(h18_an_attach_dies_anywhere)
{
	sweep(NULL, attach, "/world/none");
}

TEST(h18_a_detach_dies_anywhere)
{
	sweep(attach, detach, "/world/none");
}

TEST(h18_an_attach_that_fails_dies_anywhere)
{
	sweep(NULL, attach_in_vain, "/world/missing-sda");
}

static void attach_or_fail(Place *place)
{
	LocalWork *work = place_begin(place, "sda");
	const LocalOffer offer = offer_of(work->arena, "t1", "sda", "");
	LocalRecord record = {.endpoint = "c/p", .connector = "{}", .mode = "rw"};
	ConnectorDisk disk;
	Fault f = {0};
	int r;

	r = local_reserve(work, &record, &f);
	if (r == 0)
		r = local_connect(work, &record, &offer, &disk, &f);
	if (r && !*f.text)
		_exit(8); /* what broke is told */
	_exit(r ? DIED : 0);
}

/* The same journeys on a disk that is full at the n-th write: an error, and nothing left. */
TEST(a_full_disk_leaves_nothing)
{
	bool failed = true;
	int writes;

	for (writes = 1; failed; writes++) {
		_cleanup_(place_done) Place place = place_make();
		LocalRecord **records;

		assert_true(writes < TOUCHES_MAX);
		writes_left = writes;
		failed = run_child(&place, attach_or_fail, 0);
		writes_left = 0;
		recover(&place);
		if (place_records(&place, &records) > 0)
			assert_whole(&place);
		else
			assert_nothing(&place);
	}
	assert_true(writes > 5);
}

/* A recovery may die as well; the next one ends it. */
static void recover_in_child(Place *place)
{
	recover(place);
}

TEST(h18_a_recovery_dies_anywhere)
{
	bool died = true;

	for (int touches = 1; died; touches++) {
		_cleanup_(place_done) Place place = place_make();
		LocalRecord **records;

		assert_true(touches < TOUCHES_MAX);
		tree_file(place.tree, "/sys/block/sda/dev", "8:16\n");
		assert_false(run_child(&place, attach, 0));
		(void)run_child(&place, detach, 6); /* somewhere in the middle */
		died = run_child(&place, recover_in_child, touches);
		recover(&place);
		if (place_records(&place, &records) > 0)
			assert_whole(&place);
		else
			assert_nothing(&place);
	}
}
