/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * See place.h.
 */
#include "backend/directory/place.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "backend/directory/tree.h"
#include "base/beneath.h"
#include "base/mem.h"
#include "base/str.h"

static const char *const part_names[] = {
	[PLACE_SHARES] = "shares", [PLACE_IMAGES] = "images", [PLACE_SNAPSHOTS] = "snapshots",
	[PLACE_DRAFTS] = "drafts", [PLACE_TRASH] = "trash",
};
static_assert(ARRAY_SIZE(part_names) == _PLACE_PART_MAX, "a name for each part");

int write_failed(Fault *f, const char *what)
{
	if (errno == ENOSPC || errno == EDQUOT || errno == EFBIG)
		return PLACE_FULL;
	return fault(f, -errno, "%s: %s", what, strerror(errno));
}

static int make_directory(int parent, const char *name, int *ret_fd, Fault *f)
{
	if (mkdirat(parent, name, 0700) && errno != EEXIST)
		return fault(f, -errno, "make directory %s: %s", name, strerror(errno));
	*ret_fd = open_beneath(parent, name, O_RDONLY | O_DIRECTORY);
	if (*ret_fd < 0)
		return fault(f, -errno, "open directory %s: %s", name, strerror(errno));
	return 0;
}

int place_open(const char *path, Place **ret, Fault *f)
{
	_cleanup_(place_closep) Place *place = NEW(Place);
	_cleanup_(closep) int root = -1;
	int r = 0;

	for (size_t i = 0; i < ARRAY_SIZE(place->fds); i++)
		place->fds[i] = -1;
	place->path = mem_strdup(path);
	if (mkdir(path, 0700) && errno != EEXIST)
		return fault(f, -errno, "make directory %s: %s", path, strerror(errno));
	root = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (root < 0)
		return fault(f, -errno, "open directory %s: %s", path, strerror(errno));
	for (size_t i = 0; !r && i < ARRAY_SIZE(place->fds); i++)
		r = make_directory(root, part_names[i], &place->fds[i], f);
	if (r)
		return r;
	*ret = TAKE(place);
	return 0;
}

Place *place_close(Place *place)
{
	if (!place)
		return NULL;
	for (size_t i = 0; i < ARRAY_SIZE(place->fds); i++)
		closep(&place->fds[i]);
	free(place->path);
	free(place);
	return NULL;
}

int place_open_directory(const Place *place, PlacePart part, const char *name, int *ret_fd,
			 Fault *f)
{
	*ret_fd = open_beneath(place->fds[part], name, O_RDONLY | O_DIRECTORY);
	if (*ret_fd < 0 && errno == ENOENT)
		return PLACE_NONE;
	if (*ret_fd < 0)
		return fault(f, -errno, "open %s/%s: %s", part_names[part], name, strerror(errno));
	return 0;
}

int place_open_file(const Place *place, PlacePart part, const char *name, int *ret_fd, Fault *f)
{
	_cleanup_(closep) int fd = open_beneath(place->fds[part], name, O_RDWR | O_NONBLOCK);
	struct stat st;

	if (fd < 0 && errno == ENOENT)
		return PLACE_NONE;
	if (fd < 0 || fstat(fd, &st))
		return fault(f, -errno, "open %s/%s: %s", part_names[part], name, strerror(errno));
	if (!S_ISREG(st.st_mode))
		return fault(f, -EMEDIUMTYPE, "%s/%s is not a regular file", part_names[part],
			     name);
	*ret_fd = TAKE_FD(fd);
	return 0;
}

int draft_make_directory(const Place *place, const char *name, int *ret_fd, Fault *f)
{
	if (mkdirat(place->fds[PLACE_DRAFTS], name, 0700))
		return write_failed(f, "make a draft");
	*ret_fd = open_beneath(place->fds[PLACE_DRAFTS], name, O_RDONLY | O_DIRECTORY);
	if (*ret_fd < 0)
		return fault(f, -errno, "open draft %s: %s", name, strerror(errno));
	return 0;
}

int draft_make_file(const Place *place, const char *name, int *ret_fd, Fault *f)
{
	*ret_fd = open_beneath(place->fds[PLACE_DRAFTS], name, O_RDWR | O_CREAT | O_EXCL);
	return *ret_fd < 0 ? write_failed(f, "make a draft") : 0;
}

int place_publish(const Place *place, const char *name, PlacePart part, bool replace, Fault *f)
{
	int drafts = place->fds[PLACE_DRAFTS], to = place->fds[part];

	if (syncfs(to))
		return write_failed(f, "flush a draft");
	if (renameat2(drafts, name, to, name, replace ? RENAME_EXCHANGE : RENAME_NOREPLACE))
		return write_failed(f, "name a draft");
	return fsync(to) || fsync(drafts) ? write_failed(f, "flush a name") : 0;
}

/* Move what has that name into trash/ID, where nothing else looks. */
static int throw_away(const Place *place, PlacePart part, const char *name, int trash, Fault *f)
{
	char to[PLACE_NAME_BYTES + 24];
	int r;

	for (unsigned i = 0;; i++) {
		(void)snprintf(to, sizeof(to), "%s-%u", name, i); /* fits: see the name's size */
		r = renameat2(place->fds[part], name, trash, to, RENAME_NOREPLACE);
		if (r == 0 || errno != EEXIST)
			break;
	}
	if (r && errno != ENOENT)
		return fault(f, -errno, "remove %s/%s: %s", part_names[part], name,
			     strerror(errno));
	if (fsync(place->fds[part]))
		return fault(f, -errno, "flush %s: %s", part_names[part], strerror(errno));
	return 0;
}

int place_discard(const Place *place, PlacePart part, const char *name, const char *id, Fault *f)
{
	_cleanup_(closep) int trash = -1;
	int r = make_directory(place->fds[PLACE_TRASH], id, &trash, f);

	if (!r)
		r = throw_away(place, part, name, trash, f);
	if (!r)
		r = tree_burn(trash, f);
	if (r)
		return r;
	if (unlinkat(place->fds[PLACE_TRASH], id, AT_REMOVEDIR))
		return fault(f, -errno, "remove trash/%s: %s", id, strerror(errno));
	return 0;
}
