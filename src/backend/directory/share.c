/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * The slots. A share is connected by its own directory; what nobody may write to is mounted once
 * more, read-only, in the directory of mounts.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "backend/directory/content.h"
#include "backend/directory/directory.h"
#include "backend/directory/image.h"
#include "backend/directory/mount.h"
#include "backend/directory/quota.h"
#include "backend/directory/tree.h"
#include "base/mem.h"
#include "base/str.h"

#define PROBE_ID "00000000-0000-0000-0000-000000000000"

enum { PROBE_BYTES = 8 << 20 };

/* A place's outcome as this contract words it; `none` is what a missing name means. */
static int outcome(int r, int none)
{
	return r == PLACE_NONE ? none : r == PLACE_FULL ? SHARE_BACKEND_FULL : r;
}

/* ---- making and deleting ---- */

static int directory_create(void *self, const Share *share, const ShareSnapshot *from, Fault *f)
{
	const Directory *d = self;
	_cleanup_(closep) int snapshot = -1;
	ContentKind kind;
	int r = content_look(d, share->id, &kind, f);

	if (r != PLACE_NONE)
		return r;
	if (from) {
		r = place_open_directory(d->place, PLACE_SNAPSHOTS, from->id, &snapshot, f);
		if (r)
			return outcome(r, SHARE_BACKEND_NO_SNAPSHOT);
	}
	r = content_make(d,
			 &(ContentPlan){
				 .id = share->id,
				 .size_bytes = content_bytes(share->size_gib),
				 .kind = d->kind,
				 .from = snapshot,
			 },
			 f);
	return outcome(r, 0);
}

static int directory_disconnect(void *self, const Share *share, bool readonly, Fault *f)
{
	const Directory *d = self;
	_cleanup_(closep) int fd = -1;
	ContentKind kind;
	int r;

	if (readonly)
		return mount_remove(d->mounts, share->id, f);
	r = content_look(d, share->id, &kind, f);
	if (r)
		return r == PLACE_NONE ? 0 : r;
	if (kind == CONTENT_IMAGE)
		return mount_remove(d->place->fds[PLACE_SHARES], share->id, f);
	r = place_open_directory(d->place, PLACE_SHARES, share->id, &fd, f);
	if (!r && syncfs(fd))
		return fault(f, -errno, "flush: %s", strerror(errno));
	return r == PLACE_NONE ? 0 : r;
}

static int directory_remove(void *self, const Share *share, Fault *f)
{
	const Directory *d = self;
	bool in_use = false;
	int r = directory_disconnect(self, share, true, f);

	if (!r)
		r = directory_disconnect(self, share, false, f);
	if (!r)
		r = content_in_use(d, share->id, &in_use, f);
	if (!r && in_use)
		return fault(f, -EBUSY, "the share is used");
	return r ? r : content_remove(d, share->id, f);
}

static int directory_exists(void *self, const Share *share, bool *ret, Fault *f)
{
	ContentKind kind;
	int r = content_look(self, share->id, &kind, f);

	*ret = r == 0;
	return r == PLACE_NONE ? 0 : r;
}

/* ---- resizing ---- */

/* A file system that cannot change its size: the files move to another one. */
static int image_exchange(const Directory *d, const char *id, int64_t size_bytes, Fault *f)
{
	_cleanup_(closep) int from = -1;
	bool in_use;
	int r = content_in_use(d, id, &in_use, f);

	if (!r && in_use)
		return fault(f, -EBUSY, "the image is mounted and cannot change its size");
	if (!r)
		r = content_open(d, id, &from, f);
	if (!r)
		r = content_make(d,
				 &(ContentPlan){
					 .id = id,
					 .size_bytes = size_bytes,
					 .kind = CONTENT_IMAGE,
					 .from = from,
					 .replace = true,
				 },
				 f);
	return outcome(r, SHARE_BACKEND_NO_SHARE);
}

/* Also where the file has that size: its file system may not have followed. */
static int image_extend(const Directory *d, const char *id, int image, int64_t size_bytes, Fault *f)
{
	int r = image_enlarge(image, size_bytes, f);

	/* ext4 grows only for those who have CAP_SYS_RESOURCE, which containers lack. */
	if (r == -EPERM)
		r = image_exchange(d, id, size_bytes, f);
	return outcome(r, 0);
}

static int image_resize(const Directory *d, const char *id, int64_t size_bytes, Fault *f)
{
	_cleanup_(closep) int image = -1;
	char name[PLACE_NAME_BYTES];
	struct stat st;
	int r;

	content_image_name(id, name);
	r = place_open_file(d->place, PLACE_IMAGES, name, &image, f);
	if (r)
		return outcome(r, SHARE_BACKEND_NO_SHARE);
	if (fstat(image, &st))
		return fault(f, -errno, "look at an image: %s", strerror(errno));
	if (st.st_size <= size_bytes)
		return image_extend(d, id, image, size_bytes, f);
	r = image_exchange(d, id, size_bytes, f);
	return r == SHARE_BACKEND_FULL ? SHARE_BACKEND_WOULD_LOSE : r;
}

static int directory_resize(void *self, const Share *share, int64_t size_gib, Fault *f)
{
	const Directory *d = self;
	int64_t size_bytes = content_bytes(size_gib), used = 0;
	_cleanup_(closep) int fd = -1;
	ContentKind kind;
	int r = content_look(d, share->id, &kind, f);

	if (!r)
		r = content_used(d, share->id, &used, f);
	if (r)
		return outcome(r, SHARE_BACKEND_NO_SHARE);
	if (used > size_bytes)
		return SHARE_BACKEND_WOULD_LOSE;
	if (kind == CONTENT_IMAGE)
		return image_resize(d, share->id, size_bytes, f);
	if (kind == CONTENT_PLAIN)
		return 0;
	r = content_open(d, share->id, &fd, f);
	return r ? outcome(r, SHARE_BACKEND_NO_SHARE) : quota_resize(fd, size_bytes, f);
}

/* ---- reaching it ---- */

static int directory_locations(void *self, const Share *share, Arena *arena, ShareLocation **ret,
			       size_t *ret_count, Fault *f _unused_)
{
	const Directory *d = self;

	*ret = ARENA_NEW(arena, ShareLocation);
	(*ret)->path =
		arena_printf(arena, "%s:%s/shares/%s", d->address, d->place->path, share->id);
	(*ret)->preferred = true;
	*ret_count = 1;
	return 0;
}

/* The hypervisor of this host needs no rule, and nobody else is ever let in. */
static int directory_apply(void *self, const Share *share, const ShareRule *const *rules,
			   size_t count, Arena *arena _unused_, ShareRuleResult *results, Fault *f)
{
	ContentKind kind;
	int r = content_look(self, share->id, &kind, f);

	for (size_t i = 0; i < count; i++)
		results[i].refused = rules[i]->type != SHARE_ACCESS_IP;
	return outcome(r, SHARE_BACKEND_NO_SHARE);
}

/* Mount an image, or a directory once more, at `name` in `parent`. */
static int connect_mount(const Directory *d, const char *id, bool readonly, int parent, Fault *f)
{
	_cleanup_(closep) int fd = -1;
	_cleanup_(closep) int mount = -1;
	char image[PLACE_NAME_BYTES];
	int r;

	content_image_name(id, image);
	r = place_open_file(d->place, PLACE_IMAGES, image, &fd, f);
	if (r == 0)
		r = image_mount(fd, readonly, &mount, f);
	else if (r == PLACE_NONE)
		r = place_open_directory(d->place, PLACE_SHARES, id, &fd, f);
	if (!r && mount < 0)
		r = mount_clone(fd, readonly, &mount, f);
	return r ? r : mount_attach(mount, parent, id, f);
}

static int directory_connect(void *self, const Share *share, const ShareRule *rule _unused_,
			     bool readonly, Arena *arena, const char **ret, Fault *f)
{
	const Directory *d = self;
	int parent = readonly ? d->mounts : d->place->fds[PLACE_SHARES];
	bool is_mounted = false;
	ContentKind kind;
	int r = content_look(d, share->id, &kind, f);

	if (r)
		return outcome(r, SHARE_BACKEND_NO_SHARE);
	if (readonly || kind == CONTENT_IMAGE) {
		r = mount_exists(parent, share->id, &is_mounted, f);
		if (!r && !is_mounted)
			r = connect_mount(d, share->id, readonly, parent, f);
	}
	if (r)
		return outcome(r, SHARE_BACKEND_NO_SHARE);
	*ret = readonly ? arena_printf(arena, "%s/%s", d->mount_path, share->id)
			: arena_printf(arena, "%s/shares/%s", d->place->path, share->id);
	return 0;
}

/* ---- snapshots ---- */

static int directory_snapshot(void *self, const Share *share, const ShareSnapshot *snapshot,
			      Fault *f)
{
	const Directory *d = self;
	_cleanup_(closep) int from = -1;
	_cleanup_(closep) int to = -1;
	_cleanup_(closep) int there = -1;
	int r = place_open_directory(d->place, PLACE_SNAPSHOTS, snapshot->id, &there, f);

	if (r != PLACE_NONE)
		return r;
	r = content_open(d, share->id, &from, f);
	if (r)
		return outcome(r, SHARE_BACKEND_NO_SHARE);
	r = place_discard(d->place, PLACE_DRAFTS, snapshot->id, snapshot->id, f);
	if (!r)
		r = draft_make_directory(d->place, snapshot->id, &to, f);
	if (!r)
		r = tree_copy(from, to, f);
	if (!r)
		r = place_publish(d->place, snapshot->id, PLACE_SNAPSHOTS, false, f);
	return outcome(r, 0);
}

static int directory_snapshot_remove(void *self, const Share *share _unused_,
				     const ShareSnapshot *snapshot, Fault *f)
{
	const Directory *d = self;
	int r = place_discard(d->place, PLACE_DRAFTS, snapshot->id, snapshot->id, f);

	return r ? r : place_discard(d->place, PLACE_SNAPSHOTS, snapshot->id, snapshot->id, f);
}

static int directory_revert(void *self, const Share *share, const ShareSnapshot *snapshot, Fault *f)
{
	const Directory *d = self;
	_cleanup_(closep) int from = -1;
	ContentKind kind;
	bool in_use = false;
	int r = content_look(d, share->id, &kind, f);

	if (r)
		return outcome(r, SHARE_BACKEND_NO_SHARE);
	r = place_open_directory(d->place, PLACE_SNAPSHOTS, snapshot->id, &from, f);
	if (r)
		return outcome(r, SHARE_BACKEND_NO_SNAPSHOT);
	r = content_in_use(d, share->id, &in_use, f);
	if (!r && in_use)
		return fault(f, -EBUSY, "the share is mounted");
	if (!r)
		r = content_make(d,
				 &(ContentPlan){
					 .id = share->id,
					 .size_bytes = content_bytes(share->size_gib),
					 .kind = kind,
					 .from = from,
					 .replace = true,
				 },
				 f);
	return outcome(r, 0);
}

/* ---- opening ---- */

static int directory_capacity(void *self, int64_t *ret_total_bytes, int64_t *ret_free_bytes,
			      Fault *f)
{
	const Directory *d = self;
	struct statvfs st;

	if (fstatvfs(d->place->fds[PLACE_SHARES], &st))
		return fault(f, -errno, "statvfs: %s", strerror(errno));
	*ret_total_bytes = (int64_t)(st.f_blocks * st.f_frsize);
	*ret_free_bytes = (int64_t)(st.f_bavail * st.f_frsize);
	return 0;
}

static void directory_describe(void *self, ShareBackendTraits *traits)
{
	const Directory *d = self;

	traits->sized = d->kind != CONTENT_PLAIN;
}

/* Whether an image can be made and mounted here: by doing it. */
static bool images_work(const Directory *d, Fault *f)
{
	int r = content_make(d,
			     &(ContentPlan){
				     .id = PROBE_ID,
				     .size_bytes = PROBE_BYTES,
				     .kind = CONTENT_IMAGE,
				     .from = -1,
			     },
			     f);
	int removed = content_remove(d, PROBE_ID, r ? NULL : f);

	if (r > 0)
		(void)fault_unexpected(f, r);
	return !r && !removed;
}

static int choose_limit(Directory *d, const char *limit, Fault *f)
{
	bool any = !limit || str_eq(limit, "auto");
	Fault because = {0};

	if (any || str_eq(limit, "quota")) {
		d->kind = CONTENT_QUOTA;
		if (quota_works(d->place->fds[PLACE_SHARES]))
			return 0;
		if (!any)
			return fault(f, -EOPNOTSUPP, "%s has no project quotas", d->place->path);
	}
	if (any || str_eq(limit, "image")) {
		d->kind = CONTENT_IMAGE;
		if (images_work(d, &because))
			return 0;
		if (!any)
			return fault(f, -EOPNOTSUPP, "images cannot be used: %s", because.text);
	}
	d->kind = CONTENT_PLAIN;
	return any || str_eq(limit, "none") ? 0
					    : fault(f, -EINVAL, "there is no limit \"%s\"", limit);
}

static Directory *directory_free(Directory *d)
{
	if (!d)
		return NULL;
	(void)place_close(d->place);
	closep(&d->mounts);
	free(d->address);
	free(d->mount_path);
	free(d);
	return NULL;
}
DEFINE_CLEANUP(Directory, directory_free)

static void directory_close(void *self)
{
	(void)directory_free(self);
}

static int open_mounts(Directory *d, const char *path, Fault *f)
{
	if (mkdir(path, 0700) && errno != EEXIST)
		return fault(f, -errno, "make directory %s: %s", path, strerror(errno));
	d->mounts = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (d->mounts < 0)
		return fault(f, -errno, "open directory %s: %s", path, strerror(errno));
	return 0;
}

static int directory_open(const ShareBackendConfig *config, void **ret, Fault *f)
{
	_cleanup_(directory_freep) Directory *d = NEW(Directory);
	int r;

	d->mounts = -1;
	d->address = mem_strdup(config->address ? config->address : "127.0.0.1");
	d->mount_path = mem_strdup(config->mount_dir);
	if (!config->directory || config->directory[0] != '/')
		return fault(f, -EINVAL, "the directory has to be an absolute path");
	r = place_open(config->directory, &d->place, f);
	if (!r)
		r = open_mounts(d, config->mount_dir, f);
	if (!r)
		r = choose_limit(d, config->limit, f);
	if (r)
		return r;
	*ret = TAKE(d);
	return 0;
}

const ShareBackendDriver share_directory = {
	.name = "directory",
	.size = sizeof(ShareBackendDriver),
	.traits =
		{
			.protocols = 1U << SHARE_NFS,
			.access_types = 1U << SHARE_ACCESS_IP,
			.snapshots = true,
			.capacity_waits = true, /* the directory may be another host's */
		},
	.open = directory_open,
	.close = directory_close,
	.describe = directory_describe,
	.create = directory_create,
	.remove = directory_remove,
	.exists = directory_exists,
	.resize = directory_resize,
	.locations = directory_locations,
	.apply = directory_apply,
	.connect = directory_connect,
	.disconnect = directory_disconnect,
	.snapshot = directory_snapshot,
	.snapshot_remove = directory_snapshot_remove,
	.revert = directory_revert,
	.capacity = directory_capacity,
};
