/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * See server-disks.h. First each item is looked at alone, then the lists become one, and then the
 * whole is held against the rules: one root disk, boot indexes without gaps, no more local disks
 * than the flavor has.
 */
#include "rules/server-disks.h"

#include <stdlib.h>

#include "base/str.h"

#define INVALID "Block Device Mapping is Invalid: "
#define INVALID_BOOT_ORDER                                                                         \
	INVALID "Boot sequence for the instance and image/block device mapping combination is "    \
		"not valid."

enum { LOCALS_MAX = 3 }; /* with a root disk, a flavor's ephemeral disk and swap it is full */

static const char *const disk_sources[] = {
	[DISK_OF_NOTHING] = "blank",
	[DISK_OF_IMAGE] = "image",
	[DISK_OF_SNAPSHOT] = "snapshot",
	[DISK_OF_VOLUME] = "volume",
};
static_assert(ARRAY_SIZE(disk_sources) == _DISK_SOURCE_MAX, "a row for each");
const EnumNames disk_source_names = ENUM_NAMES(disk_sources);

typedef struct Draft {
	DiskWish *disks;
	size_t count;
} Draft;

static int refuse(RefusalData *ret, const char *sentence)
{
	*ret = (RefusalData){.value = sentence};
	return REFUSAL_BAD_INPUT;
}

static bool is_root(const DiskWish *disk)
{
	return disk->boot_index == 0;
}

static bool is_swap(const DiskWish *disk)
{
	return disk->source == DISK_OF_NOTHING && disk->local &&
	       str_eq(disk->guest_format, DISK_FORMAT_SWAP);
}

static bool is_ephemeral(const DiskWish *disk)
{
	return disk->source == DISK_OF_NOTHING && disk->local && !is_swap(disk);
}

/* --- one item alone --- */

static int check_volume_type(const DiskWish *disk, RefusalData *ret)
{
	if (!disk->volume_type)
		return 0;
	if (disk->local)
		return refuse(ret, INVALID "Specifying a volume_type with destination_type=local "
					   "is not supported.");
	if (disk->source == DISK_OF_VOLUME)
		return refuse(ret, INVALID "Specifying volume type to existing volume is not "
					   "supported.");
	return 0;
}

static int check_item(const DiskFrame *frame, const DiskWish *disk, RefusalData *ret)
{
	if (disk->source == DISK_OF_NOTHING && !str_empty(disk->source_id))
		return refuse(ret, INVALID "Invalid device UUID.");
	if (disk->source == DISK_OF_NOTHING && disk->local && is_root(disk))
		return refuse(ret, INVALID_BOOT_ORDER);
	if (disk->source != DISK_OF_NOTHING && str_empty(disk->source_id))
		return refuse(ret, INVALID "Missing device UUID.");
	if (disk->source == DISK_OF_IMAGE && disk->local &&
	    !(is_root(disk) && str_eq(disk->source_id, frame->image_id)))
		return refuse(ret, INVALID "Mapping image to local is not supported.");
	if (disk->source == DISK_OF_SNAPSHOT && disk->local)
		return refuse(ret, INVALID "Mapping snapshot to local is not supported.");
	if (disk->source == DISK_OF_VOLUME && disk->local)
		return refuse(ret, INVALID "Mapping volume to local is not supported.");
	return check_volume_type(disk, ret);
}

static int check_items(const DiskFrame *frame, const DiskWish *items, size_t count,
		       RefusalData *ret)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < count; i++)
		if (!items[i].dropped)
			r = check_item(frame, &items[i], ret);
	return r;
}

/* --- one list --- */

static void add(Draft *draft, const DiskWish *disk)
{
	draft->disks[draft->count++] = *disk;
}

static const char *short_name(const char *device_name)
{
	const char *name = device_name ? str_after(device_name, "/dev/") : NULL;

	return name ? name : device_name;
}

static bool is_same_device(const DiskWish *a, const DiskWish *b)
{
	return !str_empty(a->device_name) && !str_empty(b->device_name) &&
	       str_eq(short_name(a->device_name), short_name(b->device_name));
}

static bool has_root(const DiskWish *disks, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (is_root(&disks[i]))
			return true;
	return false;
}

/* In the older form the root disk is the one that is named so; without an image, the first one. */
static size_t legacy_root(const DiskFrame *frame, const DiskWishes *asked)
{
	static const DiskWish vda = {.device_name = "vda"};
	size_t first = asked->count;

	for (size_t i = asked->count; i > 0; i--) {
		const DiskWish *disk = &asked->items[i - 1];

		if (disk->source == DISK_OF_NOTHING || disk->dropped)
			continue;
		if (is_same_device(disk, &vda))
			return i - 1;
		first = i - 1;
	}
	return frame->image_id ? asked->count : first;
}

static void add_image_root(const DiskFrame *frame, Draft *draft)
{
	add(draft, &(DiskWish){
			   .source = DISK_OF_IMAGE,
			   .local = true,
			   .source_id = frame->image_id,
		   });
}

static void add_legacy(const DiskFrame *frame, const DiskWishes *asked, Draft *draft)
{
	bool rooted = has_root(frame->of_image, frame->of_image_count);
	size_t root = rooted ? asked->count : legacy_root(frame, asked);

	if (!rooted && root == asked->count && frame->image_id)
		add_image_root(frame, draft);
	for (size_t i = 0; i < asked->count; i++) {
		DiskWish disk = asked->items[i];

		disk.boot_index = i == root ? 0 : DISK_BOOT_NEVER;
		add(draft, &disk);
	}
}

/* Clients say themselves that the image is the root disk; what the image says of it goes before. */
static void add_asked(const DiskFrame *frame, const DiskWishes *asked, Draft *draft)
{
	bool rooted = has_root(frame->of_image, frame->of_image_count);

	if (!asked->indexed) {
		add_legacy(frame, asked, draft);
		return;
	}
	for (size_t i = 0; i < asked->count; i++)
		if (!rooted || !is_root(&asked->items[i]) ||
		    asked->items[i].source != DISK_OF_IMAGE)
			add(draft, &asked->items[i]);
}

/* What the request says of a device goes before what the image says of it. */
static void add_of_image(const DiskFrame *frame, Draft *draft)
{
	size_t asked = draft->count;

	for (size_t i = 0; i < frame->of_image_count; i++) {
		bool replaced = false;

		for (size_t k = 0; k < asked; k++)
			replaced =
				replaced || is_same_device(&draft->disks[k], &frame->of_image[i]);
		if (!replaced)
			add(draft, &frame->of_image[i]);
	}
}

static void remove_dropped(Draft *draft)
{
	size_t kept = 0;

	for (size_t i = 0; i < draft->count; i++)
		if (!draft->disks[i].dropped)
			draft->disks[kept++] = draft->disks[i];
	draft->count = kept;
}

static bool has_any(const Draft *draft, bool (*is)(const DiskWish *disk))
{
	for (size_t i = 0; i < draft->count; i++)
		if (is(&draft->disks[i]))
			return true;
	return false;
}

static void add_of_flavor(const Flavor *flavor, Draft *draft)
{
	if (flavor->ephemeral_gib && !has_any(draft, is_ephemeral))
		add(draft, &(DiskWish){
				   .local = true,
				   .boot_index = DISK_BOOT_NEVER,
				   .size = flavor->ephemeral_gib,
			   });
	if (flavor->swap_mib && !has_any(draft, is_swap))
		add(draft, &(DiskWish){
				   .local = true,
				   .boot_index = DISK_BOOT_NEVER,
				   .size = flavor->swap_mib,
				   .guest_format = DISK_FORMAT_SWAP,
			   });
}

/* --- the whole --- */

/* 0, 1, 2 ... each once: as many of them as the largest one says. */
static int check_boot_order(const DiskFrame *frame, const Draft *draft, RefusalData *ret)
{
	size_t bootable = 0;

	for (size_t i = 0; i < draft->count; i++)
		bootable += draft->disks[i].boot_index >= 0;
	if (!frame->image_id && !has_root(draft->disks, draft->count))
		return refuse(ret, "Missing imageRef attribute");
	for (size_t index = 0; index < MAX(bootable, 1); index++) {
		size_t found = 0;

		for (size_t i = 0; i < draft->count; i++)
			found += draft->disks[i].boot_index == (int64_t)index;
		if (found != 1)
			return refuse(ret, INVALID_BOOT_ORDER);
	}
	return 0;
}

static int check_sizes(const Draft *draft, RefusalData *ret)
{
	for (size_t i = 0; i < draft->count; i++) {
		const DiskWish *disk = &draft->disks[i];

		if (disk->local || disk->size)
			continue;
		if (disk->source == DISK_OF_IMAGE)
			return refuse(ret, "Images with destination_type 'volume' need to have a "
					   "non-zero size specified");
		if (disk->source == DISK_OF_NOTHING)
			return refuse(ret, "Blank volumes (source: 'blank', dest: 'volume') need "
					   "to have non-zero size");
	}
	return 0;
}

static int check_locals(const Flavor *flavor, Draft *draft, RefusalData *ret)
{
	int64_t ephemeral_gib = 0;
	size_t swaps = 0, locals = 0;

	for (size_t i = 0; i < draft->count; i++) {
		DiskWish *disk = &draft->disks[i];

		locals += disk->local;
		if (is_swap(disk)) {
			swaps++;
			disk->size = disk->size ? disk->size : flavor->swap_mib;
			if (disk->size > flavor->swap_mib || disk->size == 0)
				return refuse(ret, "Swap drive requested is larger than instance "
						   "type allows.");
		} else if (is_ephemeral(disk)) {
			disk->size = disk->size ? disk->size : flavor->ephemeral_gib;
			ephemeral_gib += disk->size;
			if (ephemeral_gib > flavor->ephemeral_gib || disk->size == 0)
				return refuse(ret,
					      "Ephemeral disks requested are larger than the "
					      "instance type allows. If no size is given in "
					      "one block device mapping, flavor ephemeral size "
					      "will be used.");
		}
	}
	if (swaps > 1)
		return refuse(ret, INVALID "More than one swap drive requested.");
	if (locals > LOCALS_MAX)
		return refuse(ret,
			      INVALID "You specified more local devices than the limit allows");
	return 0;
}

static int rank(const DiskWish *disk)
{
	if (is_root(disk))
		return 0;
	if (is_ephemeral(disk))
		return 1;
	return is_swap(disk) ? 2 : 3;
}

/* Disks of one rank stay as they were asked for. */
static void sort(Draft *draft)
{
	for (size_t i = 1; i < draft->count; i++) {
		DiskWish disk = draft->disks[i];
		size_t k = i;

		for (; k > 0 && rank(&draft->disks[k - 1]) > rank(&disk); k--)
			draft->disks[k] = draft->disks[k - 1];
		draft->disks[k] = disk;
	}
}

int server_disks_plan(Arena *arena, const DiskFrame *frame, const DiskWishes *asked, DiskPlan *ret,
		      RefusalData *ret_refused)
{
	size_t most = asked->count + frame->of_image_count + LOCALS_MAX;
	Draft draft = {.disks = ARENA_ARRAY(arena, DiskWish, most)};
	int r;

	r = check_items(frame, asked->items, asked->count, ret_refused);
	if (!r)
		r = check_items(frame, frame->of_image, frame->of_image_count, ret_refused);
	if (r)
		return r;
	add_asked(frame, asked, &draft);
	add_of_image(frame, &draft);
	remove_dropped(&draft);
	r = check_boot_order(frame, &draft, ret_refused);
	if (!r)
		r = check_sizes(&draft, ret_refused);
	if (r)
		return r;
	add_of_flavor(frame->flavor, &draft);
	r = check_locals(frame->flavor, &draft, ret_refused);
	if (r)
		return r;
	sort(&draft);
	*ret = (DiskPlan){.disks = draft.disks, .count = draft.count};
	return 0;
}
