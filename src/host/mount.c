/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Mounts as the kernel lists them, and mount(8) and umount(8) as children with a limit. Nothing
 * here looks at a mounted place itself: the server behind it may be dead.
 */
#include <libmount/libmount.h>
#include <sys/sysmacros.h>

#include "base/str.h"
#include "host/host.h"
#include "run/run.h"

typedef struct libmnt_table MountTable;

static MountTable *mount_table_free(MountTable *table)
{
	mnt_unref_table(table);
	return NULL;
}
DEFINE_CLEANUP(MountTable, mount_table_free)

static int table_read(const Host *host, Arena *arena, MountTable **ret, Fault *f)
{
	MountTable *table = mnt_new_table_from_file(host_path(host, arena, "/proc/self/mountinfo"));

	if (!table)
		return fault(f, -EIO, "the list of mounts cannot be read");
	*ret = table;
	return 0;
}

static HostMount mount_copy(Arena *arena, struct libmnt_fs *fs)
{
	dev_t device = mnt_fs_get_devno(fs);

	return (HostMount){
		.source = arena_strdup(arena, mnt_fs_get_source(fs)),
		.target = arena_strdup(arena, mnt_fs_get_target(fs)),
		.type = arena_strdup(arena, mnt_fs_get_fstype(fs)),
		.options = arena_strdup(arena, mnt_fs_get_options(fs)),
		.major = major(device),
		.minor = minor(device),
	};
}

int host_mount_at(const Host *host, Arena *arena, const char *target, HostMount *ret, Fault *f)
{
	_cleanup_(mount_table_freep) MountTable *table = NULL;
	struct libmnt_iter *iter;
	struct libmnt_fs *fs;
	int r;

	r = table_read(host, arena, &table, f);
	if (r)
		return r;
	r = HOST_NONE;
	iter = mnt_new_iter(MNT_ITER_BACKWARD); /* the last one covers those before */
	while (r == HOST_NONE && mnt_table_next_fs(table, iter, &fs) == 0)
		if (str_eq(mnt_fs_get_target(fs), target)) {
			*ret = mount_copy(arena, fs);
			r = 0;
		}
	mnt_free_iter(iter);
	return r;
}

/* Whether it is the device or one of its partitions, by number. */
static bool is_device(const Host *host, Arena *arena, const char *name, dev_t device)
{
	const char *number = arena_printf(arena, "%u:%u", major(device), minor(device));
	const char **files;
	size_t count;

	if (strchr(name, '/')) /* the source of a mount that has no device */
		return false;
	if (str_eq(host_peek(host, arena, "/sys/class/block/%s/dev", name), number) ||
	    str_eq(host_peek(host, arena, "/sys/block/%s/dev", name), number))
		return true;
	if (host_glob(host, arena, arena_printf(arena, "/sys/block/%s/%s*/dev", name, name), &files,
		      &count, NULL))
		return false;
	for (size_t i = 0; i < count; i++)
		if (str_eq(host_peek(host, arena, "%s", files[i]), number))
			return true;
	return false;
}

int host_mounts_of(const Host *host, Arena *arena, const char *name, HostMount **ret,
		   size_t *ret_count, Fault *f)
{
	_cleanup_(mount_table_freep) MountTable *table = NULL;
	struct libmnt_iter *iter;
	struct libmnt_fs *fs;
	int r;

	r = table_read(host, arena, &table, f);
	if (r)
		return r;
	*ret = NULL;
	*ret_count = 0;
	iter = mnt_new_iter(MNT_ITER_FORWARD);
	while (mnt_table_next_fs(table, iter, &fs) == 0) {
		if (!str_eq(mnt_fs_get_source(fs), name) &&
		    !is_device(host, arena, name, mnt_fs_get_devno(fs)))
			continue;
		*ret = arena_grow(arena, *ret, *ret_count, sizeof(HostMount));
		(*ret)[(*ret_count)++] = mount_copy(arena, fs);
	}
	mnt_free_iter(iter);
	return 0;
}

int host_mount(const Host *host _unused_, const char *type, const char *source, const char *target,
	       const char *options, int64_t deadline_ms, Fault *f)
{
	const RunSpec spec = {
		.argv = str_empty(options) ? RUN_ARGV("mount", "-t", type, "--", source, target)
					   : RUN_ARGV("mount", "-t", type, "-o", options, "--",
						      source, target),
		.timeout_ms = host_left_ms(deadline_ms),
	};
	int r;

	r = run_checked(&spec, NULL, f);
	if (r)
		return fault_context(f, "mount of %s at %s", source, target);
	return 0;
}

int host_unmount(const Host *host, const char *target, int64_t deadline_ms, Fault *f)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();
	_cleanup_(run_result_done) RunResult result = {0};
	const RunSpec spec = {
		.argv = RUN_ARGV("umount", "--", target),
		.timeout_ms = host_left_ms(deadline_ms),
	};
	HostMount mount;
	int r;

	r = host_mount_at(host, arena, target, &mount, f);
	if (r)
		return r == HOST_NONE ? 0 : r;
	r = run_command(&spec, &result, f);
	if (r)
		return fault_context(f, "unmount of %s", target);
	if (result.status == 0)
		return 0;
	if (strstr(result.err, "busy"))
		return HOST_BUSY;
	r = host_mount_at(host, arena, target, &mount, f); /* somebody else may have been faster */
	if (r)
		return r == HOST_NONE ? 0 : r;
	return fault(f, -EIO, "unmount of %s: %s", target, arena_stripped(arena, result.err));
}
