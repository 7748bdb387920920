/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Telling others of changes that are made at once; the engine tells of operations.
 */
#include "notify/notify.h"
#include "service/priv.h"

static int announce(Work *work, const char *change, Operation about, Fault *f)
{
	about.kind = change;
	return notify_change(work->tx, work->arena, &about, f);
}

int announce_server(Work *work, const char *change, const char *id, Fault *f)
{
	Operation about = operation_for(work, id);

	about.server_id = id;
	return announce(work, change, about, f);
}

int announce_volume(Work *work, const char *change, const char *id, Fault *f)
{
	Operation about = operation_for(work, id);

	about.volume_id = id;
	return announce(work, change, about, f);
}

int announce_snapshot(Work *work, const char *change, const char *id, Fault *f)
{
	Operation about = operation_for(work, id);

	about.snapshot_id = id;
	return announce(work, change, about, f);
}
