/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * What the backend says and reads as text: names of images and snapshots, what it may be configured
 * with, what the monitors answer, connection_info. Pure.
 */
#pragma once

#include "base/arena.h"
#include "base/fault.h"
#include "base/uuid.h"
#include "contract/backend.h"

enum {
	POOL_NAME_BYTES = UUID_TEXT + 16, /* "snapshot-" before an id */
	POOL_TIMEOUT_S = 30,              /* of one question to a monitor or a store */
};

/* What begins the names of our images and snapshots; an id follows. */
#define POOL_IMAGE "volume-"
#define POOL_SNAPSHOT "snapshot-"
#define POOL_COPY "copy-" /* a snapshot that a copy is made from; the id is the copy's */

const char *pool_name(const char *prefix, const char *id, char out[static POOL_NAME_BYTES]);

/* What the configuration says about the pool, checked: all of it may stand in any text below. */
_must_use_ int pool_config_check(const BackendConfig *config, Fault *f);

/* How qemu-img finds an image, or a snapshot of it, in the arena. */
const char *pool_spec(Arena *arena, const BackendConfig *config, const char *image,
		      const char *snapshot);

/*
 * What a monitor answers to "mon dump": JSON lists of hosts and ports, in the arena. Of a monitor's
 * addresses the one that every client understands. False: nothing of use.
 */
_must_use_ bool pool_monitors_read(Arena *arena, const char *dump, size_t length,
				   const char **ret_hosts, const char **ret_ports);

/* What it answers to "df" about the pool. False: it does not know. */
_must_use_ bool pool_space_read(Arena *arena, const char *df, size_t length, const char *pool,
				int64_t *ret_total_bytes, int64_t *ret_free_bytes);

/* As the slot. `hosts` and `ports` are those of pool_monitors_read(). */
const char *pool_connection_info(Arena *arena, const BackendConfig *config, const Volume *volume,
				 const char *hosts, const char *ports);
