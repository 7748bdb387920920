/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Attach a volume, use it, detach it again.
 *
 *     cc attach.c $(pkg-config --cflags --libs libcleat) -o attach
 *     . openrc && ./attach VOLUME
 */
#include <stdio.h>

#include <cleat/cleat.h>

static int fail(const char *what, const struct cleat_error *error)
{
	fprintf(stderr, "%s: %s (%s)\n", what, error->message, cleat_status_text(error->status));
	return 1;
}

static int use(cleat_host *host, cleat_cloud *cloud, const char *volume)
{
	const struct cleat_attach_options options = {.mode = "ro"};
	struct cleat_error error;
	cleat_disk *disk;

	if (cleat_local_attach(host, cloud, volume, &options, &disk, &error))
		return fail("attach", &error);
	printf("%s: %lld bytes\n", disk->path, (long long)disk->size);
	cleat_disk_free(disk);
	if (cleat_local_detach(host, cloud, volume, NULL, 0, 0, &error))
		return fail("detach", &error);
	return 0;
}

int main(int argc, char **argv)
{
	struct cleat_error error;
	cleat_cloud *cloud;
	cleat_host *host;
	int r;

	if (argc != 2) {
		fprintf(stderr, "usage: %s VOLUME\n", argv[0]);
		return 2;
	}
	if (cleat_host_open(NULL, &host, &error))
		return fail("this machine", &error);
	if (cleat_cloud_open(NULL, &cloud, &error)) {
		cleat_host_close(host);
		return fail("the service", &error);
	}
	r = use(host, cloud, argv[1]);
	cleat_cloud_close(cloud);
	cleat_host_close(host);
	return r;
}
