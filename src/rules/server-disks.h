/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * What disks a new server gets: what the request asks for, what its image brings along and what its
 * flavor gives, put together and held against the rules. Whether the volumes, snapshots and images
 * that are named exist is another matter.
 */
#pragma once

#include "base/arena.h"
#include "model/server.h"
#include "rules/refusal.h"

typedef enum DiskSource {
	DISK_OF_NOTHING,
	DISK_OF_IMAGE,
	DISK_OF_SNAPSHOT,
	DISK_OF_VOLUME,
	_DISK_SOURCE_MAX,
} DiskSource;

extern const EnumNames disk_source_names; /* "blank", "image", "snapshot", "volume" */

enum { DISK_BOOT_NEVER = -1 };

#define DISK_FORMAT_SWAP "swap" /* the guest_format of swap */

/* One disk as it is asked for. */
typedef struct DiskWish {
	DiskSource source;
	bool local;            /* on the host, else a volume */
	const char *source_id; /* NULL or "": not said */
	int64_t boot_index;    /* 0: the root disk; DISK_BOOT_NEVER */
	int64_t size;          /* GiB, of swap MiB; 0: not said */
	bool delete_on_termination;
	bool dropped;            /* what the image has under that device name is not wanted */
	const char *device_name; /* only tells disks of the image from others */
	const char *guest_format;
	const char *disk_bus;
	const char *device_type;
	const char *tag;
	const char *volume_type;
} DiskWish;

typedef struct DiskWishes {
	const DiskWish *items;
	size_t count;
	bool indexed; /* in the form that knows boot indexes */
} DiskWishes;

/* What the rest of the request says. */
typedef struct DiskFrame {
	const char *image_id;     /* that it is to be made from, or NULL */
	const DiskWish *of_image; /* disks that the image brings along */
	size_t of_image_count;
	const Flavor *flavor;
} DiskFrame;

typedef struct DiskPlan {
	const DiskWish *disks; /* the root disk first, then local ones, then volumes */
	size_t count;
} DiskPlan;

/*
 * Put the disks together, in the arena. Every local one has a size but an image's root disk, and
 * every volume has one that needs it. 0 or REFUSAL_BAD_INPUT with the sentence.
 */
_must_use_ int server_disks_plan(Arena *arena, const DiskFrame *frame, const DiskWishes *asked,
				 DiskPlan *ret, RefusalData *ret_refused);
