/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * See write-file.h: a temporary name in the same directory, then rename.
 */
#include "daemon/write-file.h"

#include <errno.h>
#include <fcntl.h>

#include "base/str.h"

static int write_all(int fd, const char *text)
{
	for (size_t left = strlen(text); left > 0;) {
		ssize_t n = write(fd, text, left);

		if (n < 0 && errno != EINTR)
			return -errno;
		if (n > 0) {
			text += n;
			left -= (size_t)n;
		}
	}
	return 0;
}

int write_file(const char *path, const char *text, Fault *f)
{
	_cleanup_(buf_done) Buf temporary = {0};
	_cleanup_(closep) int fd = -1;
	int r;

	buf_printf(&temporary, "%s.new", path);
	fd = open(temporary.data, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	r = fd < 0 ? -errno : write_all(fd, text);
	if (r == 0 && rename(temporary.data, path) < 0)
		r = -errno;
	return r ? fault(f, r, "%s cannot be written: %s", path, strerror(-r)) : 0;
}
