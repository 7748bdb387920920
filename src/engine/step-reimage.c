/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * A root volume is filled anew from an image, while its server is off. The bytes first become a
 * volume of their own, with the operation's id and without a row; what that holds then becomes what
 * the root volume holds. So a lack of room, or an image that is gone, leaves the volume as it was.
 */
#include "engine/priv.h"

#include <inttypes.h>

static const Volume *root_volume(const StepRun *run)
{
	for (size_t i = 0; i < run->disk_count; i++)
		if (run->disks[i].attachment->boot_index == 0)
			return run->disks[i].volume;
	return NULL;
}

/* Like the root volume, by the operation's id. */
static void made_beside(const StepRun *run, const Volume *root, Volume *ret, Snapshot *ret_snapshot)
{
	*ret = *root;
	ret->id = run->operation->id;
	*ret_snapshot = (Snapshot){
		.id = run->operation->id,
		.volume_id = run->operation->id,
		.size_gib = root->size_gib,
		.format = root->format,
	};
}

/* 0, STEP_GIVE_UP or a fault. */
static int judge(int r, const Volume *root, Fault *f)
{
	if (r == BACKEND_FULL)
		return step_give_up(f, "there is no room for another volume of %" PRId64 " GiB",
				    root->size_gib);
	if (r == BACKEND_NO_VOLUME || r == BACKEND_NO_SNAPSHOT)
		return step_give_up(f, "volume %s has no data on this host", root->id);
	return fault_unexpected(f, r);
}

static int source_make(StepRun *run, BackendSource *ret, Fault *f)
{
	int r;

	if (!run->image)
		return step_give_up(f, "image %s could not be found", run->operation->image_id);
	*ret = (BackendSource){.image_format = run->image->disk_format};
	r = depot_image_path(run->config->depot, run->image->id, run->arena, &ret->image_path, f);
	if (r == DEPOT_NO_IMAGE)
		return step_give_up(f, "image %s has no data", run->image->id);
	return fault_unexpected(f, r);
}

static int fill(StepRun *run, const Volume *root, Fault *f)
{
	Backend *backend = run->config->backend;
	BackendSource source;
	Snapshot snapshot;
	Volume beside;
	int r = source_make(run, &source, f);

	if (r)
		return r;
	made_beside(run, root, &beside, &snapshot);
	r = backend_copy(backend, &source, &beside, f);
	if (!r)
		r = backend_snapshot(backend, &beside, &snapshot, f);
	if (!r)
		r = backend_disconnect(backend, root, f);
	snapshot.volume_id = root->id; /* what it is gone back to, whosever it was */
	if (!r)
		r = backend_revert(backend, root, &snapshot, f);
	return judge(r, root, f);
}

int volume_reimage_act(StepRun *run, Fault *f)
{
	const Volume *root = root_volume(run);
	int r;

	if (!run->server || !root)
		return step_give_up(f, "the server or its root volume is gone");
	r = fill(run, root, f);
	return r ? r : volume_reimage_undo(run, f);
}

/* Nothing is left of what was made beside it; what the volume holds is not the undoing's affair. */
int volume_reimage_undo(StepRun *run, Fault *f)
{
	const Volume *root = root_volume(run);
	Snapshot snapshot;
	Volume beside;
	int r;

	if (!root)
		return 0;
	made_beside(run, root, &beside, &snapshot);
	r = backend_snapshot_remove(run->config->backend, &beside, &snapshot, f);
	if (!r)
		r = backend_remove(run->config->backend, &beside, f);
	return fault_unexpected(f, r);
}
