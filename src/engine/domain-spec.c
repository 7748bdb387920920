/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * From rows to what the hypervisor is to make: the root disk as vda, volumes under the names
 * recorded in their attachments, direct kernel boot where the image has a kernel.
 */
#include "base/str.h"
#include "engine/priv.h"

#define ROOT_TARGET "vda"
#define DEFAULT_KERNEL_ARGS "console=ttyS0 root=/dev/vda"

const char *disk_alias(Arena *arena, const Attachment *attachment)
{
	return arena_printf(arena, "ua-%s", attachment->id);
}

const char *guest_console_path(StepRun *run)
{
	return arena_printf(run->arena, "%s/%s.console", run->config->guest_dir,
			    run->operation->server_id);
}

const char *guest_channel_path(StepRun *run)
{
	return arena_printf(run->arena, "%s/%s.channel", run->config->guest_dir,
			    run->operation->server_id);
}

int disk_spec_make(StepRun *run, const ServerDisk *disk, DiskSpec *ret, Fault *f)
{
	const char *target = str_after(disk->attachment->device, "/dev/");
	BackendPath path;
	int r;

	if (!target)
		return step_give_up(f, "attachment %s has no device name", disk->attachment->id);
	r = backend_connect(run->config->backend, disk->volume, run->arena, &path, f);
	if (r == BACKEND_NO_VOLUME)
		return step_give_up(f, "volume %s has no data on this host", disk->volume->id);
	if (r)
		return fault_unexpected(f, r);
	*ret = (DiskSpec){
		.alias = disk_alias(run->arena, disk->attachment),
		.target = target,
		.bus = "virtio",
		.serial = disk->volume->id,
		.path = path.path,
		.format = path.format,
		.is_block = path.is_block,
		.readonly = disk->attachment->mode == ATTACH_MODE_RO || disk->volume->readonly,
		.shareable = disk->volume->multiattach,
	};
	return 0;
}

static int root_spec_make(StepRun *run, DiskSpec *ret, Fault *f)
{
	const char *path;
	int r = depot_disk_path(run->config->depot, run->server->id, DEPOT_ROOT, run->arena, &path,
				f);

	if (r)
		return fault_unexpected(f, r);
	*ret = (DiskSpec){
		.alias = "ua-root",
		.target = ROOT_TARGET,
		.bus = "virtio",
		.path = path,
		.format = run->server->root_format,
		.boot_order = 1,
	};
	return 0;
}

static int image_file(StepRun *run, const char *image_id, const char **ret, Fault *f)
{
	int r;

	*ret = NULL;
	if (str_empty(image_id))
		return 0;
	r = depot_image_path(run->config->depot, image_id, run->arena, ret, f);
	if (r == DEPOT_NO_IMAGE)
		return step_give_up(f, "image %s has no data", image_id);
	return fault_unexpected(f, r);
}

static int kernel_make(StepRun *run, DomainSpec *spec, Fault *f)
{
	const char *args = run->server->kernel_args;
	int r = image_file(run, run->server->kernel_id, &spec->kernel_path, f);

	if (!r)
		r = image_file(run, run->server->ramdisk_id, &spec->ramdisk_path, f);
	if (!r && spec->kernel_path)
		spec->kernel_args = str_empty(args) ? DEFAULT_KERNEL_ARGS : args;
	return r;
}

int domain_spec_make(StepRun *run, DomainSpec *ret, Fault *f)
{
	const Server *server = run->server;
	DiskSpec *disks = ARENA_ARRAY(run->arena, DiskSpec, run->disk_count + 1);
	int r;

	*ret = (DomainSpec){
		.id = server->id,
		.name = arena_printf(run->arena, DOMAIN_NAME_FORMAT, server->id),
		.title = server->name,
		.ram_mib = server->ram_mib,
		.vcpus = server->vcpus,
		.console_path = guest_console_path(run),
		.channel_path = guest_channel_path(run),
		.network = !str_eq(server->networks, "none"),
		.disks = disks,
		.disk_count = run->disk_count + 1,
	};
	r = kernel_make(run, ret, f);
	if (!r)
		r = root_spec_make(run, &disks[0], f);
	for (size_t i = 0; !r && i < run->disk_count; i++)
		r = disk_spec_make(run, &run->disks[i], &disks[i + 1], f);
	return r;
}
