/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Mounts, made and found through descriptors: nothing is looked up by a path that could change
 * underneath. Set-user-id bits and device nodes that guests make have no effect in them.
 */
#pragma once

#include "base/fault.h"

/* A detached mount of a directory; it is gone when the descriptor is closed. */
_must_use_ int mount_clone(int directory, bool readonly, int *ret_mount, Fault *f);

/* A detached mount of the file system on a device: "/dev/loop0". */
_must_use_ int mount_device(const char *type, const char *device, bool readonly, int *ret_mount,
			    Fault *f);

/* Attach a detached mount to the directory `name` in `parent`, which is made if missing. */
_must_use_ int mount_attach(int mount, int parent, const char *name, Fault *f);

/* Whether something is mounted there; false also when nothing has the name. */
_must_use_ int mount_exists(int parent, const char *name, bool *ret, Fault *f);

/*
 * Flush and unmount what is mounted there, and remove the directory if it is empty. 0 also when
 * nothing is. A fault while it is used.
 */
_must_use_ int mount_remove(int parent, const char *name, Fault *f);
