/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Disconnecting, growing, verifying and recovering: all by what the record says, never by what a
 * caller or the API says now.
 */
#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "local/priv.h"

/* What was written is flushed before others of the target have to wait for us. What becomes of it
 * does not matter: the connector flushes again, and that counts. */
static void flush_early(Flow *flow)
{
	const LocalWork *work = flow->work;
	const int64_t deadline_ms =
		clock_mono_ms() + MAX((work->deadline_ms - clock_mono_ms()) / 4, 1);
	ConnectorDisk disk;
	int r;

	if (!flow->record->identity ||
	    connector_find(flow->driver, &flow->call, flow->info, flow->record->identity, &disk,
			   NULL) ||
	    disk.kind != CONNECTOR_BLOCK)
		return;
	r = host_block_flush(flow->call.host, disk.path + strlen("/dev/"), deadline_ms, NULL);
	log_debug("record=%s early flush result=%d", flow->record->id, r);
}

/* It stays connected: say why, and show it again. */
static void stay(Flow *flow, int r, const Fault *f)
{
	LocalWork *work = flow->work;
	const char *why = work->why;
	ConnectorDisk disk;

	flow->record->last_error = r > 0 ? why : f ? arena_strdup(work->arena, f->text) : NULL;
	if (connector_find(flow->driver, &flow->call, flow->info, flow->record->identity, &disk,
			   NULL) == 0 &&
	    publish(work->local, flow->record, disk.path, NULL) == 0)
		(void)record_move(work->local, flow->record, LOCAL_CONNECTED, NULL);
	else
		(void)record_save(work->local, flow->record, NULL); /* a recovery goes on */
	work->why = why;
}

static int take_away(Flow *flow, bool force, Fault *f)
{
	LocalWork *work = flow->work;
	int r;

	r = mount_undo(work, flow->record, force, f);
	if (r)
		return r;
	if (!force)
		flush_early(flow);
	r = unpublish(work->local, flow->record, f);
	return r ? r : flow_leave(flow, force, f);
}

/*
 * A record of which no connector can make anything any more: damaged, or of a release that knew
 * more. Nobody can tell what it stands for on this host, so that stays, and is named.
 */
static int drop(LocalWork *work, LocalRecord *record, bool force, int outcome, Fault *f)
{
	const char *why = work->why;
	const char *what = record->identity ? record->identity : "what it may have connected";
	int r;

	if (!force) {
		work->why = arena_printf(work->arena,
					 "the record cannot be used: %s; nothing was taken away: "
					 "with force the record ends, and %s stays on this host",
					 why, what);
		return outcome;
	}
	r = mount_undo(work, record, true, f);
	if (r == 0)
		r = unpublish(work->local, record, f);
	if (r == 0)
		r = record_move(work->local, record, LOCAL_RELEASING, f);
	if (r == 0)
		work->why = arena_printf(work->arena,
					 "the record has ended, though it could not be used (%s): "
					 "%s may still be on this host",
					 why, what);
	return r;
}

int local_disconnect(LocalWork *work, LocalRecord *record, bool force, Fault *f)
{
	bool connected = record->state == LOCAL_CONNECTED;
	Flow flow;
	int r;

	work->why = NULL;
	if (record->state == LOCAL_RELEASING)
		return 0;
	if (record->state == LOCAL_RESERVING)
		return record_move(work->local, record, LOCAL_RELEASING, f);
	r = flow_begin(&flow, work, record, f);
	if (r > 0)
		return drop(work, record, force, r, f);
	if (r == 0 && record->state != LOCAL_CONNECTING)
		r = record_move(work->local, record, LOCAL_DISCONNECTING, f);
	if (r)
		return r;
	r = take_away(&flow, force, f);
	if (r == LOCAL_WRONG_DISK)
		work->why = arena_printf(work->arena,
					 "%s; nothing was taken away: with force the record ends, "
					 "and what is another volume's is left alone",
					 work->why);
	if (r && connected)
		stay(&flow, r, f);
	return r;
}

int local_forget(LocalWork *work, LocalRecord *record, Fault *f)
{
	assert(record->state == LOCAL_RESERVING || record->state == LOCAL_RELEASING);
	return record_remove(work->local, record->id, f);
}

int local_verify(LocalWork *work, const LocalRecord *record, ConnectorDisk *ret, Fault *f)
{
	LocalRecord copy = *record;
	Flow flow;
	int r;

	if (record->state != LOCAL_CONNECTED) {
		work->why = "it is not connected";
		return LOCAL_NO_DISK;
	}
	r = flow_begin(&flow, work, &copy, f);
	if (r)
		return r;
	r = flow_outcome(&flow, connector_find(flow.driver, &flow.call, flow.info, record->identity,
					       ret, f));
	if (r == 0 && !record->multipath)
		ret->degraded = false; /* one path is what was asked for */
	return r;
}

int local_extend(LocalWork *work, LocalRecord *record, int64_t size_bytes, int64_t *ret_size_bytes,
		 Fault *f)
{
	int64_t size = 0;
	Lock lock;
	Flow flow;
	int r;

	if (record->state != LOCAL_CONNECTED) {
		work->why = "it is not connected";
		return LOCAL_NO_DISK;
	}
	r = flow_begin(&flow, work, record, f);
	if (r == 0)
		r = flow_lock(&flow, LOCK_TARGET_TOGETHER, &lock, f);
	if (r)
		return r;
	r = flow_outcome(&flow, connector_extend(flow.driver, &flow.call, flow.info,
						 record->identity, size_bytes, &size, f));
	flow_unlock(&flow, LOCK_TARGET_TOGETHER, &lock);
	if (r)
		return r;
	record->size_bytes = size;
	*ret_size_bytes = size;
	return record_save(work->local, record, f);
}

/* A connected record of this boot: where its volume is, it stays so, and is shown. */
static int recover_connected(LocalWork *work, LocalRecord *record, Fault *f)
{
	ConnectorDisk disk;
	int r;

	r = local_verify(work, record, &disk, f);
	/* What is gone is taken out of the record; what cannot be looked for is told. */
	if (r == LOCAL_NO_DISK || r == LOCAL_BAD_INFO || r == LOCAL_NO_TRANSPORT)
		return local_disconnect(work, record, false, f);
	return r ? r : publish(work->local, record, disk.path, f);
}

int local_recover(LocalWork *work, LocalRecord *record, Fault *f)
{
	switch (record->state) {
	case LOCAL_RESERVING:
	case LOCAL_RELEASING:
		return 0;
	case LOCAL_CONNECTED:
		return recover_connected(work, record, f);
	case LOCAL_CONNECTING:
	case LOCAL_DISCONNECTING:
	case _LOCAL_STATE_MAX:
		break;
	}
	return local_disconnect(work, record, false, f);
}
