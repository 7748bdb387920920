/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Maps of dm-multipath. A map is known by its uuid, "mpath-WWID": aliases may be given anew, and
 * dm-3 is another volume's as soon as this one has gone. Whether something has happened is looked
 * up in sysfs; multipathd's word is not needed for it, and it may not run at all.
 */
#include "base/clock.h"
#include "base/str.h"
#include "connector/iscsi/priv.h"

enum {
	CLOSE_TRIES = 3,
	RESIZE_TRIES = 3,
	FORGET_MS = 1000,
	PAUSE_MS = 500,
	STATUS_MS = 5 * 1000,
	WWIDS_MAX = 60 * 1024
};

bool iscsi_multipath(const Host *host)
{
	const RunSpec spec = {
		.argv = RUN_ARGV("multipathd", "show", "status"),
		.timeout_ms = STATUS_MS,
	};
	RunResult result = {0};
	bool runs;

	if (!host_has_program(host, "multipath") || !host_has_program(host, "multipathd"))
		return false;
	runs = run_command(&spec, &result, NULL) == 0 && result.status == 0 &&
	       !str_after(result.out, "error receiving packet");
	run_result_done(&result);
	return runs;
}

static const char *map_uuid(ConnectorCall *call, const char *wwid)
{
	return arena_printf(call->arena, "mpath-%s", wwid);
}

const char *iscsi_map_find(ConnectorCall *call, const char *wwid)
{
	return host_map_find(call->host, call->arena, map_uuid(call, wwid));
}

static int read_slaves(ConnectorCall *call, const char *map, const char ***ret, size_t *ret_count,
		       Fault *f)
{
	const char *pattern = arena_printf(call->arena, "/sys/block/%s/slaves/*", map);
	int r = host_glob(call->host, call->arena, pattern, ret, ret_count, f);

	if (r)
		return fault_unexpected(f, r);
	for (size_t i = 0; i < *ret_count; i++)
		(*ret)[i] = strrchr((*ret)[i], '/') + 1;
	return 0;
}

static bool is_among(const IscsiDevice *devices, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (str_eq(devices[i].name, name))
			return true;
	return false;
}

int iscsi_map_check(ConnectorCall *call, const IscsiInfo *info, const char *map, Fault *f)
{
	IscsiDevice *devices;
	size_t device_count, slave_count;
	const char **slaves;
	int r = iscsi_devices(call, info, &devices, &device_count, f);

	if (r == 0)
		r = read_slaves(call, map, &slaves, &slave_count, f);
	if (r)
		return r;
	for (size_t i = 0; i < slave_count; i++)
		if (!is_among(devices, device_count, slaves[i]))
			return iscsi_say(call, CONNECTOR_WRONG_DISK,
					 "map %s has a path %s that is not one of this volume's: "
					 "two volumes say the same WWID",
					 host_map_name(call->host, call->arena, map), slaves[i]);
	return 0;
}

typedef struct Look {
	ConnectorCall *call;
	const char *wwid;
	const IscsiDevice *devices;
	size_t count;
	const char *map;
	size_t inside;    /* devices that are paths of the map */
	const char *list; /* what multipathd says of all paths */
} Look;

/* The map with all the devices in it. */
static int look_for_paths(void *ctx, Fault *f)
{
	Look *look = ctx;
	const char **slaves;
	size_t slave_count;
	int r;

	look->inside = 0;
	look->map = iscsi_map_find(look->call, look->wwid);
	if (!look->map)
		return HOST_NONE;
	r = read_slaves(look->call, look->map, &slaves, &slave_count, f);
	if (r)
		return r;
	for (size_t i = 0; i < slave_count; i++)
		look->inside += is_among(look->devices, look->count, slaves[i]);
	return look->inside == look->count ? 0 : HOST_NONE;
}

static int look_for_gone(void *ctx, Fault *f)
{
	Look *look = ctx;

	(void)f; /* looking does not fail */
	look->map = iscsi_map_find(look->call, look->wwid);
	return look->map ? HOST_NONE : 0;
}

/* Someone else's failed removal leaves it so, and then all its users hang. */
static int resume(ConnectorCall *call, const char *map, Fault *f)
{
	if (!host_map_suspended(call->host, call->arena, map))
		return 0;
	return iscsi_run_checked(
		call, RUN_ARGV("dmsetup", "resume", host_map_name(call->host, call->arena, map)),
		ISCSI_COMMAND_MS, f);
}

static int add_paths(Look *look, Fault *f)
{
	int r;

	host_quiet(look->call->host, look->call->arena, map_uuid(look->call, look->wwid));
	r = iscsi_run_checked(look->call, RUN_ARGV("multipath", "-a", look->wwid), ISCSI_COMMAND_MS,
			      f);

	for (size_t i = 0; r == 0 && i < look->count; i++) {
		RunResult result = {0};

		/* What it answers does not matter: udev may have told it before. */
		r = iscsi_run(look->call,
			      RUN_ARGV("multipathd", "add", "path", look->devices[i].name),
			      ISCSI_COMMAND_MS, &result, f);
		run_result_done(&result);
	}
	return r;
}

static int no_map(Look *look)
{
	return iscsi_say(look->call, CONNECTOR_NO_DISK,
			 "multipathd has made no map of %s: its configuration may exclude it",
			 look->wwid);
}

/* The file has a line "/WWID/" for each. Of one that is too long to be read, nobody knows. */
static bool is_remembered(ConnectorCall *call, const char *wwid)
{
	const char *known = host_peek(call->host, call->arena, "/etc/multipath/wwids");

	return known && (strlen(known) >= WWIDS_MAX ||
			 strstr(known, arena_printf(call->arena, "/%s/", wwid)));
}

/* multipath would make maps of it for ever. It is asked twice: nobody comes back for this. */
static int forget_wwid(ConnectorCall *call, const char *wwid, Fault *f)
{
	int r = 0;

	for (int try = 0; r == 0 && is_remembered(call, wwid) && try < 2; try++) {
		RunResult result = {0};

		r = iscsi_run(call, RUN_ARGV("multipath", "-w", wwid), ISCSI_COMMAND_MS, &result,
			      f);
		run_result_done(&result);
	}
	return r;
}

int iscsi_map_open(ConnectorCall *call, const IscsiInfo *info, const char *wwid,
		   const IscsiDevice *devices, size_t count, const char **ret_map, Fault *f)
{
	Look look = {.call = call, .wwid = wwid, .devices = devices, .count = count};
	int r = look_for_paths(&look, f);

	if (r < 0)
		return r;
	if (look.map) {
		int checked = iscsi_map_check(call, info, look.map, f);

		if (checked)
			return checked;
	}
	if (r == HOST_NONE) {
		r = add_paths(&look, f);
		if (r == 0)
			r = host_wait(look_for_paths, &look, iscsi_until(call, ISCSI_MAP_MS), f);
	}
	if (r == HOST_TIMEOUT)
		r = look.inside ? 0 : no_map(&look); /* some are better than none */
	if (r == 0)
		r = iscsi_map_check(call, info, look.map, f);
	if (r == 0)
		r = resume(call, look.map, f);
	if (r == 0)
		*ret_map = look.map;
	return r;
}

/* Whether a device is the map of a partition of another map, as kpartx makes them. */
static bool is_partition(ConnectorCall *call, const char *name)
{
	const char *uuid = host_map_uuid(call->host, call->arena, name);
	const char *number = str_after(uuid, "part");

	return number && str_after(number + strspn(number, "0123456789"), "-mpath-");
}

int iscsi_map_drop_partitions(ConnectorCall *call, const char *map, Fault *f)
{
	const char **holders, *who;
	bool any = false;
	size_t count;
	int r = host_block_holders(call->host, call->arena, map, &holders, &count, f);

	for (size_t i = 0; r == 0 && i < count; i++) {
		if (!is_partition(call, holders[i]))
			continue;
		any = true;
		r = host_block_users(call->host, call->arena, holders[i], NULL, &who, f);
		if (r == HOST_BUSY)
			return iscsi_say(call, CONNECTOR_BUSY, "%s", who);
	}
	if (r || !any)
		return fault_unexpected(f, r);
	return iscsi_run_checked(
		call, RUN_ARGV("kpartx", "-d", arena_printf(call->arena, "/dev/%s", map)),
		ISCSI_COMMAND_MS, f);
}

int iscsi_map_queue(ConnectorCall *call, const char *map, bool queue, Fault *f)
{
	return iscsi_run_checked(call,
				 RUN_ARGV("multipathd",
					  queue ? "restorequeueing" : "disablequeueing", "map",
					  host_map_name(call->host, call->arena, map)),
				 ISCSI_COMMAND_MS, f);
}

static int run_and_look(Look *look, const char *const *argv, Fault *f)
{
	RunResult result = {0};

	if (iscsi_run(look->call, argv, ISCSI_MAP_MS, &result, NULL) == 0)
		run_result_done(&result);
	return host_wait(look_for_gone, look, iscsi_until(look->call, ISCSI_LOOK_MS), f);
}

/* multipath suspends a map before it removes it, and releases before 0.9.8 may leave it so. */
static int close_once(Look *look, Fault *f)
{
	const char *name = host_map_name(look->call->host, look->call->arena, look->map);
	int r = resume(look->call, look->map, f);

	if (r)
		return r;
	r = run_and_look(look, RUN_ARGV("multipath", "-f", name), f);
	if (r == HOST_TIMEOUT) {
		int resumed = resume(look->call, look->map, f);

		if (resumed)
			return resumed;
	}
	return r;
}

/* What is still open answers errors from now on. */
static int close_by_force(Look *look, Fault *f)
{
	const char *name = host_map_name(look->call->host, look->call->arena, look->map);
	int r = run_and_look(look, RUN_ARGV("multipathd", "del", "map", name), f);

	if (r == HOST_TIMEOUT)
		r = run_and_look(look, RUN_ARGV("dmsetup", "remove", "--force", name), f);
	if (r == HOST_TIMEOUT)
		return fault(f, -EBUSY, "map %s does not go", name);
	return fault_unexpected(f, r);
}

int iscsi_map_close(ConnectorCall *call, const char *wwid, bool force, Fault *f)
{
	Look look = {.call = call, .wwid = wwid};
	int r = look_for_gone(&look, f);

	for (int try = 0; r != 0 && try < CLOSE_TRIES; try++) {
		r = close_once(&look, f);
		if (r && try + 1 < CLOSE_TRIES)
			clock_sleep_ms(iscsi_limit(call, PAUSE_MS << try));
	}
	if (r && force)
		r = close_by_force(&look, f);
	if (r == HOST_TIMEOUT)
		return iscsi_say(call, CONNECTOR_BUSY,
				 "map %s does not go: somebody has it open for a moment",
				 host_map_name(call->host, call->arena, look.map));
	if (r)
		return r;
	host_quiet_end(call->host, call->arena, map_uuid(call, wwid));
	return forget_wwid(call, wwid, f);
}

/* What multipathd lists, a line for each path; one that is not running lists nothing. */
static int list_paths(ConnectorCall *call, const char **ret, Fault *f)
{
	RunResult result = {0};
	int r = iscsi_run(call, RUN_ARGV("multipathd", "show", "paths", "raw", "format", "%d"),
			  ISCSI_COMMAND_MS, &result, f);

	if (r == 0)
		*ret = arena_strdup(call->arena, result.status == 0 ? result.out : "");
	run_result_done(&result);
	return r;
}

/* Not one whose name another volume has got. */
static bool is_listed(ConnectorCall *call, const char *list, const char *name)
{
	bool listed = false;

	while (name && *list && !listed) {
		size_t length = strcspn(list, "\n");

		listed = str_eq(
			arena_stripped(call->arena, arena_strndup(call->arena, list, length)),
			name);
		list += length + (list[length] == '\n');
	}
	return listed && !host_block_exists(call->host, call->arena, name);
}

/* udev tells multipathd of what has gone. */
static int look_for_forgotten(void *ctx, Fault *f)
{
	Look *look = ctx;
	int r = list_paths(look->call, &look->list, f);

	for (size_t i = 0; r == 0 && i < look->count; i++)
		if (is_listed(look->call, look->list, look->devices[i].name))
			return HOST_NONE;
	return r;
}

int iscsi_map_forget_paths(ConnectorCall *call, const IscsiDevice *devices, size_t count, Fault *f)
{
	Look look = {.call = call, .devices = devices, .count = count};
	int r = 0;

	if (count && host_has_program(call->host, "multipathd"))
		r = host_wait(look_for_forgotten, &look, iscsi_until(call, FORGET_MS), f);
	if (r != HOST_TIMEOUT)
		return fault_unexpected(f, r);
	r = 0;
	for (size_t i = 0; r == 0 && i < count; i++) {
		RunResult result = {0};

		if (!is_listed(call, look.list, devices[i].name))
			continue;
		r = iscsi_run(call, RUN_ARGV("multipathd", "del", "path", devices[i].name),
			      ISCSI_COMMAND_MS, &result, f);
		run_result_done(&result);
	}
	return r;
}

int iscsi_map_resize(ConnectorCall *call, const char *map, Fault *f)
{
	const char *name = host_map_name(call->host, call->arena, map);
	int r = 0;

	for (int try = 0; try < RESIZE_TRIES; try++) {
		RunResult result = {0};
		bool done;

		r = iscsi_run(call, RUN_ARGV("multipathd", "resize", "map", name), ISCSI_MAP_MS,
			      &result, f);
		done = r == 0 && result.status == 0 && !strstr(result.out, "fail") &&
		       !strstr(result.out, "timeout");
		run_result_done(&result);
		if (r || done)
			return r;
		clock_sleep_ms(iscsi_limit(call, PAUSE_MS));
	}
	return iscsi_say(call, CONNECTOR_NOT_GROWN, "multipathd has not resized map %s", name);
}
