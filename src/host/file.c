/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Files of the kernel: read as they are, written by a child, found by patterns, waited for.
 */
#include <fcntl.h>
#include <glob.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/str.h"
#include "host/host.h"
#include "run/run.h"

enum {
	READ_MAX = 64 * 1024,
	LOOK_FIRST_MS = 10, /* pauses between looks: doubled up to the longest */
	LOOK_LONGEST_MS = 250,
};

const char *host_path(const Host *host, Arena *arena, const char *format, ...)
{
	const char *path;
	va_list ap;

	va_start(ap, format);
	path = arena_vprintf(arena, format, ap);
	va_end(ap);
	return *host->root ? arena_printf(arena, "%s%s", host->root, path) : path;
}

/* Errors that mean that a file, or the device behind it, is not there. */
static bool is_absent(int error)
{
	return error == ENOENT || error == ENOTDIR || error == ENODEV || error == ENXIO;
}

int host_read(const Host *host, Arena *arena, const char *path, const char **ret, Fault *f)
{
	const char *real = host_path(host, arena, "%s", path);
	_cleanup_(closep) int fd = open(real, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	_cleanup_(buf_done) Buf text = {0};
	char piece[4096];
	ssize_t n = 0;

	while (fd >= 0 && text.length < READ_MAX && (n = read(fd, piece, sizeof(piece))) > 0)
		buf_append(&text, piece, (size_t)n);
	if ((fd < 0 || n < 0) && is_absent(errno))
		return HOST_NONE;
	if (fd < 0 || n < 0)
		return fault(f, -errno, "%s: %s", path, strerror(errno));
	*ret = arena_stripped(arena, buf_text(&text));
	return 0;
}

const char *host_peek(const Host *host, Arena *arena, const char *format, ...)
{
	const char *path, *text;
	va_list ap;

	va_start(ap, format);
	path = arena_vprintf(arena, format, ap);
	va_end(ap);
	return host_read(host, arena, path, &text, NULL) == 0 ? text : NULL;
}

int64_t host_left_ms(int64_t deadline_ms)
{
	return MAX(deadline_ms - clock_mono_ms(), 1);
}

int host_write(const Host *host, const char *path, const char *text, int64_t deadline_ms, Fault *f)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();
	const RunSpec spec = {
		.argv = RUN_ARGV("tee", "-a", host_path(host, arena, "%s", path)),
		.input = text,
		.input_length = strlen(text),
		.timeout_ms = host_left_ms(deadline_ms),
	};
	int r;

	r = run_checked(&spec, NULL, f);
	if (r)
		return fault_context(f, "%s", path);
	return 0;
}

int host_glob(const Host *host, Arena *arena, const char *pattern, const char ***ret,
	      size_t *ret_count, Fault *f)
{
	size_t skip = strlen(host->root);
	glob_t found = {0};
	int r;

	r = glob(host_path(host, arena, "%s", pattern), 0, NULL, &found);
	if (r && r != GLOB_NOMATCH) {
		globfree(&found);
		return fault(f, -EIO, "%s cannot be searched", pattern);
	}
	*ret = ARENA_ARRAY(arena, const char *, found.gl_pathc + 1);
	*ret_count = found.gl_pathc;
	for (size_t i = 0; i < found.gl_pathc; i++)
		(*ret)[i] = arena_strdup(arena, found.gl_pathv[i] + skip);
	globfree(&found);
	return 0;
}

const char *host_link_name(const Host *host, Arena *arena, const char *path)
{
	char target[4096];
	ssize_t n = readlink(host_path(host, arena, "%s", path), target, sizeof(target) - 1);
	const char *slash;

	if (n <= 0)
		return NULL;
	target[n] = '\0';
	slash = strrchr(target, '/');
	return arena_strdup(arena, slash ? slash + 1 : target);
}

int host_wait(HostLook look, void *ctx, int64_t deadline_ms, Fault *f)
{
	int64_t pause_ms = LOOK_FIRST_MS;

	for (;;) {
		int64_t left;
		int r = look(ctx, f);

		if (r != HOST_NONE)
			return r;
		left = deadline_ms - clock_mono_ms();
		if (left <= 0)
			return HOST_TIMEOUT;
		clock_sleep_ms(MIN(pause_ms, left));
		pause_ms = MIN(pause_ms * 2, LOOK_LONGEST_MS);
	}
}
