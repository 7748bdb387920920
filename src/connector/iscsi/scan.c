/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * SCSI devices below a session. Linux never replaces the device at a LUN when the target puts
 * another volume there: so a device that stands there before the scan is asked again who it is,
 * and one that has become somebody else is only replaced when nobody uses it. Scans name the LUN:
 * no other volume of the target comes to this host by us.
 */
#include <errno.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/str.h"
#include "connector/iscsi/priv.h"

#define SESSION "/sys/class/iscsi_session/session%d"
enum { FIRST_LOOK_MS = 2 * 1000 };

static int glob_one(ConnectorCall *call, const char *pattern, const char **ret, Fault *f)
{
	const char **found;
	size_t count;
	int r = host_glob(call->host, call->arena, pattern, &found, &count, f);

	if (r)
		return fault_unexpected(f, r);
	*ret = count ? found[0] : NULL;
	return 0;
}

/* The device's name before it is there. Software initiators have one channel and target. */
static const char *mark_of(ConnectorCall *call, const IscsiSession *session, int64_t lun)
{
	return arena_printf(call->arena, "%d:0:0:%jd", session->host, (intmax_t)lun);
}

/* What is at a LUN of a session: HOST_NONE when nothing. */
static int read_slot(ConnectorCall *call, const IscsiSession *session, int64_t lun,
		     IscsiDevice *ret, Fault *f)
{
	const char *pattern = arena_printf(call->arena, SESSION "/device/target*/*:*:*:%jd",
					   session->number, (intmax_t)lun);
	const char *slot = NULL, *block = NULL, *state;
	int r = glob_one(call, pattern, &slot, f);

	if (r)
		return r;
	if (!slot)
		return HOST_NONE;
	r = glob_one(call, arena_printf(call->arena, "%s/block/*", slot), &block, f);
	if (r)
		return r;
	state = host_peek(call->host, call->arena, "%s/state", slot);
	*ret = (IscsiDevice){
		.session = session->number,
		.alive = iscsi_session_lives(session) && str_eq(state, "running"),
		.slot = slot,
		.name = block ? strrchr(block, '/') + 1 : NULL,
	};
	if (ret->name)
		ret->wwid = host_block_wwid(call->host, call->arena, ret->name);
	return 0;
}

int iscsi_session_has_lun(ConnectorCall *call, int session, bool *ret, Fault *f)
{
	const char *found = NULL;
	int r = glob_one(call,
			 arena_printf(call->arena, SESSION "/device/target*/*:*:*:*", session),
			 &found, f);

	if (r == 0)
		*ret = found;
	return r;
}

int64_t iscsi_lun_by(const IscsiInfo *info, const IscsiSession *session)
{
	int64_t lun = -1;

	for (size_t i = 0; i < info->target_count; i++) {
		if (iscsi_same_portal(&info->targets[i], &session->target))
			return info->targets[i].lun;
		if (lun < 0 && str_eq(info->targets[i].iqn, session->target.iqn))
			lun = info->targets[i].lun; /* a portal that was discovered */
	}
	return lun;
}

int iscsi_devices(ConnectorCall *call, const IscsiInfo *info, IscsiDevice **ret, size_t *ret_count,
		  Fault *f)
{
	IscsiSession *sessions;
	size_t session_count, count = 0;
	IscsiDevice *devices;
	int r = iscsi_all_sessions(call, info, &sessions, &session_count, f);

	if (r)
		return r;
	devices = ARENA_ARRAY(call->arena, IscsiDevice, session_count + 1);
	for (size_t i = 0; i < session_count; i++) {
		r = read_slot(call, &sessions[i], iscsi_lun_by(info, &sessions[i]), &devices[count],
			      f);
		if (r < 0)
			return r;
		count += r == 0;
	}
	*ret = devices;
	*ret_count = count;
	return 0;
}

int iscsi_device_rescan(ConnectorCall *call, const IscsiDevice *device, Fault *f)
{
	return host_write(call->host, arena_printf(call->arena, "%s/rescan", device->slot), "1",
			  iscsi_until(call, ISCSI_SCAN_MS), f);
}

/* Of hosts that are gone. Another target may be about to scan, so others stay. */
static void clean_marks_of_hosts(ConnectorCall *call)
{
	const char **marks;
	size_t count;

	if (host_glob(call->host, call->arena, "/run/cleat/quiet/*:*:*:*", &marks, &count, NULL))
		return;
	for (size_t i = 0; i < count; i++) {
		const char *name = strrchr(marks[i], '/') + 1;
		const char *host =
			host_path(call->host, call->arena, "/sys/class/scsi_host/host%.*s",
				  (int)strcspn(name, ":"), name);

		if (access(host, F_OK) < 0 && errno == ENOENT)
			host_quiet_end(call->host, call->arena, name);
	}
}

void iscsi_marks_clean(ConnectorCall *call, const IscsiInfo *info)
{
	IscsiSession *sessions;
	IscsiDevice device;
	size_t count;

	clean_marks_of_hosts(call);
	if (iscsi_all_sessions(call, info, &sessions, &count, NULL))
		return;
	for (size_t i = 0; i < count; i++) {
		int64_t lun = iscsi_lun_by(info, &sessions[i]);

		if (read_slot(call, &sessions[i], lun, &device, NULL) == HOST_NONE)
			host_quiet_end(call->host, call->arena, mark_of(call, &sessions[i], lun));
	}
}

typedef struct Look {
	ConnectorCall *call;
	const IscsiSession *session;
	int64_t lun;
	IscsiDevice *device;
	const char *slot;
} Look;

/* Complete: a disk that says who it is and how large. */
static int look_for_disk(void *ctx, Fault *f)
{
	Look *look = ctx;
	int64_t size;
	int r;

	*look->device = (IscsiDevice){0};
	r = read_slot(look->call, look->session, look->lun, look->device, f);

	if (r)
		return r;
	if (!look->device->wwid)
		return HOST_NONE;
	return host_block_size(look->call->host, look->call->arena, look->device->name, &size, f);
}

static int look_for_gone(void *ctx, Fault *f)
{
	const Look *look = ctx;
	const char *found = NULL;
	int r = glob_one(look->call, look->slot, &found, f);

	if (r)
		return r;
	return found ? HOST_NONE : 0;
}

int iscsi_device_delete(ConnectorCall *call, const IscsiDevice *device, Fault *f)
{
	Look look = {.call = call, .slot = device->slot};
	int r = look_for_gone(&look, f);

	if (r <= 0)
		return r;
	r = host_write(call->host, arena_printf(call->arena, "%s/delete", device->slot), "1",
		       iscsi_until(call, ISCSI_GONE_MS), f);
	if (r)
		return r;
	r = host_wait(look_for_gone, &look, iscsi_until(call, ISCSI_GONE_MS), f);
	if (r == HOST_TIMEOUT)
		return fault(f, -ETIMEDOUT, "%s has been deleted and does not go",
			     device->name ? device->name : device->slot);
	if (r == 0)
		host_quiet_end(call->host, call->arena, strrchr(device->slot, '/') + 1);
	return fault_unexpected(f, r);
}

/* "0 0 3": channel, target, LUN. Software initiators have one channel. */
static int scan_once(Look *look, Fault *f)
{
	ConnectorCall *call = look->call;
	const char *path =
		arena_printf(call->arena, "/sys/class/scsi_host/host%d/scan", look->session->host);

	return host_write(call->host, path,
			  arena_printf(call->arena, "0 0 %jd", (intmax_t)look->lun),
			  iscsi_until(call, ISCSI_SCAN_MS), f);
}

/* A target may take its time until it presents a new volume: scan again, after growing pauses. */
static int scan(Look *look, Fault *f)
{
	ConnectorCall *call = look->call;
	int64_t until = iscsi_until(call, ISCSI_SCAN_MS);
	int64_t pause_ms = FIRST_LOOK_MS;
	const char *name = mark_of(call, look->session, look->lun);
	int r;

	host_quiet(call->host, call->arena, name);
	do {
		r = scan_once(look, f);
		if (r == 0)
			r = host_wait(look_for_disk, look, MIN(until, clock_mono_ms() + pause_ms),
				      f);
		pause_ms *= 2;
	} while (r == HOST_TIMEOUT && clock_mono_ms() < until);
	if (r)
		host_quiet_end(call->host, call->arena, name);
	if (r == HOST_TIMEOUT)
		return iscsi_say(call, CONNECTOR_NO_DISK, "%s shows no disk at LUN %jd by %s",
				 look->session->target.iqn, (intmax_t)look->lun,
				 iscsi_portal(call->arena, &look->session->target));
	return fault_unexpected(f, r);
}

static int wrong_disk(Look *look, const char *wwid)
{
	return iscsi_say(look->call, CONNECTOR_WRONG_DISK,
			 "%s has %s at LUN %jd where %s was expected", look->session->target.iqn,
			 look->device->wwid ? look->device->wwid : "something without identity",
			 (intmax_t)look->lun, wwid);
}

/* Somebody else's device stands at our LUN: it goes if nobody has it. */
static int remove_stale(Look *look, const char *was, Fault *f)
{
	ConnectorCall *call = look->call;
	const char *name = look->device->name;
	const char *who = NULL;
	int r = name ? host_block_users(call->host, call->arena, name, NULL, &who, f) : 0;

	if (r == 0 && iscsi_is_others(call, was)) {
		who = "another attachment has it";
		r = HOST_BUSY;
	}
	if (r == HOST_BUSY)
		return iscsi_say(call, CONNECTOR_BUSY,
				 "%s is in the way at LUN %jd of %s: it was %s, and %s", name,
				 (intmax_t)look->lun, look->session->target.iqn,
				 was ? was : "something without identity", who);
	if (r)
		return fault_unexpected(f, r);
	return iscsi_device_delete(call, look->device, f);
}

/* A device that was there: *ret_keep when it is still what it says and the one that is wanted. */
static int review(Look *look, const char *wwid, bool *ret_keep, Fault *f)
{
	const char *was = look->device->wwid;
	int r = look->device->name ? iscsi_device_rescan(look->call, look->device, f) : 0;

	if (r)
		return r;
	r = look_for_disk(look, f);
	if (r == HOST_NONE && !look->device->slot)
		return 0; /* it has gone by itself */
	if (r < 0)
		return r;
	*ret_keep = r == 0 && str_eq(look->device->wwid, was);
	if (!*ret_keep)
		return remove_stale(look, was, f);
	if (wwid && !str_eq(wwid, was))
		return wrong_disk(look, wwid);
	return 0;
}

int iscsi_device_open(ConnectorCall *call, const IscsiSession *session, int64_t lun,
		      const char *wwid, IscsiDevice *ret, bool *ret_made, Fault *f)
{
	Look look = {.call = call, .session = session, .lun = lun, .device = ret};
	bool keep = false;
	int r = read_slot(call, session, lun, ret, f);

	if (r < 0)
		return r;
	if (r == 0) {
		r = review(&look, wwid, &keep, f);
		*ret_made = false;
		if (r || keep)
			return r;
	}
	*ret = (IscsiDevice){0};
	r = scan(&look, f);
	if (r == 0 && wwid && !str_eq(ret->wwid, wwid))
		r = wrong_disk(&look, wwid);
	if (r && ret->slot && iscsi_device_delete(call, ret, NULL))
		(void)iscsi_device_delete(call, ret,
					  NULL); /* what is left is told by the outcome */
	*ret_made = true;
	return r;
}
