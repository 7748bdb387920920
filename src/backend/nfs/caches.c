/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * See caches.h.
 */
#include "backend/nfs/caches.h"

#include <fcntl.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/str.h"

enum {
	TRIES = 600,
	WAIT_MS = 50,
	NUMBER_BYTES = 24,
};

/* Handles of files first: they are found by way of exports. */
static const char *const names[] = {"nfsd.fh", "nfsd.export"};

/* Open the switch of a cache; it cannot be read twice. -1 in *ret_fd: there is none. */
static int open_flush(const char *path, const char *name, int flags, int *ret_fd, Fault *f)
{
	_cleanup_(buf_done) Buf file = {0};

	buf_printf(&file, "%s/%s/flush", path, name);
	*ret_fd = open(file.data, flags | O_CLOEXEC);
	if (*ret_fd < 0 && errno != ENOENT)
		return fault(f, -errno, "open %s: %s", file.data, strerror(errno));
	return 0;
}

/* Up to when, in seconds of the clock, the cache forgets what it has. */
static int read_flush(const char *path, const char *name, int64_t *ret_s, Fault *f)
{
	_cleanup_(closep) int fd = -1;
	char text[NUMBER_BYTES] = "";
	int r = open_flush(path, name, O_RDONLY, &fd, f);

	*ret_s = 0;
	if (r || fd < 0)
		return r;
	if (read(fd, text, sizeof(text) - 1) < 0)
		return fault(f, -errno, "read the flush of %s: %s", name, strerror(errno));
	text[strcspn(text, "\n")] = '\0';
	if (!str_parse_i64(text, ret_s))
		return fault(f, -EPROTO, "the flush of %s is \"%s\"", name, text);
	return 0;
}

static int write_flush(const char *path, const char *name, Fault *f)
{
	_cleanup_(closep) int fd = -1;
	int r = open_flush(path, name, O_WRONLY, &fd, f);

	if (r || fd < 0)
		return r;
	return write(fd, "1\n", 2) == 2 ? 0
					: fault(f, -errno, "flush %s: %s", name, strerror(errno));
}

/* Read again each time: others tell the server of changes, too. */
static int clean(const char *path, const char *name, Fault *f)
{
	int64_t until_s;
	int r = read_flush(path, name, &until_s, f);

	for (int i = 0; !r && clock_now_us() / 1000000 <= until_s; i++) {
		if (i == TRIES)
			return fault(f, -EBUSY, "the NFS server is told of too much at once");
		clock_sleep_ms(WAIT_MS);
		r = read_flush(path, name, &until_s, f);
	}
	return r ? r : write_flush(path, name, f);
}

int caches_clean(const char *path, Fault *f)
{
	int r = 0;

	for (size_t i = 0; !r && i < ARRAY_SIZE(names); i++)
		r = clean(path, names[i], f);
	return r;
}
