/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * An attachment learns its host: what it is to be told, the mode that counts, and the key by which
 * others that share its connection find it.
 */
#include "base/str.h"
#include "service/attachment.h"
#include "service/connection-info.h"
#include "service/priv.h"

int attachment_fill(Work *work, const Volume *volume, const Connector *connector,
		    Attachment *attachment, Fault *f)
{
	const char *mountpoint = connector->mountpoint;
	int r;

	attachment->mode = (int)attachment_mode(volume, (AttachMode)attachment->mode, connector);
	attachment->connector = connector->json;
	r = connection_info_make(work, volume, connector, attachment, f);
	if (r)
		return r;
	attachment->host = connector->host ? connector->host : "";
	attachment->device = str_empty(mountpoint) ? "na" : mountpoint; /* the word clients know */
	attachment->attached_us = work->now_us;
	return 0;
}

int attachment_prepare(Work *work, const Volume *volume, const Connector *connector,
		       Attachment *attachment, Fault *f)
{
	int r = connector_check(work, volume, connector);

	attachment->exported = backend_traits(work->settings->backend)->exports;
	return r ? r : attachment_fill(work, volume, connector, attachment, f);
}

/* Then the end of what is being done to the volume looks at its attachments. */
int attachment_connect_volume(Work *work, const Volume *was, Volume *volume, Fault *f)
{
	int r = volume_move_from(work->tx, work->arena, was, volume, VOLUME_EVENT_CONNECT, f);

	return r == REFUSAL_VOLUME_STATE ? 0 : fault_unexpected(f, r);
}

void attachment_clear(Attachment *attachment)
{
	attachment->connector = NULL;
	attachment->connection_info = NULL;
	attachment->connection_key = NULL;
	attachment->host = NULL;
	attachment->device = NULL;
	attachment->attached_us = 0;
	attachment->exported = false;
}
