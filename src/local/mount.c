/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * A volume as a directory of this host. A file system is made only where that was asked for and
 * the volume is blank: nothing that libblkid knows, and its first and last MiB are zeroes. What
 * looks at the volume is a child with a limit.
 */
#include <fcntl.h>
#include <sys/stat.h>

#include "base/str.h"
#include "local/priv.h"
#include "run/run.h"

enum { EDGE_BYTES = 1024 * 1024, BLKID_NOTHING = 2 };

/* What a guest or another host has put there gets no rights on this host. */
/* _netdev: at the end of the system it is unmounted before sessions and the network go. */
static const char options_rw[] = "nosuid,nodev,_netdev";
static const char options_ro[] = "nosuid,nodev,_netdev,ro";

static int run_tool(LocalWork *work, const char *const *argv, int *ret_status, Fault *f)
{
	_cleanup_(run_result_done) RunResult result = {0};
	const RunSpec spec = {.argv = argv, .timeout_ms = host_left_ms(work->deadline_ms)};
	int r;

	r = run_command(&spec, &result, f);
	if (r)
		return r;
	*ret_status = result.status;
	return 0;
}

/* Whether `length` bytes from `offset` are zeroes. */
static int is_zero(LocalWork *work, const char *path, int64_t offset, int64_t length, bool *ret,
		   Fault *f)
{
	const char *count = arena_printf(work->arena, "--bytes=%lld", (long long)length);
	const char *skip = arena_printf(work->arena, "--ignore-initial=%lld:0", (long long)offset);
	int status;
	int r;

	r = run_tool(work, RUN_ARGV("cmp", "--quiet", count, skip, "--", path, "/dev/zero"),
		     &status, f);
	if (r)
		return r;
	if (status > 1)
		return fault(f, -EIO, "%s cannot be read", path);
	*ret = status == 0;
	return 0;
}

static int is_blank(LocalWork *work, const ConnectorDisk *disk, bool *ret, Fault *f)
{
	int64_t length = MIN(disk->size_bytes, (int64_t)EDGE_BYTES);
	bool first = false, last = false;
	int status;
	int r;

	*ret = false;
	r = run_tool(work, RUN_ARGV("blkid", "--probe", disk->path), &status, f);
	if (r || status != BLKID_NOTHING)
		return r;
	r = is_zero(work, disk->path, 0, length, &first, f);
	if (r == 0)
		r = is_zero(work, disk->path, disk->size_bytes - length, length, &last, f);
	if (r == 0)
		*ret = first && last;
	return r;
}

/* A name that can be part of a program's. */
static bool is_format(const char *format)
{
	return *format && strspn(format, "abcdefghijklmnopqrstuvwxyz0123456789") == strlen(format);
}

static int make_format(LocalWork *work, const ConnectorDisk *disk, const char *format, Fault *f)
{
	const char *program;
	bool blank;
	int status;
	int r;

	if (!is_format(format)) {
		work->why = "the type of a file system is letters and digits";
		return LOCAL_NO_MOUNT;
	}
	r = is_blank(work, disk, &blank, f);
	if (r || !blank)
		return r;
	program = arena_printf(work->arena, "mkfs.%s", format);
	if (!host_has_program(work->local->host, program)) {
		work->why = arena_printf(work->arena, "this host has no %s", program);
		return LOCAL_NO_MOUNT;
	}
	r = run_tool(work, RUN_ARGV(program, disk->path), &status, f);
	if (r)
		return r;
	return status ? fault(f, -EIO, "%s failed with status %d", program, status) : 0;
}

static const char *mount_number(const LocalWork *work, const HostMount *mount)
{
	return arena_printf(work->arena, "%u:%u", mount->major, mount->minor);
}

/* The number of a device, by which a mount names it; NULL for a file. */
static const char *disk_number(const LocalWork *work, const ConnectorDisk *disk)
{
	if (disk->kind != CONNECTOR_BLOCK)
		return NULL;
	return host_peek(work->local->host, work->arena, "/sys/block/%s/dev",
			 disk->path + strlen("/dev/"));
}

/* Whether what is mounted there is the volume. */
static bool is_ours(const LocalWork *work, const HostMount *mount, const ConnectorDisk *disk)
{
	const Host *host = work->local->host;
	const char *loop;

	if (disk->kind == CONNECTOR_BLOCK)
		return str_eq(disk_number(work, disk), mount_number(work, mount));
	loop = str_after(mount->source, "/dev/");
	return loop && str_eq(host_peek(host, work->arena, "/sys/block/%s/loop/backing_file", loop),
			      disk->path);
}

/* 0: nothing is mounted there; LOCAL_NO_MOUNT: something else. */
enum { MOUNTED_ALREADY = 1 };

static int look_at(LocalWork *work, const char *directory, const ConnectorDisk *disk, Fault *f)
{
	HostMount mount;
	int r;

	r = host_mount_at(work->local->host, work->arena, directory, &mount, f);
	if (r == HOST_NONE)
		return 0;
	if (r)
		return r;
	if (is_ours(work, &mount, disk))
		return MOUNTED_ALREADY;
	work->why = arena_printf(work->arena, "%s is mounted at %s", mount.source, directory);
	return LOCAL_NO_MOUNT;
}

/* The record names the place before anything is there. */
static int prepare_place(LocalWork *work, LocalRecord *record, const ConnectorDisk *disk,
			 const char *directory, Fault *f)
{
	struct stat st;
	int r;

	record->mountpoint = directory;
	record->device = disk_number(work, disk);
	record->mountpoint_made = lstat(directory, &st) < 0 && errno == ENOENT;
	r = record_save(work->local, record, f);
	if (r)
		return r;
	if (mkdir(directory, 0755) < 0 && errno != EEXIST)
		return fault(f, -errno, "make %s: %s", directory, strerror(errno));
	if (lstat(directory, &st) < 0 || !S_ISDIR(st.st_mode)) {
		work->why = arena_printf(work->arena, "%s is no directory", directory);
		return LOCAL_NO_MOUNT;
	}
	return 0;
}

static int mount_disk(LocalWork *work, const LocalRecord *record, const ConnectorDisk *disk)
{
	const char *options = str_eq(record->mode, "ro") ? options_ro : options_rw;
	Fault why = {0};
	int r;

	if (disk->kind == CONNECTOR_FILE)
		options = arena_printf(work->arena, "loop,%s", options);
	r = host_mount(work->local->host, "auto", disk->path, record->mountpoint, options,
		       work->deadline_ms, &why);
	if (r == 0)
		return 0;
	work->why = arena_strdup(work->arena, why.text);
	return LOCAL_NO_MOUNT;
}

int local_mount(LocalWork *work, LocalRecord *record, const ConnectorDisk *disk,
		const LocalMount *mount, Fault *f)
{
	int r;

	assert(record->state == LOCAL_CONNECTED);
	if (mount->directory[0] != '/' || (disk->format && !str_eq(disk->format, "raw"))) {
		work->why = "only raw volumes can be mounted, at an absolute path";
		return LOCAL_NO_MOUNT;
	}
	r = look_at(work, mount->directory, disk, f);
	if (r)
		return r == MOUNTED_ALREADY ? 0 : r;
	r = prepare_place(work, record, disk, mount->directory, f);
	if (r == 0 && mount->format && !str_eq(record->mode, "ro"))
		r = make_format(work, disk, mount->format, f);
	if (r == 0)
		r = mount_disk(work, record, disk);
	if (r) {
		const char *why = work->why;

		(void)mount_undo(work, record, false, NULL); /* what is left, the detach removes */
		work->why = why;
	}
	return r;
}

/* The directory and the note of it go. */
static int forget_place(LocalWork *work, LocalRecord *record, Fault *f)
{
	if (record->mountpoint_made)
		(void)rmdir(record->mountpoint); /* not when somebody has put something there */
	record->mountpoint = NULL;
	record->device = NULL;
	record->mountpoint_made = false;
	return record_save(work->local, record, f);
}

/* Out of everybody's sight; it ends with the last one who uses it. */
static int detach_place(LocalWork *work, const char *directory, Fault *f)
{
	int status;
	int r;

	r = run_tool(work, RUN_ARGV("umount", "--lazy", "--", directory), &status, f);
	if (r)
		return r;
	return status ? fault(f, -EIO, "%s cannot be unmounted", directory) : 0;
}

/* Whether what is mounted is the volume, also when its device has gone meanwhile. */
static int is_mounted(LocalWork *work, const LocalRecord *record, const HostMount *mount, bool *ret,
		      Fault *f)
{
	LocalRecord copy = *record;
	ConnectorDisk disk = {0};
	Flow flow;
	int r;

	*ret = record->device && str_eq(record->boot_id, work->local->boot_id) &&
	       str_eq(record->device, mount_number(work, mount));
	if (*ret)
		return 0;
	r = flow_begin(&flow, work, &copy, f);
	if (r == 0)
		r = flow_outcome(&flow, connector_find(flow.driver, &flow.call, flow.info,
						       record->identity, &disk, f));
	if (r == 0)
		*ret = is_ours(work, mount, &disk);
	return r == LOCAL_NO_PATH || r == LOCAL_NO_DISK || r == LOCAL_WRONG_DISK ? 0 : r;
}

int mount_undo(LocalWork *work, LocalRecord *record, bool force, Fault *f)
{
	const Host *host = work->local->host;
	HostMount mount;
	bool ours = false;
	int r;

	if (!record->mountpoint)
		return 0;
	r = host_mount_at(host, work->arena, record->mountpoint, &mount, f);
	if (r < 0)
		return r;
	if (r == 0)
		r = is_mounted(work, record, &mount, &ours, f);
	if (r < 0 && !force)
		return r;
	if (!ours) /* nothing, or somebody else's */
		return forget_place(work, record, f);
	r = host_unmount(host, record->mountpoint, work->deadline_ms, f);
	if (r == HOST_BUSY) {
		work->why = arena_printf(work->arena, "%s is in use", record->mountpoint);
		r = LOCAL_BUSY;
	}
	if (r && force)
		r = detach_place(work, record->mountpoint, f);
	return r ? r : forget_place(work, record, f);
}
