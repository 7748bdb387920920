/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Steps that copy: a volume from a snapshot, another volume or an image.
 */
#include "engine/priv.h"

#include <inttypes.h>

/*
 * What the volume is to be a copy of; `frozen` is room for the snapshot that a freeze may have
 * made. Returns 0, STEP_GIVE_UP or a fault.
 */
static int source_of_image(StepRun *run, BackendSource *ret, Fault *f)
{
	int r;

	if (!run->image)
		return step_give_up(f, "image %s could not be found", run->operation->image_id);
	r = depot_image_path(run->config->depot, run->image->id, run->arena, &ret->image_path, f);
	if (r == DEPOT_NO_IMAGE)
		return step_give_up(f, "image %s has no data", run->image->id);
	ret->image_format = run->image->disk_format;
	return fault_unexpected(f, r);
}

static int source_of_volume(StepRun *run, Snapshot *frozen, BackendSource *ret, Fault *f)
{
	bool there = false;
	int r;

	if (!run->source || (run->operation->snapshot_id && !run->snapshot))
		return step_give_up(f, "what it is to be a copy of is gone");
	ret->volume = run->source;
	ret->snapshot = run->snapshot;
	if (run->snapshot)
		return 0;
	*frozen = frozen_snapshot(run);
	r = backend_snapshot_exists(run->config->backend, run->source, frozen, &there, f);
	if (there)
		ret->snapshot = frozen;
	return fault_unexpected(f, r);
}

int volume_copy_act(StepRun *run, Fault *f)
{
	BackendSource source = {0};
	Snapshot frozen;
	int r;

	if (!run->volume)
		return step_give_up(f, "the volume is gone");
	r = run->operation->image_id ? source_of_image(run, &source, f)
				     : source_of_volume(run, &frozen, &source, f);
	if (r)
		return r;
	r = backend_copy(run->config->backend, &source, run->volume, f);
	switch (r) {
	case BACKEND_FULL:
		return step_give_up(f, "there is no room for a volume of %" PRId64 " GiB",
				    run->volume->size_gib);
	case BACKEND_NO_VOLUME:
	case BACKEND_NO_SNAPSHOT:
		return step_give_up(f, "what it is to be a copy of has no data on this host");
	default:
		return fault_unexpected(f, r);
	}
}
