/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Finding what is connected, by what it says of itself; and letting the host see its new size.
 */
#include "base/str.h"
#include "connector/iscsi/priv.h"

/* What the caller expects, else what the target has told beforehand, without "wwid:"; or NULL. */
static const char *wanted_wwid(const IscsiInfo *info, const char *identity)
{
	return str_after(identity ? identity : info->identity, "wwid:");
}

static int own_devices(ConnectorCall *call, const IscsiInfo *info, const char *identity,
		       IscsiDevice **ret, size_t *ret_count, Fault *f)
{
	const char *wwid = wanted_wwid(info, identity);
	IscsiDevice *devices;
	size_t count, own = 0;
	int r = iscsi_devices(call, info, &devices, &count, f);

	if (r)
		return r;
	for (size_t i = 0; i < count; i++) {
		if (!wwid)
			wwid = devices[i].wwid;
		if (wwid && str_eq(devices[i].wwid, wwid))
			devices[own++] = devices[i];
	}
	*ret = devices;
	*ret_count = own;
	if (own)
		return 0;
	if (count == 0)
		return iscsi_say(call, CONNECTOR_NO_DISK, "no session with %s shows the volume",
				 info->targets[0].iqn);
	return iscsi_say(call, CONNECTOR_WRONG_DISK, "%s has %s where %s was expected",
			 info->targets[0].iqn,
			 devices[0].wwid ? devices[0].wwid : "something without identity",
			 wwid ? wwid : "a disk");
}

int iscsi_describe(ConnectorCall *call, const IscsiDevice *devices, size_t count, const char *map,
		   ConnectorDisk *ret, Fault *f)
{
	const char *name = map ? map : devices[0].name;
	int64_t size_bytes = 0;
	unsigned alive = 0;
	int r = host_block_size(call->host, call->arena, name, &size_bytes, f);

	if (r == HOST_NONE)
		return iscsi_say(call, CONNECTOR_NO_DISK, "%s has just gone", name);
	if (r)
		return fault_unexpected(f, r);
	for (size_t i = 0; i < count; i++)
		alive += devices[i].alive;
	*ret = (ConnectorDisk){
		.kind = CONNECTOR_BLOCK,
		.path = arena_printf(call->arena, "/dev/%s", name),
		.identity = arena_printf(call->arena, "wwid:%s", devices[0].wwid),
		.wwn = devices[0].wwid,
		.multipath_id = map ? devices[0].wwid : NULL,
		.size_bytes = size_bytes,
		.paths = alive,
	};
	return 0;
}

int iscsi_find(ConnectorCall *call, const void *info, const char *identity, ConnectorDisk *ret,
	       Fault *f)
{
	const IscsiInfo *iscsi = info;
	IscsiDevice *devices;
	const char *map;
	size_t count;
	int r = own_devices(call, iscsi, identity, &devices, &count, f);

	if (r)
		return r;
	map = iscsi_map_find(call, devices[0].wwid);
	r = map ? iscsi_map_check(call, iscsi, map, f) : 0;
	if (r == 0)
		r = iscsi_describe(call, devices, count, map, ret, f);
	if (r == 0 && ret->paths == 0)
		return iscsi_say(call, CONNECTOR_NO_PATH, "%s has no path that works", ret->path);
	if (r == 0)
		ret->degraded = map && ret->paths < MAX(iscsi->target_count, count);
	return r;
}

/* Every path must show it: a map is as large as its smallest path. */
static int rescan_paths(ConnectorCall *call, const IscsiDevice *devices, size_t count,
			int64_t wanted_bytes, int64_t *ret_size_bytes, Fault *f)
{
	int64_t first = 0;

	for (size_t i = 0; i < count; i++) {
		int64_t size_bytes = 0;
		int r;

		if (!devices[i].alive)
			return iscsi_say(call, CONNECTOR_NOT_GROWN,
					 "path %s does not work; every path must show the size",
					 devices[i].name);
		r = iscsi_device_rescan(call, &devices[i], f);
		if (r == 0)
			r = host_block_size(call->host, call->arena, devices[i].name, &size_bytes,
					    f);
		if (r)
			return fault_unexpected(f, r);
		first = i == 0 ? size_bytes : first;
		if (size_bytes < wanted_bytes || size_bytes != first)
			return iscsi_say(call, CONNECTOR_NOT_GROWN,
					 "path %s shows %jd bytes, not %jd", devices[i].name,
					 (intmax_t)size_bytes, (intmax_t)MAX(wanted_bytes, first));
	}
	*ret_size_bytes = first;
	return 0;
}

static int grow_map(ConnectorCall *call, const IscsiInfo *info, const char *map, int64_t size_bytes,
		    Fault *f)
{
	int64_t shown = 0;
	int r = iscsi_map_check(call, info, map, f);

	if (r == CONNECTOR_WRONG_DISK)
		return CONNECTOR_NOT_GROWN; /* the sentence says whose path it is */
	if (r)
		return fault_unexpected(f, r);
	r = host_block_size(call->host, call->arena, map, &shown, f);
	if (r == 0 && shown != size_bytes) {
		r = iscsi_map_resize(call, map, f);
		if (r == 0)
			r = host_block_size(call->host, call->arena, map, &shown, f);
	}
	if (r == 0 && shown != size_bytes)
		return iscsi_say(call, CONNECTOR_NOT_GROWN, "map %s shows %jd bytes, not %jd", map,
				 (intmax_t)shown, (intmax_t)size_bytes);
	return r == CONNECTOR_NOT_GROWN ? r : fault_unexpected(f, r);
}

int iscsi_extend(ConnectorCall *call, const void *info, const char *identity, int64_t size_bytes,
		 int64_t *ret_size_bytes, Fault *f)
{
	const IscsiInfo *iscsi = info;
	IscsiDevice *devices;
	int64_t shown = 0;
	const char *map;
	size_t count;
	int r = own_devices(call, iscsi, identity, &devices, &count, f);

	if (r == CONNECTOR_WRONG_DISK)
		return CONNECTOR_NO_DISK; /* ours is not there; the sentence says what is */
	if (r)
		return r;
	r = rescan_paths(call, devices, count, size_bytes, &shown, f);
	if (r)
		return r;
	map = iscsi_map_find(call, devices[0].wwid);
	r = map ? grow_map(call, iscsi, map, shown, f) : 0;
	if (r == 0)
		*ret_size_bytes = shown;
	return r;
}
