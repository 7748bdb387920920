/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Zeroes and copies on block devices, and on files in their tests.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/falloc.h>

#include "backend/lvm/priv.h"
#include "base/mem.h"

enum { CHUNK_BYTES = 1 << 20 };

/* fallocate() may take long: in pieces, a signal does not make it begin anew. */
static const int64_t zero_piece = GIB;

static int write_all(int fd, const char *bytes, size_t n, int64_t at, Fault *f)
{
	while (n > 0) {
		ssize_t written = pwrite(fd, bytes, n, at);

		if (written < 0 && errno == EINTR)
			continue;
		if (written < 0)
			return fault(f, -errno, "write: %s", strerror(errno));
		bytes += written;
		n -= (size_t)written;
		at += written;
	}
	return 0;
}

static int zero_by_writing(int fd, int64_t from, int64_t end, Fault *f)
{
	_cleanup_(freep) char *zeroes = mem_new(CHUNK_BYTES);
	int r = 0;

	for (; !r && from < end; from += CHUNK_BYTES)
		r = write_all(fd, zeroes, (size_t)MIN(end - from, (int64_t)CHUNK_BYTES), from, f);
	return r;
}

int bytes_zero(int fd, int64_t from, int64_t end, Fault *f)
{
	while (from < end) {
		int64_t n = MIN(end - from, zero_piece);

		/* The kernel writes them, or has the device do it; never by letting go of blocks.
		 */
		if (fallocate(fd, FALLOC_FL_ZERO_RANGE | FALLOC_FL_KEEP_SIZE, from, n) == 0)
			from += n;
		else if (errno == EOPNOTSUPP)
			return zero_by_writing(fd, from, end, f);
		else if (errno != EINTR)
			return fault(f, -errno, "zero: %s", strerror(errno));
	}
	return 0;
}

static int read_all(int fd, char *bytes, size_t n, int64_t at, Fault *f)
{
	while (n > 0) {
		ssize_t got = pread(fd, bytes, n, at);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return fault(f, -errno, "read: %s", strerror(errno));
		if (got == 0)
			return fault(f, -EIO, "the source ended while it was copied");
		bytes += got;
		n -= (size_t)got;
		at += got;
	}
	return 0;
}

static bool all_zero(const char *bytes, size_t n)
{
	return n == 0 || (bytes[0] == 0 && memcmp(bytes, bytes + 1, n - 1) == 0);
}

int bytes_copy(int from, int to, int64_t bytes, bool is_zero, Fault *f)
{
	_cleanup_(freep) char *chunk = mem_new(CHUNK_BYTES);

	for (int64_t at = 0; at < bytes; at += CHUNK_BYTES) {
		size_t n = (size_t)MIN(bytes - at, (int64_t)CHUNK_BYTES);
		int r = read_all(from, chunk, n, at, f);

		if (r)
			return r;
		if (!all_zero(chunk, n))
			r = write_all(to, chunk, n, at, f);
		else if (!is_zero)
			r = bytes_zero(to, at, at + (int64_t)n, f);
		if (r)
			return r;
	}
	return 0;
}
