/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * The image of a config drive: the files are laid out in a folder beside it, xorriso makes an
 * ISO 9660 image of them (with Joliet for Windows and Rock Ridge for the rest), and the name goes
 * to it when it is whole. What a crash leaves behind is in the way of nobody: the next one of that
 * name begins by removing it.
 */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <sys/stat.h>

#include "base/mem.h"
#include "base/str.h"
#include "metadata/metadata.h"
#include "run/run.h"

#define LABEL "config-2"

enum { MAKE_MS = 60 * 1000, OPEN_FOLDERS_MAX = 8 };

static int remove_one(const char *path, const struct stat *st _unused_, int type _unused_,
		      struct FTW *ftw _unused_)
{
	return remove(path);
}

static int remove_tree(const char *folder, Fault *f)
{
	if (nftw(folder, remove_one, OPEN_FOLDERS_MAX, FTW_DEPTH | FTW_PHYS) < 0 && errno != ENOENT)
		return fault(f, -errno, "remove %s: %m", folder);
	return 0;
}

/* Every folder on the way to a file. */
static int make_folders(const char *path, size_t from, Fault *f)
{
	_cleanup_(freep) char *part = mem_strdup(path);

	for (char *slash = strchr(part + from, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (mkdir(part, 0700) < 0 && errno != EEXIST)
			return fault(f, -errno, "mkdir %s: %m", part);
		*slash = '/';
	}
	return 0;
}

static int write_bytes(const char *path, const MetadataDocument *document, Fault *f)
{
	_cleanup_(closep) int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	size_t done = 0;

	if (fd < 0)
		return fault(f, -errno, "create %s: %m", path);
	while (done < document->length) {
		ssize_t n = write(fd, document->bytes + done, document->length - done);

		if (n < 0 && errno != EINTR)
			return fault(f, -errno, "write %s: %m", path);
		done += n > 0 ? (size_t)n : 0;
	}
	return 0;
}

static int lay_out(const char *folder, const MetadataFile *files, size_t count, Fault *f)
{
	int r = 0;

	if (mkdir(folder, 0700) < 0)
		return fault(f, -errno, "mkdir %s: %m", folder);
	for (size_t i = 0; r == 0 && i < count; i++) {
		_cleanup_(buf_done) Buf path = {0};

		buf_printf(&path, "%s/%s", folder, files[i].path);
		r = make_folders(path.data, strlen(folder) + 1, f);
		if (r == 0)
			r = write_bytes(path.data, &files[i].document, f);
	}
	return r;
}

/* The guest's user data is in it: for the owner's eyes, as the files that it is made of. */
static int make_image(const char *folder, const char *path, Fault *f)
{
	_cleanup_(buf_done) Buf aside = {0};
	_cleanup_(closep) int fd = -1;
	int r;

	buf_printf(&aside, "%s.new", path);
	fd = open(aside.data, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return fault(f, -errno, "create %s: %m", aside.data);
	r = run_checked(&(RunSpec){.argv = RUN_ARGV("xorriso", "-as", "mkisofs", "-quiet", "-V",
						    LABEL, "-J", "-r", "-o", aside.data, folder),
				   .timeout_ms = MAKE_MS},
			NULL, f);
	if (r == 0 && rename(aside.data, path) < 0)
		r = fault(f, -errno, "rename %s: %m", aside.data);
	if (r)
		(void)unlink(aside.data); /* the fault is what counts */
	return r;
}

int metadata_drive_write(const char *path, const MetadataFile *files, size_t count, Fault *f)
{
	_cleanup_(buf_done) Buf folder = {0};
	int r;

	buf_printf(&folder, "%s.files", path);
	r = remove_tree(folder.data, f);
	if (r == 0)
		r = lay_out(folder.data, files, count, f);
	if (r == 0)
		r = make_image(folder.data, path, f);
	if (r == 0)
		return remove_tree(folder.data, f);
	(void)remove_tree(folder.data, NULL); /* likewise */
	return r;
}
