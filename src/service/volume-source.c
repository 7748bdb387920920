/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * See volume-source.h.
 *
 * A copy is made in the lane of what it is made from, so that deleting that waits. An image may
 * be deleted at any time: a copy that has not begun fails then.
 */
#include "service/volume-source.h"

#include <inttypes.h>

#include "base/str.h"
#include "base/uuid.h"
#include "service/image.h"
#include "service/message.h"
#include "service/priv.h"
#include "service/snapshot.h"
#include "service/text-map.h"
#include "service/volume-copy.h"
#include "json/out.h"

/* --- finding --- */

static int no_image(Work *work)
{
	return work_refuse(work, REFUSAL_BAD_INPUT,
			   "Invalid image identifier or unable to access requested image.");
}

/* Of the images of that name that the caller sees, the only one. */
static int image_by_name(Work *work, const char *name, Image **ret, Fault *f)
{
	RecordQuery query = {0};
	Image *image = NULL;
	Image **named;
	size_t count;
	int r;

	record_where_text(&query, "name", RECORD_EQ, name);
	r = image_find(work->tx, work->arena, &query, &named, &count, f);
	if (r)
		return fault_unexpected(f, r);
	for (size_t i = 0; i < count; i++) {
		Image *visible;

		r = service_find_image(work, named[i]->id, &visible, f);
		if (r < 0)
			return r;
		if (r)
			continue;
		if (image) {
			work->refused.value = arena_printf(work->arena,
							   "Multiple matches found for '%s', use "
							   "an ID to be more specific.",
							   name);
			return REFUSAL_VOLUME_CONFLICT;
		}
		image = visible;
	}
	*ret = image;
	return image ? 0 : no_image(work);
}

/* By id, by a URL that ends with one, or by name. */
static int find_image(Work *work, const char *ref, Image **ret, Fault *f)
{
	const char *slash = strrchr(ref, '/');
	const char *id = slash ? slash + 1 : ref;
	char canonical[UUID_TEXT];
	int r = REFUSAL_NO_IMAGE;

	if (uuid_canonical(id, canonical))
		r = service_find_image(work, canonical, ret, f);
	return r == REFUSAL_NO_IMAGE ? image_by_name(work, ref, ret, f) : r;
}

static int check_image(Work *work, const Image *image)
{
	if (image->status != IMAGE_ACTIVE)
		return work_refuse(work, REFUSAL_BAD_INPUT,
				   "Invalid input received: Image %s is not active.", image->id);
	if (image->disk_format != DISK_FORMAT_RAW && image->disk_format != DISK_FORMAT_QCOW2)
		return work_refuse(work, REFUSAL_BAD_INPUT,
				   "Invalid input received: Image %s is no disk: its format is "
				   "%s.",
				   image->id, enum_name(&disk_format_names, image->disk_format));
	return 0;
}

static int find_snapshot(Work *work, const char *id, VolumeSource *ret, Fault *f)
{
	int r = service_find_snapshot(work, id, &ret->snapshot, f);

	if (r)
		return r;
	if (ret->snapshot->status != SNAPSHOT_AVAILABLE)
		return work_refuse(work, REFUSAL_BAD_INPUT,
				   "Invalid snapshot: Originating snapshot status must be "
				   "one of 'available' values");
	return fault_unexpected(
		f, volume_get(work->tx, work->arena, ret->snapshot->volume_id, &ret->volume, f));
}

static int find_volume(Work *work, const char *id, VolumeSource *ret, Fault *f)
{
	int r = service_find_volume(work, id, &ret->volume, f);

	if (r)
		return r;
	if (ret->volume->status == VOLUME_AVAILABLE || ret->volume->status == VOLUME_IN_USE)
		return 0;
	return work_refuse(work, REFUSAL_BAD_INPUT,
			   "Invalid volume: Originating source volume status must be one "
			   "of 'available, in-use' values");
}

int volume_source_find(Work *work, const VolumeWish *wish, VolumeSource *ret, Fault *f)
{
	VolumeSource source = {0};
	int r = 0;

	if (!!wish->snapshot_id + !!wish->source_id + !!wish->image_ref > 1)
		return work_refuse(work, REFUSAL_BAD_INPUT,
				   "Invalid input received: May specify only one of backup, "
				   "imageRef, snapshot, source volume");
	if (wish->snapshot_id)
		r = find_snapshot(work, wish->snapshot_id, &source, f);
	if (!r && wish->source_id)
		r = find_volume(work, wish->source_id, &source, f);
	if (!r && wish->image_ref)
		r = find_image(work, wish->image_ref, &source.image, f);
	if (!r && source.image)
		r = check_image(work, source.image);
	if (!r)
		*ret = source;
	return r;
}

/* --- sizes --- */

static int check_image_size(Work *work, const Image *image, int64_t gib)
{
	int64_t bytes = MAX(image->size_bytes, image->virtual_size_bytes);
	int64_t least_gib = (bytes + ((INT64_C(1) << 30) - 1)) >> 30;

	if (least_gib > gib)
		return work_refuse(work, REFUSAL_BAD_INPUT,
				   "Invalid input received: Size of specified image %" PRId64
				   "GB is larger than volume size %" PRId64 "GB.",
				   least_gib, gib);
	if (image->min_disk_gib > gib)
		return work_refuse(work, REFUSAL_BAD_INPUT,
				   "Invalid input received: Volume size %" PRId64
				   "GB cannot be smaller than the image minDisk size %" PRId64
				   "GB.",
				   gib, image->min_disk_gib);
	return 0;
}

int volume_source_size(Work *work, const VolumeWish *wish, const VolumeSource *source,
		       int64_t *ret_gib)
{
	int64_t least_gib = source->snapshot ? source->snapshot->size_gib
			    : source->volume ? source->volume->size_gib
					     : 0;

	*ret_gib = wish->size_gib ? wish->size_gib : least_gib;
	if (source->snapshot && *ret_gib < least_gib)
		return work_refuse(work, REFUSAL_BAD_INPUT,
				   "Invalid input received: Volume size '%" PRId64
				   "'GB cannot be smaller than the snapshot size %" PRId64
				   "GB. They must be >= original snapshot size.",
				   *ret_gib, least_gib);
	if (source->volume && *ret_gib < least_gib)
		return work_refuse(work, REFUSAL_BAD_INPUT,
				   "Invalid input received: Volume size '%" PRId64
				   "'GB cannot be smaller than original volume size  %" PRId64
				   "GB. They must be >= original volume size.",
				   *ret_gib, least_gib);
	return source->image ? check_image_size(work, source->image, *ret_gib) : 0;
}

/* --- what comes along --- */

static const char *number(Work *work, int64_t value)
{
	return arena_printf(work->arena, "%" PRId64, value);
}

/* What users see of an image in a volume that was made from it; its own properties too. */
const char *volume_image_metadata(Work *work, const Image *image)
{
	JsonPair pairs[] = {
		{"image_id", image->id},
		{"image_name", image->name ? image->name : ""},
		{"checksum", image->checksum ? image->checksum : ""},
		{"container_format", image->container_format ? image->container_format : ""},
		{"disk_format", enum_name(&disk_format_names, image->disk_format)},
		{"min_disk", number(work, image->min_disk_gib)},
		{"min_ram", number(work, image->min_ram_mib)},
		{"size", number(work, image->size_bytes)},
	};

	return text_map_merge(work->arena, image->properties,
			      &(JsonTextMap){.pairs = pairs, .count = ARRAY_SIZE(pairs)});
}

void volume_source_apply(Work *work, const VolumeSource *source, Volume *volume)
{
	if (source->snapshot)
		volume->snapshot_id = source->snapshot->id;
	else if (source->volume)
		volume->source_id = source->volume->id;
	if (source->volume) {
		volume->bootable = source->volume->bootable;
		volume->image_metadata = source->volume->image_metadata;
	}
	if (source->image) /* it is bootable when the bytes are there */
		volume->image_metadata = volume_image_metadata(work, source->image);
}

/* --- the operation --- */

int volume_source_begin(Work *work, const VolumeSource *source, const Volume *volume, Fault *f)
{
	Operation operation = operation_for(work, volume->id);
	const char *kind = "create-volume";
	bool used;
	int r = 0;

	operation.volume_id = volume->id;
	if (source->image) {
		kind = "copy-image";
		operation.image_id = source->image->id;
	} else if (source->snapshot) {
		kind = "copy-snapshot";
		operation.lane = source->volume->id;
		operation.snapshot_id = source->snapshot->id;
	} else if (source->volume) {
		r = volume_copy_begin(work, source->volume, &operation, &used, f);
		kind = used ? "copy-volume-in-use" : "copy-volume";
	}
	return r ? r
		 : operation_begin(work->tx, work->arena, service_operation(kind), &operation, f);
}

static int end_copy(Tx *tx, Arena *arena, const Operation *operation, Fault *f)
{
	Volume *volume;
	int r = volume_get(tx, arena, operation->volume_id, &volume, f);

	if (r == RECORD_NOT_FOUND)
		return 0;
	if (r)
		return fault_unexpected(f, r);
	return volume->source_id ? volume_copy_end(tx, arena, volume->source_id, f) : 0;
}

int copy_volume_done(Tx *tx, Arena *arena, const Operation *operation, Fault *f)
{
	int r = create_volume_done(tx, arena, operation, f);

	return r ? r : end_copy(tx, arena, operation, f);
}

int copy_volume_failed(Tx *tx, Arena *arena, const Operation *operation, const char *reason,
		       Fault *f)
{
	int r = volume_made(tx, arena, operation, VOLUME_EVENT_MAKE_FAILED, f);

	(void)reason; /* the operation keeps it, for operators */
	if (!r)
		r = end_copy(tx, arena, operation, f);
	return r ? r
		 : message_write(tx, arena, operation,
				 operation->image_id ? MESSAGE_COPY_IMAGE : MESSAGE_COPY_SOURCE, f);
}
