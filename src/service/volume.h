/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Volumes: finding, making, changing, deleting.
 */
#pragma once

#include "model/image.h"
#include "model/volume.h"
#include "service/service.h"
#include "service/volume-type.h"
#include "json/json.h"

/* A volume of the caller's project (any for admins). REFUSAL_NO_VOLUME. */
_must_use_ int service_find_volume(Work *work, const char *id, Volume **ret, Fault *f);

typedef struct VolumeWish {
	const char *name;
	const char *description;
	int64_t size_gib;        /* 0: as large as the source */
	const char *type;        /* id or name; NULL: that of the source, or the default one */
	const char *snapshot_id; /* what it is to be a copy of: at most one of these */
	const char *source_id;
	const char *image_ref; /* id, URL that ends with one, or name */
	const char *availability_zone;
	const JsonTextMap *metadata;
} VolumeWish;

/*
 * Write the volume in creating, take its quota, and write the operation that makes it.
 * REFUSAL_BAD_INPUT, REFUSAL_NO_VOLUME_TYPE, REFUSAL_QUOTA ("volumes", "gigabytes",
 * "per_volume_gigabytes"); of the source REFUSAL_NO_SNAPSHOT, REFUSAL_NO_VOLUME,
 * REFUSAL_VOLUME_CONFLICT.
 */
_must_use_ int service_create_volume(Work *work, const VolumeWish *wish, Volume **ret, Fault *f);

/* What to change; the rest stays. */
typedef struct VolumeChange {
	const char *name;
	const char *description;
	const JsonTextMap *metadata; /* replaces all; NULL: stays */
	bool has_name;
	bool has_description;
} VolumeChange;

/* REFUSAL_NO_VOLUME, REFUSAL_VOLUME_STATE (action "update"). */
_must_use_ int service_change_volume(Work *work, const char *id, const VolumeChange *change,
				     Volume **ret, Fault *f);

/*
 * Let a volume grow; `live`: also one that is in use. REFUSAL_NO_VOLUME, REFUSAL_BAD_INPUT,
 * REFUSAL_VOLUME_STATE (action "extend"), REFUSAL_QUOTA.
 */
_must_use_ int service_extend_volume(Work *work, const char *id, int64_t size_gib, bool live,
				     Fault *f);

enum {
	VOLUME_DELETE_CASCADE = 1 << 0, /* its snapshots with it */
	VOLUME_DELETE_FORCE = 1 << 1,   /* in whatever status, unless it is attached */
};

/*
 * Give a volume another type, by id or name. REFUSAL_NO_VOLUME, REFUSAL_NO_VOLUME_TYPE,
 * REFUSAL_BAD_INPUT, REFUSAL_QUOTA.
 */
_must_use_ int service_retype_volume(Work *work, const char *id, const char *type, Fault *f);

/* REFUSAL_NO_VOLUME, REFUSAL_VOLUME_STATE (action "delete"). */
_must_use_ int service_delete_volume(Work *work, const char *id, unsigned how, Fault *f);

/*
 * Set some keys, or all of them. *ret is the whole map as JSON. REFUSAL_NO_VOLUME,
 * REFUSAL_VOLUME_STATE (action "set metadata"), REFUSAL_QUOTA ("metadata_items").
 */
_must_use_ int service_merge_volume_metadata(Work *work, const char *id, const JsonTextMap *set,
					     const char **ret, Fault *f);
_must_use_ int service_replace_volume_metadata(Work *work, const char *id, const JsonTextMap *all,
					       const char **ret, Fault *f);
/* REFUSAL_NO_VOLUME, REFUSAL_VOLUME_STATE (action "delete metadata"), REFUSAL_NO_METADATA_KEY. */
_must_use_ int service_delete_volume_metadata(Work *work, const char *id, const char *key,
					      Fault *f);

/* Whether the type lets a volume have that size. 0 or REFUSAL_BAD_INPUT. */
_must_use_ int volume_check_type_size(Work *work, const VolumeType *type, int64_t size_gib);

typedef struct UploadWish {
	const char *image_name;
	const char *container_format;
	DiskFormat disk_format; /* raw or qcow2 */
	ImageVisibility visibility;
	bool is_protected;
	bool force; /* of a volume in use, too */
} UploadWish;

/*
 * Make an image of a volume, which is uploading meanwhile. REFUSAL_NO_VOLUME, REFUSAL_BAD_INPUT
 * (its state; several hosts have it), REFUSAL_IMAGE_PUBLISH.
 */
_must_use_ int service_upload_volume(Work *work, const char *id, const UploadWish *wish,
				     Volume **ret_volume, Image **ret_image, Fault *f);
