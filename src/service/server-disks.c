/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * See server-disks.h.
 *
 * A volume that was there is reserved by an attachment, as anybody would reserve it. One that is to
 * be made is written in creating, as by the block storage API, and has its attachment from the
 * start: when it is made, it is reserved. From then on both kinds are the same.
 */
#include "service/server-disks.h"

#include "base/str.h"
#include "service/image-disks.h"
#include "service/image.h"
#include "service/priv.h"
#include "service/snapshot.h"
#include "service/text-map.h"
#include "service/volume.h"

#define INVALID "Block Device Mapping is Invalid: "

static bool is_root(const NewDisk *disk)
{
	return disk->wish->boot_index == 0;
}

/* --- what they are made of --- */

static int not_found(Work *work, const char *what, const char *id)
{
	return work_refuse(work, REFUSAL_BAD_INPUT, INVALID "failed to get %s %s.", what, id);
}

/* What an image said when the volume was made of it; nothing else is known of what is on it. */
static const Image *remembered_image(Work *work, const Volume *volume)
{
	const char *ram = text_map_value(work->arena, volume->image_metadata, "min_ram");
	Image *image = ARENA_NEW(work->arena, Image);

	*image = (Image){.id = volume->id, .properties = volume->image_metadata};
	if (ram && !str_parse_i64(ram, &image->min_ram_mib))
		image->min_ram_mib = 0; /* it is a user's to write */
	return image;
}

static int find_volume(Work *work, const ServerWish *wish, NewDisk *disk, const Image **ret_boot,
		       Fault *f)
{
	const char *id = disk->wish->source_id;
	int r = service_find_volume(work, id, &disk->volume, f);

	if (r)
		return r < 0 ? r : not_found(work, "volume", id);
	if (disk->volume->multiattach && !wish->allow_multiattach) {
		work->refused = (RefusalData){.id = id};
		return REFUSAL_VOLUME_MULTIATTACH;
	}
	if (!is_root(disk))
		return 0;
	if (!disk->volume->bootable)
		return work_refuse(work, REFUSAL_BAD_INPUT, "Block Device %s is not bootable.", id);
	if (disk->volume->multiattach && wish->count > 1)
		return work_refuse(work, REFUSAL_BAD_INPUT,
				   "Several servers cannot boot from the same volume %s.", id);
	*ret_boot = remembered_image(work, disk->volume);
	return 0;
}

static int find_snapshot(Work *work, const NewDisk *disk, const Image **ret_boot, Fault *f)
{
	Snapshot *snapshot;
	Volume *volume;
	int r = service_find_snapshot(work, disk->wish->source_id, &snapshot, f);

	if (r)
		return r < 0 ? r : not_found(work, "snapshot", disk->wish->source_id);
	if (!is_root(disk))
		return 0;
	r = volume_get(work->tx, work->arena, snapshot->volume_id, &volume, f);
	if (r)
		return fault_unexpected(f, r);
	*ret_boot = remembered_image(work, volume);
	return 0;
}

static int find_image(Work *work, const NewDisk *disk, const Image **ret_boot, Fault *f)
{
	Image *image;
	int r = service_find_image(work, disk->wish->source_id, &image, f);

	if (r)
		return r < 0 ? r : not_found(work, "image", disk->wish->source_id);
	if (is_root(disk))
		*ret_boot = image;
	return 0;
}

static int find_source(Work *work, const ServerWish *wish, NewDisk *disk, const Image **ret_boot,
		       Fault *f)
{
	switch (disk->wish->source) {
	case DISK_OF_VOLUME:
		return find_volume(work, wish, disk, ret_boot, f);
	case DISK_OF_SNAPSHOT:
		return find_snapshot(work, disk, ret_boot, f);
	case DISK_OF_IMAGE:
		return find_image(work, disk, ret_boot, f);
	case DISK_OF_NOTHING:
	case _DISK_SOURCE_MAX:
		break;
	}
	return 0;
}

/* --- what they are called --- */

/* Only local disks that are blank have a file system from us. */
static int check_guest_format(Work *work, const DiskWish *wish)
{
	static const char *const known[] = {DISK_FORMAT_SWAP, "ext2", "ext3", "ext4"};

	if (!wish->local || wish->source != DISK_OF_NOTHING || !wish->guest_format)
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		if (str_eq(wish->guest_format, known[i]))
			return 0;
	return work_refuse(work, REFUSAL_BAD_INPUT, INVALID "guest_format '%s' is not available.",
			   wish->guest_format);
}

static int check_device_type(Work *work, const NewDisk *disk)
{
	const char *type = disk->wish->device_type;

	if (!type || str_eq(type, "disk"))
		return 0;
	if (disk->wish->local || enum_value(&disk_device_names, type) < 0)
		return work_refuse(work, REFUSAL_BAD_INPUT,
				   INVALID "device_type '%s' is not available.", type);
	if (str_eq(disk->bus, "scsi") || (str_eq(type, "cdrom") && str_eq(disk->bus, "sata")))
		return 0;
	return work_refuse(work, REFUSAL_BAD_INPUT,
			   INVALID "a %s cannot be on bus '%s': use 'scsi'.", type,
			   disk->bus ? disk->bus : "virtio");
}

/* What the image says of its disks is heeded where it can be. */
static int choose_bus(Work *work, const Image *boot, NewDisk *disk)
{
	const char *usual =
		boot ? text_map_value(work->arena, boot->properties, "hw_disk_bus") : NULL;

	if (disk->wish->disk_bus && !disk_bus_is_known(disk->wish->disk_bus))
		return work_refuse(work, REFUSAL_BAD_INPUT,
				   INVALID "disk_bus '%s' is not available.", disk->wish->disk_bus);
	disk->bus = disk->wish->disk_bus;
	if (!disk->bus && usual && disk_bus_is_known(usual))
		disk->bus = usual;
	return 0;
}

static int name_disks(Work *work, ServerDisks *disks)
{
	const char **taken = ARENA_ARRAY(work->arena, const char *, disks->count);

	if (work->settings->max_disks >= 0 && (int64_t)disks->count > work->settings->max_disks) {
		work->refused = (RefusalData){.limit = work->settings->max_disks};
		return REFUSAL_TOO_MANY_DISKS;
	}
	for (size_t i = 0; i < disks->count; i++) {
		NewDisk *disk = &disks->disks[i];
		char name[DEVICE_NAME_TEXT];
		int r;

		r = choose_bus(work, disks->boot, disk);
		if (!r)
			r = check_guest_format(work, disk->wish);
		if (!r)
			r = check_device_type(work, disk);
		if (r)
			return r;
		device_name_free_on(disk->bus, taken, i, name);
		disk->device = taken[i] = arena_strdup(work->arena, name);
	}
	return 0;
}

/* --- finding --- */

static int make_plan(Work *work, const ServerWish *wish, const Flavor *flavor, const Image *image,
		     DiskPlan *ret)
{
	DiskFrame frame = {.image_id = wish->image_id, .flavor = flavor};
	int r = 0;

	if (image)
		r = image_disks_read(work, image, &frame.of_image, &frame.of_image_count);
	return r ? r : server_disks_plan(work->arena, &frame, &wish->disks, ret, &work->refused);
}

int server_disks_find(Work *work, const ServerWish *wish, const Flavor *flavor, ServerDisks *ret,
		      Fault *f)
{
	Image *image = NULL;
	DiskPlan plan;
	int r = 0;

	*ret = (ServerDisks){0};
	if (wish->image_id)
		r = service_find_image(work, wish->image_id, &image, f);
	if (!r)
		r = make_plan(work, wish, flavor, image, &plan);
	if (r)
		return r;
	ret->disks = ARENA_ARRAY(work->arena, NewDisk, plan.count);
	ret->count = plan.count;
	for (size_t i = 0; !r && i < plan.count; i++) {
		ret->disks[i] = (NewDisk){.wish = &plan.disks[i]};
		ret->has_volumes = ret->has_volumes || !plan.disks[i].local;
		r = find_source(work, wish, &ret->disks[i], &ret->boot, f);
	}
	return r ? r : name_disks(work, ret);
}

int server_disks_check(Work *work, const ServerDisks *disks, const Flavor *flavor)
{
	int r;

	if (!disks->boot)
		return 0;
	if (!disks->disks[0].wish->local)
		return boot_check_memory(work, disks->boot, flavor);
	r = boot_check_image(work, disks->boot);
	return r ? r : boot_check_fit(work, disks->boot, flavor);
}

int server_disks_boot(Work *work, const ServerDisks *disks, BootSource *ret, Fault *f)
{
	static const Image nothing = {0};
	int r = boot_find(work, disks->boot ? disks->boot : &nothing, ret, f);

	if (!r && !disks->disks[0].wish->local)
		ret->image_id = NULL;
	return r;
}

/* --- writing --- */

static int write_local(Work *work, const NewDisk *disk, const Server *server, size_t seq, Fault *f)
{
	bool is_swap = str_eq(disk->wish->guest_format, DISK_FORMAT_SWAP);
	const LocalDisk row = {
		.id = new_uuid(work->arena),
		.server_id = server->id,
		.device = disk->device,
		.size_mib = is_swap ? disk->wish->size : disk->wish->size << 10,
		.guest_format = disk->wish->guest_format,
		.disk_bus = disk->bus,
		.tag = disk->wish->tag,
		.seq = (int64_t)seq,
	};

	return fault_unexpected(f, local_disk_insert(work->tx, &row, f));
}

static int reserve_volume(Work *work, Volume *volume, Fault *f)
{
	int r = volume_move(work->tx, work->arena, volume, VOLUME_EVENT_RESERVE, f);

	if (r > 0)
		work->refused = (RefusalData){
			.id = volume->id,
			.action = "reserve",
			.value = enum_name(&volume_status_names, volume->status),
		};
	return r;
}

static int make_volume(Work *work, const DiskWish *disk, Volume **ret, Fault *f)
{
	const VolumeWish wish = {
		.name = "",
		.size_gib = disk->size,
		.type = disk->volume_type,
		.snapshot_id = disk->source == DISK_OF_SNAPSHOT ? disk->source_id : NULL,
		.image_ref = disk->source == DISK_OF_IMAGE ? disk->source_id : NULL,
	};
	int r = service_create_volume(work, &wish, ret, f);

	if (r == REFUSAL_NO_VOLUME_TYPE)
		return work_refuse(work, REFUSAL_BAD_INPUT, "Volume type %s could not be found.",
				   disk->volume_type);
	if (r == REFUSAL_NO_ROOM)
		return work_refuse(work, REFUSAL_BAD_INPUT,
				   "There is no room for the volumes of the server.");
	return r;
}

static int write_attachment(Work *work, const NewDisk *disk, const Volume *volume,
			    const Server *server, Fault *f)
{
	Attachment attachment = {
		.id = new_uuid(work->arena),
		.volume_id = volume->id,
		.project_id = volume->project_id,
		.server_id = server->id,
		.mapping_id = new_uuid(work->arena),
		.status = ATTACHMENT_RESERVED,
		.mode = ATTACH_MODE_NULL,
		.tag = disk->wish->tag,
		.delete_on_termination = disk->wish->delete_on_termination,
		.boot_index = disk->wish->boot_index,
		.disk_bus = disk->bus,
		.device_type = disk->wish->device_type,
		.created_us = work->now_us,
		.updated_us = work->now_us,
	};
	int r = attach_fill(work, volume, server, disk->device, &attachment, f);

	if (!r)
		r = attachment_insert(work->tx, &attachment, f);
	if (r != RECORD_EXISTS)
		return fault_unexpected(f, r);
	work->refused = (RefusalData){.id = volume->id};
	return REFUSAL_VOLUME_ATTACHED_HERE;
}

/* The volume may be another server's of the same request, too: it is read anew. */
static int write_volume(Work *work, const NewDisk *disk, const Server *server, Fault *f)
{
	Volume *volume = NULL;
	int r;

	if (disk->volume) {
		r = service_find_volume(work, disk->volume->id, &volume, f);
		if (!r)
			r = reserve_volume(work, volume, f);
	} else {
		r = make_volume(work, disk->wish, &volume, f);
	}
	return r ? r : write_attachment(work, disk, volume, server, f);
}

int server_disks_write(Work *work, const ServerDisks *disks, const Server *server, Fault *f)
{
	int r = 0;

	for (size_t i = 0; !r && i < disks->count; i++) {
		const NewDisk *disk = &disks->disks[i];

		if (!disk->wish->local)
			r = write_volume(work, disk, server, f);
		else if (!is_root(disk))
			r = write_local(work, disk, server, i, f);
	}
	return r;
}
