/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Steps that let a volume take the place of another one in a guest that goes on writing.
 *
 *     volume-fit -> disk-mirror -> | disk-turn -> swap-end
 *                                  |
 *             the old one counts   |   the new one counts
 *
 * The emulator copies, and from then on writes to both. The mirror outlives this process: whoever
 * comes later finds it by its target and goes on with it. Until the disk has turned, all that is
 * undone is the mirror; what the new volume held before is lost either way.
 *
 * Which volume counts is never concluded from the journal but read from the domain: a guest that
 * ends in the middle has the disk that its definition says.
 *
 * The emulator mirrors between equal sizes alone. So a new volume that is larger is made anew in
 * the old one's size first, and grows at the end.
 */
#include <errno.h>

#include "base/log.h"
#include "engine/priv.h"

#define GIB ((int64_t)1 << 30)

enum {
	BEGIN_TRIES = 3, /* a mirror that ended by itself is begun again; faults count as well */
	LOOK_MS = 100,
	LOOK_MAX_MS = 2000,
};

static bool subject_is_complete(const StepRun *run)
{
	return run->server && run->volume && run->attachment && run->replaced && run->source;
}

static int subject_gone(Fault *f)
{
	return step_give_up(f, "the server, or one of the volumes, is gone");
}

static bool is_larger(const StepRun *run)
{
	return run->volume->size_gib > run->source->size_gib;
}

/* The new volume, as large as the old one. */
static Volume fitted(const StepRun *run)
{
	Volume volume = *run->volume;

	volume.size_gib = run->source->size_gib;
	return volume;
}

/* The disk as it is to be: the new volume, in the old one's place. */
static int target_spec(StepRun *run, const Volume *volume, DiskSpec *ret, Fault *f)
{
	ServerDisk disk = {.attachment = run->attachment, .volume = volume};

	return disk_spec_make(run, &disk, ret, f);
}

static const char *alias(const StepRun *run)
{
	return disk_alias(run->arena, run->replaced);
}

static int later(StepRun *run, int64_t pause_ms)
{
	run->later_us = run->now_us + pause_ms * INT64_C(1000);
	return STEP_LATER;
}

/* --- the new volume's size --- */

int volume_fit_act(StepRun *run, Fault *f)
{
	Volume small;
	int r;

	if (!subject_is_complete(run))
		return subject_gone(f);
	if (run->shared) /* whoever has it may have written to it */
		return step_give_up(f, "volume %s has another attachment", run->volume->id);
	if (run->volume->copies > 0) /* somebody reads it, who asked first */
		return later(run, LOOK_MS);
	if (!is_larger(run))
		return 0;
	small = fitted(run);
	r = backend_remove(run->config->backend, run->volume, f);
	if (!r)
		r = backend_create(run->config->backend, &small, f);
	if (r == BACKEND_FULL)
		return step_give_up(f, "there is no room for volume %s", run->volume->id);
	return fault_unexpected(f, r);
}

/* Whatever size it has, or none, back to its own. */
static int grow_back(StepRun *run, Fault *f)
{
	Volume small = fitted(run);
	bool there;
	int r;

	r = backend_exists(run->config->backend, run->volume, &there, f);
	if (!r && !there)
		r = backend_create(run->config->backend, &small, f);
	if (!r)
		r = backend_extend(run->config->backend, &small, run->volume->size_gib, f);
	return r == BACKEND_FULL
		       ? fault(f, -ENOSPC, "there is no room for volume %s", run->volume->id)
		       : fault_unexpected(f, r);
}

int volume_fit_undo(StepRun *run, Fault *f)
{
	return subject_is_complete(run) && is_larger(run) ? grow_back(run, f) : 0;
}

/* --- the mirror --- */

static int mirror_begin(StepRun *run, const DiskSpec *target, Fault *f)
{
	int r;

	if (run->step->attempts >= BEGIN_TRIES)
		return step_give_up(f, "the copy to volume %s came to nothing again and again",
				    run->volume->id);
	r = hypervisor_mirror_begin(run->config->hypervisor, run->server->id, alias(run), target,
				    f);
	if (r == HYPERVISOR_NO_DOMAIN || r == HYPERVISOR_NO_DISK)
		return step_give_up(f, "the guest does not run, or not with volume %s",
				    run->source->id);
	if (r == HYPERVISOR_REFUSED)
		return STEP_GIVE_UP; /* in the emulator's words */
	if (r)
		return fault_unexpected(f, r);
	run->counted = true;
	return later(run, LOOK_MS);
}

static int mirror_wait(StepRun *run, const MirrorView *view)
{
	int64_t since_ms = (run->now_us - run->step->started_us) / 1000;

	run->progress = view->percent;
	return later(run, MAX(LOOK_MS, MIN(since_ms / 4, LOOK_MAX_MS)));
}

int disk_mirror_act(StepRun *run, Fault *f)
{
	DiskSpec target;
	MirrorView view;
	Volume small;
	int r;

	if (!subject_is_complete(run))
		return subject_gone(f);
	small = fitted(run);
	r = target_spec(run, &small, &target, f);
	if (r)
		return r;
	r = hypervisor_mirror_look(run->config->hypervisor, run->server->id, alias(run), &target,
				   &view, f);
	if (r)
		return fault_unexpected(f, r);
	switch (view.state) {
	case MIRROR_NONE:
		return mirror_begin(run, &target, f);
	case MIRROR_COPYING:
		return mirror_wait(run, &view);
	case MIRROR_READY:
	case MIRROR_TURNED:
	case _MIRROR_STATE_MAX:
		break;
	}
	return 0;
}

int disk_mirror_undo(StepRun *run, Fault *f)
{
	const ServerDisk new = {.attachment = run->attachment, .volume = run->volume};
	int r;

	if (!run->server || !run->replaced)
		return 0;
	r = hypervisor_mirror_cancel(run->config->hypervisor, run->server->id, alias(run), f);
	if (!r && run->volume)
		r = volume_let_go(run, &new, f);
	return fault_unexpected(f, r);
}

/* --- the turn --- */

/* Not any more, if it has not happened; 0 when it has. */
static int turn_cancelled(StepRun *run, const DiskSpec *target, Fault *f)
{
	MirrorView view;
	int r = hypervisor_mirror_look(run->config->hypervisor, run->server->id, alias(run), target,
				       &view, f);

	if (r)
		return fault_unexpected(f, r);
	switch (view.state) {
	case MIRROR_NONE:
	case MIRROR_READY:
		return step_give_up(f, "cancelled");
	case MIRROR_COPYING: /* or turning, for an earlier process */
		return later(run, LOOK_MS);
	case MIRROR_TURNED:
	case _MIRROR_STATE_MAX:
		break;
	}
	return 0;
}

int disk_turn_act(StepRun *run, Fault *f)
{
	DiskSpec target;
	Volume small;
	int r;

	if (!subject_is_complete(run))
		return subject_gone(f);
	small = fitted(run);
	r = target_spec(run, &small, &target, f);
	if (r)
		return r;
	r = run->operation->cancelled ? turn_cancelled(run, &target, f) : 0;
	if (r)
		return r;
	r = hypervisor_mirror_turn(run->config->hypervisor, run->server->id, alias(run), &target,
				   f);
	if (r == HYPERVISOR_NO_DOMAIN || r == HYPERVISOR_NO_DISK)
		return step_give_up(f, "the guest ended before it had volume %s", run->volume->id);
	if (r == HYPERVISOR_PENDING)
		return later(run, LOOK_MS);
	return fault_unexpected(f, r);
}

/* --- afterwards --- */

/* A guest that cannot be told sees it at its next start. */
static void tell_size(StepRun *run)
{
	Fault f = {0};
	int r = hypervisor_resize_disk(run->config->hypervisor, run->server->id, alias(run),
				       run->volume->size_gib * GIB, &f);

	if (r && r != HYPERVISOR_NO_DISK && r != HYPERVISOR_NO_DOMAIN)
		log_warning("op=%s vol=%s srv=%s the guest does not see the whole volume before it "
			    "starts again: %s",
			    run->operation->id, run->volume->id, run->server->id, f.text);
}

/* An emulator that has a qcow2 file open is the one to make it grow; what it did not, we do. */
static int grow(StepRun *run, Fault *f)
{
	bool by_guest = run->volume->format == DISK_FORMAT_QCOW2;
	int r;

	if (by_guest)
		tell_size(run);
	r = grow_back(run, f);
	if (!r && !by_guest)
		tell_size(run);
	return r;
}

int swap_end_act(StepRun *run, Fault *f)
{
	const ServerDisk old = {.attachment = run->replaced, .volume = run->source};
	int r;

	if (!subject_is_complete(run))
		return 0;
	r = volume_let_go(run, &old, f);
	return !r && is_larger(run) ? grow(run, f) : r;
}
