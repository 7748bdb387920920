/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * What NFS mounts are made from: exports and options, looked at before they become arguments of the
 * command mount. For connectors and backends. Pure.
 */
#pragma once

#include "base/arena.h"

/* What protects this host; before all that is said in an NfsOptions. */
#define NFS_OWN_OPTIONS "nosuid,nodev,noexec"

/* Options of a mount, all from our list. Begins as {.list = ""}. */
typedef struct NfsOptions {
	const char *list; /* "timeo=20,retrans=1", in the arena; may be empty */
	bool has_version; /* they fix the protocol's version */
} NfsOptions;

/* What is tried without an option for it: the newest that the server has; NULL: as mount likes. */
enum { NFS_VERSION_TRIES = 3 };
extern const char *const nfs_versions[NFS_VERSION_TRIES];

/* The one spelling of "server:/path", in the arena; NULL when it is none. */
const char *nfs_export_canonical(Arena *arena, const char *text);

/* Add those of a list "a,b=1". False when one is not allowed, or there is none. */
_must_use_ bool nfs_options_add(Arena *arena, const char *list, NfsOptions *to);
