/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * From rows to what the hypervisor is to make: disks under the names recorded in their rows, the
 * root disk first, whether it is a volume or not; direct kernel boot where the image has a kernel.
 * Shares are in it when a guest is about to start, who finds them mounted on this host: see
 * step-share-mapping.c.
 * A rescued server is booted from its rescue disk and that one's kernel: see rescue.c.
 */
#include "base/str.h"
#include "engine/connection.h"
#include "engine/priv.h"
#include "rules/page-size.h"
#include "json/json.h"

#include <inttypes.h>

#define ROOT_TARGET "vda"
#define DEFAULT_BUS "virtio"
#define DEFAULT_KERNEL_ARGS "console=ttyS0 root=/dev/vda"

const char *disk_alias(Arena *arena, const Attachment *attachment)
{
	return arena_printf(arena, "ua-%s",
			    attachment->disk_id ? attachment->disk_id : attachment->id);
}

const char *local_disk_name(StepRun *run, const LocalDisk *disk)
{
	return arena_printf(run->arena, "local%" PRId64, disk->seq);
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

static const char *bus_of(const char *asked)
{
	return asked ? asked : DEFAULT_BUS;
}

static DiskDevice device_of(const Attachment *attachment)
{
	return attachment->device_type
		       ? (DiskDevice)enum_value(&disk_device_names, attachment->device_type)
		       : DISK_DEVICE_DISK;
}

/* Where the backend has put the volume, or where the attachment says that it is. */
static int disk_source(StepRun *run, const ServerDisk *disk, ConnectionSource *ret, Fault *f)
{
	BackendPath path;
	int r;

	r = volume_use(run, disk, &path, f);
	if (r == BACKEND_NO_VOLUME)
		return step_give_up(f, "volume %s has no data on this host", disk->volume->id);
	if (r)
		return fault_unexpected(f, r);
	if (!path.remote) {
		*ret = (ConnectionSource){
			.path = path.path,
			.format = path.format,
			.is_block = path.is_block,
		};
		return 0;
	}
	if (connection_source(run->arena, disk->attachment->connection_info, ret, f))
		return STEP_GIVE_UP; /* what was written down does not change */
	return 0;
}

int disk_spec_make(StepRun *run, const ServerDisk *disk, DiskSpec *ret, Fault *f)
{
	const Attachment *attachment = disk->attachment;
	const char *target = str_after(attachment->device, "/dev/");
	ConnectionSource source = {0};
	int r;

	if (!target)
		return step_give_up(f, "attachment %s has no device name", attachment->id);
	r = disk_source(run, disk, &source, f);
	if (r)
		return r;
	*ret = (DiskSpec){
		.alias = disk_alias(run->arena, attachment),
		.target = target,
		.bus = bus_of(attachment->disk_bus),
		.device = device_of(attachment),
		.boot_order = (int)attachment->boot_index + 1,
		.serial = disk->volume->id,
		.path = source.path,
		.network = source.network,
		.format = source.format,
		.is_block = source.is_block,
		.readonly = attachment->mode == ATTACH_MODE_RO || disk->volume->readonly ||
			    source.readonly,
		.shareable = disk->volume->multiattach,
	};
	connection_tune(run->arena, attachment->connection_info, &ret->tune);
	rescue_move(run, ret);
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
		.alias = ROOT_ALIAS,
		.target = run->server->root_device ? str_after(run->server->root_device, "/dev/")
						   : ROOT_TARGET,
		.bus = bus_of(run->server->root_bus),
		.path = path,
		.format = run->server->root_format,
		.boot_order = 1,
	};
	rescue_move(run, ret);
	return 0;
}

static int local_spec_make(StepRun *run, const LocalDisk *disk, DiskSpec *ret, Fault *f)
{
	const char *path;
	int r = depot_disk_path(run->config->depot, run->server->id, local_disk_name(run, disk),
				run->arena, &path, f);

	if (r)
		return fault_unexpected(f, r);
	*ret = (DiskSpec){
		.alias = arena_printf(run->arena, "ua-%s", disk->id),
		.target = str_after(disk->device, "/dev/"),
		.bus = bus_of(disk->disk_bus),
		.path = path,
		.format = DISK_FORMAT_RAW,
	};
	rescue_move(run, ret);
	return 0;
}

static bool is_root(const ServerDisk *disk)
{
	return disk->attachment->boot_index == 0;
}

/* The root volume, or NULL: the root disk is the server's own. */
static const ServerDisk *find_root(const StepRun *run)
{
	for (size_t i = 0; i < run->disk_count; i++)
		if (is_root(&run->disks[i]))
			return &run->disks[i];
	return NULL;
}

static int disks_make(StepRun *run, DomainSpec *spec, Fault *f)
{
	DiskSpec *disks = ARENA_ARRAY(run->arena, DiskSpec, 3 + run->local_count + run->disk_count);
	const ServerDisk *root = find_root(run);
	size_t n = 0;
	int r = is_rescued(run->server) ? rescue_spec_make(run, &disks[n++], f) : 0;

	if (!r && root)
		r = disk_spec_make(run, root, &disks[n++], f);
	else if (!r)
		r = root_spec_make(run, &disks[n++], f);
	for (size_t i = 0; !r && i < run->local_count; i++)
		r = local_spec_make(run, run->locals[i], &disks[n++], f);
	for (size_t i = 0; !r && i < run->disk_count; i++)
		if (!is_root(&run->disks[i]))
			r = disk_spec_make(run, &run->disks[i], &disks[n++], f);
	if (!r && drive_is_wanted(run->server))
		drive_spec_make(run, &disks[n++]);
	spec->disks = disks;
	spec->disk_count = n;
	return r;
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
	const Server *server = run->server;
	bool rescued = is_rescued(server);
	const char *args = rescued ? server->rescue_kernel_args : server->kernel_args;
	int r = image_file(run, rescued ? server->rescue_kernel_id : server->kernel_id,
			   &spec->kernel_path, f);

	if (!r)
		r = image_file(run, rescued ? server->rescue_ramdisk_id : server->ramdisk_id,
			       &spec->ramdisk_path, f);
	if (!r && spec->kernel_path)
		spec->kernel_args = str_empty(args) ? DEFAULT_KERNEL_ARGS : args;
	return r;
}

/* As the flavor wants the pages of its memory. */
static int pages_make(StepRun *run, DomainSpec *spec, Fault *f)
{
	const HostTraits *traits = hypervisor_traits(run->config->hypervisor);
	JsonTextMap specs = json_text_map(run->arena, run->server->flavor_extra_specs);
	int64_t wish;

	for (size_t i = 0; i < specs.count; i++)
		if (str_eq(specs.pairs[i].key, PAGE_SIZE_SPEC) &&
		    (!page_size_parse(specs.pairs[i].value, &wish) ||
		     !page_size_choose(wish, traits->page_kib, spec->ram_mib, &spec->page_kib)))
			return step_give_up(f, "Page size %s is not supported by the host.",
					    specs.pairs[i].value);
	return 0;
}

static int network_make(StepRun *run, DomainSpec *spec, Fault *f)
{
	const EngineConfig *config = run->config;
	const Server *server = run->server;
	char mac[DOMAIN_MAC_TEXT];
	TapSpec *tap;

	spec->network = !str_eq(server->networks, "none");
	if (!server->address) {
		if (spec->network && config->guest_relay)
			spec->relay =
				config->guest_relay(config->guest_ctx, run->arena, server->id);
		return 0;
	}
	if (!config->network)
		return step_give_up(f,
				    "The server has the address %s on a network that this host no "
				    "longer has.",
				    server->address);
	tap = ARENA_NEW(run->arena, TapSpec);
	*tap = (TapSpec){
		.bridge = config->network->bridge,
		.mac = arena_strdup(run->arena, server_mac(server, mac)),
		.address = server->address,
		.filter = config->network->filter,
	};
	spec->tap = tap;
	return 0;
}

int domain_spec_make(StepRun *run, DomainSpec *ret, Fault *f)
{
	const Server *server = run->server;
	int r;

	*ret = (DomainSpec){
		.id = server->id,
		.name = arena_printf(run->arena, DOMAIN_NAME_FORMAT, server->id),
		.title = server->name,
		.ram_mib = server->ram_mib,
		.vcpus = server->vcpus,
		.console_path = guest_console_path(run),
		.channel_path = guest_channel_path(run),
		.filesystems = run->filesystems,
		.filesystem_count = run->filesystem_count,
	};
	r = network_make(run, ret, f);
	if (!r)
		r = pages_make(run, ret, f);
	if (!r)
		r = kernel_make(run, ret, f);
	return r ? r : disks_make(run, ret, f);
}
