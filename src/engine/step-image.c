/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Steps on what the depot holds: root disks of servers, and images.
 */
#include "engine/priv.h"

#define DEFAULT_GUEST_FORMAT "ext4" /* of ephemeral disks */

static int full(Fault *f)
{
	return step_give_up(f, "there is no room for the server's disk");
}

static int root_disk_create(StepRun *run, Fault *f)
{
	DepotOrigin origin;
	int r;

	if (!run->image)
		return step_give_up(f, "image %s could not be found", run->operation->image_id);
	origin = (DepotOrigin){
		.image_id = run->image->id,
		.format = (DiskFormat)run->image->disk_format,
		.size_bytes = run->server->disk_gib << 30,
	};
	r = depot_disk_create(run->config->depot, run->server->id, DEPOT_ROOT, &origin, f);
	if (r == DEPOT_FULL)
		return full(f);
	if (r == DEPOT_NO_IMAGE)
		return step_give_up(f, "image %s has no data", run->image->id);
	return fault_unexpected(f, r);
}

static int local_disk_create(StepRun *run, const LocalDisk *disk, Fault *f)
{
	const DepotOrigin origin = {
		.format = DISK_FORMAT_RAW,
		.size_bytes = disk->size_mib << 20,
		.filesystem = disk->guest_format ? disk->guest_format : DEFAULT_GUEST_FORMAT,
	};
	int r = depot_disk_create(run->config->depot, run->server->id, local_disk_name(run, disk),
				  &origin, f);

	return r == DEPOT_FULL ? full(f) : fault_unexpected(f, r);
}

/* The root disk, unless it is a volume, and the others. */
int server_disk_create_act(StepRun *run, Fault *f)
{
	int r = 0;

	if (!run->server)
		return step_give_up(f, "the server is gone");
	if (run->server->image_id)
		r = root_disk_create(run, f);
	for (size_t i = 0; !r && i < run->local_count; i++)
		r = local_disk_create(run, run->locals[i], f);
	return r;
}

int server_disk_create_probe(StepRun *run, bool *ret, Fault *f)
{
	Depot *depot = run->config->depot;
	bool there = run->server != NULL;
	int r = 0;

	if (there && run->server->image_id)
		r = depot_disk_exists(depot, run->server->id, DEPOT_ROOT, &there, f);
	for (size_t i = 0; !r && there && i < run->local_count; i++)
		r = depot_disk_exists(depot, run->server->id, local_disk_name(run, run->locals[i]),
				      &there, f);
	*ret = there;
	return fault_unexpected(f, r);
}

static int remove_file(const char *path, Fault *f)
{
	if (unlink(path) < 0 && errno != ENOENT)
		return fault(f, -errno, "unlink %s: %s", path, strerror(errno));
	return 0;
}

/* All that a server may have, whatever was being done to it; see DepotDriver.disk_remove. */
static int remove_disks(StepRun *run, Fault *f)
{
	static const char *const disks[] = {DEPOT_NEW,    DEPOT_KEPT,   DEPOT_OLD,
					    DEPOT_RESCUE, DEPOT_FROZEN, DEPOT_ROOT};

	for (size_t i = 0; i < run->local_count; i++) {
		int r = depot_disk_remove(run->config->depot, run->server->id,
					  local_disk_name(run, run->locals[i]), f);

		if (r)
			return fault_unexpected(f, r);
	}
	for (size_t i = 0; i < ARRAY_SIZE(disks); i++) {
		int r = depot_disk_remove(run->config->depot, run->server->id, disks[i], f);

		if (r)
			return fault_unexpected(f, r);
	}
	return 0;
}

int server_disk_delete_act(StepRun *run, Fault *f)
{
	int r;

	if (!run->server)
		return 0;
	r = remove_disks(run, f);
	if (!r)
		r = remove_file(guest_console_path(run), f);
	if (!r)
		r = remove_file(guest_channel_path(run), f);
	return r;
}

int image_delete_act(StepRun *run, Fault *f)
{
	return fault_unexpected(f, depot_remove(run->config->depot, run->operation->image_id, f));
}
