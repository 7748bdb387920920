/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * cleat_disk: a record and what was found for it, as one thing that the caller frees.
 */
#include <stdlib.h>

#include "base/mem.h"
#include "base/str.h"
#include "lib/priv.h"

typedef struct OwnedDisk {
	cleat_disk disk; /* first: a cleat_disk is an OwnedDisk */
	Arena *arena;
} OwnedDisk;

static void take_record(OwnedDisk *owned, const Local *local, const LocalRecord *record)
{
	Arena *arena = owned->arena;

	owned->disk = (cleat_disk){
		.id = arena_strdup(arena, record->id),
		.attachment_id = arena_strdup(arena, record->attachment_id),
		.volume_id = arena_strdup(arena, record->volume_id),
		.identity = arena_strdup(arena, record->identity),
		.protocol = arena_strdup(arena, record->type),
		.state = local_state_name(record->state),
		.mountpoint = arena_strdup(arena, record->mountpoint),
		.last_error = arena_strdup(arena, record->last_error),
		.size = record->size_bytes,
		.readonly = str_eq(record->mode, "ro"),
	};
	if (record->state == LOCAL_CONNECTED)
		owned->disk.path = local_link(local, arena, record);
}

static void take_found(OwnedDisk *owned, const ConnectorDisk *found)
{
	Arena *arena = owned->arena;
	bool is_file = found->kind == CONNECTOR_FILE;

	owned->disk.device = arena_strdup(arena, found->path);
	owned->disk.kind = is_file ? CLEAT_DISK_FILE : CLEAT_DISK_BLOCK;
	owned->disk.format = arena_strdup(arena, found->format);
	owned->disk.identity = arena_strdup(arena, found->identity);
	owned->disk.wwn = arena_strdup(arena, found->wwn);
	owned->disk.multipath_id = arena_strdup(arena, found->multipath_id);
	owned->disk.size = found->size_bytes;
	owned->disk.paths = found->paths;
	owned->disk.degraded = found->degraded;
}

cleat_disk *lib_disk(const Local *local, const LocalRecord *record, const ConnectorDisk *found)
{
	OwnedDisk *owned = NEW(OwnedDisk);

	owned->arena = arena_new();
	take_record(owned, local, record);
	if (found)
		take_found(owned, found);
	return &owned->disk;
}

void cleat_disk_free(cleat_disk *disk)
{
	OwnedDisk *owned = (OwnedDisk *)disk;

	if (!owned)
		return;
	arena_free(owned->arena);
	free(owned);
}

void cleat_disks_free(cleat_disk **disks, size_t count)
{
	for (size_t i = 0; i < count; i++)
		cleat_disk_free(disks[i]);
	free(disks);
}
