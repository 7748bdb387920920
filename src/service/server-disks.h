/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * The disks of a new server: found when it is asked for, written with its row. Volumes that are
 * there are reserved, and those to be made begin to be made, in the request's transaction; the
 * operation that builds the server waits for them.
 */
#pragma once

#include "model/image.h"
#include "rules/server-disks.h"
#include "service/server-boot.h"
#include "service/server.h"

/* One disk, with what it is made of. */
typedef struct NewDisk {
	const DiskWish *wish;
	const char *device; /* "/dev/vdb" */
	const char *bus;    /* that was asked for, or the image's; NULL: the usual one */
	Volume *volume;     /* one that is there already, or NULL */
} NewDisk;

typedef struct ServerDisks {
	NewDisk *disks; /* as in a DiskPlan */
	size_t count;
	const Image *boot; /* what is on the root disk, which may be a volume that remembers it */
	bool has_volumes;
} ServerDisks;

/*
 * Put the disks of a request together and find what they are made of. REFUSAL_NO_IMAGE,
 * REFUSAL_BAD_INPUT, REFUSAL_VOLUME_MULTIATTACH, REFUSAL_TOO_MANY_DISKS.
 */
_must_use_ int server_disks_find(Work *work, const ServerWish *wish, const Flavor *flavor,
				 ServerDisks *ret, Fault *f);

/* Whether the flavor has what the root disk needs. REFUSAL_IMAGE_UNUSABLE, _FLAVOR_TOO_SMALL. */
_must_use_ int server_disks_check(Work *work, const ServerDisks *disks, const Flavor *flavor);

/* What the server boots; no image where its root disk is a volume. REFUSAL_IMAGE_UNUSABLE. */
_must_use_ int server_disks_boot(Work *work, const ServerDisks *disks, BootSource *ret, Fault *f);

/*
 * Write those of one server, whose row is there. REFUSAL_VOLUME_STATE ("reserve"),
 * REFUSAL_VOLUME_ATTACHED_HERE, REFUSAL_QUOTA, REFUSAL_BAD_INPUT.
 */
_must_use_ int server_disks_write(Work *work, const ServerDisks *disks, const Server *server,
				  Fault *f);
