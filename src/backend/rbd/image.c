/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Images, and how one is known to be ours and whole: its metadata then has the volume's id under
 * "cleat". A copy inherits the metadata of what it was made from, which is another volume's id, so
 * it is a draft until its own is written, the last thing of all.
 *
 * An image whose snapshots have copies cannot be removed before those are: it goes to the pool's
 * trash, and is removed from there when the last of them has gone. The trash is an administrator's
 * as well, who may have put an image of ours there to keep it: what we threw away ourselves bears
 * the volume's id under "cleat-trash".
 */
#include "backend/rbd/priv.h"

#define MARK "cleat"
#define TRASH_MARK "cleat-trash"

enum {
	CLONE_FORMAT = 2, /* copies need no protected snapshots */
	DEPTH_MAX = 5,    /* of copies of copies: each makes reading slower */
	TRASH_FIRST = 16, /* entries of a first look */
};

/* What the kernel's client understands, too. */
#define FEATURES                                                                                   \
	(RBD_FEATURE_LAYERING | RBD_FEATURE_EXCLUSIVE_LOCK | RBD_FEATURE_OBJECT_MAP |              \
	 RBD_FEATURE_FAST_DIFF | RBD_FEATURE_DEEP_FLATTEN)

void image_done(rbd_image_t *image)
{
	if (*image)
		(void)rbd_close(*image); /* nothing is written through it that could be lost */
}

static bool is_full(int r)
{
	return r == -ENOSPC || r == -EDQUOT;
}

int image_open_read(const Pool *pool, const char *name, const char *snapshot, rbd_image_t *ret,
		    Fault *f)
{
	int r = rbd_open_read_only(pool->io, name, ret, snapshot);

	if (r < 0)
		*ret = NULL;
	return r < 0 && r != -ENOENT ? pool_fault(f, r, "open image", name) : 0;
}

int image_open_write(const Pool *pool, const char *name, rbd_image_t *ret, Fault *f)
{
	int r = rbd_open(pool->io, name, ret, NULL);

	if (r < 0)
		*ret = NULL;
	return r < 0 && r != -ENOENT ? pool_fault(f, r, "open image", name) : 0;
}

static int read_mark(rbd_image_t image, const char *mark, char out[static UUID_TEXT], Fault *f)
{
	char value[256] = "";
	size_t length = sizeof(value) - 1;
	int r = rbd_metadata_get(image, mark, value, &length);

	out[0] = '\0';
	if (r < 0 && r != -ENOENT && r != -ERANGE)
		return pool_fault(f, r, "read metadata", mark);
	if (r >= 0 && strlen(value) < UUID_TEXT)
		memcpy(out, value, strlen(value) + 1);
	return 0;
}

int image_look(const Pool *pool, const char *id, Image *ret, Fault *f)
{
	_cleanup_(image_done) rbd_image_t image = NULL;
	char mark[UUID_TEXT];
	uint64_t size = 0;
	int r;

	*ret = (Image){.id = id};
	(void)pool_name(POOL_IMAGE, id, ret->name);
	r = image_open_read(pool, ret->name, NULL, &image, f);
	if (r || !image)
		return r;
	r = read_mark(image, MARK, mark, f);
	if (r)
		return r;
	r = rbd_get_size(image, &size);
	if (r < 0)
		return pool_fault(f, r, "look at image", ret->name);
	ret->state = str_eq(mark, id) ? IMAGE_READY : IMAGE_DRAFT;
	ret->size_bytes = (int64_t)size;
	return 0;
}

/* ---- making ---- */

static int create_image(const Pool *pool, const char *name, int64_t size_bytes)
{
	rbd_image_options_t wishes;
	int r;

	rbd_image_options_create(&wishes);
	r = rbd_image_options_set_uint64(wishes, RBD_IMAGE_OPTION_FEATURES, FEATURES);
	if (r >= 0)
		r = rbd_create4(pool->io, name, (uint64_t)size_bytes, wishes);
	rbd_image_options_destroy(wishes);
	return r;
}

int image_make(const Pool *pool, Image *image, int64_t size_bytes, Fault *f)
{
	int r = image_remove(pool, image->name, f);

	if (r)
		return r;
	r = create_image(pool, image->name, size_bytes);
	if (is_full(r))
		return BACKEND_FULL;
	return r < 0 ? pool_fault(f, r, "make image", image->name) : 0;
}

static int clone_image(const Pool *pool, const char *from, const char *snapshot, const char *to)
{
	rbd_image_options_t wishes;
	int r;

	rbd_image_options_create(&wishes);
	r = rbd_image_options_set_uint64(wishes, RBD_IMAGE_OPTION_FEATURES, FEATURES);
	if (r >= 0)
		r = rbd_image_options_set_uint64(wishes, RBD_IMAGE_OPTION_CLONE_FORMAT,
						 CLONE_FORMAT);
	if (r >= 0)
		r = rbd_clone3(pool->io, from, snapshot, pool->io, to, wishes);
	rbd_image_options_destroy(wishes);
	return r;
}

/* The id of what an image is a copy of, in the arena; NULL: it is none. */
static int parent_of(rbd_image_t image, Arena *arena, const char **ret, Fault *f)
{
	rbd_linked_image_spec_t parent = {0};
	rbd_snap_spec_t snapshot = {0};
	int r = rbd_get_parent(image, &parent, &snapshot);

	*ret = NULL;
	if (r < 0)
		return r == -ENOENT ? 0 : pool_fault(f, r, "look for", "the parent of an image");
	*ret = arena_strdup(arena, parent.image_id);
	rbd_linked_image_spec_cleanup(&parent);
	rbd_snap_spec_cleanup(&snapshot);
	return 0;
}

static int depth_of(const Pool *pool, rbd_image_t image, int *ret, Fault *f)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();
	const char *id;
	int r = parent_of(image, arena, &id, f);

	for (*ret = 0; !r && id && *ret <= DEPTH_MAX; (*ret)++) {
		_cleanup_(image_done) rbd_image_t parent = NULL;

		r = rbd_open_by_id_read_only(pool->io, id, &parent, NULL);
		if (r < 0) {
			parent = NULL;
			return pool_fault(f, r, "open image", id);
		}
		r = parent_of(parent, arena, &id, f);
	}
	return r;
}

/* A chain that has become too long ends here: the copy gets all of its bytes. */
static int shorten(const Pool *pool, const char *name, Fault *f)
{
	_cleanup_(image_done) rbd_image_t image = NULL;
	int depth = 0;
	int r = image_open_write(pool, name, &image, f);

	if (!r && image)
		r = depth_of(pool, image, &depth, f);
	if (r || depth <= DEPTH_MAX)
		return r;
	r = rbd_flatten(image);
	if (is_full(r))
		return BACKEND_FULL;
	return r < 0 ? pool_fault(f, r, "flatten image", name) : 0;
}

int image_clone(const Pool *pool, const char *from, const char *snapshot, Image *image,
		int64_t size_bytes, Fault *f)
{
	int r = image_remove(pool, image->name, f);

	if (r)
		return r;
	r = clone_image(pool, from, snapshot, image->name);
	if (r == -ENOENT)
		return BACKEND_NO_SNAPSHOT;
	if (is_full(r))
		return BACKEND_FULL;
	if (r < 0)
		return pool_fault(f, r, "make a copy of image", from);
	r = image_resize(pool, image->name, size_bytes, f);
	return r ? r : shorten(pool, image->name, f);
}

static int write_mark(const Pool *pool, const char *name, const char *mark, const char *id,
		      Fault *f)
{
	_cleanup_(image_done) rbd_image_t image = NULL;
	int r = image_open_write(pool, name, &image, f);

	if (r)
		return r;
	r = image ? rbd_metadata_set(image, mark, id) : -ENOENT;
	return r < 0 ? pool_fault(f, r, "mark image", name) : 0;
}

int image_keep(const Pool *pool, Image *image, Fault *f)
{
	int r = write_mark(pool, image->name, MARK, image->id, f);

	if (r)
		return r;
	image->state = IMAGE_READY;
	return 0;
}

/* ---- changing ---- */

int image_resize(const Pool *pool, const char *name, int64_t size_bytes, Fault *f)
{
	_cleanup_(image_done) rbd_image_t image = NULL;
	uint64_t size = 0;
	int r = image_open_write(pool, name, &image, f);

	if (r)
		return r;
	r = image ? rbd_get_size(image, &size) : -ENOENT;
	if (r >= 0 && (int64_t)size < size_bytes)
		r = rbd_resize(image, (uint64_t)size_bytes);
	if (is_full(r))
		return BACKEND_FULL;
	return r < 0 ? pool_fault(f, r, "grow image", name) : 0;
}

/* ---- removing ---- */

/* A copy that was given up may have left the snapshot that it was to be made from. */
static int drop_left_over(const Pool *pool, const char *name, Fault *f)
{
	_cleanup_(image_done) rbd_image_t image = NULL;
	rbd_snap_info_t *snapshots = NULL;
	int room = 0, count;
	int r = image_open_write(pool, name, &image, f);

	if (r || !image)
		return r;
	do {
		snapshots = mem_resize(snapshots, (size_t)MAX(room, 1) * sizeof(*snapshots));
		count = rbd_snap_list(image, snapshots, &room);
	} while (count == -ERANGE);
	for (int i = 0; i < count; i++) {
		if (!str_after(snapshots[i].name, POOL_COPY))
			continue;
		r = rbd_snap_remove(image, snapshots[i].name);
		if (r < 0 && r != -ENOENT) {
			r = pool_fault(f, r, "remove snapshot", snapshots[i].name);
			break;
		}
		r = 0;
	}
	if (count > 0)
		rbd_snap_list_end(snapshots);
	free(snapshots);
	return count < 0 ? pool_fault(f, count, "list snapshots of image", name) : r;
}

/* One that we threw away: marked so, under the name that the mark makes. */
static bool is_our_trash(const Pool *pool, const rbd_trash_image_info_t *entry)
{
	const char *id = str_after(entry->name, POOL_IMAGE);
	_cleanup_(image_done) rbd_image_t image = NULL;
	char mark[UUID_TEXT] = "";
	Fault f = {0};

	if (!id)
		return false;
	if (rbd_open_by_id_read_only(pool->io, entry->id, &image, NULL) < 0) {
		image = NULL;
		return false;
	}
	return read_mark(image, TRASH_MARK, mark, &f) == 0 && str_eq(mark, id);
}

/* What has copies still cannot be removed, and stays for another time. True: something went. */
static bool empty_trash_once(const Pool *pool)
{
	rbd_trash_image_info_t *entries = NULL;
	size_t count = TRASH_FIRST;
	bool any = false;
	int r;

	do { /* as long as there are more than were asked for */
		entries = mem_resize(entries, MAX(count, (size_t)1) * sizeof(*entries));
		r = rbd_trash_list(pool->io, entries, &count);
	} while (r == -ERANGE);
	if (r >= 0) {
		for (size_t i = 0; i < count; i++)
			any |= is_our_trash(pool, &entries[i]) &&
			       rbd_trash_remove(pool->io, entries[i].id, true) >= 0;
		rbd_trash_list_cleanup(entries, count);
	}
	free(entries);
	return any;
}

static int throw_away(const Pool *pool, const char *name, Fault *f)
{
	int r = write_mark(pool, name, TRASH_MARK, str_after(name, POOL_IMAGE), f);

	if (r)
		return r;
	r = rbd_trash_move(pool->io, name, 0);
	return r < 0 ? pool_fault(f, r, "throw away image", name) : 0;
}

int image_remove(const Pool *pool, const char *name, Fault *f)
{
	int r = rbd_remove(pool->io, name);

	if (r == -ENOTEMPTY) {
		r = drop_left_over(pool, name, f);
		if (r)
			return r;
		r = rbd_remove(pool->io, name);
	}
	if (r == -ENOTEMPTY) {
		r = throw_away(pool, name, f);
		if (r)
			return r;
	}
	if (r < 0 && r != -ENOENT)
		return pool_fault(f, r, "remove image", name);
	while (r == 0 && empty_trash_once(pool))
		; /* a copy that has gone may have been the last of what it was made from */
	return 0;
}
