/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Volumes as files of an NFS export: DIRECTORY/<md5 of the export>/<volume id>.raw or .qcow2, where
 * the export is mounted when the backend is opened and stays mounted, as guests go on without us.
 * The name of the mount is the one that other services give it, so that hosts agree on it.
 *
 * The mount is soft: a call that a server does not answer fails after a minute or so, and so does
 * its step, which is tried again. A hard one keeps workers for as long as the server is away; an
 * operator may want that, for guests that must not see errors.
 */
#include <errno.h>
#include <sys/stat.h>

#include "backend/file/file.h"
#include "backend/file/priv.h"
#include "base/clock.h"
#include "base/digest.h"
#include "base/mem.h"
#include "base/str.h"
#include "contract/nfs-text.h"
#include "host/host.h"
#include "json/out.h"

enum { MOUNT_MS = 60 * 1000 };

/* Ten seconds, then twenty, then thirty; an operator's own options come later and win. */
#define PATIENCE "timeo=100,retrans=2,softerr"

typedef struct Place {
	const char *export;
	const char *path;
	NfsOptions options;
} Place;

/* ---- mounting ---- */

static int read_place(const BackendConfig *config, Arena *arena, Place *ret, Fault *f)
{
	char digest[DIGEST_MD5_TEXT];

	*ret = (Place){.options = {.list = ""}};
	if (config->export)
		ret->export = nfs_export_canonical(arena, config->export);
	if (!ret->export)
		return fault(f, -EINVAL, "backend nfs needs an export: \"server:/path\"");
	if (config->options && !nfs_options_add(arena, config->options, &ret->options))
		return fault(f, -EINVAL,
			     "the mount options of volumes have one that is not allowed");
	if (!digest_md5(ret->export, digest))
		return fault(f, -ENOTSUP, "this OpenSSL has no MD5");
	ret->path = arena_printf(arena, "%s/%s", config->directory, digest);
	return 0;
}

/* The mount table knows without asking the server. 0, HOST_NONE or a fault. */
static int look(const Host *host, Arena *arena, const Place *place, Fault *f)
{
	HostMount mount;
	int r = host_mount_at(host, arena, place->path, &mount, f);

	if (r)
		return r;
	if ((str_eq(mount.type, "nfs") || str_eq(mount.type, "nfs4")) &&
	    str_eq(nfs_export_canonical(arena, mount.source), place->export))
		return 0;
	return fault(f, -EBUSY, "%s (%s) is mounted at %s, not %s", mount.source, mount.type,
		     place->path, place->export);
}

static int make_directories(const BackendConfig *config, const Place *place, Fault *f)
{
	if (mkdir(config->directory, 0711) && errno != EEXIST)
		return fault(f, -errno, "make directory %s: %s", config->directory,
			     strerror(errno));
	/* Without the mount nothing can be written there by mistake. */
	if (mkdir(place->path, 0) && errno != EEXIST)
		return fault(f, -errno, "make mount point %s: %s", place->path, strerror(errno));
	return 0;
}

static int mount_as(const Host *host, Arena *arena, const Place *place, const char *version,
		    int64_t deadline_ms, Fault *f)
{
	const char *given = place->options.list;
	const char *options =
		arena_printf(arena, NFS_OWN_OPTIONS ",retry=0," PATIENCE "%s%s%s%s",
			     *given ? "," : "", given, version ? "," : "", version ? version : "");

	return host_mount(host, "nfs", place->export, place->path, options, deadline_ms, f);
}

/* What a command answered is not believed: one that was given up may have mounted. */
static int mount_it(const Host *host, Arena *arena, const Place *place, Fault *f)
{
	bool has_version = place->options.has_version;
	size_t tries = has_version ? 1 : NFS_VERSION_TRIES;
	int64_t deadline_ms = clock_mono_ms() + MOUNT_MS;
	Fault refused = {.text = "it does not appear"};
	int r = look(host, arena, place, f);

	for (size_t i = 0; r == HOST_NONE && i < tries; i++) {
		int64_t now_ms = clock_mono_ms();
		int64_t limit_ms = MAX((deadline_ms - now_ms) / (int64_t)(tries - i), 1);
		int failed = mount_as(host, arena, place, has_version ? NULL : nfs_versions[i],
				      now_ms + limit_ms, &refused);

		r = look(host, arena, place, f);
		if (r == HOST_NONE && !failed)
			break;
	}
	if (r == HOST_NONE)
		return fault(f, -EHOSTDOWN, "%s cannot be mounted: %s", place->export,
			     refused.text);
	return fault_unexpected(f, r);
}

static int nfs_open(const BackendConfig *config, void **ret, Fault *f)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();
	const Host host = {.root = ""};
	FileBackend *backend;
	Place place;
	int r = read_place(config, arena, &place, f);

	if (!r)
		r = make_directories(config, &place, f);
	if (!r)
		r = mount_it(&host, arena, &place, f);
	if (!r)
		r = file_backend_open(place.path, &backend, f);
	if (r)
		return r;
	backend->mount_base = mem_strdup(config->directory);
	backend->export = mem_strdup(place.export);
	if (*place.options.list)
		backend->options = mem_strdup(arena_printf(arena, "-o %s", place.options.list));
	*ret = backend;
	return 0;
}

/* ---- the slots that differ from those of a directory ---- */

/* Whoever opens the path gets what we have open: nothing was unmounted or mounted over it. */
static int check_mount(const FileBackend *backend, Fault *f)
{
	struct stat by_path;
	dev_t device = 0;
	int r = dir_device(backend->dir, &device, f);

	if (r)
		return r;
	if (stat(backend->path, &by_path))
		return fault(f, -errno, "look at %s: %s", backend->path, strerror(errno));
	if (by_path.st_dev != device)
		return fault(f, -ENODEV, "%s is not mounted at %s any more", backend->export,
			     backend->path);
	return 0;
}

static int nfs_connect(void *self, const Volume *volume, Arena *arena, BackendPath *ret, Fault *f)
{
	int r = check_mount(self, f);

	return r ? r : file_connect(self, volume, arena, ret, f);
}

static int nfs_connection_info(void *self, const Volume *volume,
			       const Attachment *attachment _unused_, Arena *arena,
			       const char **ret, Fault *f _unused_)
{
	const FileBackend *backend = self;
	_cleanup_(freep) char *text = NULL;
	char name[FILE_NAME_BYTES];
	JsonOut out = {0};
	size_t length;

	file_volume_name(volume, "", name);
	json_out_begin(&out, NULL);
	json_out_text(&out, "driver_volume_type", "nfs");
	json_out_text(&out, "export", backend->export);
	json_out_text(&out, "name", name);
	json_out_text(&out, "options", backend->options);
	json_out_text(&out, "format", enum_name(&disk_format_names, volume->format));
	json_out_text(&out, "mount_point_base", backend->mount_base);
	json_out_text(&out, "volume_id", volume->id);
	json_out_end(&out);
	text = json_out_take(&out, &length);
	*ret = arena_strndup(arena, text, length);
	return 0;
}

const BackendDriver backend_nfs = {
	.name = "nfs",
	.size = sizeof(BackendDriver),
	.traits = {.protocol = "nfs", .thin = true, .capacity_waits = true},
	.open = nfs_open,
	.close = file_close,
	.describe = file_describe,
	.create = file_create,
	.remove = file_remove,
	.exists = file_exists,
	.connect = nfs_connect,
	.disconnect = file_disconnect,
	.connection_info = nfs_connection_info,
	.extend = file_extend,
	.copy = file_copy,
	.snapshot = file_snapshot,
	.snapshot_remove = file_snapshot_remove,
	.snapshot_exists = file_snapshot_exists,
	.snapshot_connect = file_snapshot_connect,
	.snapshot_draft = file_snapshot_draft,
	.snapshot_keep = file_snapshot_keep,
	.revert = file_revert,
	.capacity = file_capacity,
};
