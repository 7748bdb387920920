/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * See file.h.
 */
#include "cli/file.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <sys/stat.h>

#include "base/limits.h"

int file_open(Cli *cli, const char *path, int *ret_fd, int64_t *ret_size_bytes)
{
	_cleanup_(closep) int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return cli_fail(cli, CLI_USAGE, "%s: %s", path, strerror(errno));
	if (!S_ISREG(st.st_mode))
		return cli_fail(cli, CLI_USAGE, "%s: not a regular file", path);
	*ret_fd = TAKE_FD(fd);
	*ret_size_bytes = st.st_size;
	return 0;
}

int file_base64(Cli *cli, const char *path, const char **ret)
{
	_cleanup_(closep) int fd = -1;
	unsigned char *bytes, *text;
	int64_t size = 0;
	int code;

	code = file_open(cli, path, &fd, &size);
	if (code)
		return code;
	if (size > LIMIT_USER_DATA_BYTES)
		return cli_fail(cli, CLI_USAGE, "%s: longer than %d bytes", path,
				LIMIT_USER_DATA_BYTES);
	bytes = arena_alloc(cli->arena, (size_t)size + 1);
	if (pread(fd, bytes, (size_t)size, 0) != size)
		return cli_fail(cli, CLI_USAGE, "%s: cannot be read", path);
	text = arena_alloc(cli->arena, (size_t)size * 4 / 3 + 8);
	(void)EVP_EncodeBlock(text, bytes, (int)size); /* returns the length */
	*ret = (const char *)text;
	return 0;
}
