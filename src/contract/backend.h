/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * What a volume backend must be: volumes and snapshots that are made, copied, deleted, reached from
 * this host and, where the backend can, exported to others. One that cannot may be given a target:
 * what it connects is then exported by that.
 *
 * Every call may be repeated and then changes nothing more. Nothing outside the backend's own
 * directory or pool is ever opened. Formats are what the record says, never probed.
 * Thread-safety: any thread; calls for one volume do not overlap.
 */
#pragma once

#include "base/arena.h"
#include "base/fault.h"
#include "contract/target.h"
#include "model/volume.h"

typedef struct Backend Backend;
typedef struct BackendDriver BackendDriver;
typedef struct BackendConfig BackendConfig;

typedef enum BackendOutcome {
	BACKEND_FULL = 1200, /* no room for a volume of that size */
	BACKEND_NO_VOLUME,
	BACKEND_NO_SNAPSHOT,
} BackendOutcome;

struct BackendConfig {
	const char *name;         /* "file" */
	const char *directory;    /* absolute; for file, and for nfs: below it is the mount */
	const char *volume_group; /* for lvm */
	const char *thin_pool;    /* for lvm: NULL for thick volumes */
	const char *export;       /* for nfs: "server:/path" */
	const char *options;      /* for nfs: of mounts, or NULL */
	const char *pool;         /* for rbd, and what follows */
	const char *ceph_conf;    /* a file: monitors, and where keyrings are */
	const char *ceph_cluster; /* its name */
	const char *ceph_user;    /* without "client." */
	const char *secret_uuid;  /* of that user's key, as libvirt keeps it; or NULL */
};

/* How this host reaches a connected volume. */
typedef struct BackendPath {
	const char *path;
	bool remote; /* not on this host, path is NULL: see the attachment's connection_info */
	int format;  /* DiskFormat */
	bool is_block;
} BackendPath;

/* What a new volume is a copy of: exactly one of these. */
typedef struct BackendSource {
	const Volume *volume;     /* the volume itself, or the one of the snapshot */
	const Snapshot *snapshot; /* of `volume`, or NULL */
	const char *image_path;   /* a file with an image's bytes, checked when they came */
	int image_format;         /* DiskFormat */
} BackendSource;

/* What a backend is like; for choices and for those who ask. */
typedef struct BackendTraits {
	const char *protocol; /* storage_protocol: "local", "iscsi" */
	bool thin;            /* promises more than it has */
	bool atomic;          /* a snapshot of a volume that is written to is one point in time */
	bool exports;         /* has export and unexport */
	int shared_targets;   /* 0: a target of its own for each volume; 1: shared; -1: unknown */
	/* What a connector has to say for an export to it: "initiator", "nqn", "wwpns" or NULL. */
	const char *host_identity;
	bool by_target; /* exports what it connects, by a target; attachments of a host share one */
	/* capacity() asks others and may wait: a thread asks, callers get what it saw last. */
	bool capacity_waits;
} BackendTraits;

struct BackendDriver {
	const char *name;
	size_t size;
	BackendTraits traits;
	int (*open)(const BackendConfig *config, void **ret, Fault *f);
	void (*close)(void *self);
	/* Amend `traits` by what is known since it is open. Missing: they are as the driver says.
	 */
	void (*describe)(void *self, BackendTraits *traits);
	/* Durable when it returns. 0 also when it is there already with that size. BACKEND_FULL. */
	int (*create)(void *self, const Volume *volume, Fault *f);
	/* Durable when it returns. 0 also when it is not there. */
	int (*remove)(void *self, const Volume *volume, Fault *f);
	/* After a crash: what is answered is durable, like what create() and remove() do. */
	int (*exists)(void *self, const Volume *volume, bool *ret, Fault *f);
	/* Make the volume reachable from this host; the path is in the arena. BACKEND_NO_VOLUME. */
	int (*connect)(void *self, const Volume *volume, Arena *arena, BackendPath *ret, Fault *f);
	/* Undo connect(); data is flushed. 0 also when it is not connected. */
	int (*disconnect)(void *self, const Volume *volume, Fault *f);
	/*
	 * What an attachment's connection_info says, as flat JSON, in the arena. Computed, without
	 * I/O: it is called inside transactions, before export.
	 */
	int (*connection_info)(void *self, const Volume *volume, const Attachment *attachment,
			       Arena *arena, const char **ret, Fault *f);
	/*
	 * Let the host of the attachment's connector reach the volume as its connection_info says;
	 * and no longer. Both missing where traits.exports is false.
	 */
	int (*export)(void *self, const Volume *volume, const Attachment *attachment, Fault *f);
	int (*unexport)(void *self, const Volume *volume, const Attachment *attachment, Fault *f);
	/*
	 * Make it that large; volume->size_gib may be the old size or the new one. Also while it is
	 * connected. BACKEND_FULL, BACKEND_NO_VOLUME: nothing has changed.
	 */
	int (*extend)(void *self, const Volume *volume, int64_t size_gib, Fault *f);
	/*
	 * Make a volume of volume->size_gib as a copy, durable when it returns. 0 also when it is
	 * there already. BACKEND_FULL, BACKEND_NO_VOLUME, BACKEND_NO_SNAPSHOT: there is no volume.
	 */
	int (*copy)(void *self, const BackendSource *source, const Volume *volume, Fault *f);
	/*
	 * Keep what the volume holds now. Unless traits.atomic, nobody writes to it meanwhile.
	 * 0 also when it is there. BACKEND_FULL, BACKEND_NO_VOLUME.
	 */
	int (*snapshot)(void *self, const Volume *volume, const Snapshot *snapshot, Fault *f);
	/* 0 also when it is not there. */
	int (*snapshot_remove)(void *self, const Volume *volume, const Snapshot *snapshot,
			       Fault *f);
	int (*snapshot_exists)(void *self, const Volume *volume, const Snapshot *snapshot,
			       bool *ret, Fault *f);
	/*
	 * Where traits.atomic is false: a snapshot that somebody else fills, from a disk that is
	 * written to. draft: an empty file of the volume's size, in the place of an earlier draft;
	 * BACKEND_FULL. keep: what it holds is the snapshot now, durably; 0 also when it was kept,
	 * BACKEND_FULL, BACKEND_NO_SNAPSHOT: there is no draft. snapshot_remove removes drafts too.
	 */
	int (*snapshot_draft)(void *self, const Volume *volume, const Snapshot *snapshot,
			      Arena *arena, BackendPath *ret, Fault *f);
	int (*snapshot_keep)(void *self, const Volume *volume, const Snapshot *snapshot, Fault *f);
	/*
	 * Make a snapshot reachable for reading until it is removed; the path is in the arena.
	 * BACKEND_NO_SNAPSHOT.
	 */
	int (*snapshot_connect)(void *self, const Volume *volume, const Snapshot *snapshot,
				Arena *arena, BackendPath *ret, Fault *f);
	/*
	 * Only where connect() says that volumes are remote: write what a volume, which nobody
	 * uses, or a snapshot holds into a file of its size that is all zeroes.
	 * BACKEND_NO_VOLUME, BACKEND_NO_SNAPSHOT.
	 */
	int (*save)(void *self, const BackendSource *source, const char *path, Fault *f);
	/* Give the volume, which nobody uses, the snapshot's bytes. BACKEND_NO_SNAPSHOT. */
	int (*revert)(void *self, const Volume *volume, const Snapshot *snapshot, Fault *f);
	int (*capacity)(void *self, int64_t *ret_total_bytes, int64_t *ret_free_bytes, Fault *f);
};

_must_use_ int backend_open(const BackendDriver *driver, const BackendConfig *config, Backend **ret,
			    Fault *f);
Backend *backend_close(Backend *backend);
DEFINE_CLEANUP(Backend, backend_close)
/* Export by a target, which stays the caller's. Before anything else is asked of the backend. */
void backend_set_target(Backend *backend, Target *target);
const char *backend_name(const Backend *backend);
const BackendTraits *backend_traits(const Backend *backend);

_must_use_ int backend_create(Backend *backend, const Volume *volume, Fault *f);
_must_use_ int backend_remove(Backend *backend, const Volume *volume, Fault *f);
_must_use_ int backend_exists(Backend *backend, const Volume *volume, bool *ret, Fault *f);
_must_use_ int backend_connect(Backend *backend, const Volume *volume, Arena *arena,
			       BackendPath *ret, Fault *f);
_must_use_ int backend_disconnect(Backend *backend, const Volume *volume, Fault *f);
_must_use_ int backend_connection_info(Backend *backend, const Volume *volume,
				       const Attachment *attachment, Arena *arena, const char **ret,
				       Fault *f);
_must_use_ int backend_export(Backend *backend, const Volume *volume, const Attachment *attachment,
			      Fault *f);
_must_use_ int backend_unexport(Backend *backend, const Volume *volume,
				const Attachment *attachment, Fault *f);
/*
 * Whether a host may be let in as its connector says. On false *ret is a sentence, in the arena,
 * that says what is wrong with it.
 */
_must_use_ bool backend_host_valid(const Backend *backend, const char *connector, Arena *arena,
				   const char **ret);
/* Whether its exports may be forgotten while this host is on; backend_life() then changes. */
bool backend_forgets(const Backend *backend);
int64_t backend_life(const Backend *backend);
/* Whether two attachments of one volume have one export, which ends with the last of them. */
bool backend_same_export(const Backend *backend, const Attachment *a, const Attachment *b);
_must_use_ int backend_extend(Backend *backend, const Volume *volume, int64_t size_gib, Fault *f);
_must_use_ int backend_copy(Backend *backend, const BackendSource *source, const Volume *volume,
			    Fault *f);
_must_use_ int backend_snapshot(Backend *backend, const Volume *volume, const Snapshot *snapshot,
				Fault *f);
_must_use_ int backend_snapshot_remove(Backend *backend, const Volume *volume,
				       const Snapshot *snapshot, Fault *f);
_must_use_ int backend_snapshot_exists(Backend *backend, const Volume *volume,
				       const Snapshot *snapshot, bool *ret, Fault *f);
_must_use_ int backend_snapshot_draft(Backend *backend, const Volume *volume,
				      const Snapshot *snapshot, Arena *arena, BackendPath *ret,
				      Fault *f);
_must_use_ int backend_snapshot_keep(Backend *backend, const Volume *volume,
				     const Snapshot *snapshot, Fault *f);
_must_use_ int backend_snapshot_connect(Backend *backend, const Volume *volume,
					const Snapshot *snapshot, Arena *arena, BackendPath *ret,
					Fault *f);
_must_use_ int backend_save(Backend *backend, const BackendSource *source, const char *path,
			    Fault *f);
_must_use_ int backend_revert(Backend *backend, const Volume *volume, const Snapshot *snapshot,
			      Fault *f);
_must_use_ int backend_capacity(Backend *backend, int64_t *ret_total_bytes, int64_t *ret_free_bytes,
				Fault *f);
