/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * What the cluster says of an image, and how this host has it mapped.
 */
#pragma once

#include "connector/rbd/info.h"
#include "host/host.h"

typedef struct RbdImage {
	const char *identity; /* "rbd:FSID/POOL/NAMESPACE/ID" */
	int64_t size_bytes;
	bool can_lock; /* it has the feature exclusive-lock */
} RbdImage;

typedef struct RbdMapping {
	const char *device; /* "rbd0", "nbd3" */
	const char *number; /* of the kernel's client in /sys/bus/rbd/devices; NULL of nbd */
	const char *identity;
	bool is_readonly;
} RbdMapping;

typedef struct RbdMappings {
	RbdMapping *items;
	size_t count;
} RbdMappings;

/* --- image.c --- */

/* The words that every command begins with: cluster, user, monitors. NULL at the end. */
enum { RBD_WORDS = 16 };
void rbd_words(const ConnectorCall *call, const RbdInfo *info, const char *words[static RBD_WORDS]);
const char *rbd_spec(const ConnectorCall *call, const RbdInfo *info);
/* Ask the cluster. CONNECTOR_NO_DISK, CONNECTOR_NO_PATH. */
_must_use_ int rbd_image_ask(ConnectorCall *call, const RbdInfo *info, RbdImage *ret, Fault *f);

/* --- mapping.c --- */

/* Every image that this host has mapped, snapshots apart. */
_must_use_ int rbd_mappings(const ConnectorCall *call, RbdMappings *ret, Fault *f);
/* Of an identity: the one of that mode, else any; or NULL. */
const RbdMapping *rbd_mapping_of(const RbdMappings *mappings, const char *identity,
				 bool is_readonly);
_must_use_ int rbd_mapping_size(const ConnectorCall *call, const RbdMapping *mapping,
				int64_t *ret_bytes, Fault *f);
