/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * The link by which callers know a device, whose name may change and be reused: made when the
 * volume has been verified, removed before it is taken away.
 */
#include <libgen.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/str.h"
#include "local/priv.h"

const char *local_link(const Local *local, Arena *arena, const LocalRecord *record)
{
	if (!record->attachment_id)
		return NULL;
	return arena_printf(arena, "%s/%s", local->link_dir, record->attachment_id);
}

/* "../dm-3" from a directory right below that of the device; otherwise the whole path. */
static const char *link_target(const Local *local, Arena *arena, const char *path)
{
	const char *parent = dirname(arena_strdup(arena, local->link_dir));
	const char *below = str_after(path, parent);

	if (below && *below == '/' && !strchr(below + 1, '/'))
		return arena_printf(arena, "..%s", below);
	return path;
}

int publish(const Local *local, const LocalRecord *record, const char *path, Fault *f)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();
	const char *link = local_link(local, arena, record);
	const char *draft;

	assert(link);
	draft = arena_printf(arena, "%s.tmp", link);
	if (mkdir(local->link_dir, 0755) < 0 && errno != EEXIST)
		return fault(f, -errno, "make %s: %s", local->link_dir, strerror(errno));
	if (unlink(draft) < 0 && errno != ENOENT)
		return fault(f, -errno, "remove %s: %s", draft, strerror(errno));
	if (symlink(link_target(local, arena, path), draft) < 0 || rename(draft, link) < 0)
		return fault(f, -errno, "make %s: %s", link, strerror(errno));
	return 0;
}

int unpublish(const Local *local, const LocalRecord *record, Fault *f)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();
	const char *link = local_link(local, arena, record);

	if (!link)
		return 0;
	(void)unlink(arena_printf(arena, "%s.tmp", link)); /* seldom there */
	if (unlink(link) < 0 && errno != ENOENT)
		return fault(f, -errno, "remove %s: %s", link, strerror(errno));
	return 0;
}
