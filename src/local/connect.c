/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Connecting: the record says what is about to happen, the target is joined under a lock of one's
 * own, the volume is found together with others, verified, recorded and published. Whatever goes
 * wrong, the way back is that of a disconnect.
 */
#include "base/clock.h"
#include "base/str.h"
#include "base/uuid.h"
#include "local/priv.h"

enum { UNDO_MS = 60 * 1000 }; /* the way back has time of its own */

/* Attachment ids become names of files. */
static bool is_id(const char *id)
{
	char canonical[UUID_TEXT];

	return id && uuid_canonical(id, canonical) && str_eq(id, canonical);
}

/* Why a call ended, for the record. */
static const char *reason(const LocalWork *work, int r, const Fault *f)
{
	if (r > 0)
		return work->why;
	return f ? arena_strdup(work->arena, f->text) : NULL;
}

/* What the offer says goes into the record and is parsed; nothing is written yet. */
static int take_offer(Flow *flow, LocalWork *work, LocalRecord *record, const LocalOffer *offer,
		      Fault *f)
{
	const char *before = record->state == LOCAL_CONNECTED ? record->target : NULL;
	const char *whole = NULL;
	int r;

	if (!is_id(offer->attachment_id) ||
	    !info_flatten(work->arena, offer->info, &record->type, &whole, &record->info)) {
		work->why = "the connection_info is no object with a driver_volume_type, or the "
			    "attachment's id is no UUID";
		return LOCAL_BAD_INFO;
	}
	r = flow_begin(flow, work, record, f);
	if (r)
		return r;
	flow->call.stored = false; /* the secrets are still there */
	r = flow_outcome(flow, connector_parse(flow->driver, &flow->call, whole, &flow->info, f));
	if (r)
		return r;
	record->attachment_id = offer->attachment_id;
	record->target = connector_target(flow->driver, &flow->call, flow->info);
	if (before && !str_eq(record->target, before)) {
		work->why = "the volume is connected to another target: detach it first";
		return LOCAL_WRONG_DISK;
	}
	record->boot_id = work->local->boot_id;
	return 0;
}

/* An offer that is not taken changes nothing; of a new attachment nothing is here. */
static void refuse_offer(LocalWork *work, LocalRecord *record, const LocalOffer *offer, int r,
			 const Fault *f)
{
	if (record->state != LOCAL_RESERVING)
		return;
	if (is_id(offer->attachment_id))
		record->attachment_id = offer->attachment_id;
	record->last_error = reason(work, r, f);
	/* One that stays reserving is as good: its attachment is found by the record's id. */
	(void)record_move(work->local, record, LOCAL_RELEASING, NULL);
}

/* Decided here, once: a host that cannot do it takes one path, or refuses where it must not. */
static int choose_paths(const Flow *flow, ConnectorWish *wish)
{
	if (!flow->record->multipath)
		return 0;
	wish->multipath = connector_multipath(flow->driver, flow->call.host);
	if (wish->multipath || !wish->enforce)
		return 0;
	flow->work->why = "Multipathing is enforced but the host doesn't support multipathing.";
	return LOCAL_NO_TRANSPORT;
}

/* Make what is shared, after a note that we did, unless somebody else had. */
static int join(Flow *flow, const ConnectorWish *wish, Fault *f)
{
	bool shared = false, made = false;
	int r;

	r = connector_shared(flow->driver, &flow->call, flow->info, &shared, f);
	if (r == 0)
		r = flow_made(flow, &made, f);
	if (r == 0 && !shared && !made && flow->driver->join)
		r = flow_set_made(flow, true, f);
	if (r == 0)
		r = flow_outcome(flow,
				 connector_join(flow->driver, &flow->call, flow->info, wish, f));
	return r;
}

static int connect_disk(Flow *flow, const ConnectorWish *wish, ConnectorDisk *ret, Fault *f)
{
	Lock lock;
	int r;

	r = flow_lock(flow, LOCK_TARGET_JOIN, &lock, f);
	if (r)
		return r;
	r = join(flow, wish, f);
	lock_open_gate(flow->work->local, flow->record->target, &lock);
	if (r == 0)
		r = flow_outcome(flow, connector_connect(flow->driver, &flow->call, flow->info,
							 wish, ret, f));
	flow_unlock(flow, LOCK_TARGET_TOGETHER, &lock);
	if (r == 0 && wish->size_bytes > 0 && ret->size_bytes < wish->size_bytes) {
		flow->work->why =
			arena_printf(flow->work->arena, "the volume has %lld bytes instead of %lld",
				     (long long)ret->size_bytes, (long long)wish->size_bytes);
		return LOCAL_WRONG_DISK;
	}
	return r;
}

/* It is there and verified: say so, for ever and for everybody. */
static int settle(Flow *flow, const ConnectorDisk *disk, Fault *f)
{
	LocalRecord *record = flow->record;
	int r;

	record->identity = disk->identity;
	record->size_bytes = disk->size_bytes;
	record->last_error = NULL;
	r = record_move(flow->work->local, record, LOCAL_CONNECTED, f);
	return r ? r : publish(flow->work->local, record, disk->path, f);
}

/* Go back to a host without it. What went wrong first is what the caller is told. */
static void undo(Flow *flow, int r, const Fault *f)
{
	LocalWork *work = flow->work;
	const int64_t deadline_ms = work->deadline_ms;
	const char *why = work->why;
	Fault again = {0};

	flow->record->last_error = reason(work, r, f);
	work->deadline_ms = MAX(deadline_ms, clock_mono_ms() + UNDO_MS);
	r = unpublish(work->local, flow->record, &again);
	if (r == 0)
		r = flow_leave(flow, false, &again);
	if (r) { /* the record stays, for a recovery */
		flow->record->last_error = reason(work, r, &again);
		(void)record_save(work->local, flow->record, NULL);
	}
	work->deadline_ms = deadline_ms;
	work->why = why;
}

static int connect_new(Flow *flow, const ConnectorWish *wish, ConnectorDisk *ret, Fault *f)
{
	int r;

	r = record_move(flow->work->local, flow->record, LOCAL_CONNECTING, f);
	if (r)
		return r;
	r = connect_disk(flow, wish, ret, f);
	if (r == 0)
		r = settle(flow, ret, f);
	if (r)
		undo(flow, r, f);
	return r;
}

/* What was connected before stays, whatever becomes of the paths that it lacks. */
static int connect_again(Flow *flow, const ConnectorWish *wish, ConnectorDisk *ret, Fault *f)
{
	ConnectorDisk more;
	int r;

	r = flow_outcome(flow, connector_find(flow->driver, &flow->call, flow->info,
					      flow->record->identity, ret, f));
	if (r == LOCAL_NO_DISK)
		return connect_new(flow, wish, ret, f);
	if (r)
		return r;
	if (ret->degraded && flow->record->multipath && connect_disk(flow, wish, &more, NULL) == 0)
		*ret = more;
	return settle(flow, ret, f);
}

int local_name_attachment(LocalWork *work, LocalRecord *record, const char *attachment_id, Fault *f)
{
	assert(record->state == LOCAL_RESERVING);
	if (!is_id(attachment_id)) {
		work->why = "the attachment's id is no UUID";
		return LOCAL_BAD_INFO;
	}
	record->attachment_id = attachment_id;
	return record_save(work->local, record, f);
}

int local_connect(LocalWork *work, LocalRecord *record, const LocalOffer *offer, ConnectorDisk *ret,
		  Fault *f)
{
	const LocalRecord before = *record;
	ConnectorWish wish = {
		.size_bytes = offer->size_bytes,
		.enforce = record->enforce,
		.readonly = str_eq(record->mode, "ro"),
	};
	bool again = record->state == LOCAL_CONNECTED && record->identity &&
		     str_eq(record->boot_id, work->local->boot_id);
	Flow flow;
	int r;

	assert(record->state == LOCAL_RESERVING || record->state == LOCAL_CONNECTED);
	r = take_offer(&flow, work, record, offer, f);
	if (r == 0)
		r = choose_paths(&flow, &wish);
	if (r) {
		*record = before;
		refuse_offer(work, record, offer, r, f);
		return r;
	}
	wish.identity = record->identity;
	return again ? connect_again(&flow, &wish, ret, f) : connect_new(&flow, &wish, ret, f);
}
