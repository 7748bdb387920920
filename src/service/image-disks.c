/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * What disks an image brings along: images that were made of servers with volumes name snapshots
 * of them in a property. Whoever made the image wrote it, so it is read like a request.
 */
#include "service/image-disks.h"
#include "base/str.h"
#include "service/priv.h"
#include "service/text-map.h"
#include "json/json.h"

/* In the form of the journal of whoever wrote it: members that are not known are of no use here. */
typedef struct ImageDisk {
	const char *source_type;
	const char *destination_type;
	const char *snapshot_id;
	const char *volume_id;
	const char *image_id;
	const char *boot_index;
	int64_t volume_size;
	bool delete_on_termination;
	bool no_device;
	const char *device_name;
	const char *guest_format;
	const char *disk_bus;
	const char *device_type;
	const char *volume_type;
} ImageDisk;

#define TEXT(member)                                                                               \
	{                                                                                          \
		.name = #member, .type = JSON_TEXT, .flags = JSON_NULLABLE,                        \
		.offset = offsetof(ImageDisk, member)                                              \
	}
#define BOOL(member)                                                                               \
	{                                                                                          \
		.name = #member, .type = JSON_BOOL_LOOSE, .flags = JSON_NULLABLE,                  \
		.offset = offsetof(ImageDisk, member)                                              \
	}

static const JsonField image_disk_rows[] = {
	TEXT(source_type),
	TEXT(destination_type),
	TEXT(snapshot_id),
	TEXT(volume_id),
	TEXT(image_id),
	{.name = "boot_index",
	 .type = JSON_TEXT_LOOSE,
	 .flags = JSON_NULLABLE,
	 .offset = offsetof(ImageDisk, boot_index)},
	{.name = "volume_size",
	 .type = JSON_INT_LOOSE,
	 .flags = JSON_NULLABLE,
	 .offset = offsetof(ImageDisk, volume_size)},
	BOOL(delete_on_termination),
	BOOL(no_device),
	TEXT(device_name),
	TEXT(guest_format),
	TEXT(disk_bus),
	TEXT(device_type),
	TEXT(volume_type),
};
static const JsonFields image_disk_fields = {
	.rows = image_disk_rows,
	.count = ARRAY_SIZE(image_disk_rows),
	.size = sizeof(ImageDisk),
	.open = true,
};

static int unreadable(Work *work, const Image *image)
{
	return work_refuse(work, REFUSAL_IMAGE_UNUSABLE,
			   "Image %s is unacceptable: its block_device_mapping cannot be read.",
			   image->id);
}

/* The older form names no source: what it names an id of is the source. */
static DiskSource source_of(const ImageDisk *disk)
{
	int source = disk->source_type ? enum_value(&disk_source_names, disk->source_type) : -1;

	if (source >= 0)
		return (DiskSource)source;
	if (disk->snapshot_id)
		return DISK_OF_SNAPSHOT;
	return disk->volume_id ? DISK_OF_VOLUME : DISK_OF_NOTHING;
}

static const char *source_id_of(const ImageDisk *disk, DiskSource source)
{
	switch (source) {
	case DISK_OF_SNAPSHOT:
		return disk->snapshot_id;
	case DISK_OF_VOLUME:
		return disk->volume_id;
	case DISK_OF_IMAGE:
		return disk->image_id;
	case DISK_OF_NOTHING:
	case _DISK_SOURCE_MAX:
		break;
	}
	return NULL;
}

/* In the older form the device's name says which one is the root disk. */
static int64_t boot_index_of(const ImageDisk *disk, bool named)
{
	const char *name = disk->device_name ? str_after(disk->device_name, "/dev/") : NULL;
	int64_t index;

	if (disk->boot_index && str_parse_i64(disk->boot_index, &index) && index >= 0)
		return index;
	if (!named)
		return DISK_BOOT_NEVER;
	return str_eq(name ? name : disk->device_name, "vda") ? 0 : DISK_BOOT_NEVER;
}

static DiskWish wish_of(const ImageDisk *disk, bool named)
{
	DiskSource source = source_of(disk);
	bool is_copy = source == DISK_OF_SNAPSHOT || source == DISK_OF_VOLUME;

	return (DiskWish){
		.source = source,
		.local =
			disk->destination_type ? str_eq(disk->destination_type, "local") : !is_copy,
		.source_id = source_id_of(disk, source),
		.boot_index = boot_index_of(disk, named),
		.size = disk->volume_size,
		.delete_on_termination = disk->delete_on_termination,
		.dropped = disk->no_device,
		.device_name = disk->device_name,
		.guest_format = disk->guest_format,
		.disk_bus = disk->disk_bus,
		.device_type = disk->device_type,
		.volume_type = source == DISK_OF_VOLUME ? NULL : disk->volume_type,
	};
}

int image_disks_read(Work *work, const Image *image, const DiskWish **ret, size_t *ret_count)
{
	const char *json = text_map_value(work->arena, image->properties, "block_device_mapping");
	bool named = !text_map_value(work->arena, image->properties, "bdm_v2");
	_cleanup_(json_doc_freep) JsonDoc *doc = NULL;
	DiskWish *wishes;
	int64_t count;

	*ret_count = 0;
	if (str_empty(json))
		return 0;
	if (json_parse(work->arena, json, strlen(json), &doc, NULL) || json_is_object(doc))
		return unreadable(work, image);
	count = json_get_count(doc, "");
	if (count < 0 || count > IMAGE_DISKS_MAX)
		return unreadable(work, image);
	wishes = ARENA_ARRAY(work->arena, DiskWish, (size_t)MAX(count, 1));
	for (int64_t i = 0; i < count; i++) {
		const char *item = json_get_raw_at(work->arena, doc, "", (size_t)i);
		_cleanup_(json_doc_freep) JsonDoc *one = NULL;
		JsonProblem problem;
		void *disk;

		if (json_parse(work->arena, item, strlen(item), &one, NULL) ||
		    !json_is_object(one) ||
		    json_decode(work->arena, one, &image_disk_fields, 0, &disk, &problem))
			return unreadable(work, image);
		wishes[i] = wish_of(disk, named);
	}
	*ret = wishes;
	*ret_count = (size_t)count;
	return 0;
}
