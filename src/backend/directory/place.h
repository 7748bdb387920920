/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * The directory that this backend owns, and its parts:
 *
 *     shares/ID         a share; or where its image is mounted while it is connected
 *     images/ID.img     the file system of a share, where images hold shares to their sizes
 *     snapshots/ID      what a share held
 *     drafts/           what is not whole yet; it takes its own name by place_publish()
 *     trash/ID/         what is being deleted
 *
 * Names are made of ids, so they are single path components. A name appears when what it stands
 * for is whole and durable, and goes at once; a crash leaves drafts and trash, which the next call
 * for the same id removes.
 */
#pragma once

#include <sys/types.h>

#include "base/fault.h"
#include "base/uuid.h"

enum { PLACE_NAME_BYTES = UUID_TEXT + 4 }; /* "ID.img" */

typedef enum PlacePart {
	PLACE_SHARES,
	PLACE_IMAGES,
	PLACE_SNAPSHOTS,
	PLACE_DRAFTS,
	PLACE_TRASH,
	_PLACE_PART_MAX,
} PlacePart;

typedef struct Place {
	char *path;
	int fds[_PLACE_PART_MAX];
} Place;

typedef enum PlaceOutcome {
	PLACE_NONE = 1, /* nothing has that name */
	PLACE_FULL,     /* no space, or past what a quota allows */
} PlaceOutcome;

/* PLACE_FULL for an errno that means so, otherwise a fault. */
int write_failed(Fault *f, const char *what);

_must_use_ int place_open(const char *path, Place **ret, Fault *f);
Place *place_close(Place *place);
DEFINE_CLEANUP(Place, place_close)

/* Open a directory of a part for reading. 0 or PLACE_NONE. */
_must_use_ int place_open_directory(const Place *place, PlacePart part, const char *name,
				    int *ret_fd, Fault *f);
/* Open a regular file of a part for writing. 0 or PLACE_NONE. */
_must_use_ int place_open_file(const Place *place, PlacePart part, const char *name, int *ret_fd,
			       Fault *f);

/* A new and empty draft; an older one of that name must have been discarded. 0 or PLACE_FULL. */
_must_use_ int draft_make_directory(const Place *place, const char *name, int *ret_fd, Fault *f);
_must_use_ int draft_make_file(const Place *place, const char *name, int *ret_fd, Fault *f);

/*
 * Give a whole draft its name, durably; the file system is flushed. What had the name, where
 * `replace` allows that, becomes the draft. 0 or PLACE_FULL.
 */
_must_use_ int place_publish(const Place *place, const char *name, PlacePart part, bool replace,
			     Fault *f);

/*
 * Remove what has that name, durably, with all that is in it, and what an earlier call for this id
 * has left. 0 also when there is nothing.
 */
_must_use_ int place_discard(const Place *place, PlacePart part, const char *name, const char *id,
			     Fault *f);
