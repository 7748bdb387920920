/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Connecting: for each portal a session and below it the device at the volume's LUN, then one map
 * over them. Each path remembers what this call made of it, and only that is undone when the whole
 * does not come about; part of the time is kept for the undoing.
 */
#include "base/clock.h"
#include "base/str.h"
#include "connector/iscsi/priv.h"

enum { UNDO_MS = 30 * 1000, UNDO_PART = 3, READ_MS = 15 * 1000 };

typedef struct Path {
	IscsiSession session;
	bool session_made;
	bool device_made;
} Path;

typedef struct Attempt {
	ConnectorCall *call;
	const IscsiInfo *info;
	const ConnectorWish *wish;
	bool multipath;
	const char *wwid; /* what it must say; the first path decides where nobody knew */
	Path *paths;
	IscsiDevice *devices; /* one for each path */
	size_t count;
	size_t wanted; /* portals */
	const char *map;
	bool map_made;
} Attempt;

/* What cannot be undone is told behind what went wrong. */
static void path_undo(Attempt *a, size_t index)
{
	ConnectorCall *call = a->call;
	const Path *path = &a->paths[index];
	const IscsiDevice *device = &a->devices[index];
	Fault f = {0};
	int r = 0;

	if (path->device_made && device->slot) {
		r = iscsi_device_delete(call, device, &f);
		if (r)
			r = iscsi_device_delete(call, device, &f);
		if (r == 0 && a->multipath)
			(void)iscsi_map_forget_path(call, device->name, NULL); /* a nicety */
	}
	if (r == 0 && path->session_made)
		r = iscsi_session_close(call, &path->session, &f);
	if (r)
		call->why = arena_printf(call->arena, "%s; what is left: %s",
					 call->why ? call->why : "", f.text);
}

static void undo(Attempt *a)
{
	if (a->map_made && iscsi_map_close(a->call, a->wwid, true, NULL))
		(void)iscsi_map_close(a->call, a->wwid, true,
				      NULL); /* its paths are tried anyway */
	while (a->count)
		path_undo(a, --a->count);
}

/* The first sector can be read: a device that only looks alive is no path. */
static int read_check(Attempt *a, const IscsiDevice *device, Fault *f)
{
	ConnectorCall *call = a->call;
	const char *from = host_path(call->host, call->arena, "/dev/%s", device->name);

	return iscsi_run_checked(call,
				 RUN_ARGV("dd", arena_printf(call->arena, "if=%s", from),
					  "of=/dev/null", "bs=4096", "count=1", "iflag=direct",
					  "status=none"),
				 READ_MS, f);
}

static int add_device(Attempt *a, const IscsiTarget *target, Path *path, IscsiDevice *device,
		      Fault *f)
{
	int r = iscsi_device_open(a->call, &path->session, target->lun, a->wwid, device,
				  &path->device_made, f);

	return r ? r : read_check(a, device, f);
}

/* A path that does not come about is not there; another portal may do. */
static int add_path(Attempt *a, const IscsiTarget *target, Fault *f)
{
	Path *path = &a->paths[a->count];
	IscsiDevice *device = &a->devices[a->count];
	Fault broken = {0};
	int r;

	*path = (Path){0};
	*device = (IscsiDevice){0};
	r = iscsi_session_open(a->call, a->info, target, a->multipath, &path->session,
			       &path->session_made, &broken);
	if (r == 0) {
		r = add_device(a, target, path, device, &broken);
		if (r)
			path_undo(a, a->count);
	}
	if (r < 0)
		return iscsi_say(a->call, CONNECTOR_NO_PATH, "%s at %s: %s", target->iqn,
				 iscsi_portal(a->call->arena, target), broken.text);
	if (r == 0) {
		a->wwid = device->wwid;
		a->count++;
	}
	(void)f; /* what broke concerns one path */
	return r;
}

static int add_paths(Attempt *a, Fault *f)
{
	IscsiTarget *targets = a->info->targets;
	int r = 0, last = CONNECTOR_NO_PATH;

	a->wanted = a->info->target_count;
	if (a->multipath && a->info->discover) {
		r = iscsi_discover(a->call, a->info, &targets, &a->wanted, f);
		if (r)
			return r;
	}
	a->paths = ARENA_ARRAY(a->call->arena, Path, a->wanted);
	a->devices = ARENA_ARRAY(a->call->arena, IscsiDevice, a->wanted);
	for (size_t i = 0; i < a->wanted && (a->multipath || a->count == 0); i++) {
		r = add_path(a, &targets[i], f);
		if (r == CONNECTOR_WRONG_DISK || r == CONNECTOR_BUSY)
			return r;
		last = r ? r : last;
	}
	return a->count ? 0 : last;
}

/* One volume has one size by every path. */
static int check_sizes(Attempt *a, Fault *f)
{
	int64_t wanted = a->wish->size_bytes;

	for (size_t i = 0; i < a->count; i++) {
		int64_t size_bytes = 0;
		int r = host_block_size(a->call->host, a->call->arena, a->devices[i].name,
					&size_bytes, f);

		if (r)
			return fault_unexpected(f, r);
		wanted = wanted ? wanted : size_bytes;
		if (size_bytes != wanted)
			return iscsi_say(a->call, CONNECTOR_WRONG_DISK,
					 "%s has %jd bytes where %jd were expected",
					 a->devices[i].name, (intmax_t)size_bytes,
					 (intmax_t)wanted);
	}
	return 0;
}

static int set_readonly(Attempt *a, Fault *f)
{
	ConnectorCall *call = a->call;
	int r = 0;

	if (!a->wish->readonly && !a->info->readonly)
		return 0;
	for (size_t i = 0; r == 0 && i < a->count; i++)
		r = host_block_set_readonly(call->host, a->devices[i].name, true,
					    iscsi_until(call, ISCSI_COMMAND_MS), f);
	if (r == 0 && a->map)
		r = host_block_set_readonly(call->host, a->map, true,
					    iscsi_until(call, ISCSI_COMMAND_MS), f);
	return fault_unexpected(f, r);
}

/* multipathd may be configured to take every device, also the one of a single path. */
static void notice_map(Attempt *a)
{
	const char **holders;
	size_t count;

	if (host_block_holders(a->call->host, a->call->arena, a->devices[0].name, &holders, &count,
			       NULL) == 0)
		for (size_t i = 0; i < count; i++)
			if (str_eq(holders[i], iscsi_map_find(a->call, a->wwid)))
				a->map = holders[i];
}

static int assemble(Attempt *a, ConnectorDisk *ret, Fault *f)
{
	int r = add_paths(a, f);

	if (r == 0)
		r = check_sizes(a, f);
	if (r)
		return r;
	if (a->wish->enforce && a->multipath && a->count < 2)
		return iscsi_say(a->call, CONNECTOR_NO_PATH,
				 "multipathing is enforced and there is but one path: %s",
				 a->call->why ? a->call->why : "the target has one portal");
	if (a->multipath)
		r = iscsi_map_open(a->call, a->info, a->wwid, a->devices, a->count, &a->map,
				   &a->map_made, f);
	else
		notice_map(a);
	if (r == 0)
		r = set_readonly(a, f);
	if (r == 0)
		r = iscsi_describe(a->call, a->devices, a->count, a->map, ret, f);
	if (r)
		return r;
	ret->degraded = a->wish->multipath && (!a->map || ret->paths < 2 || ret->paths < a->wanted);
	for (size_t i = 0; i < a->count; i++)
		ret->made = ret->made || a->paths[i].session_made;
	return 0;
}

static int need_transport(ConnectorCall *call, const IscsiInfo *info)
{
	const char *module = info->iser ? "ib_iser" : "iscsi_tcp";
	int r;

	if (!host_has_program(call->host, "iscsiadm"))
		return iscsi_say(call, CONNECTOR_NO_TRANSPORT,
				 "this host has no iscsiadm: install open-iscsi");
	r = host_need_module(call->host, call->arena, module, NULL);
	if (r)
		return iscsi_say(call, CONNECTOR_NO_TRANSPORT, "this host has no kernel module %s",
				 module);
	return 0;
}

int iscsi_connect(ConnectorCall *call, const void *info, const ConnectorWish *wish,
		  ConnectorDisk *ret, Fault *f)
{
	const IscsiInfo *iscsi = info;
	const char *identity = wish->identity ? wish->identity : iscsi->identity;
	int64_t left_ms = call->deadline_ms - clock_mono_ms();
	ConnectorCall forward = *call;
	Attempt a = {
		.call = &forward,
		.info = iscsi,
		.wish = wish,
		.multipath = wish->multipath && iscsi_multipath(call->host),
		.wwid = str_after(identity, "wwid:"),
	};
	int r = need_transport(call, iscsi);

	if (r)
		return r;
	if (wish->multipath && wish->enforce && !a.multipath)
		return iscsi_say(call, CONNECTOR_NO_TRANSPORT,
				 "multipathing is enforced, and this host does not do it");
	forward.deadline_ms -= MIN(left_ms / UNDO_PART, UNDO_MS);
	r = assemble(&a, ret, f);
	call->why = forward.why;
	if (r) {
		a.call = call;
		undo(&a);
	}
	return r;
}
