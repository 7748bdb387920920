/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Mounts by ceph-fuse, which needs nothing of the kernel but FUSE. It and umount are children,
 * which are given up when the cluster does not answer. A mount whose ceph-fuse has died is taken
 * away before it is made again.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "backend/cephfs/priv.h"
#include "backend/directory/mount.h"
#include "base/str.h"
#include "run/run.h"

enum {
	MOUNT_MS = 40 * 1000,
	UMOUNT_MS = 40 * 1000,
	LOOK_MS = 20 * 1000,
	NAME_BYTES = 64,
};

static void keyring_name(const char *name, char out[static NAME_BYTES])
{
	(void)snprintf(out, NAME_BYTES, "%s.key", name); /* fits: an id and a mark */
}

/* Only root reads it; whoever lists processes does not see the key. */
static int write_keyring(const CephFs *cephfs, const FuseMount *mount, Fault *f)
{
	_cleanup_(closep) int fd = -1;
	_cleanup_(buf_done) Buf text = {0};
	char name[NAME_BYTES];

	keyring_name(mount->name, name);
	if (unlinkat(cephfs->mounts, name, 0) && errno != ENOENT)
		return fault(f, -errno, "remove %s: %s", name, strerror(errno));
	fd = openat(cephfs->mounts, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
		    0600);
	if (fd < 0)
		return fault(f, -errno, "make %s: %s", name, strerror(errno));
	buf_printf(&text, "[client.%s]\n\tkey = %s\n", mount->user, mount->key);
	if (write(fd, buf_text(&text), text.length) != (ssize_t)text.length)
		return fault(f, -errno, "write %s: %s", name, strerror(errno));
	return 0;
}

static int run_fuse(const CephFs *cephfs, const FuseMount *mount, Fault *f)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();
	const char *path = arena_printf(arena, "%s/%s", cephfs->mount_path, mount->name);
	const char *options = arena_printf(
		arena, "nosuid,nodev%s%s%s", mount->readonly ? ",ro" : "",
		str_empty(cephfs->options) ? "" : ",", cephfs->options ? cephfs->options : "");
	const char *keyring = arena_printf(arena, "%s.key", path);
	/* A configured file for the process id would allow each user one mount. */
	const char *argv[20] = {
		"ceph-fuse", "-c", cephfs->conf, "--id", mount->user, "--pid-file",
		"",          "-r", mount->root,  "-o",   options,
	};
	const RunSpec spec = {.argv = argv, .timeout_ms = MOUNT_MS};
	size_t n = 11;

	if (mount->key) {
		argv[n++] = "-k";
		argv[n++] = keyring;
	}
	argv[n++] = path;
	return run_checked(&spec, NULL, f);
}

/* A mount whose server process is gone answers ENOTCONN. A child asks: it can be given up. */
static int is_dead(const char *path, bool *ret, Fault *f)
{
	_cleanup_(run_result_done) RunResult result = {0};
	const RunSpec spec = {
		.argv = RUN_ARGV("stat", "--file-system", path),
		.timeout_ms = LOOK_MS,
	};
	int r = run_command(&spec, &result, f);

	*ret = !r && result.status && strstr(result.err, strerror(ENOTCONN));
	return r;
}

/* One that is dead can only be taken away. */
static int remove_dead(const CephFs *cephfs, const char *name, bool *is_mounted, Fault *f)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();
	const char *path = arena_printf(arena, "%s/%s", cephfs->mount_path, name);
	bool dead = false;
	int r = mount_exists(cephfs->mounts, name, is_mounted, f);

	if (!r && *is_mounted)
		r = is_dead(path, &dead, f);
	if (r || !dead)
		return r;
	if (umount2(path, UMOUNT_NOFOLLOW | MNT_DETACH))
		return fault(f, -errno, "unmount %s: %s", path, strerror(errno));
	*is_mounted = false;
	return 0;
}

static void remove_files(const CephFs *cephfs, const char *name)
{
	char keyring[NAME_BYTES];

	keyring_name(name, keyring);
	(void)unlinkat(cephfs->mounts, keyring, 0);         /* the next mount makes it anew */
	(void)unlinkat(cephfs->mounts, name, AT_REMOVEDIR); /* likewise */
}

int fuse_mount(const CephFs *cephfs, const FuseMount *mount, Fault *f)
{
	bool is_mounted = false;
	int r = remove_dead(cephfs, mount->name, &is_mounted, f);

	if (r || is_mounted)
		return r;
	if (mkdirat(cephfs->mounts, mount->name, 0700) && errno != EEXIST)
		return fault(f, -errno, "make mount point %s: %s", mount->name, strerror(errno));
	if (mount->key)
		r = write_keyring(cephfs, mount, f);
	if (!r)
		r = run_fuse(cephfs, mount, f);
	if (r)
		remove_files(cephfs, mount->name);
	return r;
}

int fuse_unmount(const CephFs *cephfs, const char *name, Fault *f)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();
	const RunSpec spec = {
		.argv = RUN_ARGV("umount", arena_printf(arena, "%s/%s", cephfs->mount_path, name)),
		.timeout_ms = UMOUNT_MS,
	};
	bool is_mounted = false;
	int r = remove_dead(cephfs, name, &is_mounted, f);

	if (!r && is_mounted)
		r = run_checked(&spec, NULL, f);
	if (!r)
		remove_files(cephfs, name);
	return r;
}
