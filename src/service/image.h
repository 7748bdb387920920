/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Images: finding one the caller may see, making, filling and deleting.
 */
#pragma once

#include "contract/depot.h"
#include "model/image.h"
#include "service/service.h"
#include "json/json.h"

typedef struct ImageWish {
	const char *id; /* NULL: a new one */
	const char *name;
	ImageVisibility visibility;
	DiskFormat disk_format;
	const char *container_format;
	int64_t min_disk_gib;
	int64_t min_ram_mib;
	bool is_protected;
	bool hidden;
	const char *const *tags;
	size_t tag_count;
	JsonTextMap properties;
} ImageWish;

/* REFUSAL_NO_IMAGE: unknown, or another project's and neither public nor community. */
_must_use_ int service_find_image(Work *work, const char *id, Image **ret, Fault *f);

/* An image that the caller may change. REFUSAL_NO_IMAGE, REFUSAL_IMAGE_FOREIGN. */
_must_use_ int service_find_own_image(Work *work, const char *id, Image **ret, Fault *f);

/* A queued image. REFUSAL_NAME_EXISTS (the id is taken), REFUSAL_IMAGE_PUBLISH. */
_must_use_ int service_create_image(Work *work, const ImageWish *wish, Image **ret, Fault *f);

/*
 * Filling goes queued -> saving -> active, or back to queued. An image in saving belongs to the
 * request that put it there, which has asked service_find_own_image(); the ids are canonical.
 * service_release_images() frees what a crash left so. REFUSAL_NO_IMAGE, REFUSAL_IMAGE_STATE.
 */
_must_use_ int service_claim_image(Work *work, const char *id, Image **ret, Fault *f);
_must_use_ int service_fill_image(Work *work, const char *id, const DepotFacts *facts, Fault *f);
_must_use_ int service_release_image(Work *work, const char *id, Fault *f);
_must_use_ int service_release_images(Tx *tx, Arena *arena, Fault *f);

/* REFUSAL_NO_IMAGE, REFUSAL_IMAGE_FOREIGN, REFUSAL_IMAGE_PROTECTED, REFUSAL_IMAGE_IN_USE. */
_must_use_ int service_delete_image(Work *work, const char *id, Fault *f);
