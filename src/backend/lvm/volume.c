/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Volumes as logical volumes "volume-<id>", active only while they are connected.
 *
 * What nobody may see yet carries a tag:
 *
 *     cleat.draft       it is being made: not there for anybody, and begun anew after a crash
 *     cleat.zero=BYTE   it has grown, and from that byte on may hold what others left there
 *
 * A new thick volume is zeroed before the tag goes, so that no tenant reads what another one wrote;
 * so is what a thick volume grows by. A thin pool zeroes each block before it hands it out, which
 * is checked at open.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>

#include "backend/lvm/priv.h"
#include "base/mem.h"
#include "base/str.h"
#include "json/out.h"

static const char *bytes_text(int64_t bytes, char out[static 32])
{
	(void)snprintf(out, 32, "%" PRId64 "b", bytes); /* fits */
	return out;
}

/* ---- making ---- */

static int lv_make_thin(const Lvm *lvm, const Lv *lv, int64_t size_bytes, const char *tag, Fault *f)
{
	char size[32], pool[256];

	(void)snprintf(pool, sizeof(pool), "%s/%s", lvm->group, lvm->pool); /* fits: as at open */
	return LVM(f, "lvcreate", "--yes", "--type", "thin", "--thinpool", pool, "--virtualsize",
		   bytes_text(size_bytes, size), "--name", lv->name, "--addtag", TAG, "--addtag",
		   tag, "--setactivationskip", "n", "--activate", "n");
}

static int lv_make_thick(const Lvm *lvm, const Lv *lv, int64_t size_bytes, Fault *f)
{
	char size[32];

	return LVM(f, "lvcreate", "--yes", "--type", "linear", "--size",
		   bytes_text(size_bytes, size), "--name", lv->name, "--addtag", TAG, "--addtag",
		   TAG_DRAFT, "--zero", "n", "--wipesignatures", "n", "--activate", "y",
		   lvm->group);
}

int draft_make(const Lvm *lvm, Lv *lv, int64_t size_bytes, Fault *f)
{
	_cleanup_(closep) int fd = -1;
	int r = lv_remove(lv, f);

	if (!r)
		r = lvm->pool ? lv_make_thin(lvm, lv, size_bytes, TAG_DRAFT, f)
			      : lv_make_thick(lvm, lv, size_bytes, f);
	if (r)
		return r;
	lv->there = lv->draft = true;
	lv->active = !lvm->pool;
	lv->size_bytes = size_bytes;
	r = lv_activate(lv, f);
	if (!r && !lvm->pool)
		r = lv_open(lv, O_RDWR, &fd, f);
	if (!r && !lvm->pool)
		r = bytes_zero(fd, 0, size_bytes, f);
	return fault_unexpected(f, r);
}

/* By a descriptor that cannot write: udev looks into what was open to be written to. */
static int lv_flush(const Lv *lv, Fault *f)
{
	_cleanup_(closep) int fd = -1;
	int r = lv_open(lv, O_RDONLY, &fd, f);

	if (!r && fsync(fd))
		return fault(f, -errno, "flush %s: %s", lv->path, strerror(errno));
	return r;
}

int draft_keep(const Lvm *lvm, Lv *lv, Fault *f)
{
	int r = lv_flush(lv, f);

	if (!r)
		r = lv_untag(lv, TAG_DRAFT, f);
	return r ? r : lv_deactivate(lvm, lv, f);
}

/* Look for the volume; BACKEND_NO_VOLUME also while it is a draft. */
static int volume_look(const Lvm *lvm, const Volume *volume, Lv *ret, Fault *f)
{
	int r;

	*ret = lv_volume(lvm, volume);
	if (volume->format != DISK_FORMAT_RAW)
		return fault(f, -EMEDIUMTYPE, "%s: logical volumes are raw", ret->full);
	r = lv_look(lvm, ret, f);
	if (r)
		return r;
	return ret->there && !ret->draft ? 0 : BACKEND_NO_VOLUME;
}

static int lvm_create(void *self, const Volume *volume, Fault *f)
{
	Lvm *lvm = self;
	Lv lv;
	int r = volume_look(lvm, volume, &lv, f);

	if (r == 0 && lv.size_bytes != volume->size_gib * GIB)
		return fault(f, -EMEDIUMTYPE, "%s has another size than its record", lv.full);
	if (r != BACKEND_NO_VOLUME)
		return r;
	if (lvm->pool && !lv.there) {
		r = lv_make_thin(lvm, &lv, volume->size_gib * GIB, TAG, f);
	} else {
		r = draft_make(lvm, &lv, volume->size_gib * GIB, f);
		if (!r)
			r = draft_keep(lvm, &lv, f);
	}
	return r;
}

static int lvm_remove(void *self, const Volume *volume, Fault *f)
{
	Lvm *lvm = self;
	Lv lv = lv_volume(lvm, volume);
	int r = lv_look(lvm, &lv, f);

	if (!r)
		r = lv_remove(&lv, f);
	return r;
}

static int lvm_exists(void *self, const Volume *volume, bool *ret, Fault *f)
{
	Lv lv;
	int r = volume_look(self, volume, &lv, f);

	*ret = r == 0;
	return r == BACKEND_NO_VOLUME ? 0 : r;
}

/* ---- connecting ---- */

/* The device grows before the record does. */
static bool size_fits(const Lv *lv, const Volume *volume)
{
	int64_t size_bytes = volume->size_gib * GIB;
	bool may_be_larger =
		volume->status == VOLUME_EXTENDING || volume->status == VOLUME_ERROR_EXTENDING;

	return lv->size_bytes == size_bytes || (may_be_larger && lv->size_bytes > size_bytes);
}

static int lvm_connect(void *self, const Volume *volume, Arena *arena, BackendPath *ret, Fault *f)
{
	const Lvm *lvm = self;
	_cleanup_(closep) int fd = -1;
	Lv lv;
	int r = volume_look(lvm, volume, &lv, f);

	if (r)
		return r;
	if (lv.zeroing)
		return fault(f, -EBUSY, "%s is growing and not ready", lv.full);
	if (!size_fits(&lv, volume))
		return fault(f, -EMEDIUMTYPE,
			     "%s has %" PRId64 " bytes, its record %" PRId64 " GiB", lv.full,
			     lv.size_bytes, volume->size_gib);
	r = lv_activate(&lv, f);
	if (!r)
		r = lv_open(&lv, O_RDONLY, &fd, f);
	if (r)
		return r;
	*ret = (BackendPath){
		.path = arena_strdup(arena, lv.path),
		.format = DISK_FORMAT_RAW,
		.is_block = true,
	};
	return 0;
}

/* It stays active while another guest of this host has it. */
static int lvm_disconnect(void *self, const Volume *volume, Fault *f)
{
	const Lvm *lvm = self;
	Lv lv = lv_volume(lvm, volume);
	int r = lv_look(lvm, &lv, f);

	if (r || !lv.there || !lv.active)
		return r;
	r = lv_flush(&lv, f);
	return r ? r : lv_deactivate(lvm, &lv, f);
}

static int lvm_connection_info(void *self, const Volume *volume,
			       const Attachment *attachment _unused_, Arena *arena,
			       const char **ret, Fault *f _unused_)
{
	Lv lv = lv_volume(self, volume);
	_cleanup_(freep) char *text = NULL;
	JsonOut out = {0};
	size_t length;

	json_out_begin(&out, NULL);
	json_out_text(&out, "driver_volume_type", "local");
	json_out_text(&out, "device_path", lv.path);
	json_out_text(&out, "format", enum_name(&disk_format_names, volume->format));
	json_out_text(&out, "volume_id", volume->id);
	json_out_end(&out);
	text = json_out_take(&out, &length);
	*ret = arena_strndup(arena, text, length);
	return 0;
}

/* ---- growing ---- */

static int lv_grow(const Lv *lv, int64_t size_bytes, Fault *f)
{
	char size[32];

	return LVM(f, "lvextend", "--size", bytes_text(size_bytes, size), lv->full);
}

/* Zero what the tag says, on a device that a guest may have open. */
static int finish_zeroing(const Lvm *lvm, Lv *lv, Fault *f)
{
	_cleanup_(closep) int fd = -1;
	bool was_active = lv->active;
	char tag[64];
	int r = lv_activate(lv, f);

	if (!r)
		r = lv_open(lv, O_RDWR, &fd, f);
	if (!r)
		r = bytes_zero(fd, lv->zero_from, lv->size_bytes, f);
	if (!r && fsync(fd))
		r = fault(f, -errno, "flush %s: %s", lv->path, strerror(errno));
	if (r)
		return r;
	closep(&fd);
	fd = -1;
	(void)snprintf(tag, sizeof(tag), TAG_ZERO "%" PRId64, lv->zero_from); /* fits */
	r = lv_untag(lv, tag, f);
	if (r || was_active)
		return r;
	return lv_deactivate(lvm, lv, f);
}

/* Say first what may not be shown: a crash then finds it. */
static int grow_thick(const Lvm *lvm, Lv *lv, int64_t size_bytes, Fault *f)
{
	char tag[64];
	int r = 0;

	if (!lv->zeroing) {
		lv->zero_from = lv->size_bytes;
		(void)snprintf(tag, sizeof(tag), TAG_ZERO "%" PRId64, lv->zero_from); /* fits */
		r = fault_unexpected(f, LVM(f, "lvchange", "--addtag", tag, lv->full));
	}
	if (!r)
		r = lv_grow(lv, size_bytes, f);
	if (r == BACKEND_FULL && !lv->zeroing && lv_untag(lv, tag, f))
		return fault_context(f, "no room to grow");
	if (r)
		return r;
	lv->size_bytes = size_bytes;
	return finish_zeroing(lvm, lv, f);
}

static int lvm_extend(void *self, const Volume *volume, int64_t size_gib, Fault *f)
{
	Lvm *lvm = self;
	int64_t size_bytes = size_gib * GIB;
	Lv lv;
	int r = volume_look(lvm, volume, &lv, f);

	if (r)
		return r;
	if (lv.size_bytes < size_bytes)
		r = lvm->pool ? lv_grow(&lv, size_bytes, f) : grow_thick(lvm, &lv, size_bytes, f);
	else if (lv.zeroing)
		r = finish_zeroing(lvm, &lv, f);
	return r;
}

/* ---- opening ---- */

static void lvm_close(void *self)
{
	Lvm *lvm = self;

	free(lvm->group);
	free(lvm->pool);
	free(lvm);
}

/* A name that LVM takes and no option, path or selection can hide in. */
static bool is_name(const char *name)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789_.+-";

	return !str_empty(name) && strlen(name) < 100 && !strchr(".+-", name[0]) &&
	       name[strspn(name, allowed)] == '\0';
}

static int lvm_open(const BackendConfig *config, void **ret, Fault *f)
{
	Lvm *lvm;

	if (!is_name(config->volume_group) || (config->thin_pool && !is_name(config->thin_pool)))
		return fault(f, -EINVAL, "backend lvm needs the name of a volume group");
	lvm = NEW(Lvm);
	lvm->group = mem_strdup(config->volume_group);
	lvm->pool = config->thin_pool ? mem_strdup(config->thin_pool) : NULL;
	*ret = lvm;
	return 0;
}

const BackendDriver backend_lvm_thick = {
	.name = "lvm",
	.size = sizeof(BackendDriver),
	.traits = {.protocol = "local", .capacity_waits = true},
	.open = lvm_open,
	.close = lvm_close,
	.create = lvm_create,
	.remove = lvm_remove,
	.exists = lvm_exists,
	.connect = lvm_connect,
	.disconnect = lvm_disconnect,
	.connection_info = lvm_connection_info,
	.extend = lvm_extend,
	.copy = lvm_copy,
	.snapshot = lvm_snapshot,
	.snapshot_remove = lvm_snapshot_remove,
	.snapshot_exists = lvm_snapshot_exists,
	.snapshot_draft = lvm_snapshot_draft,
	.snapshot_keep = lvm_snapshot_keep,
	.snapshot_connect = lvm_snapshot_connect,
	.revert = lvm_revert,
	.capacity = lvm_capacity,
};

const BackendDriver backend_lvm_thin = {
	.name = "lvm",
	.size = sizeof(BackendDriver),
	.traits =
		{
			.protocol = "local",
			.thin = true,
			.atomic = true,
			.capacity_waits = true,
		},
	.open = lvm_open,
	.close = lvm_close,
	.create = lvm_create,
	.remove = lvm_remove,
	.exists = lvm_exists,
	.connect = lvm_connect,
	.disconnect = lvm_disconnect,
	.connection_info = lvm_connection_info,
	.extend = lvm_extend,
	.copy = lvm_copy,
	.snapshot = lvm_snapshot,
	.snapshot_remove = lvm_snapshot_remove,
	.snapshot_exists = lvm_snapshot_exists,
	.snapshot_connect = lvm_snapshot_connect,
	.revert = lvm_revert,
	.capacity = lvm_capacity,
};
