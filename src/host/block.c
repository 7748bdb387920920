/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Block devices as sysfs shows them, and blockdev(8) for what may block.
 */
#include <ctype.h>

#include "base/str.h"
#include "host/host.h"
#include "run/run.h"

enum { SECTOR_BYTES = 512 };

bool host_block_exists(const Host *host, Arena *arena, const char *name)
{
	return access(host_path(host, arena, "/sys/block/%s", name), F_OK) == 0;
}

int host_block_size(const Host *host, Arena *arena, const char *name, int64_t *ret_bytes, Fault *f)
{
	const char *text;
	int64_t sectors;
	int r;

	r = host_read(host, arena, arena_printf(arena, "/sys/block/%s/size", name), &text, f);
	if (r)
		return r;
	if (!str_parse_i64(text, &sectors) || sectors < 0 || sectors > INT64_MAX / SECTOR_BYTES)
		return fault(f, -EIO, "the size of %s is no number", name);
	*ret_bytes = sectors * SECTOR_BYTES;
	return 0;
}

bool host_block_readonly(const Host *host, Arena *arena, const char *name)
{
	return str_eq(host_peek(host, arena, "/sys/block/%s/ro", name), "1");
}

/* Runs of blanks become one "_": vendors pad their names. */
static const char *without_blanks(Arena *arena, const char *text)
{
	char *out = arena_strdup(arena, text), *to = out;

	for (const char *p = text; *p; p++)
		if (!isspace((unsigned char)*p))
			*to++ = *p;
		else if (to > out && to[-1] != '_')
			*to++ = '_';
	*to = '\0';
	return out;
}

const char *host_block_wwid(const Host *host, Arena *arena, const char *name)
{
	static const struct {
		const char *kernel; /* as sysfs marks a kind of designator */
		const char *type;   /* as SCSI numbers it */
	} kinds[] = {{"naa.", "3"}, {"eui.", "2"}, {"t10.", "1"}, {"", "8"}};
	const char *wwid = host_peek(host, arena, "/sys/block/%s/device/wwid", name);

	if (str_empty(wwid))
		return NULL;
	for (size_t i = 0;; i++) {
		const char *rest = str_after(wwid, kinds[i].kernel);

		if (rest)
			return arena_printf(arena, "%s%s", kinds[i].type,
					    without_blanks(arena, rest));
	}
}

int host_block_holders(const Host *host, Arena *arena, const char *name, const char ***ret,
		       size_t *ret_count, Fault *f)
{
	int r;

	r = host_glob(host, arena, arena_printf(arena, "/sys/block/%s/holders/*", name), ret,
		      ret_count, f);
	if (r)
		return r;
	for (size_t i = 0; i < *ret_count; i++)
		(*ret)[i] = strrchr((*ret)[i], '/') + 1;
	return 0;
}

static int blockdev(const Host *host, const char *what, const char *name, int64_t deadline_ms,
		    Fault *f)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();
	const RunSpec spec = {
		.argv = RUN_ARGV("blockdev", what, host_path(host, arena, "/dev/%s", name)),
		.timeout_ms = host_left_ms(deadline_ms),
	};

	return run_checked(&spec, NULL, f);
}

int host_block_flush(const Host *host, const char *name, int64_t deadline_ms, Fault *f)
{
	return blockdev(host, "--flushbufs", name, deadline_ms, f);
}

int host_block_set_readonly(const Host *host, const char *name, bool readonly, int64_t deadline_ms,
			    Fault *f)
{
	return blockdev(host, readonly ? "--setro" : "--setrw", name, deadline_ms, f);
}
