/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * See volume-copy.h.
 *
 * A volume that nobody has open is read in its own lane: deleting it, growing it, going back to a
 * snapshot wait their turn. Attaching happens in a server's lane and looks at `copies` instead, as
 * a server does that comes back from the shelf.
 * A volume that a server has is read in that server's lane when the emulator has to take part, so
 * that it is neither started, stopped nor detached under the copy. It is counted all the same: a
 * volume for several gets no other server meanwhile, and one whose server is put on the shelf and
 * lets go of it at once is not written or deleted.
 */
#include "service/volume-copy.h"

#include "base/clock.h"
#include "service/priv.h"

static int refuse(Work *work, const Volume *volume)
{
	return work_refuse(work, REFUSAL_BAD_INPUT,
			   "Invalid volume: Volume %s is attached to hosts that cannot be asked to "
			   "hold still; detach it first.",
			   volume->id);
}

/*
 * The backend cannot take one moment by itself: the one server that has the volume must help. On
 * the shelf it has nothing open, and the volume is at rest; on its way to or from there it is
 * neither, and would wait for a copy that waits for it.
 */
static int ask_server(Work *work, const Volume *volume, const Attachment *only,
		      Operation *operation, bool *ret_used, Fault *f)
{
	Server *server;
	int r;

	if (only->status != ATTACHMENT_ATTACHED || !only->mapping_id)
		return refuse(work, volume);
	r = server_get(work->tx, work->arena, only->server_id, &server, f);
	if (r)
		return fault_unexpected(f, r);
	*ret_used = server->vm_state != VM_SHELVED_OFFLOADED;
	if (!*ret_used)
		return server->task_state == TASK_NONE ? 0 : refuse(work, volume);
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
		r = count == 1 ? ask_server(work, source, attachments[0], operation, ret_used, f)
			       : refuse(work, source);
	if (r)
		return r;
	source->copies++;
	return fault_unexpected(f, volume_update(work->tx, source, f));
}

int volume_copy_end(Tx *tx, Arena *arena, const char *source_id, Fault *f)
{
	Volume *source;
	int r;

	r = volume_get(tx, arena, source_id, &source, f);
	if (r == RECORD_NOT_FOUND)
		return 0;
	if (r)
		return fault_unexpected(f, r);
	if (source->copies == 0) /* begun by a release that did not count all of them */
		return 0;
	source->copies--;
	return fault_unexpected(f, volume_update(tx, source, f));
}
