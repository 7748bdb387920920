/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Steps on snapshots: made, removed, gone back to.
 *
 * What is copied from a volume that is in use is copied from a snapshot of it that has no row: it
 * is named after the operation, made by the step freeze and removed by the step thaw.
 */
#include "engine/priv.h"

#include <inttypes.h>

/* Returns 0, STEP_GIVE_UP or a fault. */
static int snapshot_take(StepRun *run, const Volume *volume, const Snapshot *snapshot, Fault *f)
{
	int r = backend_snapshot(run->config->backend, volume, snapshot, f);

	if (r == BACKEND_FULL)
		return step_give_up(f, "there is no room for a copy of volume %s", volume->id);
	if (r == BACKEND_NO_VOLUME)
		return step_give_up(f, "volume %s has no data on this host", volume->id);
	return fault_unexpected(f, r);
}

static int snapshot_remove(StepRun *run, const Volume *volume, const Snapshot *snapshot, Fault *f)
{
	return fault_unexpected(f,
				backend_snapshot_remove(run->config->backend, volume, snapshot, f));
}

int snapshot_create_act(StepRun *run, Fault *f)
{
	if (!run->volume || !run->snapshot)
		return step_give_up(f, "the volume or the snapshot is gone");
	return snapshot_take(run, run->volume, run->snapshot, f);
}

int snapshot_create_probe(StepRun *run, bool *ret, Fault *f)
{
	*ret = false;
	if (!run->volume || !run->snapshot)
		return 0;
	return fault_unexpected(f, backend_snapshot_exists(run->config->backend, run->volume,
							   run->snapshot, ret, f));
}

int snapshot_delete_act(StepRun *run, Fault *f)
{
	if (!run->volume || !run->snapshot)
		return 0;
	return snapshot_remove(run, run->volume, run->snapshot, f);
}

int snapshots_delete_act(StepRun *run, Fault *f)
{
	for (size_t i = 0; i < run->snapshot_count; i++) {
		int r = snapshot_remove(run, run->volume, run->snapshots[i], f);

		if (r)
			return r;
	}
	return 0;
}

int volume_revert_act(StepRun *run, Fault *f)
{
	int r;

	if (!run->volume || !run->snapshot)
		return step_give_up(f, "the volume or the snapshot is gone");
	r = backend_revert(run->config->backend, run->volume, run->snapshot, f);
	if (r == BACKEND_FULL)
		return step_give_up(f, "there is no room for a copy of snapshot %s",
				    run->snapshot->id);
	if (r == BACKEND_NO_SNAPSHOT || r == BACKEND_NO_VOLUME)
		return step_give_up(f, "snapshot %s has no data on this host", run->snapshot->id);
	r = fault_unexpected(f, r);
	if (r)
		(void)fault_context(f, OPERATION_UNSURE "volume %s is whole", run->volume->id);
	return r;
}

/* --- one moment of a volume in use --- */

Snapshot frozen_snapshot(const StepRun *run)
{
	return (Snapshot){
		.id = run->operation->id,
		.volume_id = run->source->id,
		.size_gib = run->source->size_gib,
		.format = run->source->format,
	};
}

int volume_freeze_act(StepRun *run, Fault *f)
{
	Snapshot frozen;

	if (!run->source)
		return step_give_up(f, "the volume to copy is gone");
	frozen = frozen_snapshot(run);
	return snapshot_take(run, run->source, &frozen, f);
}

int volume_thaw_act(StepRun *run, Fault *f)
{
	Snapshot frozen;

	if (!run->source)
		return 0;
	frozen = frozen_snapshot(run);
	return snapshot_remove(run, run->source, &frozen, f);
}
