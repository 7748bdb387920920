/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Files beneath a directory, opened so that nothing outside it is ever reached, whatever links
 * others have put there. Descriptors are close-on-exec; a file that is made has the mode 0600.
 */
#pragma once

#include <fcntl.h>

/*
 * Open what is beneath a directory, without crossing a link or a mount. -1 with errno. `path` may
 * be "." for another descriptor of the directory itself.
 */
int open_beneath(int dir, const char *path, int flags);
/* The same where there is no openat2() (kernels before 5.6, sandboxes, valgrind): step by step. */
int walk_beneath(int dir, const char *path, int flags);

/* Open one name of a directory, which is no link but may be a mount. -1 with errno. */
int open_entry(int dir, const char *name, int flags);
