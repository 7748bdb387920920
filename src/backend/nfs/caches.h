/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * What the kernel's NFS server remembers of exports. As long as it remembers one, the file system
 * that was exported cannot be unmounted, whether or not it is exported still.
 *
 * exportfs asks for that to be forgotten each time that it is run. But the server takes no two such
 * wishes for the same second: the time up to which it forgets is then put a second further into the
 * future, and nothing is cleaned before that has come, nor at once then. So whoever tells the
 * server of ten changes within a second waits for ten seconds, and up to half a minute more.
 */
#pragma once

#include "base/fault.h"

/* Where the server's caches are. */
#define CACHES_PATH "/proc/net/rpc"

/*
 * Have the server forget now what is exported no more: wait until it takes that wish at its word,
 * and tell it. 0 also where there is no server. -EBUSY when that would take longer than some
 * seconds; those who try again get there.
 */
_must_use_ int caches_clean(const char *path, Fault *f);
