/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * A volume becomes an image: the image's row in saving, the volume in uploading and the intent in
 * one transaction. At the end the volume is what its attachments make of it, and the image is
 * active; or gone, if that failed.
 */
#include "base/clock.h"
#include "base/str.h"
#include "service/image.h"
#include "service/message.h"
#include "service/priv.h"
#include "service/text-map.h"
#include "service/volume-copy.h"
#include "service/volume.h"

static int check_status(Work *work, const Volume *volume, bool force)
{
	if (volume->status != VOLUME_AVAILABLE && volume->status != VOLUME_IN_USE)
		return work_refuse(work, REFUSAL_BAD_INPUT,
				   "Invalid volume: Volume %s status must be available or in-use, "
				   "but current status is: %s.",
				   volume->id, enum_name(&volume_status_names, volume->status));
	if (volume->status == VOLUME_IN_USE && !force)
		return work_refuse(work, REFUSAL_BAD_INPUT,
				   "Invalid volume: Volume status is in-use.");
	return 0;
}

/* What it was made from says what it needs to run. */
static JsonTextMap properties_of(Work *work, const Volume *volume)
{
	static const char *const facts[] = {"image_id",         "image_name",  "checksum",
					    "container_format", "disk_format", "min_disk",
					    "min_ram",          "size"};
	const char *json = volume->image_metadata;

	if (!json)
		return (JsonTextMap){0};
	for (size_t i = 0; i < ARRAY_SIZE(facts); i++) {
		const char *less = text_map_without(work->arena, json, facts[i]);

		json = less ? less : json;
	}
	return json_text_map(work->arena, json);
}

static int image_begin(Work *work, const Volume *volume, const UploadWish *wish, Image **ret,
		       Fault *f)
{
	ImageWish image = {
		.name = wish->image_name,
		.visibility = wish->visibility,
		.disk_format = wish->disk_format,
		.container_format = wish->container_format,
		.is_protected = wish->is_protected,
		.properties = properties_of(work, volume),
	};
	int r = service_create_image(work, &image, ret, f);

	return r ? r : service_claim_image(work, (*ret)->id, ret, f);
}

int service_upload_volume(Work *work, const char *id, const UploadWish *wish, Volume **ret_volume,
			  Image **ret_image, Fault *f)
{
	Operation operation = operation_for(work, NULL);
	Volume *volume;
	Image *image;
	bool used;
	int r;

	r = service_find_volume(work, id, &volume, f);
	if (!r)
		r = check_status(work, volume, wish->force);
	if (!r)
		r = image_begin(work, volume, wish, &image, f);
	if (r)
		return r;
	operation.volume_id = volume->id;
	operation.image_id = image->id;
	r = volume_copy_begin(work, volume, &operation, &used, f);
	if (!r)
		r = volume_move(work->tx, work->arena, volume, VOLUME_EVENT_UPLOAD, f);
	if (!r)
		r = operation_begin(
			work->tx, work->arena,
			service_operation(used ? "upload-volume-in-use" : "upload-volume"),
			&operation, f);
	if (r)
		return r;
	*ret_volume = volume;
	*ret_image = image;
	return 0;
}

/* Either end: it may have another status meanwhile, and then keeps it. */
static int volume_uploaded(Tx *tx, Arena *arena, const Operation *operation, Fault *f)
{
	Volume *volume;
	int r;

	r = volume_copy_end(tx, arena, operation->volume_id, f);
	if (!r)
		r = volume_get(tx, arena, operation->volume_id, &volume, f);
	if (r == RECORD_NOT_FOUND)
		return 0;
	if (!r)
		r = volume_move(tx, arena, volume, VOLUME_EVENT_UPLOADED, f);
	return r > 0 ? 0 : r;
}

int upload_volume_done(Tx *tx, Arena *arena, const Operation *operation, Fault *f)
{
	int r = volume_uploaded(tx, arena, operation, f);

	return r ? r : image_filled(tx, arena, operation, f);
}

int upload_volume_failed(Tx *tx, Arena *arena, const Operation *operation, const char *reason,
			 Fault *f)
{
	int r = volume_uploaded(tx, arena, operation, f);

	(void)reason; /* the operation keeps it, for operators */
	if (!r)
		r = image_delete(tx, operation->image_id, f);
	if (r && r != RECORD_NOT_FOUND)
		return fault_unexpected(f, r);
	return message_write(tx, arena, operation, MESSAGE_UPLOAD_VOLUME, f);
}
