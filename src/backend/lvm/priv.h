/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * What the files of this room share.
 */
#pragma once

#include "backend/lvm/lvm.h"
#include "base/uuid.h"
#include "run/run.h"

typedef struct Lv Lv;
typedef struct Lvm Lvm;

#define GIB ((int64_t)1 << 30)

enum { LV_NAME_BYTES = UUID_TEXT + 16 }; /* "volume-" before an id */

struct Lvm {
	char *group;
	char *pool; /* NULL: thick volumes */
};

/* ---- command.c ---- */

/* A tag on each of ours, and more of them on those that are not finished; see volume.c. */
#define TAG "cleat"
#define TAG_DRAFT "cleat.draft"
#define TAG_ZERO "cleat.zero=" /* and the first byte that may not be shown to anybody yet */

/* How long a command may take that only changes or reads LVM's records. */
enum { LVM_COMMAND_MS = 120 * 1000 };

/* Run "lvm" with these words, which end with NULL. 0 or BACKEND_FULL. */
_must_use_ int lvm_run(const char *const *words, RunResult *ret, Fault *f);
#define LVM(f, ...) lvm_run(RUN_ARGV(__VA_ARGS__), NULL, (f))

/*
 * Run a report and read its one row: `ret` gets the values of `fields` in their order, in the
 * arena, or NULL for all when there is no such row. `kind` is "lv" or "vg".
 */
_must_use_ int lvm_report(const char *const *words, const char *kind, const char *const *fields,
			  size_t count, Arena *arena, const char **ret, Fault *f);

/* One logical volume of ours. */
struct Lv {
	char name[LV_NAME_BYTES];
	char full[240]; /* "group/name" */
	char path[256]; /* "/dev/group/name", there while it is active */
	bool there;
	bool draft;
	bool active;
	bool open; /* somebody has the device open */
	bool zeroing;
	int64_t zero_from;
	int64_t size_bytes;
};

/* "volume-", "snap-" or "back-", and an id. */
Lv lv_named(const Lvm *lvm, const char *prefix, const char *id);
Lv lv_volume(const Lvm *lvm, const Volume *volume);
Lv lv_snapshot(const Lvm *lvm, const Snapshot *snapshot);

/*
 * Look it up; a fault when something of that name is there that we did not make, or that is not of
 * the kind that this driver makes. So whatever follows works on a volume of ours.
 */
_must_use_ int lv_look(const Lvm *lvm, Lv *lv, Fault *f);

/* Activate it, unless it is. */
_must_use_ int lv_activate(Lv *lv, Fault *f);
/* Deactivate it, unless somebody has it open. */
_must_use_ int lv_deactivate(const Lvm *lvm, Lv *lv, Fault *f);
/* Open the device of an active one; a fault when it is no block device of that size. */
_must_use_ int lv_open(const Lv *lv, int flags, int *ret_fd, Fault *f);
/* Remove it if it is there. */
_must_use_ int lv_remove(Lv *lv, Fault *f);
_must_use_ int lv_untag(const Lv *lv, const char *tag, Fault *f);

/* ---- volume.c ---- */

/*
 * Make a draft of that size, empty and active: all zeroes to whoever reads it. In the place of an
 * earlier draft. 0 or BACKEND_FULL.
 */
_must_use_ int draft_make(const Lvm *lvm, Lv *lv, int64_t size_bytes, Fault *f);
/* It is finished: what was written is on the disk, the tag goes, and it is deactivated. */
_must_use_ int draft_keep(const Lvm *lvm, Lv *lv, Fault *f);

/* ---- copy.c ---- */

int lvm_copy(void *self, const BackendSource *source, const Volume *volume, Fault *f);
int lvm_snapshot(void *self, const Volume *volume, const Snapshot *snapshot, Fault *f);
int lvm_snapshot_remove(void *self, const Volume *volume, const Snapshot *snapshot, Fault *f);
int lvm_snapshot_exists(void *self, const Volume *volume, const Snapshot *snapshot, bool *ret,
			Fault *f);
int lvm_snapshot_draft(void *self, const Volume *volume, const Snapshot *snapshot, Arena *arena,
		       BackendPath *ret, Fault *f);
int lvm_snapshot_keep(void *self, const Volume *volume, const Snapshot *snapshot, Fault *f);
int lvm_snapshot_connect(void *self, const Volume *volume, const Snapshot *snapshot, Arena *arena,
			 BackendPath *ret, Fault *f);
int lvm_revert(void *self, const Volume *volume, const Snapshot *snapshot, Fault *f);

/* ---- bytes.c ---- */

/* Make [from, end) read as zeroes. */
_must_use_ int bytes_zero(int fd, int64_t from, int64_t end, Fault *f);
/*
 * Copy that many bytes. Runs of zeroes are made zeroes in the target, or left out when it `is_zero`
 * all over already.
 */
_must_use_ int bytes_copy(int from, int to, int64_t bytes, bool is_zero, Fault *f);

/* ---- capacity.c ---- */

int lvm_capacity(void *self, int64_t *ret_total_bytes, int64_t *ret_free_bytes, Fault *f);
