/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Rescued servers. Images name the disk that they boot from ("root=/dev/vda"), and a guest names
 * its disks in the order that it finds them. So the rescue disk takes the first place, and all
 * others move down by one, for as long as the rescue lasts; their records keep their names.
 */
#include "base/str.h"
#include "engine/priv.h"
#include "rules/server-action.h"

#define FIRST_TARGET "vda"

bool is_rescued(const Server *server)
{
	return server && server->rescue_image_id;
}

/* The number of a name like "vda" or "vdab". */
static unsigned target_index(const char *letters)
{
	unsigned index = 0;

	for (const char *p = letters; *p; p++)
		index = index * 26 + (unsigned)(*p - 'a') + 1;
	return index - 1;
}

void rescue_move(StepRun *run, DiskSpec *disk)
{
	const char *letters = str_after(disk->target, "vd");
	char name[DEVICE_NAME_TEXT];

	if (!is_rescued(run->server))
		return;
	if (disk->boot_order > 0)
		disk->boot_order++;
	if (str_empty(letters))
		return; /* on another bus nothing is in the way */
	device_name(target_index(letters) + 1, name);
	disk->target = arena_strdup(run->arena, str_after(name, "/dev/"));
}

int rescue_spec_make(StepRun *run, DiskSpec *ret, Fault *f)
{
	const char *path;
	int r = depot_disk_path(run->config->depot, run->server->id, DEPOT_RESCUE, run->arena,
				&path, f);

	if (r == DEPOT_NO_DISK)
		return step_give_up(f, "the server has no rescue disk");
	if (r)
		return fault_unexpected(f, r);
	*ret = (DiskSpec){
		.alias = "ua-rescue",
		.target = FIRST_TARGET,
		.bus = "virtio",
		.path = path,
		.format = run->server->rescue_format,
		.boot_order = 1,
	};
	return 0;
}
