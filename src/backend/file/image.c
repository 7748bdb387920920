/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * See image.h.
 */
#include "backend/file/image.h"

#include <errno.h>
#include <sys/stat.h>

#include "backend/file/dir.h"
#include "backend/file/qcow2.h"
#include "base/mem.h"
#include "base/str.h"
#include "run/run.h"

enum {
	TOOL_MS = 60 * 1000,
	CONVERT_MS = 6 * 60 * 60 * 1000, /* of terabytes, perhaps */
	FD_PATH_BYTES = 64,
};

/* As many bytes from the beginning as there are, up to `n`. */
static int read_head(int fd, uint8_t *head, size_t n, size_t *ret_n, Fault *f)
{
	size_t have = 0;

	while (have < n) {
		ssize_t got = pread(fd, head + have, n - have, (off_t)have);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return fault(f, -errno, "read: %s", strerror(errno));
		if (got == 0)
			break;
		have += (size_t)got;
	}
	*ret_n = have;
	return 0;
}

static int qcow2_size(int fd, int64_t file_bytes, int64_t *ret_bytes, Fault *f)
{
	_cleanup_(freep) uint8_t *head = mem_new(QCOW2_HEAD_MAX);
	size_t n = 0;
	int r;

	r = read_head(fd, head, (size_t)MIN(file_bytes, (int64_t)QCOW2_HEAD_MAX), &n, f);
	if (r)
		return r;
	r = qcow2_check(head, n, file_bytes, ret_bytes);
	if (r)
		return r == QCOW2_UNSAFE ? IMAGE_UNSAFE : IMAGE_WRONG_FORMAT;
	return 0;
}

int image_size(int fd, DiskFormat format, int64_t *ret_bytes, Fault *f)
{
	struct stat st;

	if (fstat(fd, &st))
		return fault(f, -errno, "stat: %s", strerror(errno));
	if (format == DISK_FORMAT_QCOW2)
		return qcow2_size(fd, st.st_size, ret_bytes, f);
	*ret_bytes = st.st_size;
	return 0;
}

/* How a child finds an open file: as a descriptor of ours, so that no name is looked up again. */
static void fd_path(int fd, char out[static FD_PATH_BYTES])
{
	(void)snprintf(out, FD_PATH_BYTES, "/proc/%ld/fd/%d", (long)getpid(), fd); /* fits */
}

/* 0 or DIR_FULL. */
static int run_tool(const char *const *argv, int64_t timeout_ms, Fault *f)
{
	_cleanup_(run_result_done) RunResult result = {0};
	RunSpec spec = {.argv = argv, .timeout_ms = timeout_ms};
	int r = run_command(&spec, &result, f);

	if (r)
		return r;
	if (result.status == 0)
		return 0;
	if (strstr(result.err, strerror(ENOSPC)) || strstr(result.err, strerror(EDQUOT)) ||
	    strstr(result.err, strerror(EFBIG)))
		return DIR_FULL;
	return fault(f, -EIO, "%s %s: exit %d: %s", argv[0], argv[1], result.status, result.err);
}

/* Run qemu-img on an open file, which takes the place argv[at]. 0 or DIR_FULL. */
static int qemu_img_run(int fd, const char **argv, size_t at, Fault *f)
{
	char file[FD_PATH_BYTES];

	fd_path(fd, file);
	argv[at] = file;
	return run_tool(argv, TOOL_MS, f);
}

int image_make_empty(int fd, DiskFormat format, int64_t size_bytes, Fault *f)
{
	const char *argv[] = {"qemu-img", "create", "-q", "-f", "qcow2", NULL, NULL, NULL};
	char size[32];

	if (format != DISK_FORMAT_QCOW2)
		return dir_grow(fd, size_bytes, f);
	(void)snprintf(size, sizeof(size), "%lld", (long long)size_bytes); /* fits */
	argv[6] = size;
	return qemu_img_run(fd, argv, 5, f);
}

int image_grow(int fd, DiskFormat format, int64_t size_bytes, Fault *f)
{
	const char *argv[] = {"qemu-img", "resize", "-q", "-f", "qcow2", NULL, NULL, NULL};
	int64_t has_bytes = 0;
	char size[32];
	int r;

	if (format != DISK_FORMAT_QCOW2)
		return dir_grow(fd, size_bytes, f);
	r = image_size(fd, format, &has_bytes, f);
	if (r)
		return fault_unexpected(f, r);
	if (has_bytes >= size_bytes)
		return 0;
	(void)snprintf(size, sizeof(size), "%lld", (long long)size_bytes); /* fits */
	argv[6] = size;
	return qemu_img_run(fd, argv, 5, f);
}

int image_make_filesystem(int fd, const char *format, Fault *f)
{
	char file[FD_PATH_BYTES];

	fd_path(fd, file);
	if (str_eq(format, "swap"))
		return run_tool(RUN_ARGV("mkswap", "-q", file), TOOL_MS, f);
	return run_tool(RUN_ARGV("mke2fs", "-q", "-F", "-t", format, file), TOOL_MS, f);
}

int image_convert(int from, DiskFormat from_format, int to, DiskFormat to_format, Fault *f)
{
	char source[FD_PATH_BYTES], target[FD_PATH_BYTES];

	fd_path(from, source);
	fd_path(to, target);
	/* The target is there, empty and large enough: -n keeps its size. */
	return run_tool(RUN_ARGV("qemu-img", "convert", "-q", "-n", "--target-is-zero", "-f",
				 enum_name(&disk_format_names, (int)from_format), "-O",
				 enum_name(&disk_format_names, (int)to_format), source, target),
			CONVERT_MS, f);
}
