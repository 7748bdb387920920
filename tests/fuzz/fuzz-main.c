/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Replays a corpus: every file of the folders named on the command line goes once through the
 * target. The target aborts when something is wrong.
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/str.h"
#include "tests/fuzz/fuzz.h"

static bool replay_file(int folder, const char *name)
{
	_cleanup_(closep) int fd = openat(folder, name, O_RDONLY | O_CLOEXEC);
	_cleanup_(buf_done) Buf bytes = {0};
	char piece[4096];
	ssize_t n;

	if (fd < 0)
		return false;
	while ((n = read(fd, piece, sizeof(piece))) > 0)
		buf_append(&bytes, piece, (size_t)n);
	(void)LLVMFuzzerTestOneInput((const uint8_t *)buf_text(&bytes), bytes.length);
	return n == 0;
}

static int replay_folder(const char *path)
{
	DIR *folder = opendir(path);
	int count = 0;

	if (!folder)
		return -1;
	for (struct dirent *entry; (entry = readdir(folder));) {
		if (entry->d_name[0] == '.')
			continue;
		if (!replay_file(dirfd(folder), entry->d_name)) {
			fprintf(stderr, "%s/%s: cannot be read\n", path, entry->d_name);
			(void)closedir(folder);
			return -1;
		}
		count++;
	}
	(void)closedir(folder);
	return count;
}

int main(int argc, char **argv)
{
	int failed = 0;

	for (int i = 1; i < argc; i++) {
		int count = replay_folder(argv[i]);

		printf("%sok %d - the corpus, %d files\n", count > 0 ? "" : "not ", i, count);
		failed |= count <= 0;
	}
	printf("1..%d\n", argc - 1);
	return failed;
}
