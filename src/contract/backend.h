/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * What a volume backend must be: volumes that are made, deleted and reached from this host.
 *
 * Every call may be repeated and then changes nothing more. Nothing outside the backend's own
 * directory or pool is ever opened. Formats are what the record says, never probed.
 * Thread-safety: any thread; calls for one volume do not overlap.
 */
#pragma once

#include "base/arena.h"
#include "base/fault.h"
#include "model/volume.h"

typedef struct Backend Backend;
typedef struct BackendDriver BackendDriver;
typedef struct BackendConfig BackendConfig;

typedef enum BackendOutcome {
	BACKEND_FULL = 1200, /* no room for a volume of that size */
	BACKEND_NO_VOLUME,
} BackendOutcome;

struct BackendConfig {
	const char *name;      /* "file" */
	const char *directory; /* absolute */
};

/* How this host reaches a connected volume. */
typedef struct BackendPath {
	const char *path;
	int format; /* DiskFormat */
	bool is_block;
} BackendPath;

struct BackendDriver {
	const char *name;
	size_t size;
	int (*open)(const BackendConfig *config, void **ret, Fault *f);
	void (*close)(void *self);
	/* Durable when it returns. 0 also when it is there already with that size. BACKEND_FULL. */
	int (*create)(void *self, const Volume *volume, Fault *f);
	/* 0 also when it is not there. */
	int (*remove)(void *self, const Volume *volume, Fault *f);
	int (*exists)(void *self, const Volume *volume, bool *ret, Fault *f);
	/* Make the volume reachable from this host; the path is in the arena. BACKEND_NO_VOLUME. */
	int (*connect)(void *self, const Volume *volume, Arena *arena, BackendPath *ret, Fault *f);
	/* Undo connect(); data is flushed. 0 also when it is not connected. */
	int (*disconnect)(void *self, const Volume *volume, Fault *f);
	/* What an attachment's connection_info says, as JSON, in the arena. */
	int (*connection_info)(void *self, const Volume *volume, Arena *arena, const char **ret,
			       Fault *f);
	int (*capacity)(void *self, int64_t *ret_total_bytes, int64_t *ret_free_bytes, Fault *f);
};

_must_use_ int backend_open(const BackendDriver *driver, const BackendConfig *config, Backend **ret,
			    Fault *f);
Backend *backend_close(Backend *backend);
DEFINE_CLEANUP(Backend, backend_close)
const char *backend_name(const Backend *backend);

_must_use_ int backend_create(Backend *backend, const Volume *volume, Fault *f);
_must_use_ int backend_remove(Backend *backend, const Volume *volume, Fault *f);
_must_use_ int backend_exists(Backend *backend, const Volume *volume, bool *ret, Fault *f);
_must_use_ int backend_connect(Backend *backend, const Volume *volume, Arena *arena,
			       BackendPath *ret, Fault *f);
_must_use_ int backend_disconnect(Backend *backend, const Volume *volume, Fault *f);
_must_use_ int backend_connection_info(Backend *backend, const Volume *volume, Arena *arena,
				       const char **ret, Fault *f);
_must_use_ int backend_capacity(Backend *backend, int64_t *ret_total_bytes, int64_t *ret_free_bytes,
				Fault *f);
