/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Images: bytes that servers boot from, and what is known of them.
 */
#pragma once

#include "base/enum.h"
#include "model/volume.h"

typedef enum ImageStatus {
	IMAGE_QUEUED, /* no bytes yet */
	IMAGE_SAVING,
	IMAGE_ACTIVE,
	IMAGE_KILLED,
	_IMAGE_STATUS_MAX,
} ImageStatus;

extern const EnumNames image_status_names;

typedef enum ImageVisibility {
	IMAGE_PUBLIC,
	IMAGE_PRIVATE,
	IMAGE_SHARED,
	IMAGE_COMMUNITY,
	_IMAGE_VISIBILITY_MAX,
} ImageVisibility;

extern const EnumNames image_visibility_names;

typedef struct Image {
	const char *id;
	const char *owner;
	const char *name;
	int status;      /* ImageStatus */
	int visibility;  /* ImageVisibility */
	int disk_format; /* DiskFormat */
	const char *container_format;
	int64_t size_bytes;         /* -1: not known yet */
	int64_t virtual_size_bytes; /* -1: not known yet */
	const char *checksum;       /* MD5, hex */
	const char *hash;           /* SHA-512, hex */
	int64_t min_disk_gib;
	int64_t min_ram_mib;
	bool is_protected;
	bool hidden;
	const char *tags;       /* JSON list of texts */
	const char *properties; /* JSON text map */
	int64_t created_us;
	int64_t updated_us;
} Image;
