/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Who has an address on a network of this machine, as the kernel has found out by asking there:
 * /proc/net/arp, a line for each that it talks to.
 */
#include <errno.h>
#include <stdio.h>

#include "base/str.h"
#include "host/host.h"

/* "10.20.0.5        0x1         0x2         52:c1:0a:14:00:05     *        br0": the columns used.
 */
typedef struct Line {
	char address[48];
	unsigned flags;
	char mac[HOST_MAC_TEXT];
	char device[16 + 1];
} Line;

enum { FLAG_COMPLETE = 0x2 };

static bool read_line(const char *text, Line *ret)
{
	return sscanf(text, "%47s %*s %x %17s %*s %16s", ret->address, &ret->flags, ret->mac,
		      ret->device) == 4;
}

int host_neighbour(const Host *host, const char *device, const char *address,
		   char ret[static HOST_MAC_TEXT], Fault *f)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();
	const char *path = host_path(host, arena, "/proc/net/arp");
	FILE *file = fopen(path, "re");
	int r = HOST_NONE;
	char text[256];
	Line line;

	if (!file)
		return fault(f, -errno, "%s: %s", path, strerror(errno));
	while (r && fgets(text, sizeof(text), file)) {
		if (!read_line(text, &line) || !str_eq(line.address, address) ||
		    !str_eq(line.device, device) || !(line.flags & FLAG_COMPLETE))
			continue;
		memcpy(ret, line.mac, sizeof(line.mac));
		r = 0;
	}
	(void)fclose(file); /* it was only read */
	return r;
}
