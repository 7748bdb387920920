/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Steps that copy: a volume from a snapshot, another volume or an image; an image from a volume.
 */
#include "engine/priv.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>

#include "json/out.h"

/* All of these return 0, STEP_GIVE_UP or a fault. */

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

/* `frozen` is room for the snapshot that a freeze may have made. */
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

static int no_source(Fault *f)
{
	return step_give_up(f, "what it is to be a copy of has no data on this host");
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
		return no_source(f);
	default:
		return fault_unexpected(f, r);
	}
}

/* Into a file without a name, which a crash takes away. *ret_fd is the caller's to close. */
static int bring_here(StepRun *run, const BackendSource *source, BackendPath *ret, int *ret_fd,
		      Fault *f)
{
	char *name = arena_printf(run->arena, "%s/copy-XXXXXX", run->config->guest_dir);
	_cleanup_(closep) int fd = mkostemp(name, O_CLOEXEC);
	int r;

	if (fd < 0 || unlink(name) || ftruncate(fd, source->volume->size_gib << 30))
		return fault(f, -errno, "make a file for volume %s: %s", source->volume->id,
			     strerror(errno));
	*ret = (BackendPath){
		.path = arena_printf(run->arena, "/proc/%ld/fd/%d", (long)getpid(), fd),
		.format = DISK_FORMAT_RAW,
		.is_block = true, /* its name is a link, like that of a device */
	};
	r = backend_save(run->config->backend, source, ret->path, f);
	if (!r)
		*ret_fd = TAKE_FD(fd);
	return r;
}

/* Where the bytes are: the frozen moment, or the volume that nobody has. */
static int source_path(StepRun *run, BackendPath *ret, int *ret_fd, bool *ret_frozen, Fault *f)
{
	BackendSource source = {0};
	Snapshot frozen;
	int r = source_of_volume(run, &frozen, &source, f);

	if (r)
		return r;
	r = source.snapshot
		    ? backend_snapshot_connect(run->config->backend, source.volume, source.snapshot,
					       run->arena, ret, f)
		    : backend_connect(run->config->backend, source.volume, run->arena, ret, f);
	if (!r && ret->remote)
		r = bring_here(run, &source, ret, ret_fd, f);
	if (r == BACKEND_NO_SNAPSHOT || r == BACKEND_NO_VOLUME)
		return no_source(f);
	*ret_frozen = source.snapshot != NULL;
	return fault_unexpected(f, r);
}

const char *image_facts_print(Arena *arena, const DepotFacts *facts)
{
	JsonPair pairs[] = {
		{OPERATION_SIZE, arena_printf(arena, "%" PRId64, facts->size_bytes)},
		{OPERATION_VIRTUAL_SIZE,
		 arena_printf(arena, "%" PRId64, facts->virtual_size_bytes)},
		{OPERATION_MD5, facts->md5},
		{OPERATION_SHA512, facts->sha512},
	};

	return json_print_text_map(arena,
				   &(JsonTextMap){.pairs = pairs, .count = ARRAY_SIZE(pairs)});
}

int image_fill_act(StepRun *run, Fault *f)
{
	_cleanup_(closep) int brought = -1;
	DepotFacts facts = {0};
	bool frozen = false;
	DepotSource source;
	BackendPath path;
	int r;

	if (!run->image)
		return step_give_up(f, "image %s could not be found", run->operation->image_id);
	r = source_path(run, &path, &brought, &frozen, f);
	if (r)
		return r;
	source = (DepotSource){
		.path = path.path,
		.format = (DiskFormat)path.format,
		.is_block = path.is_block,
		.size_bytes = run->source->size_gib << 30,
	};
	r = depot_import(run->config->depot, run->image->id, &source,
			 (DiskFormat)run->image->disk_format, run->arena, &facts, f);
	if (r == DEPOT_FULL)
		return step_give_up(f, "there is no room for an image of volume %s",
				    run->source->id);
	if (r)
		return fault_unexpected(f, r);
	run->found = image_facts_print(run->arena, &facts);
	return frozen ? 0
		      : fault_unexpected(f,
					 backend_disconnect(run->config->backend, run->source, f));
}
