/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * What a new volume is a copy of: a snapshot, another volume, an image, or nothing.
 */
#pragma once

#include "model/image.h"
#include "records/tables.h"
#include "service/volume.h"

typedef struct VolumeSource {
	Snapshot *snapshot;
	Volume *volume; /* the one to copy, or the one of the snapshot; NULL: neither */
	Image *image;
} VolumeSource;

/*
 * Find what a wish names, and see that it is ready. REFUSAL_NO_SNAPSHOT, REFUSAL_NO_VOLUME,
 * REFUSAL_BAD_INPUT, REFUSAL_VOLUME_CONFLICT (several images have the name).
 */
_must_use_ int volume_source_find(Work *work, const VolumeWish *wish, VolumeSource *ret, Fault *f);

/*
 * How large a volume of that wish is: what is asked for, if that holds the source, else as large
 * as the source. REFUSAL_BAD_INPUT.
 */
_must_use_ int volume_source_size(Work *work, const VolumeWish *wish, const VolumeSource *source,
				  int64_t *ret_gib);

/* What the volume gets from its source beside the bytes. */
void volume_source_apply(Work *work, const VolumeSource *source, Volume *volume);

/* What a volume says of the image that it is made from, in the arena. */
const char *volume_image_metadata(Work *work, const Image *image);

/* Write the operation that makes the volume. REFUSAL_BAD_INPUT: the source cannot hold still. */
_must_use_ int volume_source_begin(Work *work, const VolumeSource *source, const Volume *volume,
				   Fault *f);
