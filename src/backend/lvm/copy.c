/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Copies and snapshots. Thin ones are made by the pool, at once and at one point in time, also of
 * a volume that is written to; they depend on nothing afterwards. Thick ones are full copies: the
 * snapshots that LVM has for them slow every write down and break when they run full.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>

#include "backend/lvm/priv.h"
#include "base/str.h"

enum { CONVERT_MS = 6 * 3600 * 1000 };

/* ---- thin ---- */

static int make_thin_copy(const Lvm *lvm, const Lv *from, Lv *to, const char *tag, Fault *f)
{
	int r = lv_remove(to, f); /* a draft */

	if (!r)
		r = LVM(f, "lvcreate", "--yes", "--type", "thin", "--name", to->name, "--addtag",
			TAG, "--addtag", tag, "--setactivationskip", "n", "--activate", "n",
			from->full);
	return r ? r : lv_look(lvm, to, f);
}

static int grow_to(const Lvm *lvm, Lv *lv, int64_t size_bytes, Fault *f)
{
	char size[32];
	int r;

	if (lv->size_bytes >= size_bytes)
		return 0;
	(void)snprintf(size, sizeof(size), "%" PRId64 "b", size_bytes); /* fits */
	r = LVM(f, "lvextend", "--size", size, lv->full);
	return r ? r : lv_look(lvm, lv, f);
}

static int copy_thin(const Lvm *lvm, const Lv *from, Lv *to, int64_t size_bytes, Fault *f)
{
	int r = make_thin_copy(lvm, from, to, TAG_DRAFT, f);

	if (!r)
		r = grow_to(lvm, to, size_bytes, f);
	return r ? r : lv_untag(to, TAG_DRAFT, f);
}

/* ---- thick ---- */

static int copy_bytes(const Lv *from, const Lv *to, bool is_zero, Fault *f)
{
	_cleanup_(closep) int source = -1, target = -1;
	int r = lv_open(from, O_RDONLY, &source, f);

	if (!r)
		r = lv_open(to, O_RDWR, &target, f);
	if (!r)
		r = bytes_copy(source, target, from->size_bytes, is_zero, f);
	if (!r && fsync(target))
		r = fault(f, -errno, "flush %s: %s", to->path, strerror(errno));
	return r;
}

/* With the source active as long as it takes. */
static int copy_active(const Lvm *lvm, Lv *from, Lv *to, bool is_zero, Fault *f)
{
	bool was_active = from->active;
	int r = lv_activate(from, f);

	if (!r)
		r = lv_activate(to, f);
	if (!r)
		r = copy_bytes(from, to, is_zero, f);
	if (!r && !was_active)
		r = lv_deactivate(lvm, from, f);
	return r;
}

static int copy_thick(const Lvm *lvm, Lv *from, Lv *to, int64_t size_bytes, Fault *f)
{
	int r = draft_make(lvm, to, size_bytes, f);

	if (!r)
		r = copy_active(lvm, from, to, true, f);
	return r ? r : draft_keep(lvm, to, f);
}

/* ---- from an image ---- */

/* The image was checked when it came: no other file is named in it. */
static int convert_image(const char *path, const Lv *to, Fault *f)
{
	const RunSpec spec = {
		.argv = RUN_ARGV("qemu-img", "convert", "-n", "--target-is-zero", "-f", "qcow2",
				 "-O", "raw", path, to->path),
		.timeout_ms = CONVERT_MS,
	};

	return fault_unexpected(f, run_checked(&spec, NULL, f));
}

static int copy_raw_image(const char *path, const Lv *to, Fault *f)
{
	_cleanup_(closep) int source = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	_cleanup_(closep) int target = -1;
	off_t end;
	int r;

	if (source < 0)
		return fault(f, -errno, "open %s: %s", path, strerror(errno));
	end = lseek(source, 0, SEEK_END);
	if (end < 0 || end > to->size_bytes)
		return fault(f, -EFBIG, "image %s does not fit into %s", path, to->full);
	r = lv_open(to, O_RDWR, &target, f);
	return r ? r : bytes_copy(source, target, end, true, f);
}

static int copy_image(const Lvm *lvm, const BackendSource *source, Lv *to, int64_t size_bytes,
		      Fault *f)
{
	int r = draft_make(lvm, to, size_bytes, f);

	if (r)
		return r;
	if (source->image_format == DISK_FORMAT_QCOW2)
		r = convert_image(source->image_path, to, f);
	else
		r = copy_raw_image(source->image_path, to, f);
	return r ? r : draft_keep(lvm, to, f);
}

/* ---- the slots ---- */

static int source_look(const Lvm *lvm, const BackendSource *source, Lv *ret, Fault *f)
{
	int r;

	*ret = source->snapshot ? lv_snapshot(lvm, source->snapshot)
				: lv_volume(lvm, source->volume);
	r = lv_look(lvm, ret, f);
	if (r || (ret->there && !ret->draft))
		return r;
	return source->snapshot ? BACKEND_NO_SNAPSHOT : BACKEND_NO_VOLUME;
}

static int copy_volume(const Lvm *lvm, const BackendSource *source, Lv *to, int64_t size_bytes,
		       Fault *f)
{
	Lv from;
	int r = source_look(lvm, source, &from, f);

	if (r)
		return r;
	if (from.size_bytes > size_bytes)
		return fault(f, -EFBIG, "%s does not fit into %s", from.full, to->full);
	return lvm->pool ? copy_thin(lvm, &from, to, size_bytes, f)
			 : copy_thick(lvm, &from, to, size_bytes, f);
}

/* What fails for want of room leaves no draft behind; what else it leaves, the next try removes. */
static int copy_over(Lvm *lvm, Lv *to, int r, Fault *f)
{
	if (r == BACKEND_FULL && !lv_look(lvm, to, f) && to->draft && lv_remove(to, f))
		r = fault_context(f, "remove a copy that does not fit");
	return r;
}

int lvm_copy(void *self, const BackendSource *source, const Volume *volume, Fault *f)
{
	Lvm *lvm = self;
	Lv to = lv_volume(lvm, volume);
	int r = lv_look(lvm, &to, f);

	if (r || (to.there && !to.draft))
		return r;
	if (volume->format != DISK_FORMAT_RAW)
		return fault(f, -EMEDIUMTYPE, "%s: logical volumes are raw", to.full);
	if (source->image_path)
		r = copy_image(lvm, source, &to, volume->size_gib * GIB, f);
	else
		r = copy_volume(lvm, source, &to, volume->size_gib * GIB, f);
	return copy_over(lvm, &to, r, f);
}

int lvm_snapshot(void *self, const Volume *volume, const Snapshot *snapshot, Fault *f)
{
	const BackendSource source = {.volume = volume};
	Lvm *lvm = self;
	Lv to = lv_snapshot(lvm, snapshot);
	Lv from;
	int r = lv_look(lvm, &to, f);

	if (r || (to.there && !to.draft))
		return r;
	r = source_look(lvm, &source, &from, f);
	if (!r)
		r = lvm->pool ? make_thin_copy(lvm, &from, &to, TAG, f)
			      : copy_thick(lvm, &from, &to, from.size_bytes, f);
	return copy_over(lvm, &to, r, f);
}

int lvm_snapshot_remove(void *self, const Volume *volume _unused_, const Snapshot *snapshot,
			Fault *f)
{
	Lvm *lvm = self;
	Lv lv = lv_snapshot(lvm, snapshot);
	int r = lv_look(lvm, &lv, f);

	if (!r)
		r = lv_remove(&lv, f);
	return r;
}

int lvm_snapshot_exists(void *self, const Volume *volume _unused_, const Snapshot *snapshot,
			bool *ret, Fault *f)
{
	Lv lv = lv_snapshot(self, snapshot);
	int r = lv_look(self, &lv, f);

	*ret = lv.there && !lv.draft;
	return r;
}

static BackendPath device_path(const Lv *lv, Arena *arena)
{
	return (BackendPath){
		.path = arena_strdup(arena, lv->path),
		.format = DISK_FORMAT_RAW,
		.is_block = true,
	};
}

int lvm_snapshot_draft(void *self, const Volume *volume, const Snapshot *snapshot, Arena *arena,
		       BackendPath *ret, Fault *f)
{
	Lvm *lvm = self;
	Lv lv = lv_snapshot(lvm, snapshot);
	int r = lv_look(lvm, &lv, f);

	if (!r && lv.there && !lv.draft)
		return fault(f, -EEXIST, "%s is a snapshot already", lv.full);
	if (!r)
		r = draft_make(lvm, &lv, volume->size_gib * GIB, f);
	if (r)
		return r;
	*ret = device_path(&lv, arena);
	return 0;
}

int lvm_snapshot_keep(void *self, const Volume *volume _unused_, const Snapshot *snapshot, Fault *f)
{
	Lv lv = lv_snapshot(self, snapshot);
	int r = lv_look(self, &lv, f);

	if (r)
		return r;
	if (!lv.there)
		return BACKEND_NO_SNAPSHOT;
	if (!lv.draft)
		return 0;
	r = lv_activate(&lv, f);
	return r ? r : draft_keep(self, &lv, f);
}

int lvm_snapshot_connect(void *self, const Volume *volume _unused_, const Snapshot *snapshot,
			 Arena *arena, BackendPath *ret, Fault *f)
{
	Lv lv = lv_snapshot(self, snapshot);
	int r = lv_look(self, &lv, f);

	if (!r && (!lv.there || lv.draft))
		return BACKEND_NO_SNAPSHOT;
	if (!r)
		r = lv_activate(&lv, f);
	if (r)
		return r;
	*ret = device_path(&lv, arena);
	return 0;
}

/* ---- the way back ---- */

/*
 * A thin volume is replaced: a copy of the snapshot is made beside it, the volume goes, the copy
 * takes its name. A crash in between leaves the copy, which is then all there is.
 */
static int revert_thin(const Lvm *lvm, Lv *volume, const Lv *snapshot, const char *id,
		       int64_t size_bytes, Fault *f)
{
	Lv copy = lv_named(lvm, "back-", id);
	int r = lv_look(lvm, &copy, f);

	if (r)
		return r;
	if (volume->there || !copy.there) {
		r = make_thin_copy(lvm, snapshot, &copy, TAG, f);
		if (!r)
			r = grow_to(lvm, &copy, size_bytes, f);
		if (!r)
			r = lv_remove(volume, f);
		if (r)
			return r;
	}
	return fault_unexpected(f, LVM(f, "lvrename", copy.full, volume->full));
}

int lvm_revert(void *self, const Volume *volume, const Snapshot *snapshot, Fault *f)
{
	Lvm *lvm = self;
	Lv to = lv_volume(lvm, volume);
	Lv from = lv_snapshot(lvm, snapshot);
	int r = lv_look(lvm, &to, f);

	if (!r)
		r = lv_look(lvm, &from, f);
	if (r)
		return r;
	if (!from.there || from.draft)
		return BACKEND_NO_SNAPSHOT;
	if (lvm->pool) {
		r = revert_thin(lvm, &to, &from, volume->id, volume->size_gib * GIB, f);
	} else if (!to.there || to.draft) {
		r = BACKEND_NO_VOLUME;
	} else {
		r = copy_active(lvm, &from, &to, false, f);
		if (!r)
			r = lv_deactivate(lvm, &to, f);
	}
	return r;
}
