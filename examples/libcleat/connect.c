/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Connect what a connection_info on standard input says, for programs that talk to the block
 * storage service themselves; print the path of the device.
 *
 *     cc connect.c $(pkg-config --cflags --libs libcleat) -o connect
 *     ./connect VOLUME-ID ATTACHMENT-ID <connection_info.json
 */
#include <stdio.h>

#include <cleat/cleat.h>

static char info[1 << 16];

int main(int argc, char **argv)
{
	struct cleat_connect_options options = {.multipath = true};
	struct cleat_error error;
	cleat_host *host;
	cleat_disk *disk;
	size_t length = fread(info, 1, sizeof(info) - 1, stdin);
	int r;

	if (argc != 3 || length == 0) {
		fprintf(stderr, "usage: %s VOLUME-ID ATTACHMENT-ID <connection_info.json\n",
			argv[0]);
		return 2;
	}
	options.volume_id = argv[1];
	options.attachment_id = argv[2];
	r = cleat_host_open(NULL, &host, &error);
	if (r == 0) {
		r = cleat_connect(host, info, &options, &disk, &error);
		if (r == 0) {
			printf("%s\n", disk->path);
			cleat_disk_free(disk);
		}
		cleat_host_close(host);
	}
	if (r)
		fprintf(stderr, "%s\n", error.message);
	return r ? 1 : 0;
}
