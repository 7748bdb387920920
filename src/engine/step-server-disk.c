/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Steps that give a server another root disk: a larger one for a resize, one made anew for a
 * rebuild; and the disk that it is rescued from.
 *
 * The next root disk is made beside the old one and takes its place when it is whole; the old one
 * stays until nobody can want it back. A server that boots from a volume has no root disk here:
 * growing and replacing then have nothing to do.
 */
#include "engine/priv.h"

#include <inttypes.h>

static int no_server(Fault *f)
{
	return step_give_up(f, "the server is gone");
}

/* What making a disk came to. 0, STEP_GIVE_UP or a fault. */
static int made(StepRun *run, int r, Fault *f)
{
	if (r == DEPOT_FULL)
		return step_give_up(f, "there is no room for the server's disk");
	if (r == DEPOT_NO_IMAGE)
		return step_give_up(f, "image %s has no data", run->operation->image_id);
	return fault_unexpected(f, r);
}

static int exchange(StepRun *run, const char *in, const char *out, Fault *f)
{
	if (!run->server)
		return 0;
	return fault_unexpected(
		f, depot_disk_exchange(run->config->depot, run->server->id, in, out, f));
}

static int drop(StepRun *run, const char *disk, Fault *f)
{
	const char *id = run->operation->server_id;

	return fault_unexpected(f, depot_disk_remove(run->config->depot, id, disk, f));
}

/* --- a resize --- */

/* Make the next root disk, unless this one is large enough. */
static int make_larger(StepRun *run, Fault *f)
{
	DepotOrigin root = {.disk = DEPOT_ROOT, .size_bytes = run->server->disk_gib << 30};
	Depot *depot = run->config->depot;
	int64_t has_bytes = 0;
	int r = depot_disk_size(depot, run->server->id, DEPOT_ROOT, &has_bytes, f);

	if (r == DEPOT_NO_DISK)
		return 0;
	if (r)
		return fault_unexpected(f, r);
	if (root.size_bytes > 0 && root.size_bytes < has_bytes)
		return step_give_up(f, "Unable to resize disk down.");
	if (root.size_bytes <= has_bytes)
		return 0;
	return made(run, depot_disk_create(depot, run->server->id, DEPOT_NEW, &root, f), f);
}

int disk_grow_act(StepRun *run, Fault *f)
{
	bool is_made = false;
	int r;

	if (!run->server)
		return no_server(f);
	r = depot_disk_exists(run->config->depot, run->server->id, DEPOT_NEW, &is_made, f);
	if (!r && !is_made)
		r = make_larger(run, f);
	return r ? r : exchange(run, DEPOT_NEW, DEPOT_KEPT, f);
}

int disk_grow_undo(StepRun *run, Fault *f)
{
	int r = exchange(run, DEPOT_KEPT, DEPOT_NEW, f);

	return r ? r : drop(run, DEPOT_NEW, f);
}

int disk_revert_act(StepRun *run, Fault *f)
{
	return exchange(run, DEPOT_KEPT, DEPOT_OLD, f);
}

int disk_revert_undo(StepRun *run, Fault *f)
{
	return exchange(run, DEPOT_OLD, DEPOT_KEPT, f);
}

/* --- a rebuild --- */

static int make_of_image(StepRun *run, const char *disk, int64_t size_bytes, Fault *f)
{
	DepotOrigin origin;

	if (!run->server)
		return no_server(f);
	if (!run->image)
		return step_give_up(f, "image %s could not be found", run->operation->image_id);
	origin = (DepotOrigin){
		.image_id = run->image->id,
		.format = (DiskFormat)run->image->disk_format,
		.size_bytes = size_bytes,
	};
	return made(run, depot_disk_create(run->config->depot, run->server->id, disk, &origin, f),
		    f);
}

int disk_remake_act(StepRun *run, Fault *f)
{
	return make_of_image(run, DEPOT_NEW, run->server ? run->server->disk_gib << 30 : 0, f);
}

int disk_remake_undo(StepRun *run, Fault *f)
{
	return drop(run, DEPOT_NEW, f);
}

int disk_replace_act(StepRun *run, Fault *f)
{
	return exchange(run, DEPOT_NEW, DEPOT_OLD, f);
}

int disk_replace_undo(StepRun *run, Fault *f)
{
	return exchange(run, DEPOT_OLD, DEPOT_NEW, f);
}

/* --- the end of either --- */

int disk_settle_act(StepRun *run, Fault *f)
{
	int r = drop(run, DEPOT_KEPT, f);

	return r ? r : drop(run, DEPOT_OLD, f);
}

/* --- a rescue --- */

int rescue_create_act(StepRun *run, Fault *f)
{
	return make_of_image(run, DEPOT_RESCUE, 0, f);
}

int rescue_delete_act(StepRun *run, Fault *f)
{
	return drop(run, DEPOT_RESCUE, f);
}
