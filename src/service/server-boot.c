/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * See server-boot.h.
 */
#include "service/server-boot.h"

#include "base/str.h"
#include "service/image.h"
#include "service/keypair.h"
#include "service/priv.h"
#include "service/text-map.h"

#include <inttypes.h>

static int refuse(Work *work, Refusal refusal, const char *id, const char *sentence)
{
	work->refused = (RefusalData){.id = id, .value = sentence};
	return (int)refusal;
}

int boot_check_image(Work *work, const Image *image)
{
	if (image->status != IMAGE_ACTIVE)
		return refuse(work, REFUSAL_IMAGE_UNUSABLE, image->id,
			      arena_printf(work->arena, "Image %s is not active.", image->id));
	if (image->disk_format != DISK_FORMAT_RAW && image->disk_format != DISK_FORMAT_QCOW2)
		return refuse(work, REFUSAL_IMAGE_UNUSABLE, image->id,
			      arena_printf(work->arena,
					   "Image %s is unacceptable: it is not a disk image.",
					   image->id));
	return 0;
}

int boot_check_memory(Work *work, const Image *image, const Flavor *flavor)
{
	if (flavor->ram_mib >= image->min_ram_mib)
		return 0;
	return refuse(work, REFUSAL_FLAVOR_TOO_SMALL, flavor->id,
		      "Flavor's memory is too small for requested image.");
}

int boot_check_fit(Work *work, const Image *image, const Flavor *flavor)
{
	int64_t disk_bytes = flavor->disk_gib << 30;
	int64_t image_bytes = MAX(image->virtual_size_bytes, image->size_bytes);
	int r = boot_check_memory(work, image, flavor);

	if (r || flavor->disk_gib == 0)
		return r; /* the disk is as large as the image */
	if (image_bytes > disk_bytes)
		return refuse(
			work, REFUSAL_FLAVOR_TOO_SMALL, flavor->id,
			arena_printf(work->arena,
				     "Flavor's disk is too small for requested image. Flavor disk "
				     "is %" PRId64 " bytes, image is %" PRId64 " bytes.",
				     disk_bytes, image_bytes));
	if (flavor->disk_gib < image->min_disk_gib)
		return refuse(
			work, REFUSAL_FLAVOR_TOO_SMALL, flavor->id,
			arena_printf(work->arena,
				     "Flavor's disk is smaller than the minimum size specified in "
				     "image metadata. Flavor disk is %" PRId64
				     " bytes, minimum size is %" PRId64 " bytes.",
				     disk_bytes, image->min_disk_gib << 30));
	return 0;
}

/*
 * The kernel or ramdisk that an image's property names, or NULL when it names none. Whoever made
 * the image wrote the property: it is held against what the caller may see, like any id of a
 * request.
 */
static int find_boot_image(Work *work, const Image *image, const char *property, DiskFormat format,
			   const char **ret_id, Fault *f)
{
	const char *id = text_map_value(work->arena, image->properties, property);
	Image *found;
	int r;

	*ret_id = NULL;
	if (str_empty(id))
		return 0;
	r = service_find_image(work, id, &found, f);
	if (r < 0)
		return r;
	if (r || found->status != IMAGE_ACTIVE || (DiskFormat)found->disk_format != format)
		return refuse(work, REFUSAL_IMAGE_UNUSABLE, image->id,
			      arena_printf(work->arena,
					   "Image %s is unacceptable: its %s %s cannot be used.",
					   image->id, property, id));
	*ret_id = found->id;
	return 0;
}

int boot_find(Work *work, const Image *image, BootSource *ret, Fault *f)
{
	BootSource boot = {
		.image_id = image->id,
		.kernel_args = text_map_value(work->arena, image->properties, "os_command_line"),
		.properties = image->properties,
		.format = image->disk_format,
	};
	int r = find_boot_image(work, image, "kernel_id", DISK_FORMAT_AKI, &boot.kernel_id, f);

	if (!r)
		r = find_boot_image(work, image, "ramdisk_id", DISK_FORMAT_ARI, &boot.ramdisk_id,
				    f);
	if (!r)
		*ret = boot;
	return r;
}

void server_set_boot(Server *server, const BootSource *boot)
{
	server->image_id = boot->image_id;
	server->image_properties = boot->properties;
	server->kernel_id = boot->kernel_id;
	server->ramdisk_id = boot->ramdisk_id;
	server->kernel_args = boot->kernel_args;
	server->root_format = boot->format;
}

void server_set_flavor(Server *server, const Flavor *flavor)
{
	server->flavor_id = flavor->id;
	server->flavor_name = flavor->name;
	server->ram_mib = flavor->ram_mib;
	server->vcpus = flavor->vcpus;
	server->disk_gib = flavor->disk_gib;
	server->ephemeral_gib = flavor->ephemeral_gib;
	server->swap_mib = flavor->swap_mib;
	server->flavor_extra_specs = flavor->extra_specs;
}

int server_find_key(Work *work, const char *name, const char **ret_public_key, Fault *f)
{
	Keypair *keypair;
	int r;

	*ret_public_key = NULL;
	if (!name)
		return 0;
	r = service_find_keypair(work, work->caller->user_id, name, &keypair, f);
	if (r == REFUSAL_NO_KEYPAIR)
		return work_refuse(work, REFUSAL_BAD_INPUT, "Invalid key_name provided.");
	if (!r)
		*ret_public_key = keypair->public_key;
	return r;
}
