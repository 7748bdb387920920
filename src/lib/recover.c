/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * cleat_local_recover(): every record that somebody left behind comes to an end: it stands for a
 * volume that is attached and there, or it is gone together with its attachment.
 */
#include "base/clock.h"
#include "base/str.h"
#include "lib/local.h"

enum {
	RECOVER_MS = 60 * 1000, /* for each record */
	PATIENCE_MS = 500,      /* with who works on a volume: he lives, and it is his */
};

typedef struct Recovery {
	cleat_host *host;
	cleat_cloud *cloud; /* NULL: this machine only */
	const char *endpoint;
	int minor;
	cleat_recover_report report;
	void *ctx;
	struct cleat_error *error; /* of the first record that failed */
	int status;
} Recovery;

static void tell(const Recovery *recovery, const LocalRecord *record, const char *what)
{
	if (recovery->report)
		recovery->report(record->id, what, recovery->ctx);
}

/* What the service says of an attachment: *ret_done when it was completed. CLEAT_NOT_FOUND. */
static int see_attachment(Side *side, const LocalRecord *record, bool *ret_done)
{
	_cleanup_(client_item_done) ClientItem item = {0};
	Client *client = side->cloud->client;
	Fault f = {0};
	int r = client_show(client, side->arena, CLIENT_ATTACHMENTS, record->attachment_id, &item,
			    &f);

	if (r)
		return lib_client_failed(side->error, client, r, &f);
	*ret_done = str_eq(client_item_text(side->arena, &item, "status"), "attached");
	return CLEAT_OK;
}

/* A volume that is here, though nobody may have been told so. */
static int recover_connected(const Recovery *recovery, Side *side, LocalRecord *record)
{
	bool done = true;
	int r;

	if (!side->cloud || side_is_legacy(side, record)) {
		tell(recovery, record, "connected");
		return CLEAT_OK;
	}
	r = see_attachment(side, record, &done);
	if (r == CLEAT_NOT_FOUND) {
		tell(recovery, record, "connected, but its attachment is gone: detach it");
		return CLEAT_OK;
	}
	if (r)
		return r;
	if (done) {
		tell(recovery, record, "connected");
		return CLEAT_OK;
	}
	r = side_undo(side, record, false);
	if (r == CLEAT_OK)
		tell(recovery, record, "was never completed: taken back");
	return r;
}

/* A record of a service that is not asked stays, unless it is of none. */
static int release(const Recovery *recovery, Side *side, LocalRecord *record)
{
	Fault f = {0};
	int r;

	if (side->cloud) {
		r = side_release(side, record);
		if (r == CLEAT_OK)
			tell(recovery, record, "nothing was here: its attachment is ended");
		return r;
	}
	if (record->endpoint) {
		tell(recovery, record, "nothing is here; its attachment is still to be ended");
		return CLEAT_OK;
	}
	r = local_forget(side->work, record, &f);
	if (r)
		return lib_local_failed(side->error, side->work, r, &f);
	tell(recovery, record, "nothing was here");
	return CLEAT_OK;
}

static int recover_locked(const Recovery *recovery, Side *side, const char *id)
{
	LocalRecord **records, *record = NULL;
	size_t count;
	Fault f = {0};
	int r = local_find(side->work, NULL, &records, &count, &f);

	for (size_t i = 0; r == 0 && i < count; i++)
		if (str_eq(records[i]->id, id))
			record = records[i];
	if (r == 0 && !record)
		return CLEAT_OK; /* ended meanwhile */
	if (r == 0)
		r = local_recover(side->work, record, &f);
	if (r)
		return lib_local_failed(side->error, side->work, r, &f);
	return record->state == LOCAL_CONNECTED ? recover_connected(recovery, side, record)
						: release(recovery, side, record);
}

static int recover_record(const Recovery *recovery, const LocalRecord *record,
			  struct cleat_error *error)
{
	bool ours = recovery->cloud && str_eq(record->endpoint, recovery->endpoint);
	Side side = {
		.host = recovery->host,
		.cloud = ours ? recovery->cloud : NULL,
		.arena = arena_new(),
		.endpoint = recovery->endpoint,
		.minor = recovery->minor,
		.error = error,
	};
	int r = side_begin(&side, record->volume_id, clock_mono_ms() + PATIENCE_MS);

	if (r == CLEAT_TIMEOUT) {
		tell(recovery, record, "somebody is at work on it");
		r = CLEAT_OK;
	} else if (r == CLEAT_OK) {
		side.work->deadline_ms = clock_mono_ms() + RECOVER_MS;
		r = recover_locked(recovery, &side, record->id);
	}
	side_done(&side);
	return r;
}

static void recover_all(Recovery *recovery, LocalRecord **records, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct cleat_error error = {0};
		int r = recover_record(recovery, records[i], &error);

		if (r == CLEAT_OK)
			continue;
		tell(recovery, records[i], error.message);
		if (recovery->status == CLEAT_OK) {
			recovery->status = r;
			if (recovery->error)
				*recovery->error = error;
		}
	}
}

int cleat_local_recover(cleat_host *host, cleat_cloud *cloud, cleat_recover_report report,
			void *ctx, struct cleat_error *error)
{
	Recovery recovery = {
		.host = host, .cloud = cloud, .report = report, .ctx = ctx, .error = error};
	_cleanup_(arena_freep) Arena *arena = arena_new();
	Side side = {.cloud = cloud, .arena = arena, .error = error};
	LocalRecord **records;
	size_t count;
	Fault f = {0};
	int r = cloud ? side_open(&side) : CLEAT_OK;

	if (r)
		return r;
	recovery.endpoint = side.endpoint;
	recovery.minor = side.minor;
	if (local_list(host->local, arena, &records, &count, &f))
		return lib_fault(error, &f);
	recover_all(&recovery, records, count);
	return recovery.status;
}
