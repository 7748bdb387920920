/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * What all calls round a connector need: the record's connection_info parsed, the lock of its
 * target, who else uses the target, and the way back.
 *
 * Who uses a target is what records say while its lock is held alone: a record names its target
 * before it waits for that lock. Whether what is shared was made by us is a file of its own, so
 * that it outlives the record that made it; it counts for the boot that it names.
 */
#include <stdio.h>

#include "base/digest.h"
#include "base/durable.h"
#include "base/str.h"
#include "local/priv.h"

enum { MADE_NAME_BYTES = DIGEST_MD5_TEXT + 8 };

int flow_outcome(const Flow *flow, int r)
{
	if (r <= 0)
		return r;
	flow->work->why = flow->call.why;
	switch ((ConnectorOutcome)r) {
	case CONNECTOR_BAD_INFO:
		return LOCAL_BAD_INFO;
	case CONNECTOR_NO_TRANSPORT:
		return LOCAL_NO_TRANSPORT;
	case CONNECTOR_NO_PATH:
		return LOCAL_NO_PATH;
	case CONNECTOR_NO_DISK:
		return LOCAL_NO_DISK;
	case CONNECTOR_WRONG_DISK:
		return LOCAL_WRONG_DISK;
	case CONNECTOR_BUSY:
		return LOCAL_BUSY;
	case CONNECTOR_UNFLUSHED:
		return LOCAL_UNFLUSHED;
	case CONNECTOR_NOT_GROWN:
		return LOCAL_NOT_GROWN;
	}
	return r; /* one of our own already */
}

int flow_begin(Flow *flow, LocalWork *work, LocalRecord *record, Fault *f)
{
	const Local *local = work->local;
	int r;

	*flow = (Flow){
		.work = work,
		.record = record,
		.driver = connector_for(local->drivers, record->type),
		.call = {.host = local->host,
			 .arena = work->arena,
			 .mount_dir = local->mount_dir,
			 .stored = true,
			 .deadline_ms = work->deadline_ms},
	};
	if (!flow->driver) {
		work->why =
			arena_printf(work->arena, "there is no connector for volumes of type %s",
				     record->type ? record->type : "(none)");
		return LOCAL_NO_TRANSPORT;
	}
	if (!record->info) {
		work->why = "it holds no connection_info";
		return LOCAL_BAD_INFO;
	}
	r = flow_outcome(flow,
			 connector_parse(flow->driver, &flow->call, record->info, &flow->info, f));
	if (r == 0 && !record->target)
		record->target = connector_target(flow->driver, &flow->call, flow->info);
	return r;
}

/* Whether a record stands for something on this host now. */
static bool is_here(const Local *local, const LocalRecord *record)
{
	switch (record->state) {
	case LOCAL_RESERVING:
	case LOCAL_RELEASING:
		return false;
	case LOCAL_CONNECTING:
	case LOCAL_CONNECTED:
	case LOCAL_DISCONNECTING:
	case _LOCAL_STATE_MAX:
		break;
	}
	return str_eq(record->boot_id, local->boot_id);
}

static int see_others(Flow *flow, Fault *f)
{
	const Local *local = flow->work->local;
	Arena *arena = flow->work->arena;
	LocalRecord **records;
	size_t count, used = 0;
	int r;

	r = record_list(local, arena, &records, &count, f);
	if (r)
		return r;
	flow->keep = flow->doubled = false;
	flow->others = ARENA_ARRAY(arena, const char *, count + 1);
	for (size_t i = 0; i < count; i++) {
		const LocalRecord *other = records[i];

		if (str_eq(other->id, flow->record->id) || !is_here(local, other) ||
		    !str_eq(other->target, flow->record->target))
			continue;
		flow->keep = true;
		if (!other->identity)
			continue;
		flow->others[used++] = other->identity;
		if (str_eq(other->identity, flow->record->identity))
			flow->doubled = true;
	}
	flow->call.others = flow->others;
	return 0;
}

int flow_lock(Flow *flow, LockKind kind, Lock *ret, Fault *f)
{
	Lock lock;
	int r;

	r = lock_take(flow->work->local, kind, flow->record->target, flow->work->deadline_ms, &lock,
		      f);
	if (r == LOCAL_WORKING)
		flow->work->why = arena_printf(flow->work->arena,
					       "others work on %s and have not ended in time",
					       flow->record->target);
	if (r)
		return r;
	r = see_others(flow, f);
	if (r) {
		flow_unlock(flow, kind, &lock);
		return r;
	}
	*ret = lock;
	return 0;
}

void flow_unlock(const Flow *flow, LockKind kind, Lock *lock)
{
	lock_drop(flow->work->local, kind, flow->record->target, lock);
}

static int made_name(const Flow *flow, char out[static MADE_NAME_BYTES], Fault *f)
{
	char digest[DIGEST_MD5_TEXT];

	if (!digest_md5(flow->record->target, digest))
		return fault(f, -ENOTSUP, "this OpenSSL has no MD5");
	(void)snprintf(out, MADE_NAME_BYTES, "%s", digest);
	return 0;
}

int flow_made(const Flow *flow, bool *ret, Fault *f)
{
	_cleanup_(freep) char *boot_id = NULL;
	char name[MADE_NAME_BYTES];
	int r;

	r = made_name(flow, name, f);
	if (r == 0)
		r = durable_read(flow->work->local->targets, name, &boot_id, f);
	if (r < 0)
		return r;
	*ret = r == 0 && str_eq(boot_id, flow->work->local->boot_id);
	return 0;
}

int flow_set_made(const Flow *flow, bool made, Fault *f)
{
	const Local *local = flow->work->local;
	char name[MADE_NAME_BYTES];
	int r;

	r = made_name(flow, name, f);
	if (r)
		return r;
	return made ? durable_write(local->targets, name, local->boot_id, f)
		    : durable_remove(local->targets, name, f);
}

/* The connector's part, while the target is ours alone. */
static int leave_target(Flow *flow, bool force, Fault *f)
{
	/* What came of a connect() that did not end is not what was connected in an earlier boot.
	 */
	bool known = flow->record->state != LOCAL_CONNECTING;
	ConnectorLeave leave = {
		.identity = known ? flow->record->identity : NULL,
		.force = force,
		.keep = flow->keep,
	};
	int r;

	if (flow->doubled) /* the other attachment of this volume goes on using it */
		return 0;
	r = flow_made(flow, &leave.made, f);
	if (r)
		return r;
	flow->call.deadline_ms = flow->work->deadline_ms;
	r = flow_outcome(flow,
			 connector_disconnect(flow->driver, &flow->call, flow->info, &leave, f));
	if (r)
		return r;
	if (force)
		flow->work->why = flow->call.why;
	return flow->keep ? 0 : flow_set_made(flow, false, f);
}

int flow_leave(Flow *flow, bool force, Fault *f)
{
	Lock lock;
	int r;

	r = flow_lock(flow, LOCK_TARGET_ALONE, &lock, f);
	if (r)
		return r;
	r = leave_target(flow, force, f);
	if (r == 0)
		r = record_move(flow->work->local, flow->record, LOCAL_RELEASING, f);
	flow_unlock(flow, LOCK_TARGET_ALONE, &lock);
	return r;
}
