/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Connecting a volume by the sessions that there are: below each the device at the volume's LUN,
 * then one map over them.
 */
#include "base/str.h"
#include "connector/iscsi/priv.h"

enum { READ_MS = 15 * 1000 };

typedef struct Attempt {
	ConnectorCall *call;
	const IscsiInfo *info;
	const ConnectorWish *wish;
	bool multipath;
	const char *wwid; /* what it must say; the first path decides where nobody knew */
	IscsiDevice *devices;
	bool *made; /* of each device, whether it was not there before */
	size_t count;
	size_t portals;
	const char *map;
} Attempt;

/* The first sector can be read: a device that only looks alive is no path. */
static int read_check(Attempt *a, const IscsiDevice *device, Fault *f)
{
	ConnectorCall *call = a->call;
	const char *from = host_path(call->host, call->arena, "if=/dev/%s", device->name);

	return iscsi_run_checked(call,
				 RUN_ARGV("dd", from, "of=/dev/null", "bs=4096", "count=1",
					  "iflag=direct", "status=none"),
				 READ_MS, f);
}

/* A path that does not come about is not there; another one may do. */
static int add_path(Attempt *a, const IscsiSession *session)
{
	ConnectorCall *call = a->call;
	IscsiDevice *device = &a->devices[a->count];
	bool *made = &a->made[a->count];
	Fault f = {0};
	int r = iscsi_device_open(call, session, iscsi_lun_by(a->info, session), a->wwid, device,
				  made, &f);

	if (r == 0) {
		r = read_check(a, device, &f);
		if (r && *made)
			(void)iscsi_device_delete(call, device, NULL); /* r is told */
	}
	if (r < 0)
		return iscsi_say(call, CONNECTOR_NO_DISK, "by %s: %s",
				 iscsi_portal(call->arena, &session->target), f.text);
	if (r)
		return r;
	a->wwid = device->wwid;
	a->count++;
	return 0;
}

/* Whether a session before this one goes by the same portal: one path each is enough. */
static bool is_second(const IscsiSession *sessions, size_t index)
{
	for (size_t i = 0; i < index; i++)
		if (iscsi_session_lives(&sessions[i]) &&
		    iscsi_same_portal(&sessions[i].target, &sessions[index].target))
			return true;
	return false;
}

static int add_paths(Attempt *a, Fault *f)
{
	IscsiSession *sessions;
	size_t count;
	int r = iscsi_all_sessions(a->call, a->info, &sessions, &count, f);
	int last = 0;

	if (r)
		return r;
	a->portals = MAX(a->info->target_count, count);
	a->devices = ARENA_ARRAY(a->call->arena, IscsiDevice, count + 1);
	a->made = ARENA_ARRAY(a->call->arena, bool, count + 1);
	for (size_t i = 0; i < count && (a->multipath || a->count == 0); i++) {
		if (!iscsi_session_lives(&sessions[i]) || is_second(sessions, i))
			continue;
		r = add_path(a, &sessions[i]);
		if (r == CONNECTOR_WRONG_DISK || r == CONNECTOR_BUSY)
			return r;
		last = r ? r : last;
	}
	if (a->count == 0 && last == 0)
		return iscsi_say(a->call, CONNECTOR_NO_PATH, "there is no session with %s",
				 a->info->targets[0].iqn);
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

/* Not below somebody who writes: that one would lose what it has written. */
static int set_readonly(Attempt *a, const char *name, bool made, Fault *f)
{
	ConnectorCall *call = a->call;
	const char *who;
	int r = 0;

	if (host_block_readonly(call->host, call->arena, name))
		return 0;
	if (!made)
		r = host_block_users(call->host, call->arena, name, a->map, &who, f);
	if (r == HOST_BUSY)
		return iscsi_say(call, CONNECTOR_BUSY, "it cannot be read-only: %s", who);
	if (r)
		return fault_unexpected(f, r);
	return host_block_set_readonly(call->host, name, true, iscsi_until(call, ISCSI_COMMAND_MS),
				       f);
}

static int set_all_readonly(Attempt *a, Fault *f)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < a->count; i++)
		r = set_readonly(a, a->devices[i].name, a->made[i], f);
	if (r == 0 && a->map)
		r = set_readonly(a, a->map, false, f);
	return r;
}

/* multipathd may be configured to take every device, also the one of a single path. */
static const char *map_above(Attempt *a)
{
	const char *map = iscsi_map_find(a->call, a->wwid);
	const char **holders;
	size_t count;

	if (!map || host_block_holders(a->call->host, a->call->arena, a->devices[0].name, &holders,
				       &count, NULL))
		return NULL;
	for (size_t i = 0; i < count; i++)
		if (str_eq(holders[i], map))
			return map;
	return NULL;
}

int iscsi_connect(ConnectorCall *call, const void *info, const ConnectorWish *wish,
		  ConnectorDisk *ret, Fault *f)
{
	const IscsiInfo *iscsi = info;
	Attempt a = {
		.call = call,
		.info = iscsi,
		.wish = wish,
		.multipath = wish->multipath && iscsi_multipath(call->host),
		.wwid = str_after(wish->identity ? wish->identity : iscsi->identity, "wwid:"),
	};
	int r = add_paths(&a, f);

	if (r == 0)
		r = check_sizes(&a, f);
	if (r)
		return r;
	if (wish->multipath && wish->enforce && a.count < 2)
		return iscsi_say(call, CONNECTOR_NO_PATH,
				 "multipathing is enforced and there is but one path: %s",
				 call->why ? call->why : "the target has one portal");
	if (a.multipath)
		r = iscsi_map_open(call, iscsi, a.wwid, a.devices, a.count, &a.map, f);
	else
		a.map = map_above(&a);
	if (r == 0 && (wish->readonly || iscsi->readonly))
		r = set_all_readonly(&a, f);
	if (r == 0)
		r = iscsi_describe(call, a.devices, a.count, a.map, ret, f);
	if (r == 0)
		ret->degraded =
			wish->multipath && (!a.map || ret->paths < 2 || ret->paths < a.portals);
	return r;
}
