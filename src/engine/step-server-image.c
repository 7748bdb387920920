/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Steps that make an image of a server's root disk. While a guest writes to it, the emulator copies
 * one moment of it beside it first; otherwise the disk is read as it is.
 */
#include "engine/priv.h"

enum { LOOK_MS = 50, LOOK_MAX_MS = 2000 };

static int no_server(Fault *f)
{
	return step_give_up(f, "the server is gone");
}

static int drop_frozen(StepRun *run, Fault *f)
{
	const char *id = run->operation->server_id;

	return fault_unexpected(f, depot_disk_remove(run->config->depot, id, DEPOT_FROZEN, f));
}

/* What the emulator is to fill, empty. */
static int make_draft(StepRun *run, DiskCopy *ret, Fault *f)
{
	DepotOrigin nothing = {.format = (DiskFormat)run->server->root_format};
	Depot *depot = run->config->depot;
	const char *id = run->server->id;
	int r = drop_frozen(run, f);

	if (!r)
		r = depot_disk_size(depot, id, DEPOT_ROOT, &nothing.size_bytes, f);
	if (r == DEPOT_NO_DISK)
		return step_give_up(f, "the server has no disk of its own");
	if (!r)
		r = depot_disk_create(depot, id, DEPOT_FROZEN, &nothing, f);
	if (r == DEPOT_FULL)
		return step_give_up(f, "there is no room for a copy of the server's disk");
	*ret = (DiskCopy){.name = run->operation->id, .format = run->server->root_format};
	if (!r)
		r = depot_disk_path(depot, id, DEPOT_FROZEN, run->arena, &ret->path, f);
	return fault_unexpected(f, r);
}

static int freeze_begin(StepRun *run, Fault *f)
{
	DiskCopy copy;
	int r = make_draft(run, &copy, f);

	if (r)
		return r;
	r = hypervisor_copy_begin(run->config->hypervisor, run->server->id, ROOT_ALIAS, &copy, f);
	if (r == HYPERVISOR_NO_DOMAIN || r == HYPERVISOR_NO_DISK)
		return drop_frozen(run, f); /* nobody writes to it */
	if (r == HYPERVISOR_REFUSED)
		return STEP_GIVE_UP; /* in the emulator's words */
	run->later_us = run->now_us + LOOK_MS * INT64_C(1000);
	return r ? fault_unexpected(f, r) : STEP_LATER;
}

int disk_freeze_act(StepRun *run, Fault *f)
{
	int r;

	if (!run->server)
		return no_server(f);
	r = hypervisor_copy_look(run->config->hypervisor, run->server->id, run->operation->id, f);
	switch (r) {
	case 0:
		return 0;
	case HYPERVISOR_PENDING: /* the longer it takes, the less it matters */
		run->later_us = run->now_us + MIN((run->now_us - run->step->started_us) / 4,
						  LOOK_MAX_MS * INT64_C(1000));
		return STEP_LATER;
	case HYPERVISOR_NO_DISK:
	case HYPERVISOR_NO_DOMAIN:
		return freeze_begin(run, f);
	default:
		return fault_unexpected(f, r);
	}
}

/* Whoever still fills it is stopped first. */
int disk_thaw_act(StepRun *run, Fault *f)
{
	int r = hypervisor_copy_cancel(run->config->hypervisor, run->operation->server_id, f);

	return r ? fault_unexpected(f, r) : drop_frozen(run, f);
}

static int source_make(StepRun *run, DepotSource *ret, Fault *f)
{
	Depot *depot = run->config->depot;
	const char *id = run->server->id, *disk;
	bool is_frozen = false;
	int r = depot_disk_exists(depot, id, DEPOT_FROZEN, &is_frozen, f);

	disk = is_frozen ? DEPOT_FROZEN : DEPOT_ROOT;
	*ret = (DepotSource){.format = (DiskFormat)run->server->root_format};
	if (!r)
		r = depot_disk_path(depot, id, disk, run->arena, &ret->path, f);
	if (!r)
		r = depot_disk_size(depot, id, disk, &ret->size_bytes, f);
	if (r == DEPOT_NO_DISK)
		return step_give_up(f, "the server has no disk of its own");
	return fault_unexpected(f, r);
}

int disk_save_act(StepRun *run, Fault *f)
{
	DepotFacts facts = {0};
	DepotSource source;
	int r;

	if (!run->server)
		return no_server(f);
	if (!run->image)
		return step_give_up(f, "image %s could not be found", run->operation->image_id);
	r = source_make(run, &source, f);
	if (r)
		return r;
	r = depot_import(run->config->depot, run->image->id, &source,
			 (DiskFormat)run->image->disk_format, run->arena, &facts, f);
	if (r == DEPOT_FULL)
		return step_give_up(f, "there is no room for an image of the server");
	if (r)
		return fault_unexpected(f, r);
	run->found = image_facts_print(run->arena, &facts);
	return 0;
}
