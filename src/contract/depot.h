/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * What a depot must be: the place on this host that holds image bytes and the disks of servers
 * that are no volumes.
 *
 * An upload goes begin -> write ... -> finish or abandon; bytes become visible, checked and
 * durable, at finish. Image bytes are hostile: see depot_finish().
 * Thread-safety: any thread; one upload is used by one thread at a time.
 */
#pragma once

#include "base/arena.h"
#include "base/fault.h"
#include "model/image.h"

typedef struct Depot Depot;
typedef struct DepotDriver DepotDriver;
typedef struct DepotUpload DepotUpload;

typedef enum DepotOutcome {
	DEPOT_UNSAFE = 1300, /* a qcow2 with a backing file, a data file, or an unknown feature */
	DEPOT_WRONG_FORMAT,  /* the bytes are not what disk_format says */
	DEPOT_NO_IMAGE,
	DEPOT_NO_DISK,
	DEPOT_FULL,
} DepotOutcome;

/* What finish() found out; texts in the arena. */
typedef struct DepotFacts {
	int64_t size_bytes;
	int64_t virtual_size_bytes;
	const char *md5;
	const char *sha512;
} DepotFacts;

/* Bytes of a disk on this host that are to become an image. */
typedef struct DepotSource {
	const char *path;
	DiskFormat format;
	bool is_block;
	int64_t size_bytes; /* that a guest sees */
} DepotSource;

/*
 * A server's disks, by what they are for. Whoever needs others names them: small letters and
 * digits, at most DEPOT_DISK_CHARS.
 */
#define DEPOT_ROOT "root"     /* what it runs on */
#define DEPOT_NEW "new"       /* the next root disk, while it is made */
#define DEPOT_KEPT "kept"     /* the root disk from before a resize */
#define DEPOT_OLD "old"       /* one that was replaced, until the new one has proved itself */
#define DEPOT_RESCUE "rescue" /* what a rescued server is booted from */
#define DEPOT_FROZEN "frozen" /* one moment of the root disk, while it is copied */

enum { DEPOT_DISK_CHARS = 12 };

/* What a disk is made from: an image, another disk of the server, or nothing. */
typedef struct DepotOrigin {
	const char *image_id;
	const char *disk;   /* nobody writes to it meanwhile */
	DiskFormat format;  /* raw or qcow2; of the origin too, and told by it when it is a disk */
	int64_t size_bytes; /* that a guest is to see, at least; 0: what the origin has */
	/* What to put on a raw disk that is made from nothing: "swap", "ext4" ...; or NULL */
	const char *filesystem;
} DepotOrigin;

struct DepotDriver {
	const char *name;
	size_t size;
	int (*open)(const char *directory, void **ret, Fault *f);
	void (*close)(void *self);
	int (*begin)(void *self, const char *image_id, DepotUpload **ret, Fault *f);
	int (*write)(DepotUpload *upload, const void *bytes, size_t n, Fault *f);
	/* Consumes the upload in any case. DEPOT_UNSAFE, DEPOT_WRONG_FORMAT: nothing is kept. */
	int (*finish)(DepotUpload *upload, DiskFormat format, Arena *arena, DepotFacts *ret,
		      Fault *f);
	DepotUpload *(*abandon)(DepotUpload *upload);
	/*
	 * Make an image of a disk that nobody writes to, in that format. DEPOT_FULL. May be
	 * repeated: the image is made anew.
	 */
	int (*import)(void *self, const char *image_id, const DepotSource *source,
		      DiskFormat format, Arena *arena, DepotFacts *ret, Fault *f);
	int (*remove)(void *self, const char *image_id, Fault *f);
	/* The file that holds the image's bytes, in the arena; for direct kernel boot. */
	int (*image_path)(void *self, const char *image_id, Arena *arena, const char **ret,
			  Fault *f);
	/*
	 * Make a disk of a server: bytes are shared where the file system can. Left alone when it
	 * is there already, as it is whole then. DEPOT_NO_IMAGE, DEPOT_NO_DISK: the origin is
	 * missing. DEPOT_FULL.
	 */
	int (*disk_create)(void *self, const char *server_id, const char *disk,
			   const DepotOrigin *origin, Fault *f);
	/* The root disk goes last when all go. 0 also when it was not there. */
	int (*disk_remove)(void *self, const char *server_id, const char *disk, Fault *f);
	int (*disk_exists)(void *self, const char *server_id, const char *disk, bool *ret,
			   Fault *f);
	/* DEPOT_NO_DISK. */
	int (*disk_path)(void *self, const char *server_id, const char *disk, Arena *arena,
			 const char **ret, Fault *f);
	/* What a guest sees. DEPOT_NO_DISK. */
	int (*disk_size)(void *self, const char *server_id, const char *disk, int64_t *ret_bytes,
			 Fault *f);
	/*
	 * The root disk becomes `out`, and `in` becomes the root disk. Without `in` nothing
	 * changes; so it may be repeated, and is undone with `in` and `out` exchanged.
	 */
	int (*disk_exchange)(void *self, const char *server_id, const char *in, const char *out,
			     Fault *f);
	/* Remove uploads that a crash left unfinished. */
	int (*sweep)(void *self, Fault *f);
};

_must_use_ int depot_open(const DepotDriver *driver, const char *directory, Depot **ret, Fault *f);
Depot *depot_close(Depot *depot);
DEFINE_CLEANUP(Depot, depot_close)

_must_use_ int depot_begin(Depot *depot, const char *image_id, DepotUpload **ret, Fault *f);
_must_use_ int depot_write(Depot *depot, DepotUpload *upload, const void *bytes, size_t n,
			   Fault *f);
/*
 * Look at the bytes, make them durable, and put them in their place. Bytes are refused that would
 * make an emulator open another file (backing file, data file) or that need a feature we do not
 * know. The upload is gone afterwards in any case.
 */
_must_use_ int depot_finish(Depot *depot, DepotUpload *upload, DiskFormat format, Arena *arena,
			    DepotFacts *ret, Fault *f);
DepotUpload *depot_abandon(Depot *depot, DepotUpload *upload);
_must_use_ int depot_import(Depot *depot, const char *image_id, const DepotSource *source,
			    DiskFormat format, Arena *arena, DepotFacts *ret, Fault *f);
_must_use_ int depot_remove(Depot *depot, const char *image_id, Fault *f);
_must_use_ int depot_image_path(Depot *depot, const char *image_id, Arena *arena, const char **ret,
				Fault *f);
_must_use_ int depot_disk_create(Depot *depot, const char *server_id, const char *disk,
				 const DepotOrigin *origin, Fault *f);
_must_use_ int depot_disk_remove(Depot *depot, const char *server_id, const char *disk, Fault *f);
_must_use_ int depot_disk_exists(Depot *depot, const char *server_id, const char *disk, bool *ret,
				 Fault *f);
_must_use_ int depot_disk_path(Depot *depot, const char *server_id, const char *disk, Arena *arena,
			       const char **ret, Fault *f);
_must_use_ int depot_disk_size(Depot *depot, const char *server_id, const char *disk,
			       int64_t *ret_bytes, Fault *f);
_must_use_ int depot_disk_exchange(Depot *depot, const char *server_id, const char *in,
				   const char *out, Fault *f);
_must_use_ int depot_sweep(Depot *depot, Fault *f);
