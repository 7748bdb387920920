/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Block device mappings of a create request, in both forms. What they mean together with the
 * image and the flavor is the rules' matter.
 */
#include "api/compute/server-mappings.h"

typedef struct Mapping {
	const char *source_type;
	const char *destination_type;
	const char *uuid;
	const char *boot_index;
	int64_t volume_size;
	bool delete_on_termination;
	const char *no_device;
	const char *device_name;
	const char *disk_bus;
	const char *device_type;
	const char *guest_format;
	const char *tag;
	const char *volume_type;
	const char *volume_id;
	const char *snapshot_id;
	const char *image_id;
	const char *virtual_name;
	const char *connection_info;
} Mapping;

static const char *const source_types[] = {"volume", "image", "snapshot", "blank", NULL};
static const char *const destination_types[] = {"local", "volume", NULL};

/* Members that both forms have. */
#define COMMON_ROWS                                                                                \
	{.name = "volume_id",                                                                      \
	 .type = JSON_TEXT,                                                                        \
	 .min = 1,                                                                                 \
	 .max = LIMIT_NAME_CHARS,                                                                  \
	 .offset = offsetof(Mapping, volume_id)},                                                  \
		{.name = "snapshot_id",                                                            \
		 .type = JSON_TEXT,                                                                \
		 .min = 1,                                                                         \
		 .max = LIMIT_NAME_CHARS,                                                          \
		 .offset = offsetof(Mapping, snapshot_id)},                                        \
		{.name = "volume_size",                                                            \
		 .type = JSON_INT_LOOSE,                                                           \
		 .min = 1,                                                                         \
		 .max = INT32_MAX,                                                                 \
		 .offset = offsetof(Mapping, volume_size)},                                        \
		{.name = "delete_on_termination",                                                  \
		 .type = JSON_BOOL_LOOSE,                                                          \
		 .offset = offsetof(Mapping, delete_on_termination)},                              \
		{.name = "device_name",                                                            \
		 .type = JSON_TEXT,                                                                \
		 .format = JSON_FORMAT_DISK_NAME,                                                  \
		 .min = 1,                                                                         \
		 .max = LIMIT_NAME_CHARS,                                                          \
		 .offset = offsetof(Mapping, device_name)},                                        \
		{.name = "no_device", .type = JSON_ANY, .offset = offsetof(Mapping, no_device)},   \
		{.name = "virtual_name",                                                           \
		 .type = JSON_TEXT,                                                                \
		 .min = 1,                                                                         \
		 .max = LIMIT_NAME_CHARS,                                                          \
		 .offset = offsetof(Mapping, virtual_name)},                                       \
	{                                                                                          \
		.name = "connection_info", .type = JSON_TEXT, .min = 1, .max = LIMIT_NAME_CHARS,   \
		.offset = offsetof(Mapping, connection_info)                                       \
	}

static const JsonField legacy_rows[] = {COMMON_ROWS};

static const JsonField rows[] = {
	COMMON_ROWS,
	{.name = "source_type",
	 .type = JSON_TEXT,
	 .choices = source_types,
	 .offset = offsetof(Mapping, source_type)},
	{.name = "destination_type",
	 .type = JSON_TEXT,
	 .choices = destination_types,
	 .offset = offsetof(Mapping, destination_type)},
	{.name = "uuid",
	 .type = JSON_TEXT,
	 .format = JSON_FORMAT_SPEC_KEY,
	 .min = 1,
	 .max = LIMIT_NAME_CHARS,
	 .offset = offsetof(Mapping, uuid)},
	{.name = "image_id",
	 .type = JSON_TEXT,
	 .min = 1,
	 .max = LIMIT_NAME_CHARS,
	 .offset = offsetof(Mapping, image_id)},
	{.name = "boot_index",
	 .type = JSON_TEXT_LOOSE,
	 .format = JSON_FORMAT_NUMBER,
	 .flags = JSON_NULLABLE,
	 .offset = offsetof(Mapping, boot_index)},
	{.name = "disk_bus",
	 .type = JSON_TEXT,
	 .max = LIMIT_NAME_CHARS,
	 .offset = offsetof(Mapping, disk_bus)},
	{.name = "device_type",
	 .type = JSON_TEXT,
	 .max = LIMIT_NAME_CHARS,
	 .offset = offsetof(Mapping, device_type)},
	{.name = "guest_format",
	 .type = JSON_TEXT,
	 .max = LIMIT_NAME_CHARS,
	 .offset = offsetof(Mapping, guest_format)},
	{.name = "tag",
	 .type = JSON_TEXT,
	 .format = JSON_FORMAT_TAG,
	 .since = V(32),
	 .until = V(32),
	 .min = 1,
	 .max = LIMIT_TAG_CHARS,
	 .offset = offsetof(Mapping, tag)},
	{.name = "tag",
	 .type = JSON_TEXT,
	 .format = JSON_FORMAT_TAG,
	 .since = V(42),
	 .min = 1,
	 .max = LIMIT_TAG_CHARS,
	 .offset = offsetof(Mapping, tag)},
	{.name = "volume_type",
	 .type = JSON_TEXT,
	 .flags = JSON_NULLABLE,
	 .since = V(67),
	 .max = LIMIT_NAME_CHARS,
	 .offset = offsetof(Mapping, volume_type)},
};

const JsonFields compute_mapping_legacy_fields = JSON_FIELDS(legacy_rows, Mapping);
const JsonFields compute_mapping_fields = JSON_FIELDS(rows, Mapping);

/* The schema lets anything through; clients send true, or a word for it. */
static bool is_true(const char *json)
{
	static const char *const words[] = {
		"true",    "1",      "\"true\"", "\"True\"", "\"TRUE\"", "\"1\"", "\"yes\"",
		"\"Yes\"", "\"on\"", "\"On\"",   "\"YES\"",  "\"ON\"",   NULL};

	for (const char *const *word = words; json && *word; word++)
		if (str_eq(json, *word))
			return true;
	return false;
}

/* Ids in any spelling; what is none is found by nobody. */
static const char *id_of(ApiRequest *r, const char *text)
{
	char canonical[UUID_TEXT];

	return text && uuid_canonical(text, canonical) ? arena_strdup(r->arena, canonical) : text;
}

static const char *or_null(const char *text)
{
	return str_empty(text) ? NULL : text;
}

/* What both forms say of a disk. */
static DiskWish wish_common(const Mapping *mapping)
{
	return (DiskWish){
		.boot_index = DISK_BOOT_NEVER,
		.size = mapping->volume_size,
		.delete_on_termination = mapping->delete_on_termination,
		.dropped = is_true(mapping->no_device),
		.device_name = mapping->device_name,
	};
}

static DiskWish wish_of(ApiRequest *r, const Mapping *mapping)
{
	DiskWish wish = wish_common(mapping);
	int64_t index;

	wish.source = mapping->source_type
			      ? (DiskSource)enum_value(&disk_source_names, mapping->source_type)
			      : DISK_OF_NOTHING;
	wish.local = mapping->destination_type
			     ? str_eq(mapping->destination_type, "local")
			     : wish.source == DISK_OF_IMAGE || wish.source == DISK_OF_NOTHING;
	wish.source_id = id_of(r, mapping->uuid);
	if (mapping->boot_index && str_parse_i64(mapping->boot_index, &index) && index >= 0)
		wish.boot_index = index;
	wish.guest_format = or_null(mapping->guest_format);
	wish.disk_bus = or_null(mapping->disk_bus);
	wish.device_type = or_null(mapping->device_type);
	wish.tag = mapping->tag;
	wish.volume_type = or_null(mapping->volume_type);
	return wish;
}

/* The older form says what a disk is by which members it has. False: by none. */
static bool wish_of_legacy(ApiRequest *r, const Mapping *mapping, DiskWish *ret)
{
	DiskWish wish = wish_common(mapping);

	if (mapping->virtual_name) {
		wish.local = true;
		wish.guest_format = str_eq(mapping->virtual_name, "swap") ? DISK_FORMAT_SWAP : NULL;
	} else if (mapping->snapshot_id) {
		wish.source = DISK_OF_SNAPSHOT;
		wish.source_id = id_of(r, mapping->snapshot_id);
	} else if (mapping->volume_id) {
		wish.source = DISK_OF_VOLUME;
		wish.source_id = id_of(r, mapping->volume_id);
	} else if (!wish.dropped) {
		return false;
	}
	*ret = wish;
	return true;
}

const char *compute_read_mappings(ApiRequest *r, const JsonList *mappings, const JsonList *legacy,
				  DiskWishes *ret)
{
	const JsonList *list = legacy->count ? legacy : mappings;
	const Mapping *items = list->items;
	DiskWish *wishes = ARENA_ARRAY(r->arena, DiskWish, MAX(list->count, 1));

	if (legacy->count && mappings->count)
		return "Using different block_device_mapping syntaxes is not allowed in the same "
		       "request.";
	for (size_t i = 0; i < list->count; i++)
		if (mappings->count)
			wishes[i] = wish_of(r, &items[i]);
		else if (!wish_of_legacy(r, &items[i], &wishes[i]))
			return "Block Device Mapping is Invalid: Unrecognized legacy format.";
	*ret = (DiskWishes){
		.items = wishes,
		.count = list->count,
		.indexed = mappings->count > 0,
	};
	return NULL;
}
