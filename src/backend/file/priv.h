/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * What the files of the file backend share: the open backend, the names of its files, and the
 * slots that have a file of their own.
 */
#pragma once

#include "backend/file/dir.h"
#include "base/uuid.h"
#include "contract/backend.h"

enum {
	FILE_NAME_BYTES = UUID_TEXT + 24, /* the longest prefix and ".snap.qcow2" round an id */
	FILE_LAST_BYTES = 16 * 1024 * 1024,
};

#define GIB ((int64_t)1 << 30)

typedef struct FileBackend {
	Dir *dir;
	char *path;
	bool reflinks; /* files can share their blocks */
	/* Of an NFS export, whose mount `path` is; else NULL. */
	char *mount_base; /* the directory with the mount in it */
	char *export;
	char *options; /* "-o timeo=20", as other hosts are told; NULL: none */
} FileBackend;

/* volume.c */

_must_use_ int file_backend_open(const char *directory, FileBackend **ret, Fault *f);
void file_close(void *self);
void file_describe(void *self, BackendTraits *traits);
int file_create(void *self, const Volume *volume, Fault *f);
int file_remove(void *self, const Volume *volume, Fault *f);
int file_exists(void *self, const Volume *volume, bool *ret, Fault *f);
int file_connect(void *self, const Volume *volume, Arena *arena, BackendPath *ret, Fault *f);
int file_disconnect(void *self, const Volume *volume, Fault *f);
int file_extend(void *self, const Volume *volume, int64_t size_gib, Fault *f);
int file_capacity(void *self, int64_t *ret_total_bytes, int64_t *ret_free_bytes, Fault *f);

void file_volume_name(const Volume *volume, const char *prefix, char out[static FILE_NAME_BYTES]);
/* Open the volume's file and compare it with the record. 0 or BACKEND_NO_VOLUME. */
_must_use_ int file_volume_open(const FileBackend *backend, const Volume *volume, int *ret_fd,
				Fault *f);
/* Whether anything new may be begun. 0 or BACKEND_FULL. */
_must_use_ int file_has_room(const FileBackend *backend, Fault *f);
/* What was published has flushed bytes; its name may not be on the disk yet. 0 or BACKEND_FULL. */
_must_use_ int file_flush(const FileBackend *backend, Fault *f);

/* copy.c */

int file_copy(void *self, const BackendSource *source, const Volume *volume, Fault *f);
int file_revert(void *self, const Volume *volume, const Snapshot *snapshot, Fault *f);

/* snapshot.c */

/* 0 or BACKEND_NO_SNAPSHOT. */
_must_use_ int file_snapshot_open(const FileBackend *backend, const Snapshot *snapshot, int *ret_fd,
				  Fault *f);
int file_snapshot(void *self, const Volume *volume, const Snapshot *snapshot, Fault *f);
int file_snapshot_remove(void *self, const Volume *volume, const Snapshot *snapshot, Fault *f);
int file_snapshot_exists(void *self, const Volume *volume, const Snapshot *snapshot, bool *ret,
			 Fault *f);
int file_snapshot_connect(void *self, const Volume *volume, const Snapshot *snapshot, Arena *arena,
			  BackendPath *ret, Fault *f);
int file_snapshot_draft(void *self, const Volume *volume, const Snapshot *snapshot, Arena *arena,
			BackendPath *ret, Fault *f);
int file_snapshot_keep(void *self, const Volume *volume, const Snapshot *snapshot, Fault *f);
