/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Where the files of a share are: in a directory, or in an image's file system. The open backend,
 * and what is made whole before it takes a share's place.
 */
#pragma once

#include "backend/directory/place.h"

/* How a share is held to its size. */
typedef enum ContentKind {
	CONTENT_PLAIN, /* a directory; it is not held to it */
	CONTENT_QUOTA, /* a directory with a project quota */
	CONTENT_IMAGE,
} ContentKind;

typedef struct Directory {
	Place *place;
	char *address;
	char *mount_path;
	int mounts;       /* where shares are mounted that nobody may write to */
	ContentKind kind; /* of new shares */
} Directory;

/* What becomes of a draft. */
typedef struct ContentPlan {
	const char *id; /* of the share */
	int64_t size_bytes;
	ContentKind kind;
	int from;     /* a directory whose files are copied, or -1 */
	bool replace; /* the share is there, and nobody has it mounted */
} ContentPlan;

static inline int64_t content_bytes(int64_t size_gib)
{
	return size_gib << 30;
}

/* The name of a share's image. */
void content_image_name(const char *id, char out[static PLACE_NAME_BYTES]);

/* How the share is kept. 0 or PLACE_NONE. */
_must_use_ int content_look(const Directory *self, const char *id, ContentKind *ret, Fault *f);

/* Open the directory with the files of a share, mounted or not. 0 or PLACE_NONE. */
_must_use_ int content_open(const Directory *self, const char *id, int *ret_fd, Fault *f);

/* What the files take. */
_must_use_ int content_used(const Directory *self, const char *id, int64_t *ret_bytes, Fault *f);

/* Whether it is mounted, or open in an image. */
_must_use_ int content_in_use(const Directory *self, const char *id, bool *ret, Fault *f);

/* Make the files of a share, whole or not at all. 0 or PLACE_FULL. */
_must_use_ int content_make(const Directory *self, const ContentPlan *plan, Fault *f);

/* Remove them, and what was not finished. */
_must_use_ int content_remove(const Directory *self, const char *id, Fault *f);
