/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * See mount.h.
 */
#include "backend/directory/mount.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>

enum { ATTRIBUTES = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV };

int mount_clone(int directory, bool readonly, int *ret_mount, Fault *f)
{
	struct mount_attr attributes = {
		.attr_set = ATTRIBUTES | (readonly ? MOUNT_ATTR_RDONLY : 0),
	};
	_cleanup_(closep) int mount =
		open_tree(directory, "", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH);

	if (mount < 0 || mount_setattr(mount, "", AT_EMPTY_PATH, &attributes, sizeof(attributes)))
		return fault(f, -errno, "bind mount: %s", strerror(errno));
	*ret_mount = TAKE_FD(mount);
	return 0;
}

int mount_device(const char *type, const char *device, bool readonly, int *ret_mount, Fault *f)
{
	_cleanup_(closep) int context = fsopen(type, FSOPEN_CLOEXEC);
	int mount = -1;

	if (context >= 0 && fsconfig(context, FSCONFIG_SET_STRING, "source", device, 0) == 0 &&
	    fsconfig(context, FSCONFIG_CMD_CREATE, NULL, NULL, 0) == 0)
		mount = fsmount(context, FSMOUNT_CLOEXEC,
				ATTRIBUTES | (readonly ? MOUNT_ATTR_RDONLY : 0));
	if (mount < 0)
		return fault(f, -errno, "mount %s: %s", device, strerror(errno));
	*ret_mount = mount;
	return 0;
}

int mount_attach(int mount, int parent, const char *name, Fault *f)
{
	if (mkdirat(parent, name, 0700) && errno != EEXIST)
		return fault(f, -errno, "make mount point %s: %s", name, strerror(errno));
	if (move_mount(mount, "", parent, name, MOVE_MOUNT_F_EMPTY_PATH))
		return fault(f, -errno, "mount at %s: %s", name, strerror(errno));
	return 0;
}

int mount_exists(int parent, const char *name, bool *ret, Fault *f)
{
	struct statx st;

	*ret = false;
	if (statx(parent, name, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | AT_STATX_DONT_SYNC,
		  STATX_TYPE, &st) == 0)
		*ret = st.stx_attributes & STATX_ATTR_MOUNT_ROOT;
	else if (errno != ENOENT)
		return fault(f, -errno, "look at mount point %s: %s", name, strerror(errno));
	return 0;
}

/* Flush what is mounted there; a server that is away makes no difference to the unmounting. */
static void flush(int parent, const char *name)
{
	_cleanup_(closep) int fd =
		openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd >= 0)
		(void)syncfs(fd); /* what cannot be flushed is lost anyway */
}

int mount_remove(int parent, const char *name, Fault *f)
{
	char path[64];
	bool is_mounted;
	int r = mount_exists(parent, name, &is_mounted, f);

	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d/%s", parent, name); /* an id: fits */
	while (!r && is_mounted) {
		flush(parent, name);
		if (umount2(path, UMOUNT_NOFOLLOW))
			return fault(f, -errno, "unmount %s: %s", name, strerror(errno));
		r = mount_exists(parent, name, &is_mounted, f);
	}
	if (!r && unlinkat(parent, name, AT_REMOVEDIR) && errno != ENOENT && errno != ENOTEMPTY)
		return fault(f, -errno, "remove mount point %s: %s", name, strerror(errno));
	return r;
}
