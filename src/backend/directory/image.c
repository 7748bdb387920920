/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * See image.h. Two loop devices of one file would be two file systems that destroy each other, so
 * whoever mounts an image first looks for the loop device that has it. A mutex keeps two threads
 * from finding none.
 */
#include "backend/directory/image.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/fs.h>
#include <linux/loop.h>
#include <pthread.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "backend/directory/mount.h"
#include "backend/directory/place.h"
#include "base/str.h"
#include "run/run.h"

#define EXT4_RESIZE _IOW('f', 16, uint64_t)

enum {
	FORMAT_MS = 60 * 1000,
	LOOP_TRIES = 64, /* others take free loop devices, too */
	LOOP_NAME_BYTES = 32,
};

static pthread_mutex_t loops = PTHREAD_MUTEX_INITIALIZER;

int image_format(int fd, int64_t size_bytes, Fault *f)
{
	_cleanup_(run_result_done) RunResult result = {0};
	char path[64];
	const RunSpec spec = {
		.argv = RUN_ARGV("mkfs.ext4", "-q", "-F", "-m", "0", "-E",
				 "lazy_itable_init=1,lazy_journal_init=1,root_owner=0:0", path),
		.timeout_ms = FORMAT_MS,
	};
	int r;

	if (ftruncate(fd, size_bytes))
		return write_failed(f, "make an image");
	(void)snprintf(path, sizeof(path), "/proc/%d/fd/%d", (int)getpid(), fd); /* fits */
	r = run_command(&spec, &result, f);
	if (r)
		return r;
	if (result.status && strstr(result.err, strerror(ENOSPC)))
		return PLACE_FULL;
	if (result.status)
		return fault(f, -EIO, "mkfs.ext4: exit %d: %s", result.status, result.err);
	return 0;
}

/* ---- loop devices ---- */

static bool loop_has(int loop, const struct stat *st)
{
	struct loop_info64 info = {0};

	return ioctl(loop, LOOP_GET_STATUS64, &info) == 0 && info.lo_device == st->st_dev &&
	       info.lo_inode == st->st_ino;
}

/* The loop device that has the file, or -1 in *ret_fd. */
static int loop_find(int image, int *ret_fd, char name[static LOOP_NAME_BYTES], Fault *f)
{
	DIR *dir = opendir("/sys/block");
	const struct dirent *entry;
	struct stat st;

	*ret_fd = -1;
	if (!dir)
		return fault(f, -errno, "read /sys/block: %s", strerror(errno));
	if (fstat(image, &st)) {
		(void)closedir(dir); /* was only read */
		return fault(f, -errno, "look at an image: %s", strerror(errno));
	}
	while (*ret_fd < 0 && (entry = readdir(dir))) {
		if (!str_after(entry->d_name, "loop") || strlen(entry->d_name) > 16)
			continue;
		(void)snprintf(name, LOOP_NAME_BYTES, "/dev/%.16s", entry->d_name); /* fits */
		*ret_fd = open(name, O_RDWR | O_CLOEXEC);
		if (*ret_fd >= 0 && !loop_has(*ret_fd, &st)) {
			(void)close(*ret_fd); /* was only asked */
			*ret_fd = -1;
		}
	}
	(void)closedir(dir); /* was only read */
	return 0;
}

static int loop_take_free(int control, int image, int *ret_fd, char name[static LOOP_NAME_BYTES])
{
	const struct loop_config config = {
		.fd = (unsigned)image,
		.info = {.lo_flags = LO_FLAGS_AUTOCLEAR},
	};
	int number = ioctl(control, LOOP_CTL_GET_FREE);
	int fd;

	if (number < 0)
		return -1;
	(void)snprintf(name, LOOP_NAME_BYTES, "/dev/loop%d", number); /* fits */
	fd = open(name, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return -1;
	if (ioctl(fd, LOOP_CONFIGURE, &config)) {
		int error = errno;

		(void)close(fd); /* was not taken */
		errno = error;
		return -1;
	}
	*ret_fd = fd;
	return 0;
}

static int loop_make(int image, int *ret_fd, char name[static LOOP_NAME_BYTES], Fault *f)
{
	_cleanup_(closep) int control = open("/dev/loop-control", O_RDWR | O_CLOEXEC);
	int r = -1;

	if (control < 0)
		return fault(f, -errno, "open /dev/loop-control: %s", strerror(errno));
	for (unsigned i = 0; r && i < LOOP_TRIES; i++) {
		r = loop_take_free(control, image, ret_fd, name);
		if (r && errno != EBUSY && errno != ENXIO)
			break;
	}
	return r ? fault(f, -errno, "take a loop device: %s", strerror(errno)) : 0;
}

static int mount_locked(int image, bool readonly, int *ret_mount, Fault *f)
{
	_cleanup_(closep) int loop = -1;
	char name[LOOP_NAME_BYTES];
	int r = loop_find(image, &loop, name, f);

	if (!r && loop < 0)
		r = loop_make(image, &loop, name, f);
	return r ? r : mount_device("ext4", name, readonly, ret_mount, f);
}

int image_mount(int fd, bool readonly, int *ret_mount, Fault *f)
{
	int r;

	(void)pthread_mutex_lock(&loops);
	r = mount_locked(fd, readonly, ret_mount, f);
	(void)pthread_mutex_unlock(&loops);
	return r;
}

int image_in_use(int fd, bool *ret, Fault *f)
{
	_cleanup_(closep) int loop = -1;
	char name[LOOP_NAME_BYTES];
	int r = loop_find(fd, &loop, name, f);

	*ret = !r && loop >= 0;
	return r;
}

/* ---- growing ---- */

static int loop_grow(int image, Fault *f)
{
	_cleanup_(closep) int loop = -1;
	char name[LOOP_NAME_BYTES];
	int r = loop_find(image, &loop, name, f);

	if (!r && loop >= 0 && ioctl(loop, LOOP_SET_CAPACITY, 0))
		return fault(f, -errno, "grow %s: %s", name, strerror(errno));
	return r;
}

int image_enlarge(int fd, int64_t size_bytes, Fault *f)
{
	_cleanup_(closep) int mount = -1;
	_cleanup_(closep) int root = -1;
	struct statfs st;
	uint64_t blocks;
	int r;

	if (ftruncate(fd, size_bytes))
		return write_failed(f, "grow an image");
	r = image_mount(fd, false, &mount, f);
	if (!r)
		r = loop_grow(fd, f);
	if (r)
		return r;
	root = openat(mount, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (root < 0 || fstatfs(root, &st))
		return fault(f, -errno, "look at an image's file system: %s", strerror(errno));
	blocks = (uint64_t)size_bytes / (uint64_t)st.f_bsize;
	if (ioctl(root, EXT4_RESIZE, &blocks))
		return write_failed(f, "grow a file system");
	return syncfs(root) ? write_failed(f, "flush a file system") : 0;
}
