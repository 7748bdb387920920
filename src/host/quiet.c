/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Names of devices that belong to volumes, as files in a directory that a rule of udev looks into:
 * contrib/udev/62-cleat.rules. A name is there before its device is, so that nothing on this host
 * starts what it finds inside: volume groups, arrays, pools.
 *
 * It is a courtesy and no condition: where the directory cannot be written, volumes come and go
 * all the same, and what has been started on them is named when they are to go.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/str.h"
#include "host/host.h"

#define QUIET_DIR "/run/cleat/quiet"

/* What a target says of itself becomes a name: it stays in the directory. */
static bool is_name(const char *name)
{
	return name && *name && name[0] != '.' && !strchr(name, '/') && strlen(name) <= NAME_MAX;
}

static bool make_entry(const Host *host, Arena *arena, const char *path)
{
	_cleanup_(closep) int fd = -1;

	(void)mkdir(host_path(host, arena, "/run"), 0755); /* all may be there */
	(void)mkdir(host_path(host, arena, "/run/cleat"), 0755);
	(void)mkdir(host_path(host, arena, QUIET_DIR), 0755);
	fd = open(path, O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0644);
	return fd >= 0;
}

void host_quiet(const Host *host, Arena *arena, const char *name)
{
	if (is_name(name) &&
	    !make_entry(host, arena, host_path(host, arena, QUIET_DIR "/%s", name)))
		log_debug("device=%s is not marked: %s", name, strerror(errno));
}

void host_quiet_end(const Host *host, Arena *arena, const char *name)
{
	if (is_name(name))
		(void)unlink(host_path(host, arena, QUIET_DIR "/%s", name)); /* may not be there */
}
