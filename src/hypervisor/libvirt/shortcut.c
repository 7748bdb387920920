/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Short names for folders. The path of a unix socket has 107 bytes at most, and a state folder may
 * lie deep. A symbolic link with a name made from the folder's stands for it; the same folder
 * always has the same link, so what libvirt wrote down stays true in the next process.
 */
#include <errno.h>
#include <limits.h>
#include <sys/stat.h>

#include "base/mem.h"
#include "base/str.h"
#include "hypervisor/libvirt/priv.h"

/* FNV-1a, 64 bits: a name, not a secret; a clash is noticed. */
static uint64_t hash(const char *text)
{
	uint64_t h = 0xcbf29ce484222325;

	for (; *text; text++)
		h = (h ^ (unsigned char)*text) * 0x100000001b3;
	return h;
}

/* Where links live until the machine stops: a folder that only we can write. */
static int links_folder(Buf *ret, Fault *f)
{
	const char *runtime = geteuid() == 0 ? "/run" : getenv("XDG_RUNTIME_DIR");
	struct stat st;

	if (str_empty(runtime))
		return fault(f, -ENAMETOOLONG, "no XDG_RUNTIME_DIR to make a shorter name in");
	buf_printf(ret, "%s/cleat", runtime);
	if (mkdir(ret->data, 0755) < 0 && errno != EEXIST)
		return fault(f, -errno, "mkdir %s: %m", ret->data);
	if (lstat(ret->data, &st) < 0)
		return fault(f, -errno, "%s: %m", ret->data);
	if (!S_ISDIR(st.st_mode) || st.st_uid != geteuid() || st.st_mode & (S_IWGRP | S_IWOTH))
		return fault(f, -EPERM, "%s is not a folder of ours alone", ret->data);
	return 0;
}

int shortcut_make(const char *folder, char **ret, Fault *f)
{
	_cleanup_(buf_done) Buf link = {0};
	char there[PATH_MAX];
	ssize_t n;
	int r;

	r = links_folder(&link, f);
	if (r)
		return fault_context(f, "%s is too long for a socket's path", folder);
	buf_printf(&link, "/%016llx", (unsigned long long)hash(folder));
	if (symlink(folder, link.data) < 0 && errno != EEXIST)
		return fault(f, -errno, "link %s: %m", link.data);
	n = readlink(link.data, there, sizeof(there) - 1);
	if (n < 0)
		return fault(f, -errno, "read link %s: %m", link.data);
	there[n] = '\0';
	if (!str_eq(there, folder))
		return fault(f, -EEXIST, "%s leads to %s, not to %s", link.data, there, folder);
	*ret = buf_take(&link);
	return 0;
}
