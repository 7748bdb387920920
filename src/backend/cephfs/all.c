/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * The mount of the whole file system, in which shares are made and deleted. Who works in it waits
 * in the kernel for a cluster that does not answer, and no signal wakes him. So a thread watches
 * those who work, and takes the mount from under one who has had no use of a CPU for too long: he
 * gets an error. It is mounted anew for the next one, as it is after a ceph-fuse that has died or
 * that the cluster has thrown out.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <time.h>

#include "backend/cephfs/priv.h"
#include "base/beneath.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"

#define ALL "all"

enum {
	STUCK_MS = 20 * 1000,
	LOOK_S = 2,
	TRIES = 2,
};

/* ---- watching ---- */

static int64_t used_ns(const AllCall *call)
{
	struct timespec used = {0};

	(void)clock_gettime(call->clock, &used); /* of a thread that is there: cannot fail */
	return used.tv_sec * INT64_C(1000000000) + used.tv_nsec;
}

static bool is_stuck(AllCall *call)
{
	int64_t used = used_ns(call);

	if (used != call->used_ns) {
		call->used_ns = used;
		call->since_ms = clock_mono_ms();
	}
	return clock_mono_ms() - call->since_ms > STUCK_MS;
}

static void pull(const CephFs *cephfs)
{
	char path[64];

	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d/" ALL, cephfs->mounts); /* fits */
	/* By force: the kernel gives up what it waits for. */
	if (umount2(path, MNT_FORCE | MNT_DETACH | UMOUNT_NOFOLLOW) && errno != EINVAL)
		log_warning("cephfs: unmount the file system: %s", strerror(errno));
}

static bool any_is_stuck(const All *all)
{
	bool stuck = false;

	for (AllCall *call = all->calls; call; call = call->next)
		stuck = is_stuck(call) || stuck;
	return stuck;
}

/* Until somebody comes, or for a while. */
static void wait_for_calls(All *all)
{
	struct timespec until;

	(void)clock_gettime(CLOCK_MONOTONIC, &until); /* cannot fail */
	until.tv_sec += LOOK_S;
	if (all->calls)
		(void)pthread_cond_timedwait(&all->wake, &all->lock, &until);
	else
		(void)pthread_cond_wait(&all->wake, &all->lock);
}

static void *watch(void *arg)
{
	CephFs *cephfs = arg;
	All *all = &cephfs->all;

	(void)pthread_mutex_lock(&all->lock);
	while (!all->ends) {
		wait_for_calls(all);
		if (!any_is_stuck(all))
			continue;
		log_warning("cephfs: the cluster does not answer");
		pull(cephfs);
		for (AllCall *call = all->calls; call; call = call->next)
			call->since_ms = clock_mono_ms();
	}
	(void)pthread_mutex_unlock(&all->lock);
	return NULL;
}

static void call_begin(All *all, AllCall *call)
{
	(void)pthread_getcpuclockid(pthread_self(), &call->clock); /* cannot fail for oneself */
	call->used_ns = used_ns(call);
	call->since_ms = clock_mono_ms();
	(void)pthread_mutex_lock(&all->lock);
	call->next = all->calls;
	all->calls = call;
	(void)pthread_cond_signal(&all->wake);
	(void)pthread_mutex_unlock(&all->lock);
}

static void call_end(All *all, const AllCall *call)
{
	AllCall **at;

	(void)pthread_mutex_lock(&all->lock);
	for (at = &all->calls; *at != call; at = &(*at)->next)
		;
	*at = call->next;
	(void)pthread_mutex_unlock(&all->lock);
}

/* ---- mounting ---- */

static int make_directory(int parent, const char *name, int *ret_fd, Fault *f)
{
	if (mkdirat(parent, name, 0700) && errno != EEXIST)
		return fault(f, -errno, "make %s: %s", name, strerror(errno));
	*ret_fd = open_beneath(parent, name, O_RDONLY | O_DIRECTORY);
	return *ret_fd < 0 ? fault(f, -errno, "open %s: %s", name, strerror(errno)) : 0;
}

/* The pool of new files: only a file says it. */
static int find_pool(CephFs *cephfs, int dir, Fault *f)
{
	_cleanup_(closep) int fd =
		openat(dir, "pool", O_RDONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	char name[128] = "";

	if (fd < 0 || fgetxattr(fd, "ceph.file.layout.pool", name, sizeof(name) - 1) <= 0)
		return fault(f, -errno, "look for the data pool: %s", strerror(errno));
	if (!cephfs->pool)
		cephfs->pool = mem_strdup(name);
	return 0;
}

static int open_tree_of_shares(CephFs *cephfs, Fault *f)
{
	_cleanup_(closep) int all =
		openat(cephfs->mounts, ALL, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	_cleanup_(closep) int ours = -1;
	int r;

	if (all < 0)
		return fault(f, -errno, "open the file system: %s", strerror(errno));
	r = make_directory(all, "cleat", &ours, f);
	if (!r)
		r = make_directory(ours, "shares", &cephfs->all.shares, f);
	if (!r)
		r = make_directory(ours, "trash", &cephfs->all.trash, f);
	return r ? r : find_pool(cephfs, ours, f);
}

/* Within the writer's turn. What an earlier mount has open gives nothing any more. */
static int mount_all(CephFs *cephfs, Fault *f)
{
	AllCall call = {0};
	int r;

	closep(&cephfs->all.shares);
	closep(&cephfs->all.trash);
	cephfs->all.shares = cephfs->all.trash = -1;
	r = fuse_mount(cephfs, &(FuseMount){.root = "/", .user = cephfs->user, .name = ALL}, f);
	if (r)
		return r;
	call_begin(&cephfs->all, &call);
	r = open_tree_of_shares(cephfs, f);
	call_end(&cephfs->all, &call);
	return r;
}

/* Anew, unless somebody has done so since that mount. */
static int mount_again(CephFs *cephfs, uint64_t mounts, Fault *f)
{
	All *all = &cephfs->all;
	int r = 0;

	(void)pthread_rwlock_wrlock(&all->turn);
	if (all->mounts == mounts) {
		pull(cephfs);
		r = mount_all(cephfs, f);
		if (!r)
			all->mounts++;
	}
	(void)pthread_rwlock_unlock(&all->turn);
	return r;
}

/* By asking ceph-fuse, whatever the kernel remembers. */
static bool is_alive(const All *all)
{
	struct statx st;

	return all->shares >= 0 && all->trash >= 0 &&
	       statx(all->shares, "", AT_EMPTY_PATH | AT_STATX_FORCE_SYNC, STATX_TYPE, &st) == 0;
}

int all_enter(CephFs *cephfs, AllCall *call, Fault *f)
{
	All *all = &cephfs->all;

	for (int i = 0; i < TRIES; i++) {
		uint64_t mounts;
		int r;

		(void)pthread_rwlock_rdlock(&all->turn);
		call_begin(all, call);
		if (is_alive(all)) {
			call->all = all;
			return 0;
		}
		mounts = all->mounts;
		call_end(all, call);
		(void)pthread_rwlock_unlock(&all->turn);
		r = mount_again(cephfs, mounts, f);
		if (r)
			return r;
	}
	return fault(f, -EIO, "the file system goes as often as it is mounted");
}

void all_leave(AllCall *call)
{
	if (!call->all)
		return;
	call_end(call->all, call);
	(void)pthread_rwlock_unlock(&call->all->turn);
	call->all = NULL;
}

/* ---- opening ---- */

int all_open(CephFs *cephfs, Fault *f)
{
	All *all = &cephfs->all;
	pthread_condattr_t attributes;

	(void)pthread_condattr_init(&attributes); /* these cannot fail */
	(void)pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	(void)pthread_cond_init(&all->wake, &attributes);
	(void)pthread_condattr_destroy(&attributes);
	(void)pthread_mutex_init(&all->lock, NULL);
	(void)pthread_rwlock_init(&all->turn, NULL);
	all->shares = all->trash = -1;
	all->is_open = true;
	all->is_watched = pthread_create(&all->watcher, NULL, watch, cephfs) == 0;
	if (!all->is_watched)
		return fault(f, -EAGAIN, "start a thread");
	return mount_all(cephfs, f);
}

void all_close(CephFs *cephfs)
{
	All *all = &cephfs->all;
	Fault f = {0};

	if (!all->is_open)
		return;
	if (all->is_watched) {
		(void)pthread_mutex_lock(&all->lock);
		all->ends = true;
		(void)pthread_cond_signal(&all->wake);
		(void)pthread_mutex_unlock(&all->lock);
		(void)pthread_join(all->watcher, NULL); /* it was started */
	}
	closep(&all->shares);
	closep(&all->trash);
	/* The next open() finds it. */
	if (fuse_unmount(cephfs, ALL, &f))
		log_write(LOG_DEBUG, "cephfs: %s", f.text);
	(void)pthread_cond_destroy(&all->wake);
	(void)pthread_mutex_destroy(&all->lock);
	(void)pthread_rwlock_destroy(&all->turn);
}
