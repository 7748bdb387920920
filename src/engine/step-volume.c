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

int volume_create_undo(StepRun *run, Fault *f)
{
	return volume_delete_act(run, f);
}

int volume_create_probe(StepRun *run, bool *ret, Fault *f)
{
	*ret = false;
	return run->volume ? backend_exists(run->config->backend, run->volume, ret, f) : 0;
}

int volume_delete_act(StepRun *run, Fault *f)
{
	if (!run->volume)
		return 0;
	return fault_unexpected(f, backend_remove(run->config->backend, run->volume, f));
}

int volume_delete_probe(StepRun *run, bool *ret, Fault *f)
{
	bool exists = false;
	int r = volume_create_probe(run, &exists, f);

	*ret = !exists;
	return r;
}

/* Every volume of the operation's server. */
int volume_disconnect_act(StepRun *run, Fault *f)
{
	for (size_t i = 0; i < run->disk_count; i++) {
		int r = backend_disconnect(run->config->backend, run->disks[i].volume, f);

		if (r)
			return fault_unexpected(f, r);
	}
	return 0;
}
