/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * The slots. A mount serves all volumes of its export that have the same mode, so it goes with the
 * last of them; the caller knows which is the last.
 */
#include "connector/nfs/nfs.h"

#include "base/str.h"
#include "connector/nfs/priv.h"
#include "contract/connector-text.h"

static const char *identity_of(const ConnectorCall *call, const NfsInfo *info)
{
	return arena_printf(call->arena, "nfs:%s/%s", info->export, info->name);
}

static const char *nfs_target(ConnectorCall *call, const void *info)
{
	const NfsInfo *nfs = info;

	return arena_printf(call->arena, "nfs:%s", nfs->export);
}

static bool nfs_multipath(const Host *host)
{
	(void)host;
	return false;
}

static int check_identity(ConnectorCall *call, const NfsInfo *info, const char *identity)
{
	const char *own = identity_of(call, info);

	if (!identity || str_eq(identity, own))
		return 0;
	return connector_say(call, CONNECTOR_WRONG_DISK, "it is %s, not %s", own, identity);
}

/* The volume in a place that is mounted. */
static int look(ConnectorCall *call, const NfsInfo *info, const NfsPlace *place, ConnectorDisk *ret,
		Fault *f)
{
	int64_t size_bytes = 0;
	int r = nfs_file_size(call, info, place, &size_bytes, f);

	if (r)
		return r;
	*ret = (ConnectorDisk){
		.kind = CONNECTOR_FILE,
		.path = place->file,
		.identity = identity_of(call, info),
		.format = info->format,
		.size_bytes = size_bytes,
		.paths = 1,
	};
	return 0;
}

static int nfs_shared(ConnectorCall *call, const void *info, bool *ret, Fault *f)
{
	for (int i = 0; i < 2; i++) {
		const NfsPlace place = nfs_place(call, info, i == 1);
		int r = nfs_place_check(call, info, &place, f);

		if (r < 0)
			return r;
		*ret |= r == 0;
	}
	return 0;
}

static int nfs_join(ConnectorCall *call, const void *info, const ConnectorWish *wish, Fault *f)
{
	const NfsPlace place = nfs_place(call, info, wish->readonly);
	int r;

	if (wish->multipath && wish->enforce)
		return connector_say(call, CONNECTOR_NO_TRANSPORT,
				     "Multipathing is enforced but the host doesn't support "
				     "multipathing.");
	if (!host_has_program(call->host, "mount.nfs"))
		return connector_say(call, CONNECTOR_NO_TRANSPORT,
				     "this host has no mount.nfs program (package nfs-common)");
	r = nfs_place_check(call, info, &place, f);
	if (r == CONNECTOR_NO_DISK)
		r = nfs_place_mount(call, info, &place, f);
	return r == CONNECTOR_WRONG_DISK ? CONNECTOR_NO_PATH : r;
}

static int nfs_connect(ConnectorCall *call, const void *info, const ConnectorWish *wish,
		       ConnectorDisk *ret, Fault *f)
{
	const NfsPlace place = nfs_place(call, info, wish->readonly);
	int r = check_identity(call, info, wish->identity);

	/* What is not mounted would be looked for on this host's own disk. */
	if (!r)
		r = nfs_place_check(call, info, &place, f);
	if (!r)
		r = look(call, info, &place, ret, f);
	if (r || !wish->size_bytes || ret->size_bytes == wish->size_bytes)
		return r;
	return connector_say(call, CONNECTOR_WRONG_DISK,
			     "%s has %lld bytes where %lld are expected", place.file,
			     (long long)ret->size_bytes, (long long)wish->size_bytes);
}

/* Each place that is mounted, the one of the volume's own mode first. */
static int nfs_find(ConnectorCall *call, const void *info, const char *identity, ConnectorDisk *ret,
		    Fault *f)
{
	const NfsInfo *nfs = info;
	int r = check_identity(call, info, identity);

	for (int i = 0; !r && i < 2; i++) {
		const NfsPlace place = nfs_place(call, nfs, nfs->is_readonly != i);

		r = nfs_place_check(call, nfs, &place, f);
		if (!r) {
			r = look(call, nfs, &place, ret, f);
			return r == CONNECTOR_NO_PATH ? CONNECTOR_NO_DISK : r;
		}
		if (r == CONNECTOR_NO_DISK && i == 0)
			r = 0;
	}
	return r;
}

/* There is nothing to flush of a file that is gone, or in a place that is not mounted. */
static int flush(ConnectorCall *call, const NfsInfo *info, const NfsPlace *place, bool force,
		 const char **ret_lost, Fault *f)
{
	Fault unflushed = {0};
	int64_t size_bytes;
	int r = nfs_place_check(call, info, place, f);

	if (r)
		return MIN(r, 0);
	r = nfs_file_size(call, info, place, &size_bytes, f);
	if (r < 0 || r == CONNECTOR_NO_DISK || r == CONNECTOR_WRONG_DISK)
		return MIN(r, 0);
	if (!r && nfs_file_flush(call, place, &unflushed) == 0)
		return 0;
	(void)connector_say(call, CONNECTOR_UNFLUSHED, "unflushed data of %s may be lost: %s",
			    place->file, r ? "its server does not answer" : unflushed.text);
	*ret_lost = call->why;
	return force ? 0 : CONNECTOR_UNFLUSHED;
}

static int nfs_disconnect(ConnectorCall *call, const void *info, const ConnectorLeave *leave,
			  Fault *f)
{
	const NfsPlace places[] = {nfs_place(call, info, false), nfs_place(call, info, true)};
	const char *lost = NULL;
	int r = flush(call, info, &places[0], leave->force, &lost, f);

	for (size_t i = 0; !r && i < ARRAY_SIZE(places); i++)
		if (!leave->keep && leave->made)
			r = nfs_place_unmount(call, info, &places[i], leave->force, f);
	if (!r)
		call->why = lost; /* nothing else is to be told */
	return r;
}

static int nfs_extend(ConnectorCall *call, const void *info, const char *identity,
		      int64_t size_bytes, int64_t *ret_size_bytes, Fault *f)
{
	ConnectorDisk disk = {0};
	int r = nfs_find(call, info, identity, &disk, f);

	if (r < 0)
		return r;
	if (r)
		return CONNECTOR_NO_DISK;
	if (disk.size_bytes < size_bytes)
		return connector_say(call, CONNECTOR_NOT_GROWN, "%s has %lld bytes so far",
				     disk.path, (long long)disk.size_bytes);
	*ret_size_bytes = disk.size_bytes;
	return 0;
}

static const char *const types[] = {"nfs", NULL};

const ConnectorDriver connector_nfs = {
	.name = "nfs",
	.size = sizeof(ConnectorDriver),
	.types = types,
	.parse = nfs_info_parse,
	.target = nfs_target,
	.multipath = nfs_multipath,
	.shared = nfs_shared,
	.join = nfs_join,
	.connect = nfs_connect,
	.find = nfs_find,
	.disconnect = nfs_disconnect,
	.extend = nfs_extend,
};
