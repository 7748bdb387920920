/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * What the files of this room share. librbd's own functions begin with rbd_, ours with pool_ and
 * image_. They all block, each question for POOL_TIMEOUT_S at most: then it is a fault, and the
 * step is tried again. librados finds its way back by itself when the cluster does.
 */
#pragma once

#include <errno.h>
#include <pthread.h>
#include <rados/librados.h>
#include <rbd/librbd.h>

#include "backend/rbd/text.h"
#include "base/mem.h"
#include "base/str.h"

#define GIB ((int64_t)1 << 30)

typedef struct Pool {
	BackendConfig config; /* texts are in the arena */
	Arena *arena;
	rados_t cluster;
	rados_ioctx_t io;
	bool has_cluster;
	bool has_io;
	pthread_mutex_t lock; /* guards the rest */
	char *hosts;          /* JSON lists: the monitors as of the last look */
	char *ports;
} Pool;

/* A fault of what librbd or librados answered: a negative errno. */
#define pool_fault(f, r, what, name) fault((f), (r), "%s %s: %s", (what), (name), strerror(-(r)))

/* ---- cluster.c ---- */

int pool_open(const BackendConfig *config, void **ret, Fault *f);
void pool_close(void *self);
int pool_capacity(void *self, int64_t *ret_total_bytes, int64_t *ret_free_bytes, Fault *f);
int pool_connection(void *self, const Volume *volume, const Attachment *attachment, Arena *arena,
		    const char **ret, Fault *f);

/* ---- image.c ---- */

typedef enum ImageState {
	IMAGE_ABSENT,
	IMAGE_DRAFT, /* it is being made: not there for anybody, and begun anew after a crash */
	IMAGE_READY,
} ImageState;

typedef struct Image {
	char name[POOL_NAME_BYTES];
	const char *id; /* the volume's */
	ImageState state;
	int64_t size_bytes;
} Image;

void image_done(rbd_image_t *image);

/* Look it up by the volume's id. */
_must_use_ int image_look(const Pool *pool, const char *id, Image *ret, Fault *f);
/* Open it, or a snapshot of it; *ret stays NULL when that is not there. */
_must_use_ int image_open_read(const Pool *pool, const char *name, const char *snapshot,
			       rbd_image_t *ret, Fault *f);
_must_use_ int image_open_write(const Pool *pool, const char *name, rbd_image_t *ret, Fault *f);
/* An empty draft in the place of an earlier one. 0 or BACKEND_FULL. */
_must_use_ int image_make(const Pool *pool, Image *image, int64_t size_bytes, Fault *f);
/* A draft that begins as the snapshot of another image. 0, BACKEND_FULL or BACKEND_NO_SNAPSHOT. */
_must_use_ int image_clone(const Pool *pool, const char *from, const char *snapshot, Image *image,
			   int64_t size_bytes, Fault *f);
/* It is whole. */
_must_use_ int image_keep(const Pool *pool, Image *image, Fault *f);
/* 0 or BACKEND_FULL. */
_must_use_ int image_resize(const Pool *pool, const char *name, int64_t size_bytes, Fault *f);
/* 0 also when it is not there. What is left of others' copies of it goes to the trash. */
_must_use_ int image_remove(const Pool *pool, const char *name, Fault *f);

/* ---- copy.c ---- */

int pool_copy(void *self, const BackendSource *source, const Volume *volume, Fault *f);
int pool_save(void *self, const BackendSource *source, const char *path, Fault *f);
/* Write all that one holds over what the other does, by qemu-img: files, or as pool_spec(). */
_must_use_ int pool_convert(const char *from, DiskFormat format, const char *to, bool is_empty,
			    Fault *f);

/* ---- snapshot.c ---- */

int pool_snapshot(void *self, const Volume *volume, const Snapshot *snapshot, Fault *f);
int pool_snapshot_remove(void *self, const Volume *volume, const Snapshot *snapshot, Fault *f);
int pool_snapshot_exists(void *self, const Volume *volume, const Snapshot *snapshot, bool *ret,
			 Fault *f);
int pool_snapshot_connect(void *self, const Volume *volume, const Snapshot *snapshot, Arena *arena,
			  BackendPath *ret, Fault *f);
int pool_revert(void *self, const Volume *volume, const Snapshot *snapshot, Fault *f);
/* Of an image by name. 0 also when either is there, or not there, already. */
_must_use_ int snapshot_make(const Pool *pool, const char *image, const char *name, Fault *f);
_must_use_ int snapshot_drop(const Pool *pool, const char *image, const char *name, Fault *f);
_must_use_ int snapshot_look(const Pool *pool, const char *image, const char *name, bool *ret,
			     Fault *f);
