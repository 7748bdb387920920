/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * The slots. Files are the directory backend's matter; a share that has exports stays connected in
 * it, so that an image is mounted while it is exported. What changes the files of a share that
 * nobody has mounted takes the exports away meanwhile.
 */
#include "backend/nfs/nfs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>

#include "backend/directory/directory.h"
#include "backend/directory/mount.h"
#include "backend/nfs/caches.h"
#include "backend/nfs/exports.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/uuid.h"
#include "run/run.h"

enum {
	MOUNT_MS = 55 * 1000, /* connect() may take a minute */
	UMOUNT_MS = 55 * 1000,
	FOLDER_BYTES = 256,
	READONLY_BYTES = UUID_TEXT + 3,
	/* A call that the server is about to answer holds files for a moment. */
	RELEASE_TRIES = 10,
	RELEASE_WAIT_MS = 100,
};

typedef struct Nfs {
	ShareBackend *files;
	char *directory;
	char *mount_path;
	int mounts;
	char *address; /* as it stands before the ":" of a location */
	char *options; /* of mounts */
	char *folder;  /* of the server's files */
	bool sized;
} Nfs;

static const char *path_of(const Nfs *nfs, const Share *share, Arena *arena)
{
	return arena_printf(arena, "%s/shares/%s", nfs->directory, share->id);
}

static Exports exports_of(const Nfs *nfs, const Share *share, Arena *arena)
{
	struct stat st;
	const char *image = arena_printf(arena, "%s/images/%s.img", nfs->directory, share->id);

	return (Exports){
		.path = path_of(nfs, share, arena),
		.share_id = share->id,
		.folder = nfs->folder,
		.is_mount = lstat(image, &st) == 0,
	};
}

/* ---- files ---- */

static int nfs_create(void *self, const Share *share, const ShareSnapshot *from, Fault *f)
{
	const Nfs *nfs = self;

	return share_backend_create(nfs->files, share, from, f);
}

static int nfs_exists(void *self, const Share *share, bool *ret, Fault *f)
{
	const Nfs *nfs = self;

	return share_backend_exists(nfs->files, share, ret, f);
}

/* What is not exported any more is still remembered. */
static int release_files(const Nfs *nfs, const Share *share, Fault *f)
{
	int r = share_backend_disconnect(nfs->files, share, false, f);

	for (int i = 0; r == -EBUSY && i < RELEASE_TRIES; i++) {
		clock_sleep_ms(i ? RELEASE_WAIT_MS : 0);
		r = caches_clean(CACHES_PATH, f);
		if (!r)
			r = share_backend_disconnect(nfs->files, share, false, f);
	}
	return r;
}

static int hold_files(const Nfs *nfs, const Share *share, Arena *arena, Fault *f)
{
	const char *path;

	return share_backend_connect(nfs->files, share, NULL, false, arena, &path, f);
}

/* Take the exports away while nobody may use them. */
static int suspend(const Nfs *nfs, const Share *share, Arena *arena, Fault *f)
{
	const Exports exports = exports_of(nfs, share, arena);
	int r = exports_suspend(&exports, f);

	return r ? r : release_files(nfs, share, f);
}

/* Give them back, whatever came of it; that one is told if nothing else went wrong. */
static int resume(const Nfs *nfs, const Share *share, Arena *arena, int result, Fault *f)
{
	Fault second = {0};
	Fault *told = result < 0 ? &second : f;
	int r = hold_files(nfs, share, arena, told);

	if (!r)
		r = exports_resume(told);
	return result || r == SHARE_BACKEND_NO_SHARE ? result : r;
}

static int nfs_resize(void *self, const Share *share, int64_t size_gib, Fault *f)
{
	const Nfs *nfs = self;
	_cleanup_(arena_freep) Arena *arena = arena_new();
	int r = share_backend_resize(nfs->files, share, size_gib, f);

	/* What is mounted may not be able to. */
	if (r != -EBUSY)
		return r;
	r = suspend(nfs, share, arena, f);
	if (!r)
		r = share_backend_resize(nfs->files, share, size_gib, f);
	return resume(nfs, share, arena, r, f);
}

static int nfs_snapshot(void *self, const Share *share, const ShareSnapshot *snapshot, Fault *f)
{
	const Nfs *nfs = self;

	return share_backend_snapshot(nfs->files, share, snapshot, f);
}

static int nfs_snapshot_remove(void *self, const Share *share, const ShareSnapshot *snapshot,
			       Fault *f)
{
	const Nfs *nfs = self;

	return share_backend_snapshot_remove(nfs->files, share, snapshot, f);
}

static int nfs_revert(void *self, const Share *share, const ShareSnapshot *snapshot, Fault *f)
{
	const Nfs *nfs = self;
	_cleanup_(arena_freep) Arena *arena = arena_new();
	int r = suspend(nfs, share, arena, f);

	if (!r)
		r = share_backend_revert(nfs->files, share, snapshot, f);
	return resume(nfs, share, arena, r, f);
}

static int nfs_capacity(void *self, int64_t *ret_total_bytes, int64_t *ret_free_bytes, Fault *f)
{
	const Nfs *nfs = self;

	return share_backend_capacity(nfs->files, ret_total_bytes, ret_free_bytes, f);
}

/* ---- exports ---- */

static int nfs_locations(void *self, const Share *share, Arena *arena, ShareLocation **ret,
			 size_t *ret_count, Fault *f _unused_)
{
	const Nfs *nfs = self;

	*ret = ARENA_NEW(arena, ShareLocation);
	(*ret)->path = arena_printf(arena, "%s:%s", nfs->address, path_of(nfs, share, arena));
	(*ret)->preferred = true;
	*ret_count = 1;
	return 0;
}

static int nfs_apply(void *self, const Share *share, const ShareRule *const *rules, size_t count,
		     Arena *arena, ShareRuleResult *results, Fault *f)
{
	const Nfs *nfs = self;
	const ShareRule **good = ARENA_ARRAY(arena, const ShareRule *, count);
	const Exports exports = exports_of(nfs, share, arena);
	char client[EXPORT_CLIENT_BYTES];
	size_t good_count = 0;
	int r;

	for (size_t i = 0; i < count; i++) {
		results[i].refused = rules[i]->type != SHARE_ACCESS_IP ||
				     !exports_client(rules[i]->access_to, client);
		if (!results[i].refused)
			good[good_count++] = rules[i];
	}
	r = hold_files(nfs, share, arena, f);
	if (!r)
		r = exports_apply(&exports, good, good_count, f);
	if (!r && good_count == 0)
		r = release_files(nfs, share, f);
	return r;
}

/* ---- this host as a client ---- */

static const char *mount_name(const Share *share, bool readonly, char out[static READONLY_BYTES])
{
	(void)snprintf(out, READONLY_BYTES, "%s%s", share->id, readonly ? ".r" : ""); /* fits */
	return out;
}

static int run_mount(const Nfs *nfs, const Share *share, const char *name, bool readonly, Fault *f)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();
	const char *options =
		arena_printf(arena, "vers=4.2,retry=0,nosuid,nodev%s%s%s", readonly ? ",ro" : "",
			     str_empty(nfs->options) ? "" : ",", nfs->options ? nfs->options : "");
	const char *from = arena_printf(arena, "%s:%s", nfs->address, path_of(nfs, share, arena));
	const char *to = arena_printf(arena, "%s/%s", nfs->mount_path, name);
	const RunSpec spec = {
		.argv = RUN_ARGV("mount", "-t", "nfs", "-o", options, from, to),
		.timeout_ms = MOUNT_MS,
	};

	return run_checked(&spec, NULL, f);
}

static int nfs_connect(void *self, const Share *share, const ShareRule *rule _unused_,
		       bool readonly, Arena *arena, const char **ret, Fault *f)
{
	const Nfs *nfs = self;
	char name[READONLY_BYTES];
	bool there = false, is_mounted = false;
	int r = share_backend_exists(nfs->files, share, &there, f);

	if (!r && !there)
		return SHARE_BACKEND_NO_SHARE;
	(void)mount_name(share, readonly, name);
	if (!r)
		r = mount_exists(nfs->mounts, name, &is_mounted, f);
	if (!r && !is_mounted && mkdirat(nfs->mounts, name, 0700) && errno != EEXIST)
		return fault(f, -errno, "make mount point %s: %s", name, strerror(errno));
	if (!r && !is_mounted)
		r = run_mount(nfs, share, name, readonly, f);
	if (r) {
		(void)unlinkat(nfs->mounts, name, AT_REMOVEDIR); /* the next connect() makes it */
		return r;
	}
	*ret = arena_printf(arena, "%s/%s", nfs->mount_path, name);
	return 0;
}

/* By a child: it can be given up when the server is away, which this thread could not. */
static int nfs_disconnect(void *self, const Share *share, bool readonly, Fault *f)
{
	const Nfs *nfs = self;
	_cleanup_(arena_freep) Arena *arena = arena_new();
	char name[READONLY_BYTES];
	const char *path =
		arena_printf(arena, "%s/%s", nfs->mount_path, mount_name(share, readonly, name));
	const RunSpec spec = {
		.argv = RUN_ARGV("umount", path),
		.timeout_ms = UMOUNT_MS,
	};
	bool is_mounted = false;
	int r = mount_exists(nfs->mounts, name, &is_mounted, f);

	if (!r && is_mounted)
		r = run_checked(&spec, NULL, f);
	if (!r && unlinkat(nfs->mounts, name, AT_REMOVEDIR) && errno != ENOENT)
		return fault(f, -errno, "remove mount point %s: %s", name, strerror(errno));
	return r;
}

static int nfs_remove(void *self, const Share *share, Fault *f)
{
	const Nfs *nfs = self;
	_cleanup_(arena_freep) Arena *arena = arena_new();
	const Exports exports = exports_of(nfs, share, arena);
	int r = nfs_disconnect(self, share, false, f);

	if (!r)
		r = nfs_disconnect(self, share, true, f);
	if (!r)
		r = exports_remove(&exports, f);
	if (!r)
		r = release_files(nfs, share, f);
	return r ? r : share_backend_remove(nfs->files, share, f);
}

/* ---- opening ---- */

static Nfs *nfs_free(Nfs *nfs)
{
	if (!nfs)
		return NULL;
	(void)share_backend_close(nfs->files);
	closep(&nfs->mounts);
	free(nfs->directory);
	free(nfs->mount_path);
	free(nfs->address);
	free(nfs->options);
	free(nfs->folder);
	free(nfs);
	return NULL;
}
DEFINE_CLEANUP(Nfs, nfs_free)

static void nfs_close(void *self)
{
	(void)nfs_free(self);
}

static void nfs_describe(void *self, ShareBackendTraits *traits)
{
	const Nfs *nfs = self;

	traits->sized = nfs->sized;
}

/* A path that stands for itself in exports, options and locations. */
static bool is_plain_path(const char *path)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789_.-/";

	return path && path[0] == '/' && strlen(path) < FOLDER_BYTES &&
	       path[strspn(path, allowed)] == '\0';
}

/* A name or address of the server; IPv6 in brackets, as mount takes it. */
static char *address_text(const char *address)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789.-:[]";
	Buf out = {0};

	if (str_empty(address) || address[0] == '-' || address[strspn(address, allowed)])
		return NULL;
	if (strchr(address, ':') && address[0] != '[')
		buf_printf(&out, "[%s]", address);
	else
		buf_add(&out, address);
	return buf_take(&out);
}

/* Connect what is exported: images are not mounted after a start of the machine. */
static int hold_exported(const Nfs *nfs, Fault *f)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();
	DIR *dir = opendir(nfs->folder);
	const struct dirent *entry;
	int r = 0;

	if (!dir)
		return fault(f, -errno, "read %s: %s", nfs->folder, strerror(errno));
	while (!r && (entry = readdir(dir))) {
		const char *rest = str_after(entry->d_name, "cleat-");
		char id[UUID_TEXT];
		Share share = {.id = id, .size_gib = 1, .protocol = SHARE_NFS};

		if (!rest || !str_ends(rest, ".exports"))
			continue;
		if (uuid_canonical(arena_strndup(arena, rest, strcspn(rest, ".")), id))
			r = hold_files(nfs, &share, arena, f);
		r = r == SHARE_BACKEND_NO_SHARE ? 0 : r;
	}
	(void)closedir(dir); /* was only read */
	return r ? r : exports_resume(f);
}

static int open_folders(Nfs *nfs, const ShareBackendConfig *config, Fault *f)
{
	if (mkdir(nfs->folder, 0755) && errno != EEXIST)
		return fault(f, -errno, "make directory %s: %s", nfs->folder, strerror(errno));
	if (mkdir(config->mount_dir, 0700) && errno != EEXIST)
		return fault(f, -errno, "make directory %s: %s", config->mount_dir,
			     strerror(errno));
	nfs->mounts = open(config->mount_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (nfs->mounts < 0)
		return fault(f, -errno, "open directory %s: %s", config->mount_dir,
			     strerror(errno));
	return 0;
}

static int open_limited(Nfs *nfs, const ShareBackendConfig *config, const char *limit, Fault *f)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();
	ShareBackendConfig files = *config;

	files.name = "directory";
	files.limit = limit;
	files.mount_dir = arena_printf(arena, "%s/readonly", config->directory);
	if (mkdir(config->directory, 0700) && errno != EEXIST)
		return fault(f, -errno, "make directory %s: %s", config->directory,
			     strerror(errno));
	return share_backend_open(&share_directory, &files, &nfs->files, f);
}

/*
 * The server does what a client's root wants with a right that quotas of ext4 do not hold, so they
 * are not what is chosen here.
 */
static int open_files(Nfs *nfs, const ShareBackendConfig *config, Fault *f)
{
	bool any = !config->limit || str_eq(config->limit, "auto");
	Fault because = {0};
	int r = any ? open_limited(nfs, config, "image", &because)
		    : open_limited(nfs, config, config->limit, f);

	if (any && r)
		r = open_limited(nfs, config, "none", f);
	nfs->sized =
		!r && share_backend_traits(nfs->files)->sized && !str_eq(config->limit, "quota");
	return r;
}

static int nfs_open(const ShareBackendConfig *config, void **ret, Fault *f)
{
	_cleanup_(nfs_freep) Nfs *nfs = NEW(Nfs);
	int r;

	nfs->mounts = -1;
	if (!is_plain_path(config->directory) || !is_plain_path(config->mount_dir))
		return fault(f, -EINVAL,
			     "the directories have to be absolute paths of letters, digits and "
			     "\"_.-/\"");
	nfs->address = address_text(config->address);
	if (!nfs->address)
		return fault(f, -EINVAL, "nfs needs the address that clients mount from");
	nfs->directory = mem_strdup(config->directory);
	nfs->mount_path = mem_strdup(config->mount_dir);
	nfs->options = config->options ? mem_strdup(config->options) : NULL;
	nfs->folder = mem_strdup(config->exports_dir ? config->exports_dir : "/etc/exports.d");
	if (!is_plain_path(nfs->folder))
		return fault(f, -EINVAL, "%s is no place for exports", nfs->folder);
	r = open_folders(nfs, config, f);
	if (!r)
		r = open_files(nfs, config, f);
	if (!r)
		r = hold_exported(nfs, f);
	if (r)
		return r;
	*ret = TAKE(nfs);
	return 0;
}

const ShareBackendDriver share_nfs = {
	.name = "nfs",
	.size = sizeof(ShareBackendDriver),
	.traits =
		{
			.protocols = 1U << SHARE_NFS,
			.access_types = 1U << SHARE_ACCESS_IP,
			.snapshots = true,
		},
	.open = nfs_open,
	.close = nfs_close,
	.describe = nfs_describe,
	.create = nfs_create,
	.remove = nfs_remove,
	.exists = nfs_exists,
	.resize = nfs_resize,
	.locations = nfs_locations,
	.apply = nfs_apply,
	.connect = nfs_connect,
	.disconnect = nfs_disconnect,
	.snapshot = nfs_snapshot,
	.snapshot_remove = nfs_snapshot_remove,
	.revert = nfs_revert,
	.capacity = nfs_capacity,
};
