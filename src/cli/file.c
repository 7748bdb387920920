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

/* The bytes of a file of at most `limit`, with a NUL behind them. 0 or an exit code. */
static int read_all(Cli *cli, const char *path, int64_t limit, char **ret_bytes, int64_t *ret_size)
{
	_cleanup_(closep) int fd = -1;
	char *bytes;
	int64_t size = 0;
	int code = file_open(cli, path, &fd, &size);

	if (code)
		return code;
	if (size > limit)
		return cli_fail(cli, CLI_USAGE, "%s: longer than %lld bytes", path,
				(long long)limit);
	bytes = arena_alloc(cli->arena, (size_t)size + 1);
	if (pread(fd, bytes, (size_t)size, 0) != size)
		return cli_fail(cli, CLI_USAGE, "%s: cannot be read", path);
	bytes[size] = '\0';
	*ret_bytes = bytes;
	*ret_size = size;
	return 0;
}

int file_text(Cli *cli, const char *path, const char **ret)
{
	char *bytes = NULL;
	int64_t size = 0;
	int code = read_all(cli, path, LIMIT_HTTP_BODY_BYTES, &bytes, &size);

	*ret = bytes;
	return code;
}

int file_base64(Cli *cli, const char *path, const char **ret)
{
	unsigned char *text;
	char *bytes = NULL;
	int64_t size = 0;
	int code = read_all(cli, path, LIMIT_USER_DATA_BYTES, &bytes, &size);

	if (code)
		return code;
	text = arena_alloc(cli->arena, (size_t)size * 4 / 3 + 8);
	(void)EVP_EncodeBlock(text, (unsigned char *)bytes, (int)size); /* returns the length */
	*ret = (const char *)text;
	return 0;
}
