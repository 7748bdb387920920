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

enum { LOOK_MS = 50, LOOK_MAX_MS = 2000 };

/* Whoever still fills its draft is stopped first. */
static int snapshot_remove(StepRun *run, const Volume *volume, const Snapshot *snapshot, Fault *f)
{
	int r = run->operation->server_id ? hypervisor_copy_cancel(run->config->hypervisor,
								   run->operation->server_id, f)
					  : 0;

	return r ? fault_unexpected(f, r)
		 : fault_unexpected(
			   f, backend_snapshot_remove(run->config->backend, volume, snapshot, f));
}

static int no_room(const Volume *volume, Fault *f)
{
	return step_give_up(f, "there is no room for a copy of volume %s", volume->id);
}

/* By the backend: nobody writes to the volume, or it can take one moment all the same. */
static int take_still(StepRun *run, const Volume *volume, const Snapshot *snapshot, Fault *f)
{
	int r = backend_snapshot(run->config->backend, volume, snapshot, f);

	if (r == BACKEND_FULL)
		return no_room(volume, f);
	if (r == BACKEND_NO_VOLUME)
		return step_give_up(f, "volume %s has no data on this host", volume->id);
	return fault_unexpected(f, r);
}

/* The emulator copies into a draft. STEP_LATER until it is whole; an old draft is replaced. */
static int take_live_begin(StepRun *run, const Volume *volume, const Snapshot *snapshot, Fault *f)
{
	DiskCopy copy;
	BackendPath draft;
	int r;

	r = backend_snapshot_draft(run->config->backend, volume, snapshot, run->arena, &draft, f);
	if (r == BACKEND_FULL)
		return no_room(volume, f);
	if (r)
		return fault_unexpected(f, r);
	copy = (DiskCopy){
		.name = snapshot->id,
		.path = draft.path,
		.format = draft.format,
		.is_block = draft.is_block,
	};
	r = hypervisor_copy_begin(run->config->hypervisor, run->operation->server_id,
				  disk_alias(run->arena, run->attachment), &copy, f);
	if (r == HYPERVISOR_NO_DOMAIN || r == HYPERVISOR_NO_DISK) {
		r = snapshot_remove(run, volume, snapshot, f); /* the draft */
		return r ? r : take_still(run, volume, snapshot, f);
	}
	if (r == HYPERVISOR_REFUSED)
		return STEP_GIVE_UP; /* in the emulator's words */
	run->later_us = run->now_us + LOOK_MS * INT64_C(1000);
	return r ? fault_unexpected(f, r) : STEP_LATER;
}

static int take_live(StepRun *run, const Volume *volume, const Snapshot *snapshot, Fault *f)
{
	int r = hypervisor_copy_look(run->config->hypervisor, run->operation->server_id,
				     snapshot->id, f);

	switch (r) {
	case 0:
		r = backend_snapshot_keep(run->config->backend, volume, snapshot, f);
		return r == BACKEND_FULL ? no_room(volume, f) : fault_unexpected(f, r);
	case HYPERVISOR_PENDING: /* the longer it takes, the less it matters */
		run->later_us = run->now_us + MIN((run->now_us - run->step->started_us) / 4,
						  LOOK_MAX_MS * INT64_C(1000));
		return STEP_LATER;
	case HYPERVISOR_NO_DISK:
	case HYPERVISOR_NO_DOMAIN:
		return take_live_begin(run, volume, snapshot, f);
	default:
		return fault_unexpected(f, r);
	}
}

/* All of these return 0, STEP_LATER, STEP_GIVE_UP or a fault. */
static int snapshot_take(StepRun *run, const Volume *volume, const Snapshot *snapshot, Fault *f)
{
	return run->operation->server_id && run->attachment ? take_live(run, volume, snapshot, f)
							    : take_still(run, volume, snapshot, f);
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
