/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * See content.h.
 */
#include "backend/directory/content.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "backend/directory/image.h"
#include "backend/directory/mount.h"
#include "backend/directory/quota.h"
#include "backend/directory/tree.h"
#include "base/clock.h"
#include "base/str.h"

enum {
	/* The guest's users are not this host's, and nobody here gets past the directories above.
	 */
	ROOT_MODE = 0777,
	/* A loop device is let go a moment after its last mount. */
	RELEASE_TRIES = 50,
	RELEASE_WAIT_MS = 20,
};

void content_image_name(const char *id, char out[static PLACE_NAME_BYTES])
{
	(void)snprintf(out, PLACE_NAME_BYTES, "%s.img", id); /* fits: an id */
}

static int image_open(const Directory *self, const char *id, int *ret_fd, Fault *f)
{
	char name[PLACE_NAME_BYTES];

	content_image_name(id, name);
	return place_open_file(self->place, PLACE_IMAGES, name, ret_fd, f);
}

int content_look(const Directory *self, const char *id, ContentKind *ret, Fault *f)
{
	_cleanup_(closep) int fd = -1;
	uint32_t project;
	int r = image_open(self, id, &fd, f);

	if (r != PLACE_NONE) {
		*ret = CONTENT_IMAGE;
		return r;
	}
	r = place_open_directory(self->place, PLACE_SHARES, id, &fd, f);
	if (!r)
		r = quota_project(fd, &project, f);
	if (!r)
		*ret = project ? CONTENT_QUOTA : CONTENT_PLAIN;
	return r;
}

/* The root of an image's file system; it is unmounted when the descriptor is closed. */
static int image_root(int image, int *ret_fd, Fault *f)
{
	_cleanup_(closep) int mount = -1;
	int r = image_mount(image, false, &mount, f);

	if (r)
		return r;
	*ret_fd = openat(mount, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return *ret_fd < 0 ? fault(f, -errno, "open an image: %s", strerror(errno)) : 0;
}

int content_open(const Directory *self, const char *id, int *ret_fd, Fault *f)
{
	_cleanup_(closep) int image = -1;
	int r = image_open(self, id, &image, f);

	if (r == PLACE_NONE)
		return place_open_directory(self->place, PLACE_SHARES, id, ret_fd, f);
	return r ? r : image_root(image, ret_fd, f);
}

int content_used(const Directory *self, const char *id, int64_t *ret_bytes, Fault *f)
{
	_cleanup_(closep) int fd = -1;
	struct statfs st;
	ContentKind kind;
	int r = content_look(self, id, &kind, f);

	if (!r)
		r = content_open(self, id, &fd, f);
	if (r)
		return r;
	switch (kind) {
	case CONTENT_PLAIN:
		return tree_measure(fd, ret_bytes, f);
	case CONTENT_QUOTA:
		return quota_used(fd, ret_bytes, f);
	case CONTENT_IMAGE:
		if (fstatfs(fd, &st))
			return fault(f, -errno, "look at an image: %s", strerror(errno));
		*ret_bytes = (int64_t)((st.f_blocks - st.f_bfree) * (uint64_t)st.f_bsize);
		return 0;
	}
	return fault(f, -EINVAL, "share %s is of no known kind", id);
}

static int image_is_held(int image, bool *ret, Fault *f)
{
	int r = image_in_use(image, ret, f);

	for (int i = 0; !r && *ret && i < RELEASE_TRIES; i++) {
		clock_sleep_ms(RELEASE_WAIT_MS);
		r = image_in_use(image, ret, f);
	}
	return r;
}

int content_in_use(const Directory *self, const char *id, bool *ret, Fault *f)
{
	_cleanup_(closep) int image = -1;
	int r = mount_exists(self->mounts, id, ret, f);

	if (!r && !*ret)
		r = mount_exists(self->place->fds[PLACE_SHARES], id, ret, f);
	if (r || *ret)
		return r;
	r = image_open(self, id, &image, f);
	if (r == PLACE_NONE)
		return 0;
	return r ? r : image_is_held(image, ret, f);
}

/* ---- drafts ---- */

/* The limits of a directory's project go before the directory, which knows its number. */
static int discard_directory(const Directory *self, PlacePart part, const char *id, Fault *f)
{
	_cleanup_(closep) int fd = -1;
	uint32_t project;
	int r = place_open_directory(self->place, part, id, &fd, f);

	if (!r)
		r = quota_project(fd, &project, f);
	if (!r)
		r = quota_end(fd, project, f);
	return r && r != PLACE_NONE ? r : place_discard(self->place, part, id, id, f);
}

static int discard_drafts(const Directory *self, const char *id, Fault *f)
{
	char name[PLACE_NAME_BYTES];
	int r = discard_directory(self, PLACE_DRAFTS, id, f);

	content_image_name(id, name);
	return r ? r : place_discard(self->place, PLACE_DRAFTS, name, id, f);
}

static int fill(int root, int from, Fault *f)
{
	if (from >= 0)
		return tree_copy(from, root, f);
	return fchmod(root, ROOT_MODE) ? write_failed(f, "set a mode") : 0;
}

static int draft_directory(const Directory *self, const ContentPlan *plan, Fault *f)
{
	_cleanup_(closep) int root = -1;
	int r = draft_make_directory(self->place, plan->id, &root, f);

	if (!r && plan->kind == CONTENT_QUOTA)
		r = quota_begin(root, plan->id, plan->size_bytes, f);
	return r ? r : fill(root, plan->from, f);
}

static int draft_image(const Directory *self, const ContentPlan *plan, Fault *f)
{
	_cleanup_(closep) int image = -1;
	_cleanup_(closep) int root = -1;
	char name[PLACE_NAME_BYTES];
	int r;

	content_image_name(plan->id, name);
	r = draft_make_file(self->place, name, &image, f);
	if (!r)
		r = image_format(image, plan->size_bytes, f);
	if (!r)
		r = image_root(image, &root, f);
	if (r)
		return r;
	if (unlinkat(root, "lost+found", AT_REMOVEDIR) && errno != ENOENT)
		return fault(f, -errno, "remove lost+found: %s", strerror(errno));
	r = fill(root, plan->from, f);
	if (!r && syncfs(root))
		return write_failed(f, "flush an image");
	return r;
}

int content_make(const Directory *self, const ContentPlan *plan, Fault *f)
{
	bool is_image = plan->kind == CONTENT_IMAGE;
	char name[PLACE_NAME_BYTES];
	Fault ignored = {0};
	int r = discard_drafts(self, plan->id, f);

	if (!r)
		r = is_image ? draft_image(self, plan, f) : draft_directory(self, plan, f);
	(void)snprintf(name, sizeof(name), "%s%s", plan->id, is_image ? ".img" : ""); /* fits */
	if (!r)
		r = place_publish(self->place, name, is_image ? PLACE_IMAGES : PLACE_SHARES,
				  plan->replace, f);
	if (r) {
		(void)discard_drafts(self, plan->id, &ignored); /* the next call does it */
		return r;
	}
	return plan->replace ? discard_drafts(self, plan->id, f) : 0;
}

int content_remove(const Directory *self, const char *id, Fault *f)
{
	char name[PLACE_NAME_BYTES];
	int r = discard_drafts(self, id, f);

	content_image_name(id, name);
	if (!r)
		r = place_discard(self->place, PLACE_IMAGES, name, id, f);
	return r ? r : discard_directory(self, PLACE_SHARES, id, f);
}
