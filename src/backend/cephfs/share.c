/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * The slots. Shares are made, resized and deleted in a mount of the whole file system. A share is
 * whole once it has its quota, which is set last and taken first.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/xattr.h>

#include "backend/cephfs/cephfs.h"
#include "backend/cephfs/priv.h"
#include "backend/directory/place.h"
#include "backend/directory/tree.h"
#include "base/beneath.h"
#include "base/mem.h"
#include "base/str.h"

#define QUOTA "ceph.quota.max_bytes"
#define NAMESPACE "ceph.dir.layout.pool_namespace"

enum { READONLY_BYTES = UUID_TEXT + 3 };

static int64_t bytes_of(int64_t size_gib)
{
	return size_gib << 30;
}

static int set_attribute(int fd, const char *name, const char *value, Fault *f)
{
	if (fsetxattr(fd, name, value, strlen(value), 0))
		return fault(f, -errno, "set %s: %s", name, strerror(errno));
	return 0;
}

static int set_quota(int fd, int64_t bytes, Fault *f)
{
	char text[24];

	(void)snprintf(text, sizeof(text), "%" PRId64, bytes); /* fits */
	return set_attribute(fd, QUOTA, text, f);
}

/* A number that CephFS keeps as an attribute; 0 where it has none. */
static int get_number(int fd, const char *name, int64_t *ret, Fault *f)
{
	char text[24] = "";
	ssize_t n = fgetxattr(fd, name, text, sizeof(text) - 1);

	if (n < 0 && errno != ENODATA)
		return fault(f, -errno, "read %s: %s", name, strerror(errno));
	if (n <= 0 || !str_parse_i64(text, ret))
		*ret = 0;
	return 0;
}

/* 0 or SHARE_BACKEND_NO_SHARE, also for one that is not whole. */
static int share_open(const CephFs *cephfs, const Share *share, int *ret_fd, Fault *f)
{
	_cleanup_(closep) int fd =
		open_beneath(cephfs->all.shares, share->id, O_RDONLY | O_DIRECTORY);
	int64_t quota;
	int r;

	if (fd < 0 && errno == ENOENT)
		return SHARE_BACKEND_NO_SHARE;
	if (fd < 0)
		return fault(f, -errno, "open a share: %s", strerror(errno));
	r = get_number(fd, QUOTA, &quota, f);
	if (r)
		return r;
	if (quota == 0)
		return SHARE_BACKEND_NO_SHARE;
	*ret_fd = TAKE_FD(fd);
	return 0;
}

/* The same as a call of its own. */
static int share_look(CephFs *cephfs, const Share *share, Fault *f)
{
	_cleanup_(all_leave) AllCall call = {0};
	_cleanup_(closep) int fd = -1;
	int r = all_enter(cephfs, &call, f);

	return r ? r : share_open(cephfs, share, &fd, f);
}

/* ---- making and deleting ---- */

static int cephfs_create(void *self, const Share *share, const ShareSnapshot *from _unused_,
			 Fault *f)
{
	CephFs *cephfs = self;
	_cleanup_(all_leave) AllCall call = {0};
	_cleanup_(closep) int fd = -1;
	char name[UUID_TEXT + 8];
	int r = all_enter(cephfs, &call, f);

	if (!r)
		r = share_open(cephfs, share, &fd, f);
	if (r != SHARE_BACKEND_NO_SHARE)
		return r;
	if (mkdirat(cephfs->all.shares, share->id, 0700) && errno != EEXIST)
		return fault(f, -errno, "make a share: %s", strerror(errno));
	fd = open_beneath(cephfs->all.shares, share->id, O_RDONLY | O_DIRECTORY);
	if (fd < 0)
		return fault(f, -errno, "open a share: %s", strerror(errno));
	(void)snprintf(name, sizeof(name), "cleat_%s", share->id); /* fits: an id */
	r = set_attribute(fd, NAMESPACE, name, f);
	if (!r && fchmod(fd, 0777))
		return fault(f, -errno, "set a mode: %s", strerror(errno));
	if (!r)
		r = set_quota(fd, bytes_of(share->size_gib), f);
	if (!r && fsync(fd))
		return fault(f, -errno, "flush a share: %s", strerror(errno));
	return r;
}

static const char *mount_name(const Share *share, bool readonly, char out[static READONLY_BYTES])
{
	(void)snprintf(out, READONLY_BYTES, "%s%s", share->id, readonly ? ".r" : ""); /* fits */
	return out;
}

static int cephfs_disconnect(void *self, const Share *share, bool readonly, Fault *f)
{
	char name[READONLY_BYTES];

	return fuse_unmount(self, mount_name(share, readonly, name), f);
}

/* Files do not move out of a directory with a quota. */
static int throw_away(const CephFs *cephfs, const Share *share, int trash, Fault *f)
{
	_cleanup_(closep) int fd =
		open_beneath(cephfs->all.shares, share->id, O_RDONLY | O_DIRECTORY);
	int r;

	if (fd < 0 && errno == ENOENT)
		return 0;
	if (fd < 0)
		return fault(f, -errno, "open a share: %s", strerror(errno));
	r = set_quota(fd, 0, f);
	if (!r && renameat(cephfs->all.shares, share->id, trash, "0"))
		return fault(f, -errno, "remove a share: %s", strerror(errno));
	return r;
}

static int burn(CephFs *cephfs, const Share *share, Fault *f)
{
	_cleanup_(all_leave) AllCall call = {0};
	_cleanup_(closep) int trash = -1;
	int r = all_enter(cephfs, &call, f);

	if (r)
		return r;
	if (mkdirat(cephfs->all.trash, share->id, 0700) && errno != EEXIST)
		return fault(f, -errno, "make trash: %s", strerror(errno));
	trash = open_beneath(cephfs->all.trash, share->id, O_RDONLY | O_DIRECTORY);
	if (trash < 0)
		return fault(f, -errno, "open trash: %s", strerror(errno));
	r = tree_burn(trash, f);
	if (!r)
		r = throw_away(cephfs, share, trash, f);
	if (!r)
		r = tree_burn(trash, f);
	if (!r && unlinkat(cephfs->all.trash, share->id, AT_REMOVEDIR))
		return fault(f, -errno, "remove trash: %s", strerror(errno));
	return r;
}

static int cephfs_remove(void *self, const Share *share, Fault *f)
{
	CephFs *cephfs = self;
	_cleanup_(arena_freep) Arena *arena = arena_new();
	int r = cephfs_disconnect(self, share, false, f);

	if (!r)
		r = cephfs_disconnect(self, share, true, f);
	if (!r)
		r = cephfs_grant(cephfs, share->id, NULL, 0, arena, NULL, f);
	return r ? r : burn(cephfs, share, f);
}

static int cephfs_exists(void *self, const Share *share, bool *ret, Fault *f)
{
	int r = share_look(self, share, f);

	*ret = r == 0;
	return r == SHARE_BACKEND_NO_SHARE ? 0 : r;
}

static int cephfs_resize(void *self, const Share *share, int64_t size_gib, Fault *f)
{
	_cleanup_(all_leave) AllCall call = {0};
	_cleanup_(closep) int fd = -1;
	int64_t used;
	int r = all_enter(self, &call, f);

	if (!r)
		r = share_open(self, share, &fd, f);
	if (!r)
		r = get_number(fd, "ceph.dir.rbytes", &used, f);
	if (r)
		return r;
	if (used > bytes_of(size_gib))
		return SHARE_BACKEND_WOULD_LOSE;
	return set_quota(fd, bytes_of(size_gib), f);
}

/* ---- reaching it ---- */

static int cephfs_locations(void *self, const Share *share, Arena *arena, ShareLocation **ret,
			    size_t *ret_count, Fault *f _unused_)
{
	const CephFs *cephfs = self;

	*ret = ARENA_NEW(arena, ShareLocation);
	(*ret)->path = arena_printf(arena, "%s:" CEPHFS_SHARES "/%s", cephfs->address, share->id);
	(*ret)->preferred = true;
	*ret_count = 1;
	return 0;
}

static int cephfs_apply(void *self, const Share *share, const ShareRule *const *rules, size_t count,
			Arena *arena, ShareRuleResult *results, Fault *f)
{
	_cleanup_(closep) int fd = -1;
	int r = share_open(self, share, &fd, f);

	return r ? r : cephfs_grant(self, share->id, rules, count, arena, results, f);
}

static int cephfs_connect(void *self, const Share *share, const ShareRule *rule, bool readonly,
			  Arena *arena, const char **ret, Fault *f)
{
	CephFs *cephfs = self;
	char name[READONLY_BYTES];
	int r = share_look(cephfs, share, f);

	if (r)
		return r;
	if (!rule || rule->type != SHARE_ACCESS_CEPHX || !cephfs_is_user(cephfs, rule->access_to) ||
	    !cephfs_is_key(rule->access_key))
		return fault(f, -EACCES, "a CephFS is mounted with the key of a cephx user");
	r = fuse_mount(cephfs,
		       &(FuseMount){
			       .root = arena_printf(arena, CEPHFS_SHARES "/%s", share->id),
			       .user = rule->access_to,
			       .key = rule->access_key,
			       .name = mount_name(share, readonly, name),
			       .readonly = readonly,
		       },
		       f);
	if (r)
		return r;
	*ret = arena_printf(arena, "%s/%s", cephfs->mount_path, name);
	return 0;
}

static int cephfs_capacity(void *self, int64_t *ret_total_bytes, int64_t *ret_free_bytes, Fault *f)
{
	CephFs *cephfs = self;
	_cleanup_(all_leave) AllCall call = {0};
	struct statvfs st;
	int r = all_enter(cephfs, &call, f);

	if (r)
		return r;
	if (fstatvfs(cephfs->all.shares, &st))
		return fault(f, -errno, "statvfs: %s", strerror(errno));
	if (st.f_blocks == 0)
		return fault(f, -ENODATA, "the cluster counts nothing: it has no manager");
	*ret_total_bytes = (int64_t)(st.f_blocks * st.f_frsize);
	*ret_free_bytes = (int64_t)(st.f_bavail * st.f_frsize);
	return 0;
}

/* ---- opening ---- */

static CephFs *cephfs_free(CephFs *cephfs)
{
	if (!cephfs)
		return NULL;
	all_close(cephfs);
	closep(&cephfs->mounts);
	free(cephfs->conf);
	free(cephfs->user);
	free(cephfs->address);
	free(cephfs->mount_path);
	free(cephfs->options);
	free(cephfs->pool);
	free(cephfs);
	return NULL;
}
DEFINE_CLEANUP(CephFs, cephfs_free)

static void cephfs_close(void *self)
{
	(void)cephfs_free(self);
}

static int open_mounts(CephFs *cephfs, Fault *f)
{
	if (mkdir(cephfs->mount_path, 0700) && errno != EEXIST)
		return fault(f, -errno, "make directory %s: %s", cephfs->mount_path,
			     strerror(errno));
	cephfs->mounts = open(cephfs->mount_path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (cephfs->mounts < 0)
		return fault(f, -errno, "open directory %s: %s", cephfs->mount_path,
			     strerror(errno));
	return 0;
}

static int cephfs_open(const ShareBackendConfig *config, void **ret, Fault *f)
{
	_cleanup_(cephfs_freep) CephFs *cephfs = NEW(CephFs);
	int r;

	cephfs->mounts = -1;
	if (str_empty(config->address))
		return fault(f, -EINVAL, "cephfs needs the addresses of the monitors");
	cephfs->conf = mem_strdup(config->ceph_conf ? config->ceph_conf : "/etc/ceph/ceph.conf");
	cephfs->user = mem_strdup(config->ceph_user ? config->ceph_user : "cleat-shares");
	cephfs->address = mem_strdup(config->address);
	cephfs->mount_path = mem_strdup(config->mount_dir);
	cephfs->options = config->options ? mem_strdup(config->options) : NULL;
	r = open_mounts(cephfs, f);
	if (!r)
		r = all_open(cephfs, f);
	if (r)
		return r;
	*ret = TAKE(cephfs);
	return 0;
}

const ShareBackendDriver share_cephfs = {
	.name = "cephfs",
	.size = sizeof(ShareBackendDriver),
	.traits =
		{
			.protocols = 1U << SHARE_CEPHFS,
			.access_types = 1U << SHARE_ACCESS_CEPHX,
			.sized = true,
			.capacity_waits = true,
		},
	.open = cephfs_open,
	.close = cephfs_close,
	.create = cephfs_create,
	.remove = cephfs_remove,
	.exists = cephfs_exists,
	.resize = cephfs_resize,
	.locations = cephfs_locations,
	.apply = cephfs_apply,
	.connect = cephfs_connect,
	.disconnect = cephfs_disconnect,
	.capacity = cephfs_capacity,
};
