/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * See volume-copy.h.
 *
 * A volume that nobody has is read in its own lane: deleting it, growing it, going back to a
 * snapshot wait their turn. Attaching happens in a server's lane and looks at `copies` instead.
 * A volume that a server has is read in that server's lane when the emulator has to take part, so
 * that it is neither started, stopped nor detached under the copy.
 */
#include "service/volume-copy.h"

#include "base/clock.h"
#include "service/priv.h"

/* The backend cannot take one moment by itself: the one server that has the volume must help. */
static int ask_server(Work *work, const Volume *volume, Attachment *const *attachments,
		      size_t count, Operation *operation)
{
	const Attachment *only = attachments[0];

	if (count != 1 || only->status != ATTACHMENT_ATTACHED || !only->mapping_id)
		return work_refuse(work, REFUSAL_BAD_INPUT,
				   "Invalid volume: Volume %s is attached to hosts that cannot be "
				   "asked to hold still; detach it first.",
				   volume->id);
	operation->lane = only->server_id;
	operation->server_id = only->server_id;
	operation->attachment_id = only->id;
	return 0;
}

int volume_copy_begin(Work *work, Volume *source, Operation *operation, bool *ret_used, Fault *f)
{
	Attachment **attachments;
	size_t count;
	int r;

	r = attachments_of_volume(work->tx, work->arena, source->id, &attachments, &count, f);
	if (r)
		return fault_unexpected(f, r);
	operation->lane = source->id;
	*ret_used = count > 0;
	if (count > 0 && !backend_traits(work->settings->backend)->atomic)
		return ask_server(work, source, attachments, count, operation);
	source->copies++;
	return fault_unexpected(f, volume_update(work->tx, source, f));
}

int volume_copy_end(Tx *tx, Arena *arena, const Operation *operation, const char *source_id,
		    Fault *f)
{
	Volume *source;
	int r;

	if (operation->server_id)
		return 0;
	r = volume_get(tx, arena, source_id, &source, f);
	if (r == RECORD_NOT_FOUND)
		return 0;
	if (r)
		return fault_unexpected(f, r);
	source->copies--;
	return fault_unexpected(f, volume_update(tx, source, f));
}
