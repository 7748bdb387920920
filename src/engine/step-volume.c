/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Steps on volumes: made, removed, and let go by this host. A step that finds no row has nothing
 * to work on: creating gives up, removing is done.
 */
#include "engine/priv.h"

#include <inttypes.h>

int volume_create_act(StepRun *run, Fault *f)
{
	int r;

	if (!run->volume)
		return step_give_up(f, "the volume is gone");
	r = backend_create(run->config->backend, run->volume, f);
	if (r == BACKEND_FULL)
		return step_give_up(f, "there is no room for a volume of %" PRId64 " GiB",
				    run->volume->size_gib);
	return fault_unexpected(f, r);
}

int volume_create_probe(StepRun *run, bool *ret, Fault *f)
{
	*ret = false;
	return run->volume ? backend_exists(run->config->backend, run->volume, ret, f) : 0;
}

static int remove_volume(StepRun *run, Fault *f)
{
	return run->volume
		       ? fault_unexpected(f, backend_remove(run->config->backend, run->volume, f))
		       : 0;
}

int volume_create_undo(StepRun *run, Fault *f)
{
	return remove_volume(run, f);
}

int volume_delete_probe(StepRun *run, bool *ret, Fault *f)
{
	bool exists = false;
	int r = volume_create_probe(run, &exists, f);

	*ret = !exists;
	return r;
}

enum { WAIT_MIN_MS = 50, WAIT_MAX_MS = 3000, WAIT_PART = 4 };

/* Not yet: asked again after a part of the time that it has taken so far. */
static int wait_longer(StepRun *run)
{
	int64_t part_us = (run->now_us - run->step->started_us) / WAIT_PART;

	run->later_us = run->now_us +
			MAX(MIN(part_us, WAIT_MAX_MS * INT64_C(1000)), WAIT_MIN_MS * INT64_C(1000));
	return STEP_LATER;
}

/* Who copies it in its own lane is done with it; who does in a server's may not be. */
int volume_delete_act(StepRun *run, Fault *f)
{
	return run->volume && run->volume->copies > 0 ? wait_longer(run) : remove_volume(run, f);
}

/*
 * Volumes that a server is built with are made by operations of their own, in their lanes. Here it
 * waits for them, and for what copies those that were there already.
 */
int volumes_wait_act(StepRun *run, Fault *f)
{
	bool ready = true;

	for (size_t i = 0; i < run->disk_count; i++) {
		const Volume *volume = run->disks[i].volume;

		if (volume->status == VOLUME_ERROR)
			return step_give_up(f, "volume %s could not be made", volume->id);
		ready = ready && volume->status != VOLUME_CREATING &&
			volume->status != VOLUME_DOWNLOADING && volume->copies == 0;
	}
	return ready ? 0 : wait_longer(run);
}

/* Every volume of the operation's server. Where they are is asked again when it is defined. */
int volume_connect_act(StepRun *run, Fault *f)
{
	if (!run->server)
		return step_give_up(f, "the server is gone");
	for (size_t i = 0; i < run->disk_count; i++)
		if (run->disks[i].volume->copies > 0) /* it has to hold still */
			return wait_longer(run);
	for (size_t i = 0; i < run->disk_count; i++) {
		DiskSpec spec;
		int r = disk_spec_make(run, &run->disks[i], &spec, f);

		if (r)
			return r;
	}
	return 0;
}

/* Every volume of the operation's server. */
int volume_disconnect_act(StepRun *run, Fault *f)
{
	for (size_t i = 0; i < run->disk_count; i++) {
		int r = volume_let_go(run, &run->disks[i], f);

		if (r)
			return r;
	}
	return 0;
}
