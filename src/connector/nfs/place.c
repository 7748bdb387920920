/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Mounts. A command that failed may have mounted, and one that said nothing may not: the mount
 * table decides, by source and type. The directory below has no permissions, so that nothing is
 * written there by mistake.
 */
#include <errno.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/digest.h"
#include "base/str.h"
#include "connector/nfs/priv.h"
#include "contract/connector-text.h"
#include "run/run.h"

NfsPlace nfs_place(const ConnectorCall *call, const NfsInfo *info, bool is_readonly)
{
	char digest[DIGEST_MD5_TEXT] = "";
	NfsPlace place = {.is_readonly = is_readonly};

	if (!digest_md5(info->export, digest))
		abort(); /* the library that we are linked with has it */
	place.directory = arena_printf(call->arena, "%s/%s%s", call->mount_dir, digest,
				       is_readonly ? "-ro" : "");
	place.file = arena_printf(call->arena, "%s/%s", place.directory, info->name);
	return place;
}

int nfs_place_check(ConnectorCall *call, const NfsInfo *info, const NfsPlace *place, Fault *f)
{
	HostMount mount;
	int r = host_mount_at(call->host, call->arena, place->directory, &mount, f);

	if (r == HOST_NONE)
		return connector_say(call, CONNECTOR_NO_DISK, "%s is not mounted", info->export);
	if (r)
		return fault_unexpected(f, r);
	if ((str_eq(mount.type, "nfs") || str_eq(mount.type, "nfs4")) &&
	    str_eq(nfs_export_canonical(call->arena, mount.source), info->export))
		return 0;
	return connector_say(call, CONNECTOR_WRONG_DISK, "%s (%s) is mounted at %s, not %s",
			     mount.source, mount.type, place->directory, info->export);
}

static int make_directory(const ConnectorCall *call, const NfsPlace *place, Fault *f)
{
	const char *above = host_path(call->host, call->arena, "%s", call->mount_dir);
	const char *path = host_path(call->host, call->arena, "%s", place->directory);

	if (mkdir(above, 0711) && errno != EEXIST)
		return fault(f, -errno, "make %s: %s", above, strerror(errno));
	if (mkdir(path, 0) && errno != EEXIST)
		return fault(f, -errno, "make %s: %s", path, strerror(errno));
	return 0;
}

/* One that is in use again is somebody's mount, and stays. */
static void remove_directory(const ConnectorCall *call, const NfsPlace *place)
{
	(void)rmdir(host_path(call->host, call->arena, "%s", place->directory));
}

/* The mount table tells what came of each. */
static int try_versions(ConnectorCall *call, const NfsInfo *info, const NfsPlace *place, Fault *f)
{
	size_t tries = info->options.has_version ? 1 : NFS_VERSION_TRIES;
	int r = 0;

	for (size_t i = 0; i < tries; i++) {
		int64_t now_ms = clock_mono_ms();
		int64_t limit_ms = MAX((call->deadline_ms - now_ms) / (int64_t)(tries - i), 1);
		const char *version = info->options.has_version ? NULL : nfs_versions[i];
		const char *options = arena_printf(
			call->arena, NFS_OWN_OPTIONS ",hard,retry=0%s%s%s%s%s",
			place->is_readonly ? ",ro" : "", *info->options.list ? "," : "",
			info->options.list, version ? "," : "", version ? version : "");
		Fault refused = {0};
		int failed = host_mount(call->host, "nfs", info->export, place->directory, options,
					now_ms + limit_ms, &refused);

		r = nfs_place_check(call, info, place, f);
		if (r != CONNECTOR_NO_DISK)
			return r;
		if (failed)
			call->why = arena_strdup(call->arena, refused.text);
	}
	return connector_say(call, CONNECTOR_NO_PATH, "%s cannot be mounted: %s", info->export,
			     call->why);
}

int nfs_place_mount(ConnectorCall *call, const NfsInfo *info, const NfsPlace *place, Fault *f)
{
	int r = make_directory(call, place, f);

	return r ? r : try_versions(call, info, place, f);
}

static int take_out_of_sight(const ConnectorCall *call, const NfsPlace *place, Fault *f)
{
	const char *path = host_path(call->host, call->arena, "%s", place->directory);
	const RunSpec spec = {
		.argv = RUN_ARGV("umount", "--lazy", "--no-canonicalize", "--", path),
		.timeout_ms = MAX(call->deadline_ms - clock_mono_ms(), 1),
	};

	return run_checked(&spec, NULL, f);
}

int nfs_place_unmount(ConnectorCall *call, const NfsInfo *info, const NfsPlace *place, bool force,
		      Fault *f)
{
	int64_t now_ms = clock_mono_ms();
	int r = nfs_place_check(call, info, place, f);

	if (r < 0 || r == CONNECTOR_WRONG_DISK)
		return MIN(r, 0); /* what somebody else mounted is none of ours */
	if (r == 0) {
		r = host_unmount(call->host, place->directory,
				 now_ms + MAX((call->deadline_ms - now_ms) / 2, 1), f);
		if (r == HOST_BUSY && !force)
			return connector_say(call, CONNECTOR_BUSY, "%s is in use", info->export);
		if (r && force)
			r = take_out_of_sight(call, place, f);
		if (r)
			return fault_unexpected(f, r);
	}
	remove_directory(call, place);
	return 0;
}
